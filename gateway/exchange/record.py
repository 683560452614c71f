"""Audit events for what the steps do: one short call each, nothing personal in the clear.

Every step that changes, decides or reads something makes its event here and hands it to the port
that does the work, which writes both in one transaction (invariant 1). The builders bring values
into the form the log accepts (docs/spec/log.md): times as RFC 3339, floats as text, sets sorted.
What a person may have typed (a case reference, an exhibit's name) goes into ``erasable``: the log
then holds a salted commitment, never the value. Nothing is written here, and no clock is read.

    event("package.submit", "done", now, actor=principal, object_kind="package", object_id=package.id,
          agreement=package.agreement, case_id=package.case_id, erasable={"case_reference": package.case_reference})
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import Enum
from typing import Any

from gateway.errors import GatewayError
from gateway.evidence.canonical import canonical_digest
from gateway.evidence.package import AgreementRef, Principal
from gateway.policy.decision import Decision
from gateway.translog.entry import format_time
from gateway.translog.event import AuditEvent, Outcome


def event(
    action: str,
    outcome: Outcome,
    now: datetime,
    *,
    actor: Principal | None = None,
    object_kind: str,
    object_id: str,
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
        clause: JSON Pointer into the agreement, or empty.
        reason: Stable code. Free text of a person does not belong here.
        detail: Digests, sizes, states; no personal data. None values are left out.
        erasable: ``case_reference``, ``exhibit_name``...: value; None values are left out.
        case_id: The case that the erasable values belong to; also recorded as ``object.case``.
        object_ids: Further identifiers: ``package_id=...`` or ``package=...`` both give
            ``object.package``. None values are left out.
    """
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
    return event(action, outcome, now, clause=decision.clause, reason=decision.code, detail=detail, **members)


def refused(action: str, error: GatewayError, now: datetime, **members: Any) -> AuditEvent:
    """The event of a refusal that ends in an error: outcome ``deny``, the error's code and clause."""
    return event(action, "deny", now, clause=_clause(error), reason=error.code, **members)


def failed(action: str, error: GatewayError, now: datetime, **members: Any) -> AuditEvent:
    """The event of something that went wrong: outcome ``failed`` and the error's code, not its text."""
    return event(action, "failed", now, clause=_clause(error), reason=error.code, **members)


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


def _clause(error: GatewayError) -> str:
    clause = error.detail.get("clause", "")
    return clause if isinstance(clause, str) else ""


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
