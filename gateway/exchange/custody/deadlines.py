"""Clocks: by when a package must be answered, that it was, and that it was not.

A clock starts with the package if the agreement sets a deadline for its urgency. It is answered when
every agency with a release has acknowledged one. That an answer is due (the last quarter of the time)
and that a deadline has passed is written down once each, by the housekeeping, whoever looks or does not
look; an answer that comes too late is recorded as late.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from gateway.agreements.model import Agreement
from gateway.evidence.deadline import Clock, ClockState
from gateway.evidence.package import Package, Principal
from gateway.exchange import record
from gateway.exchange.ports.database import Transaction
from gateway.translog.entry import format_time
from gateway.translog.event import AuditEvent, Outcome


def start(tx: Transaction, package: Package, agreement: Agreement, principal: Principal, now: datetime) -> None:
    """Start the package's clock, if the agreement has one for its urgency."""
    time_to_answer = agreement.deadlines.get(package.urgency)
    if time_to_answer is None:
        return
    clock = Clock(
        package_id=package.id,
        case_id=package.case_id,
        agreement=agreement.id,
        sender=package.agency,
        urgency=package.urgency,
        clause=f"/deadlines/{package.urgency}",
        started_at=now,
        due_at=now + time_to_answer,
    )
    tx.clocks.start(clock, _event("deadline.start", now, package, clock, actor=principal))


def answer(tx: Transaction, package: Package, principal: Principal, now: datetime) -> None:
    """Stop the clock if every agency with a release has now acknowledged one."""
    clock = tx.clocks.get(package.id, lock=True)
    if clock is None or clock.answered_at is not None:
        return
    releases = tx.releases.of_package(package.id)
    answered = {r.recipient for r in releases if r.acknowledged_at is not None}
    if {r.recipient for r in releases} <= answered:
        reason = "answered-late" if now > clock.due_at else ""
        event = _event("deadline.answer", now, package, clock, actor=principal, reason=reason)
        tx.clocks.answer(package.id, now, event)


def warn_due(tx: Transaction, now: datetime, limit: int = 100) -> int:
    """Write down deadlines that come near without an answer, each once; how many there were."""
    found = tx.clocks.due_soon(now, limit)
    for clock in found:
        package = tx.packages.get(clock.package_id)
        if package is not None:
            tx.clocks.warn(clock.package_id, now, _event("deadline.due", now, package, clock, reason="deadline-due"))
    return len(found)


def breach_overdue(tx: Transaction, now: datetime, limit: int = 100) -> int:
    """Write down deadlines that have passed without an answer, each once; how many there were."""
    found = tx.clocks.overdue(now, limit)
    for clock in found:
        package = tx.packages.get(clock.package_id)
        if package is not None:
            event = _event("deadline.breached", now, package, clock, outcome="failed", reason="deadline-breached")
            tx.clocks.breach(clock.package_id, now, event)
    return len(found)


def list_deadlines(
    tx: Transaction,
    principal: Principal,
    now: datetime,
    *,
    late: bool = False,
    after: str | None = None,
    limit: int = 100,
) -> Sequence[tuple[Clock, ClockState]]:
    """Running, due and breached clocks of packages that the agency sent or must answer, soonest due first.

    ``late`` asks for those that were answered too late instead.
    """
    page = tx.clocks.concerning(principal.agency, late=late, after=after, limit=limit)
    found = [(clock, clock.state(now, state)) for clock, state in page]
    tx.ledger.append(record.listed("deadline.list", principal, len(found), now))
    return found


def _event(
    action: str,
    now: datetime,
    package: Package,
    clock: Clock,
    *,
    outcome: Outcome = "done",
    reason: str = "",
    actor: Principal | None = None,
) -> AuditEvent:
    detail = {"urgency": clock.urgency, "due": format_time(clock.due_at)}
    return record.event(action, outcome, now, package, actor=actor, clause=clock.clause, reason=reason, detail=detail)
