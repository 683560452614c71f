"""Follow: what the sending agency sees of its own packages, and taking one back.

Another agency's package is answered as if it did not exist (invariant 7); the attempt is recorded.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from gateway.errors import NotFound
from gateway.evidence.package import Exhibit, Package, Principal, Release, Rendition
from gateway.exchange import record
from gateway.exchange.moves import move_package, move_release
from gateway.exchange.ports.database import Transaction


@dataclass(frozen=True, slots=True)
class PackageStatus:
    """A package with everything its sender may see of it."""

    package: Package
    exhibits: tuple[Exhibit, ...]
    renditions: tuple[Rendition, ...]
    releases: tuple[Release, ...]


def read_package(tx: Transaction, principal: Principal, package_id: str, now: datetime) -> PackageStatus:
    """State of one's own package. Raises NotFound ``package-unknown`` for any other."""
    package = own_package(tx, principal, package_id, now)
    tx.ledger.append(record.event("package.read", "permit", now, package, actor=principal))
    return PackageStatus(
        package,
        tuple(tx.packages.exhibits(package.id)),
        tuple(tx.renditions.of_package(package.id)),
        tuple(tx.releases.of_package(package.id)),
    )


def list_packages(
    tx: Transaction, principal: Principal, *, after: str | None, limit: int, now: datetime
) -> Sequence[Package]:
    """Packages that the principal's agency pushed, newest first."""
    found = tx.packages.pushed_by(principal.agency, after=after, limit=limit)
    tx.ledger.append(record.listed("package.list", principal, len(found), now))
    return found


def withdraw_package(
    tx: Transaction, principal: Principal, package_id: str, now: datetime, reason: str = ""
) -> Package:
    """Take a package back: no further pulls, and disposal of its contents. Copies pulled are not undone.

    ``reason`` is what the sender wrote; the log commits to it, and it is erased with the case.
    """
    package = own_package(tx, principal, package_id, now, lock=True)
    why: dict[str, Any] = {"actor": principal, "reason": "withdrawn-by-sender"}
    erasable = {"withdrawal_reason": reason or None}
    move_package(tx, package, "withdraw", now, package_id=package.id, erasable=erasable, **why)
    for release in tx.releases.of_package(package.id):
        if release.state in ("sealed", "available"):
            move_release(tx, release, "withdraw", now, **why)
    tx.queue.enqueue("dispose", package.id)
    return own_package(tx, principal, package_id, now)


def own_package(
    tx: Transaction, principal: Principal, package_id: str, now: datetime, *, lock: bool = False
) -> Package:
    """The package, if it is the principal's agency's.

    Raises:
        NotFound: ``package-unknown``, with the event to record.
    """
    package = tx.packages.get(package_id, lock=lock)
    if package is None or package.agency != principal.agency:
        error = NotFound("package-unknown", "Your agency has no such package.", remedy="Check the id.")
        raise record.unknown(error, "package.read", now, package, principal)
    return package
