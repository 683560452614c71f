"""Quarantine: what stops, stays encrypted where it is, and says why, until retention disposes of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from gateway.errors import GatewayError
from gateway.evidence.lifecycle import TRANSITIONS, PackageState
from gateway.evidence.package import Exhibit, Package
from gateway.exchange.moves import move_exhibit, move_package
from gateway.exchange.parties.standing import standing
from gateway.exchange.ports.database import Transaction
from gateway.policy.decision import Decision, deny

#: States of which retention is the end, if nothing else is: all that can be quarantined.
UNFINISHED = tuple(
    move.source for move in TRANSITIONS if isinstance(move.source, PackageState) and move.event == "quarantine"
)
#: States in which a package goes on without anybody asking again.
UNDER_WAY = tuple(state for state in UNFINISHED if state is not PackageState.SUBMITTED)


def set_aside(tx: Transaction, package: Package, exhibit: Exhibit, error: GatewayError, now: datetime) -> None:
    """Quarantine one exhibit because a step failed on it; the error's code is the reason."""
    changes = {"reason": error.code}
    move_exhibit(tx, package, exhibit, "quarantine", now, "failed", reason=error.code, changes=changes)


def stop_package(tx: Transaction, package: Package, exhibit: Exhibit, entities: Sequence[str], now: datetime) -> None:
    """Quarantine the whole package because a forbidden category or a ``stop`` action was met."""
    why = {"reason": "forbidden-data-found", "clause": "/evidence"}
    detail = {"entities": list(entities)}
    move_exhibit(tx, package, exhibit, "quarantine", now, "deny", detail=detail, changes=why, **why)
    move_package(tx, package, "quarantine", now, "deny", **why)


def stop_if_over(tx: Transaction, package_id: str, now: datetime) -> bool:
    """Quarantine a package that nobody has finished within its retention, counted from receipt; whether it was.

    It waited for a person, or its step failed all the time. From quarantine it is disposed of.
    """
    package = tx.packages.get(package_id, lock=True)
    if package is None or package.state not in UNFINISHED:
        return False
    binding = standing(tx, package.agreement)
    end = binding.end_from_receipt(tx.packages.exhibits(package_id), package.created_at) if binding else None
    if end is None or now < end.at:
        return False
    decision = deny("retention-over", end.clause_in(package.agreement), "the time for which this may be kept is over")
    _stop(tx, package, decision, now)
    return True


def stop_if_barred(tx: Transaction, package_id: str, now: datetime) -> bool:
    """Quarantine a package under way whose agreement permits nothing any more; whether it was.

    A suspended or ended agreement, or one superseded by a version that is not active, stops what is
    under way; the sender pushes it again under a version that is in force (docs/retention.md).
    """
    package = tx.packages.get(package_id, lock=True)
    if package is None or package.state not in UNDER_WAY:
        return False
    binding = standing(tx, package.agreement)
    decision = deny("agreement-unknown", "", "its version is gone") if binding is None else binding.barred(now)
    if decision is None:
        return False
    _stop(tx, package, decision, now)
    return True


def _stop(tx: Transaction, package: Package, decision: Decision, now: datetime) -> None:
    members = {"clause": decision.clause, "agreement": decision.agreement}
    move_package(tx, package, "quarantine", now, decision.outcome, reason=decision.code, **members)
