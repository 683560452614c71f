"""The end of a step that works through a package: on to the next step if anything is left, else quarantine."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from gateway.errors import NotFound
from gateway.evidence.lifecycle import PackageState
from gateway.evidence.package import Package
from gateway.exchange.moves import move_package
from gateway.exchange.ports.database import Transaction


def conclude_step(
    tx: Transaction,
    package_id: str,
    now: datetime,
    *,
    at: PackageState,
    move: str,
    next_step: str,
    count: tuple[str, Callable[[], int]],
) -> PackageState:
    """Move a package that stands ``at`` a state; another state is left as it is.

    Args:
        move: The package's move if something is left.
        next_step: The step that is enqueued then.
        count: What is counted, by the name it bears in the entry; 0 means nothing is left.

    Raises:
        NotFound: ``package-unknown``.
    """
    package = tx.packages.get(package_id, lock=True)
    if package is None:
        raise NotFound("package-unknown", "The package is gone.")
    if package.state is not at:
        return package.state
    what, how_many = count
    return end_step(tx, package, now, move=move, next_step=next_step, counted=(what, how_many()))


def end_step(
    tx: Transaction, package: Package, now: datetime, *, move: str, next_step: str, counted: tuple[str, int]
) -> PackageState:
    """Move the package, locked and at the step, by what was counted; as :func:`conclude_step`."""
    what, left = counted
    if not left:
        return move_package(tx, package, "quarantine", now, "failed", reason="nothing-to-release", detail={what: left})
    state = move_package(tx, package, move, now, detail={what: left})
    tx.queue.enqueue(next_step, package.id)
    return state
