"""Hold: what a court or an officer wants kept is not disposed of until two persons lift the hold.

A hold is placed by a principal whose role may hold, on something its agency has to do with. Lifting
takes two different persons where the agreement's safeguards say so (``lift-hold``), one of them of the
agency that placed it: what one agency must keep by law, the other cannot release alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from gateway.errors import Conflict, Denied, InvalidInput, NotFound
from gateway.evidence.hold import Hold, HoldScope
from gateway.evidence.lifecycle import ExhibitState, PackageState
from gateway.evidence.package import Case, Principal
from gateway.exchange import record
from gateway.exchange.custody.case_custody import InCustody, has_to_do_with, locked_case
from gateway.exchange.ports.database import Transaction
from gateway.policy.decision import Decision
from gateway.translog.event import AuditEvent

MAX_REASON_CHARS = 500


@dataclass(frozen=True, slots=True)
class Target:
    """What is to be held: a case (agreement and reference), a package, or an exhibit."""

    scope: HoldScope
    object_id: str = ""
    agreement: str = ""
    case_reference: str = ""


def place(
    tx: Transaction,
    principal: Principal,
    target: Target,
    reason: str,
    expires_at: datetime | None,
    hold_id: str,
    now: datetime,
) -> Hold:
    """Place a hold.

    Raises:
        NotFound: ``case-unknown``, ``package-unknown``, ``exhibit-unknown``, also for another agency's.
        Denied: the policy's code, such as ``role-may-not-hold``.
        InvalidInput: ``hold-reason-missing``, ``hold-expiry-past``.
        Conflict: ``already-disposed``.
    """
    if not reason.strip() or len(reason) > MAX_REASON_CHARS:
        raise InvalidInput(
            "hold-reason-missing",
            f"A hold needs a reason of 1 to {MAX_REASON_CHARS} characters.",
            remedy="Say by whose order or for which proceedings it is placed.",
            where="/reason",
        )
    if expires_at is not None and expires_at <= now:
        raise InvalidInput(
            "hold-expiry-past",
            "The hold would be over before it begins.",
            remedy="Give a time to come, or none.",
            where="/expires_at",
        )
    custody, object_id, gone = _resolve(tx, principal, target, now)
    case, agreement = custody.case, custody.governed_by.agreement
    decision = custody.decide("hold", principal, now)
    if not decision.permitted:
        raise _denied("hold.place", decision, principal, custody, (str(target.scope), object_id), now)
    if gone:
        raise Conflict(
            "already-disposed",
            "It is disposed of already; there is nothing left to hold.",
            remedy="Nothing can be done.",
        )
    hold = Hold(
        hold_id, agreement.id, target.scope, object_id, case.id, reason, principal.id, principal.agency, now, expires_at
    )
    tx.holds.place(
        hold,
        record.event(
            "hold.place",
            "done",
            now,
            hold,
            actor=principal,
            agreement=agreement.ref,
            clause=decision.clause,
            detail={"scope": hold.scope, "object": hold.object_id, "expires_at": expires_at},
            erasable={"hold_reason": reason},
        ),
    )
    return hold


def lift(tx: Transaction, principal: Principal, hold_id: str, now: datetime) -> Hold:
    """Ask that a hold be lifted; with the second person's word, or the only one needed, it is.

    Returns:
        The hold; ``lifted_at`` is set once it is lifted.

    Raises:
        NotFound: ``hold-unknown``.
        Denied: the policy's code; ``two-persons-required`` for the same person a second time;
            ``hold-of-other-agency`` if nobody of the placing agency has asked.
        Conflict: ``hold-over``.
    """
    found = tx.holds.get(hold_id)
    case = tx.cases.get(found.case_id) if found is not None else None
    try:
        custody = locked_case(tx, principal, case, now)
    except NotFound:
        error = NotFound("hold-unknown", "Your agency has no such hold.", remedy="List the holds.")
        raise record.unknown(error, "hold.read", now, found, principal) from None
    hold = tx.holds.get(hold_id, lock=True)
    if hold is None:
        raise NotFound("hold-unknown", "Your agency has no such hold.", remedy="List the holds.")
    agreement = custody.governed_by.agreement
    decision = custody.decide("hold", principal, now)
    if not decision.permitted:
        raise _denied("hold.lift", decision, principal, custody, hold, now)
    if not hold.active(now):
        raise Conflict("hold-over", "The hold is lifted or has expired.", remedy="Nothing is left to do.")
    asked = (*hold.lift_asked_by, principal.id)
    needed = 2 if "lift-hold" in agreement.two_persons else 1
    if principal.id in hold.lift_asked_by:
        second = Decision(False, "two-persons-required", "/safeguards/two_persons", ("one person counts once",))
        raise _denied("hold.lift", second, principal, custody, hold, now)

    def event(action: str) -> AuditEvent:
        return record.event(
            action,
            "done",
            now,
            hold,
            actor=principal,
            agreement=agreement.ref,
            clause="/safeguards/two_persons" if needed == 2 else decision.clause,
            detail={"scope": hold.scope, "object": hold.object_id, "asked_by": list(asked)},
        )

    people = [tx.directory.principal(person) for person in asked]
    of_placing = any(person is not None and person.agency == hold.agency for person in people)
    if len(asked) >= needed and not of_placing:
        other = Decision(False, "hold-of-other-agency", "/parties", (f"one of the persons must be of {hold.agency}",))
        raise _denied("hold.lift", other, principal, custody, hold, now)
    tx.holds.ask_lift(hold.id, principal.id, event("hold.ask-lift"))
    if len(asked) >= needed:
        tx.holds.lift(hold.id, now, event("hold.lift"))
        _resume_disposal(tx, hold)
    return tx.holds.get(hold.id) or hold


def list_holds(tx: Transaction, principal: Principal, now: datetime) -> Sequence[Hold]:
    """Holds in force on what the principal's agency has to do with, oldest first."""
    ids = sorted({ref.id for ref in tx.agreements.of_party(principal.agency)})
    found = [
        hold
        for hold in tx.holds.of_agreements(ids)
        if hold.active(now) and (hold.agency == principal.agency or _concerns(tx, principal.agency, hold))
    ]
    tx.ledger.append(record.listed("hold.list", principal, len(found), now))
    return found


def expire(tx: Transaction, now: datetime, limit: int = 100) -> int:
    """Write down holds that have expired, each once, and let disposal go on; how many there were."""
    found = tx.holds.expired(now, limit)
    for hold in found:
        detail = {"scope": hold.scope, "object": hold.object_id, "expires_at": hold.expires_at}
        tx.holds.lift(hold.id, now, record.event("hold.expire", "done", now, hold, detail=detail))
        _resume_disposal(tx, hold)
    return len(found)


def _resolve(tx: Transaction, principal: Principal, target: Target, now: datetime) -> tuple[InCustody, str, bool]:
    """The locked case, the id of what is to be held, and whether that is gone already."""
    if target.scope is HoldScope.CASE:
        custody = locked_case(tx, principal, tx.cases.find(target.agreement, target.case_reference), now)
        packages = tx.packages.of_case(custody.case.id)
        return custody, custody.case.id, bool(packages) and all(p.state is PackageState.DISPOSED for p in packages)
    exhibit = tx.packages.exhibit(target.object_id) if target.scope is HoldScope.EXHIBIT else None
    package = tx.packages.get(exhibit.package_id if exhibit else target.object_id)
    matches = (target.scope is HoldScope.EXHIBIT) == (exhibit is not None)
    if not matches or package is None or not has_to_do_with(tx, principal.agency, package):
        error = NotFound(f"{target.scope}-unknown", f"Your agency has no such {target.scope}.", remedy="Check the id.")
        raise record.unknown(error, f"{target.scope}.read", now, package, principal)
    custody = locked_case(tx, principal, tx.cases.get(package.case_id), now)
    # Read again: whoever was disposing of it held the case until now.
    package = tx.packages.get(package.id) or package
    exhibit = tx.packages.exhibit(exhibit.id) if exhibit else None
    gone = package.state is PackageState.DISPOSED or (exhibit is not None and exhibit.state is ExhibitState.DISPOSED)
    return custody, exhibit.id if exhibit else package.id, gone


def _concerns(tx: Transaction, agency: str, hold: Hold) -> bool:
    case: Case | None = tx.cases.get(hold.case_id)
    if case is None:
        return False
    if hold.scope is HoldScope.CASE:
        return case.opened_by == agency or any(has_to_do_with(tx, agency, p) for p in tx.packages.of_case(case.id))
    exhibit = tx.packages.exhibit(hold.object_id) if hold.scope is HoldScope.EXHIBIT else None
    package = tx.packages.get(exhibit.package_id if exhibit else hold.object_id)
    return package is not None and has_to_do_with(tx, agency, package)


def _resume_disposal(tx: Transaction, hold: Hold) -> None:
    """Let what had ended under the hold be disposed of; releases past their deadline are found by themselves."""
    for package in tx.packages.of_case(hold.case_id):
        if package.state in (PackageState.WITHDRAWN, PackageState.RELEASED):
            tx.queue.enqueue("dispose", package.id)
        elif package.state is PackageState.DISPOSED:
            tx.queue.enqueue("erase", package.id)


def _denied(
    action: str,
    decision: Decision,
    principal: Principal,
    custody: InCustody,
    about: Hold | tuple[str, str],
    now: datetime,
) -> Denied:
    return record.denied(
        "You may not do this with a hold",
        decision,
        action,
        now,
        about,
        remedy="Another person, with a role that may hold, must do it.",
        actor=principal,
        agreement=custody.governed_by.agreement.ref,
        case_id=custody.case.id,
    )
