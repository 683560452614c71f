"""Dispose: at the end of retention the file key is destroyed, then the content is erased.

Destroying the wrapped key happens in the transaction that writes the entry, so from that commit on
nobody can read the bytes, whatever becomes of them; erasing the blobs follows as a job of its own
that may be repeated. The originals go with the last live release of their package.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from gateway.evidence.lifecycle import ExhibitState, PackageState, ReleaseState, RenditionState
from gateway.evidence.package import Exhibit, Package, Release
from gateway.exchange import record
from gateway.exchange.ports import Transaction
from gateway.translog.entry import format_time
from gateway.translog.event import AuditEvent

#: An open package that nobody submits within this time is given up.
OPEN_FOR = timedelta(days=1)


def dispose_due(tx: Transaction, now: datetime, limit: int = 100) -> int:
    """Dispose of releases past their deadline; how many were. Call again while it returns ``limit``."""
    due = tx.releases.due(now, limit)
    packages: dict[str, Package | None] = {}
    for release in due:
        if release.package_id not in packages:
            packages[release.package_id] = tx.packages.get(release.package_id, lock=True)
        _dispose_release(tx, release, now, "retention-over")
    for package in packages.values():
        if package is not None:
            _dispose_leftovers(tx, package, now, "retention-over")
    return len(due)


def abandon_stale(tx: Transaction, now: datetime, limit: int = 100) -> int:
    """Give up packages that were opened and never submitted, and dispose of what was uploaded."""
    stale = tx.packages.in_state(PackageState.OPEN, before=now - OPEN_FOR, limit=limit)
    for package in stale:
        tx.packages.move(
            package.id,
            "abandon",
            now,
            _event("package.abandon", now, package, "package", package.id, "never-submitted"),
            reason="never-submitted",
        )
        tx.queue.enqueue("dispose", package.id)
    return len(stale)


def dispose_package(tx: Transaction, package_id: str, now: datetime) -> None:
    """Dispose of all that is left of a withdrawn package. Safe to repeat."""
    package = tx.packages.get(package_id, lock=True)
    if package is None or package.state not in (PackageState.WITHDRAWN, PackageState.QUARANTINED):
        return
    reason = package.reason or str(package.state)
    for release in tx.releases.of_package(package_id):
        if release.state is not ReleaseState.DISPOSED:
            _dispose_release(tx, release, now, reason)
    _dispose_leftovers(tx, package, now, reason)


def quarantine_over(tx: Transaction, now: datetime, limit: int = 100) -> Sequence[str]:
    """Quarantined packages whose retention, counted from receipt, is over."""
    found = []
    for package in tx.packages.in_state(PackageState.QUARANTINED, before=now, limit=limit):
        stored = tx.agreements.version(package.agreement.id, package.agreement.version)
        if stored is None:
            continue
        ends = [
            stored.agreement.retention_for(e.evidence_type)[0].keep_period.after(package.created_at)
            for e in tx.packages.exhibits(package.id)
            if e.evidence_type in stored.agreement.evidence
        ]
        if ends and now >= min(ends):
            found.append(package.id)
    return found


def erasable_blobs(tx: Transaction, package_id: str) -> list[str]:
    """Names of bodies whose keys are destroyed and that nothing live shares."""
    exhibits = tx.packages.exhibits(package_id)
    renditions = tx.renditions.of_package(package_id)
    live = {e.blob for e in exhibits if e.state is not ExhibitState.DISPOSED}
    live |= {r.blob for r in renditions if r.state is not RenditionState.DISPOSED}
    gone = {e.blob for e in exhibits if e.state is ExhibitState.DISPOSED}
    gone |= {r.blob for r in renditions if r.state is RenditionState.DISPOSED}
    return sorted(name for name in gone - live if name)


def _dispose_release(tx: Transaction, release: Release, now: datetime, reason: str) -> None:
    tx.releases.move(
        release.id,
        "dispose",
        record.event(
            "release.dispose",
            "done",
            now,
            object_kind="release",
            object_id=release.id,
            rendition_id=release.rendition_id,
            package_id=release.package_id,
            agreement=release.agreement,
            clause="/retention",
            reason=reason,
            detail={"deadline": format_time(release.deadline), "recipient": release.recipient},
            case_id=release.case_id,
        ),
    )


def _dispose_leftovers(tx: Transaction, package: Package, now: datetime, reason: str) -> None:
    """Destroy keys that no live release needs any more; with the last of them the originals go too."""
    live = [r for r in tx.releases.of_package(package.id) if r.state is not ReleaseState.DISPOSED]
    finished = not live and package.state in (
        PackageState.RELEASED,
        PackageState.WITHDRAWN,
        PackageState.QUARANTINED,
    )
    exhibits = tx.packages.exhibits(package.id)
    originals = {e.file_key_id for e in exhibits}
    needed = {r.rendition_id for r in live}
    for rendition in tx.renditions.of_package(package.id):
        if rendition.state is RenditionState.DISPOSED or rendition.id in needed:
            continue
        if not finished and rendition.state is not RenditionState.APPROVED:
            continue
        event = _event("rendition.dispose", now, package, "rendition", rendition.id, reason)
        # An opaque rendition shares the original's key, which goes with the original.
        if rendition.file_key_id not in originals:
            tx.file_keys.destroy(
                rendition.file_key_id, now, _event("key.destroy", now, package, "key", rendition.file_key_id, reason)
            )
        tx.renditions.move(rendition.id, "dispose", event)
    if finished:
        for exhibit in exhibits:
            _dispose_exhibit(tx, package, exhibit, now, reason)
        tx.packages.move(
            package.id,
            "dispose",
            now,
            _event("package.dispose", now, package, "package", package.id, reason),
            reason=reason,
        )
    tx.queue.enqueue("erase", package.id)


def _dispose_exhibit(tx: Transaction, package: Package, exhibit: Exhibit, now: datetime, reason: str) -> None:
    if exhibit.state in (ExhibitState.REFUSED, ExhibitState.DISPOSED):
        return
    if exhibit.file_key_id is not None:
        tx.file_keys.destroy(
            exhibit.file_key_id, now, _event("key.destroy", now, package, "key", exhibit.file_key_id, reason)
        )
    tx.packages.move_exhibit(
        exhibit.id, "dispose", _event("exhibit.dispose", now, package, "exhibit", exhibit.id, reason)
    )


def _event(action: str, now: datetime, package: Package, kind: str, object_id: str, reason: str) -> AuditEvent:
    return record.event(
        action,
        "done",
        now,
        object_kind=kind,
        object_id=object_id,
        package_id=package.id,
        agreement=package.agreement,
        clause="/retention",
        reason=reason,
        case_id=package.case_id,
    )
