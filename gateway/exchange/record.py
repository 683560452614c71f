"""Audit events for what the steps do: one short call each, nothing personal in the clear.

Every step that changes, decides or reads something makes its event here and hands it to the port
that does the work, which writes both in one transaction (invariant 1). The builders bring values
into the form the log accepts (docs/spec/log.md): times as RFC 3339, floats as text, sets sorted.
What a person may have typed (a case reference, an exhibit's name) goes into ``erasable``: the log
then holds a salted commitment, never the value. Nothing is written here, and no clock is read.

    event("package.submit", "done", now, actor=principal, object_kind="package", object_id=package.id,
          within=package, erasable={"case_reference": package.case_reference})
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import Enum
from typing import Any, Protocol, TypeVar

from gateway.errors import Denied, GatewayError
from gateway.evidence.canonical import canonical_digest
from gateway.evidence.package import AgreementRef, Package, Principal
from gateway.policy.decision import Decision
from gateway.translog.entry import format_time
from gateway.translog.event import AuditEvent, Outcome

E = TypeVar("E", bound=GatewayError)


class OfPackage(Protocol):
    """What came of a package and is governed as it is: a release, a certificate, a duty."""

    @property
    def package_id(self) -> str: ...
    @property
    def agreement(self) -> AgreementRef: ...
    @property
    def case_id(self) -> str: ...


def event(
    action: str,
    outcome: Outcome,
    now: datetime,
    *,
    actor: Principal | None = None,
    object_kind: str,
    object_id: str,
    within: Package | OfPackage | None = None,
    agreement: AgreementRef | None = None,
    clause: str = "",
    reason: str = "",
    detail: Mapping[str, Any] | None = None,
    erasable: Mapping[str, str | None] | None = None,
    case_id: str | None = None,
    system: str = "worker",
    **object_ids: str | None,
) -> AuditEvent:
    """One audit event.

    Args:
        action: Dotted verb, ``noun.verb``, in lower case: ``package.create``, ``release.pull``.
        outcome: ``permit``/``deny`` for decisions, ``done``/``failed`` for acts.
        now: Aware; the time of the act.
        actor: Who did it; None for the gateway itself, which ``system`` then names.
        object_kind: ``package``, ``exhibit``, ``rendition``, ``release``, ``agreement``, ``log``...
        object_id: Its identifier.
        within: The package that the object is or belongs to, or what came of that; gives ``object.package``
            (unless the object is the package), the agreement and the case, where they are not given.
        clause: JSON Pointer into the agreement, or empty.
        reason: Stable code. Free text of a person does not belong here.
        detail: Digests, sizes, states; no personal data. None values are left out.
        erasable: ``case_reference``, ``exhibit_name``...: value; None values are left out.
        case_id: The case that the erasable values belong to; also recorded as ``object.case``.
        object_ids: Further identifiers: ``package_id=...`` or ``package=...`` both give
            ``object.package``. None values are left out.
    """
    if within is not None:
        agreement, case_id = agreement or within.agreement, case_id or within.case_id
        if object_kind != "package":
            object_ids["package"] = within.id if isinstance(within, Package) else within.package_id
    ids = {key.removesuffix("_id"): value for key, value in object_ids.items() if value is not None}
    if case_id is not None:
        ids["case"] = case_id
    return AuditEvent(
        action=action,
        outcome=outcome,
        time=now,
        actor={"system": system} if actor is None else {"agency": actor.agency, "principal": actor.id},
        object={**ids, "kind": object_kind, "id": object_id},
        agreement={} if agreement is None else agreement.as_dict(),
        clause=clause,
        reason=reason,
        detail=_plain({k: v for k, v in (detail or {}).items() if v is not None}),
        erasable={k: v for k, v in (erasable or {}).items() if v is not None},
        case_id=case_id,
    )


def decided(action: str, decision: Decision, now: datetime, **members: Any) -> AuditEvent:
    """The event of a policy decision: its outcome, clause and code, and what it obliges to.

    Args:
        members: As for :func:`event`, without outcome, clause and reason. The decision's sentences
            stay out of the log, because they may quote what somebody typed; the code stands in.
    """
    detail = dict(members.pop("detail", None) or {})
    if decision.obligations:
        detail["obligations"] = [{"kind": o.kind, "clause": o.clause} for o in decision.obligations]
    outcome: Outcome = "permit" if decision.permitted else "deny"
    members = {**members, **_pointed_into(decision)}
    return event(action, outcome, now, clause=decision.clause, reason=decision.code, detail=detail, **members)


def refusal(error: E, action: str, now: datetime, **members: Any) -> E:
    """The error, with the event that the face records before it answers: ``deny``, the error's code and clause.

    Args:
        members: As for :func:`event`, without outcome, clause and reason.
    """
    clause = error.detail.get("clause", "")
    error.audit = event(action, "deny", now, clause=clause, reason=error.code, **members)
    return error


def denied(sentence: str, decision: Decision, action: str, now: datetime, *, remedy: str, **members: Any) -> Denied:
    """The refusal that a policy decision ends in.

    Args:
        sentence: What may not be done, without a full stop; the decision's reasons follow.
        members: As for :func:`refusal`.
    """
    by = "" if decision.agreement is None else f" (version {decision.agreement.version} decides)"
    message = f"{sentence}: {'; '.join(decision.reasons)}{by}."
    error = Denied(decision.code, message, remedy=remedy, clause=decision.clause)
    return refusal(error, action, now, **{**members, **_pointed_into(decision)})


def _pointed_into(decision: Decision) -> dict[str, AgreementRef]:
    """The version of the agreement to record, where a clause of another than the object's own decided."""
    return {} if decision.agreement is None else {"agreement": decision.agreement}


def digests(before: Mapping[str, Any] | None, after: Mapping[str, Any] | None) -> dict[str, Any]:
    """``before`` and ``after`` for an entry about a change: digests of the states, None where there is none."""
    return {
        name: None if state is None else canonical_digest(_plain(state))
        for name, state in (("before", before), ("after", after))
    }


def read(object_kind: str, object_id: str, now: datetime, *, actor: Principal | None, **members: Any) -> AuditEvent:
    """The event of reading evidence, a report or the log: ``<kind>.read``, done."""
    return event(
        f"{object_kind}.read", "done", now, actor=actor, object_kind=object_kind, object_id=object_id, **members
    )


def listed(action: str, actor: Principal, returned: int, now: datetime) -> AuditEvent:
    """The event of reading a list that is made for the actor's agency, and how many it held."""
    return event(
        action,
        "permit",
        now,
        actor=actor,
        object_kind="agency",
        object_id=actor.agency,
        detail={"returned": returned},
    )


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (set, frozenset)):
        return sorted(_plain(item) for item in value)
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, Enum):
        return _plain(value.value)
    if isinstance(value, datetime):
        return format_time(value)
    if isinstance(value, timedelta):
        return f"PT{int(value.total_seconds())}S"
    if isinstance(value, float):
        # The log knows integers only: a verifier in any language then writes numbers the same way.
        return repr(value)
    if isinstance(value, bytes):
        return value.hex()
    return value
