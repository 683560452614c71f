"""Follow: what the sending agency sees of its own packages, and taking one back.

Another agency's package is answered as if it did not exist (invariant 7); the attempt is recorded.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from gateway.errors import NotFound
from gateway.evidence.package import Exhibit, Package, Principal, Release, Rendition
from gateway.exchange import record
from gateway.exchange.ports.database import Transaction
from gateway.translog.event import AuditEvent


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
    tx.ledger.append(
        record.event(
            "package.read",
            "permit",
            now,
            actor=principal,
            object_kind="package",
            object_id=package.id,
            within=package,
        )
    )
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

    def event(action: str, kind: str, object_id: str) -> AuditEvent:
        return record.event(
            action,
            "done",
            now,
            actor=principal,
            object_kind=kind,
            object_id=object_id,
            package_id=package.id,
            within=package,
            reason="withdrawn-by-sender",
            erasable={"withdrawal_reason": reason} if reason and kind == "package" else None,
        )

    tx.packages.move(
        package.id, "withdraw", now, event("package.withdraw", "package", package.id), reason="withdrawn-by-sender"
    )
    for release in tx.releases.of_package(package.id):
        if release.state in ("sealed", "available"):
            tx.releases.move(release.id, "withdraw", event("release.withdraw", "release", release.id))
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
        raise record.refusal(
            NotFound("package-unknown", "Your agency has no such package.", remedy="Check the id."),
            "package.read",
            now,
            actor=principal,
            object_kind="package",
            object_id=package.id if package else "",
        )
    return package
