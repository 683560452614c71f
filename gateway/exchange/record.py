"""Audit events for what the steps do: one short call each, nothing personal in the clear.

Every step that changes, decides or reads something makes its event here and hands it to the port
that does the work, which writes both in one transaction (invariant 1). An event is about an object,
which gives it the kind, the identifier, and the agreement, case and package that the object belongs to;
that of a move takes its action from the transition (lifecycle.py). The builders bring values
into the form the log accepts (docs/spec/log.md): times as RFC 3339, floats as text, sets sorted.
What a person may have typed (a case reference, an exhibit's name) goes into ``erasable``: the log
then holds a salted commitment, never the value. Nothing is written here, and no clock is read.

    event("package.read", "permit", now, package, actor=principal)
    event("exhibit.authorize", "permit", now, exhibit, within=package, erasable={"exhibit_name": exhibit.name})
    event("log.read", "done", now, ("log", origin), system="operator")
    move(package, "submit", now, actor=principal)
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import Enum
from typing import Any, TypeVar

from gateway.agreements.model import Agreement
from gateway.errors import Denied, GatewayError, NotFound
from gateway.evidence.agency import Agency, RegisteredKey
from gateway.evidence.canonical import canonical_digest
from gateway.evidence.duty import Duty
from gateway.evidence.erasure import Erasure
from gateway.evidence.hold import Hold
from gateway.evidence.lifecycle import transition
from gateway.evidence.package import AgreementRef, Case, Exhibit, Package, Principal, Release, Rendition
from gateway.exchange.ports.custody import Certificate
from gateway.exchange.ports.secrets import RegisteredSecret
from gateway.policy.decision import Decision
from gateway.translog.entry import format_time
from gateway.translog.event import AuditEvent, Outcome

E = TypeVar("E", bound=GatewayError)

#: What has a state of lifecycle.py.
Movable = Package | Exhibit | Rendition | Release
#: What of custody, and of the parties, entries are about.
Kept = Case | Hold | Duty | Certificate | Erasure
Registered = Agency | Agreement | Principal | RegisteredKey | RegisteredSecret
Recorded = Movable | Kept | Registered
#: What an entry is about: an object, or kind and id of what is none here, or is not to be told of.
About = Recorded | tuple[str, str]

#: What entries call the objects.
KINDS: Mapping[type, str] = {
    Package: "package",
    Exhibit: "exhibit",
    Rendition: "rendition",
    Release: "release",
    Case: "case",
    Hold: "hold",
    Duty: "duty",
    Certificate: "certificate",
    Erasure: "erasure",
    Agreement: "agreement",
    Agency: "agency",
    Principal: "principal",
    RegisteredKey: "key",
    RegisteredSecret: "secret",
}


def event(
    action: str,
    outcome: Outcome,
    now: datetime,
    about: About,
    *,
    actor: Principal | None = None,
    within: Package | None = None,
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
        about: Gives ``object.kind`` and ``object.id``; an object also gives what it knows of the agreement, the
            case and the package (``object.package``) that it belongs to.
        actor: Who did it; None for the gateway itself, which ``system`` then names.
        within: The package of what does not know all of that itself: an exhibit, a rendition, a key.
        agreement: The version to record where it is another, or where ``about`` does not tell.
        clause: JSON Pointer into the agreement, or empty.
        reason: Stable code. Free text of a person does not belong here.
        detail: Digests, sizes, states; no personal data. None values are left out.
        erasable: ``case_reference``, ``exhibit_name``...: value; None values are left out.
        case_id: The case that the erasable values belong to, where ``about`` does not tell; also recorded
            as ``object.case``.
        object_ids: Further identifiers: ``rendition_id=...`` or ``rendition=...`` both give
            ``object.rendition``. None values are left out.
    """
    kind, object_id = about if isinstance(about, tuple) else (KINDS[type(about)], about.id)
    own_agreement, own_case, package = _belonging(within or about)
    agreement, case_id = agreement or own_agreement, case_id or own_case
    ids = {"package": None if kind == "package" else package, "case": case_id}
    ids |= {key.removesuffix("_id"): value for key, value in object_ids.items()}
    return AuditEvent(
        action=action,
        outcome=outcome,
        time=now,
        actor={"system": system} if actor is None else {"agency": actor.agency, "principal": actor.id},
        object={**{key: value for key, value in ids.items() if value is not None}, "kind": kind, "id": object_id},
        agreement={} if agreement is None else agreement.as_dict(),
        clause=clause,
        reason=reason,
        detail=_plain({k: v for k, v in (detail or {}).items() if v is not None}),
        erasable={k: v for k, v in (erasable or {}).items() if v is not None},
        case_id=case_id,
    )


def move(moved: Movable, name: str, now: datetime, outcome: Outcome = "done", **members: Any) -> AuditEvent:
    """The event of a move of lifecycle.py, such as ``submit``, out of the object's present state.

    Args:
        members: As for :func:`event`.

    Raises:
        Conflict: ``state-conflict`` if the move is not lawful in that state. The store asks the same of its row.
    """
    return event(transition(moved.state, name).action, outcome, now, moved, **members)


def refusal(error: E, action: str, now: datetime, about: About, **members: Any) -> E:
    """The error, with the event that the face records before it answers: ``deny``, the error's code and clause.

    Args:
        members: As for :func:`event`, without clause and reason.
    """
    clause = error.detail.get("clause", "")
    error.audit = event(action, "deny", now, about, clause=clause, reason=error.code, **members)
    return error


def unknown(error: NotFound, action: str, now: datetime, found: Recorded | None, actor: Principal) -> NotFound:
    """The refusal of what the actor's agency has nothing to do with, whether it is there or not (invariant 7).

    Args:
        error: ``<kind>-unknown``. The event is about that kind, and says nothing of where the object belongs.
        found: What is there, if anything.
    """
    kind = error.code.removesuffix("-unknown")
    return refusal(error, action, now, (kind, found.id if found else ""), actor=actor)


def denied(
    sentence: str, decision: Decision, action: str, now: datetime, about: About, *, remedy: str, **members: Any
) -> Denied:
    """The refusal that a policy decision ends in: its code and clause, not its sentences, which may quote somebody.

    Args:
        sentence: What may not be done, without a full stop; the decision's reasons follow.
        members: As for :func:`refusal`. Where a clause of another version decided, that version is recorded.
    """
    by = "" if decision.agreement is None else f" (version {decision.agreement.version} decides)"
    message = f"{sentence}: {'; '.join(decision.reasons)}{by}."
    error = Denied(decision.code, message, remedy=remedy, clause=decision.clause)
    if decision.agreement is not None:
        members["agreement"] = decision.agreement
    return refusal(error, action, now, about, **members)


def digests(before: Mapping[str, Any] | None, after: Mapping[str, Any] | None) -> dict[str, Any]:
    """``before`` and ``after`` for an entry about a change: digests of the states, None where there is none."""
    return {
        name: None if state is None else canonical_digest(_plain(state))
        for name, state in (("before", before), ("after", after))
    }


def listed(action: str, actor: Principal, returned: int, now: datetime) -> AuditEvent:
    """The event of reading a list that is made for the actor's agency, and how many it held."""
    return event(action, "permit", now, ("agency", actor.agency), actor=actor, detail={"returned": returned})


def _belonging(to: About) -> tuple[AgreementRef | None, str | None, str | None]:
    """The agreement, the case and the package that something belongs to, as far as it knows."""
    match to:
        case Package():
            return to.agreement, to.case_id, to.id
        case Release() | Duty() | Certificate():
            return to.agreement, to.case_id, to.package_id
        case Hold() | Erasure():
            return None, to.case_id, None
        case Case():
            return None, to.id, None
        case Agreement():
            return to.ref, None, None
        case _:
            return None, None, None


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
