"""Dispose: at the end of retention the file key is destroyed, then the content is erased.

Destroying the wrapped key happens in the transaction that writes the entries *and* the facts of the
certificate, so from that commit on nobody can read the bytes, whatever becomes of them. What follows
is repeated until it is done: erasing the blobs, signing the certificate once the log has placed its
entry (certify.py), and erasing what persons wrote once the last package of the case is gone. Each
receiving agency that pulled gets a duty to attest deletion. What is held is left alone; the case's row
is locked first, so that a hold placed at the same moment comes before the disposal or after it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from gateway.evidence.hold import HoldsOfCase
from gateway.evidence.lifecycle import ExhibitState, PackageState, ReleaseState, RenditionState
from gateway.evidence.package import Exhibit, Package, Release
from gateway.exchange.custody.certify import Destroyed, certify_disposal, destroy_key
from gateway.exchange.custody.forget_case import forget
from gateway.exchange.moves import move_exhibit, move_package, move_release, move_rendition
from gateway.exchange.parties.standing import End, standing
from gateway.exchange.ports.database import Transaction
from gateway.translog.entry import format_time

#: An open package that nobody submits within this time is given up.
OPEN_FOR = timedelta(days=1)
_ENDED = (PackageState.RELEASED, PackageState.WITHDRAWN, PackageState.QUARANTINED)


@dataclass(slots=True)
class _Disposal:
    """One package that is being disposed of, as far as no hold stands against it."""

    tx: Transaction
    package: Package
    holds: HoldsOfCase
    now: datetime
    reason: str
    destroyed: Destroyed

    def held(self, exhibit_id: str) -> bool:
        return self.holds.exhibit(self.package.id, exhibit_id)


def dispose_due(tx: Transaction, now: datetime, limit: int = 100) -> int:
    """Dispose of releases past their deadline; how many were. Call again while it returns more than 0."""
    waiting: dict[str, list[str]] = {}
    for release in tx.releases.due(now, limit):
        waiting.setdefault(release.package_id, []).append(release.id)
    disposed = 0
    # In one order everywhere, so that two workers do not wait for each other.
    for package_id in sorted(waiting):
        disposal = _begin(tx, package_id, now, "retention-over")
        if disposal is None:
            continue
        for release_id in waiting[package_id]:
            release_now = tx.releases.get(release_id, lock=True)
            # Asked again under the locks: a hold may have been placed since.
            if (
                release_now is not None
                and release_now.state is not ReleaseState.DISPOSED
                and release_now.deadline <= now
                and not disposal.held(release_now.exhibit_id)
            ):
                _dispose_release(disposal, release_now)
                disposed += 1
        _finish(disposal)
    return disposed


def abandon_stale(tx: Transaction, now: datetime, limit: int = 100) -> int:
    """Give up packages that were opened and never submitted, and dispose of what was uploaded."""
    stale = tx.packages.in_state(PackageState.OPEN, before=now - OPEN_FOR, limit=limit)
    for package in stale:
        reason = "never-submitted"
        move_package(tx, package, "abandon", now, package_id=package.id, clause="/retention", reason=reason)
        tx.queue.enqueue("dispose", package.id)
    return len(stale)


def dispose_package(tx: Transaction, package_id: str, now: datetime) -> None:
    """Dispose of all that is left of a package that has ended and is not held. Safe to repeat.

    A released package is touched only if no release of it is left: its releases have deadlines.
    """
    package = tx.packages.get(package_id)
    if package is None or package.state not in _ENDED:
        return
    disposal = _begin(tx, package_id, now, package.reason or str(package.state))
    if disposal is None or disposal.package.state not in _ENDED:
        return
    releases = [r for r in tx.releases.of_package(package_id) if r.state is not ReleaseState.DISPOSED]
    if disposal.package.state is PackageState.RELEASED:
        if releases:
            return
        disposal.reason = "retention-over"
    for release in releases:
        if not disposal.held(release.exhibit_id):
            _dispose_release(disposal, release)
    _finish(disposal)


def quarantine_over(tx: Transaction, now: datetime, page_size: int = 100) -> Sequence[str]:
    """Packages set aside or withdrawn that are to be disposed of now; what is held in whole waits.

    A withdrawn package goes at once, a quarantined one when its retention, counted from receipt, is over.
    """
    found: list[str] = []
    after = ""
    while True:
        # By id, page by page: what is held or not yet due must not stand in the way of the rest.
        page = tx.packages.in_states((PackageState.QUARANTINED, PackageState.WITHDRAWN), after=after, limit=page_size)
        found += [package.id for package in page if _may_go(tx, package, now)]
        if len(page) < page_size:
            return found
        after = page[-1].id


def erasable_blobs(tx: Transaction, package_id: str) -> list[str]:
    """Names of bodies whose keys are destroyed and that nothing live shares.

    Of all packages of the case that are disposed of too: a body whose erasure was given up once is tried again.
    """
    package = tx.packages.get(package_id)
    if package is None:
        return []
    others = tx.packages.of_case(package.case_id)
    return _unneeded(tx, [package, *(p for p in others if p.state is PackageState.DISPOSED and p.id != package.id)])


def erase_case(tx: Transaction, package_id: str, now: datetime) -> int:
    """Forget what is known of a case in words, once its last package is gone and nothing is held.

    Returns:
        How many values of the log were erased; 0 if it is not time, or was done before.
    """
    package = tx.packages.get(package_id)
    case = tx.cases.get(package.case_id, lock=True) if package is not None else None
    if package is None or case is None:
        return 0
    if any(p.state is not PackageState.DISPOSED for p in tx.packages.of_case(case.id)):
        return 0
    if HoldsOfCase.at(case.id, tx.holds.of_case(case.id), now).holds:
        return 0

    return forget(tx, tx.erasures, case, now, "end of retention", reason="last-package-disposed")


def _unneeded(tx: Transaction, packages: Sequence[Package]) -> list[str]:
    """Names of bodies of these packages whose keys are destroyed and that nothing live shares."""
    exhibits = [exhibit for package in packages for exhibit in tx.packages.exhibits(package.id)]
    renditions = [rendition for package in packages for rendition in tx.renditions.of_package(package.id)]
    live = {e.blob for e in exhibits if e.state not in (ExhibitState.DISPOSED, ExhibitState.REFUSED)}
    live |= {r.blob for r in renditions if r.state is not RenditionState.DISPOSED}
    gone = {e.blob for e in exhibits if e.state in (ExhibitState.DISPOSED, ExhibitState.REFUSED)}
    gone |= {r.blob for r in renditions if r.state is RenditionState.DISPOSED}
    return sorted(name for name in gone - live if name)


def _begin(tx: Transaction, package_id: str, now: datetime, reason: str) -> _Disposal | None:
    """Lock the case, then the package, then see what is held."""
    package = tx.packages.get(package_id)
    if package is None or tx.cases.get(package.case_id, lock=True) is None:
        return None
    locked = tx.packages.get(package_id, lock=True)
    if locked is None:
        return None
    holds = HoldsOfCase.at(locked.case_id, tx.holds.of_case(locked.case_id), now)
    return _Disposal(tx, locked, holds, now, reason, Destroyed())


def _may_go(tx: Transaction, package: Package, now: datetime) -> bool:
    holds = HoldsOfCase.at(package.case_id, tx.holds.of_case(package.case_id), now)
    exhibits = tx.packages.exhibits(package.id)
    held = {e.id for e in exhibits if holds.exhibit(package.id, e.id)}
    left = [e for e in exhibits if e.state not in (ExhibitState.REFUSED, ExhibitState.DISPOSED) and e.id not in held]
    if held and not left:
        return False
    if package.state is PackageState.WITHDRAWN:
        return True
    binding = standing(tx, package.agreement)
    end = binding.end_from_receipt(exhibits, package.created_at) if binding else None
    return end is not None and now >= end.at


def _dispose_release(disposal: _Disposal, release: Release) -> None:
    tx, now = disposal.tx, disposal.now
    end = _end(disposal, release) if disposal.reason == "retention-over" else None
    clause = "/retention" if end is None else end.clause
    other = end.agreement if end is not None and end.agreement != release.agreement else None
    disposal.destroyed.clauses.add((clause, other))
    if release.last_pull_at is not None:
        disposal.destroyed.pulled.append(release)
    move_release(
        tx,
        release,
        "dispose",
        now,
        rendition_id=release.rendition_id,
        agreement=None if end is None else end.agreement,
        clause=clause,
        reason=disposal.reason,
        detail={"deadline": format_time(release.deadline), "recipient": release.recipient},
    )


def _end(disposal: _Disposal, release: Release) -> End | None:
    """The rule whose end this is; None if nobody can say any more."""
    tx = disposal.tx
    binding, exhibit = standing(tx, release.agreement), tx.packages.exhibit(release.exhibit_id)
    if binding is None or exhibit is None:
        return None
    return binding.release_end(release, exhibit, tx.cases.get(release.case_id))


def _finish(disposal: _Disposal) -> None:
    """Destroy keys that nothing live needs any more; with the last release the originals go too."""
    tx, package, now, reason = disposal.tx, disposal.package, disposal.now, disposal.reason
    live = [r for r in tx.releases.of_package(package.id) if r.state is not ReleaseState.DISPOSED]
    exhibits = tx.packages.exhibits(package.id)
    # What is live only because it is held keeps its own exhibit, and nothing else.
    ended = package.state in _ENDED and all(disposal.held(r.exhibit_id) for r in live)
    originals = {e.file_key_id for e in exhibits}
    needed = {r.rendition_id for r in live}
    for rendition in tx.renditions.of_package(package.id):
        if rendition.state is RenditionState.DISPOSED or rendition.id in needed or disposal.held(rendition.exhibit_id):
            continue
        if not ended and rendition.state is not RenditionState.APPROVED:
            continue
        # An opaque rendition shares the original's key: it goes with the original, and is certified with it.
        if not ended and rendition.file_key_id in originals:
            continue
        if rendition.file_key_id not in originals:
            destroy_key(
                tx, package, disposal.destroyed, (rendition.file_key_id, "rendition", rendition.id), reason, now
            )
        move_rendition(tx, package, rendition, "dispose", now, clause="/retention", reason=reason)
        disposal.destroyed.renditions.append(rendition)
    if ended:
        for exhibit in exhibits:
            if not disposal.held(exhibit.id):
                _dispose_exhibit(disposal, exhibit)
        if not any(disposal.held(e.id) for e in exhibits) and not live:
            move_package(tx, package, "dispose", now, package_id=package.id, clause="/retention", reason=reason)
    certify_disposal(tx, package, disposal.destroyed, reason, now)
    # Named in this very transaction, so that the housekeeping erases them whatever becomes of the job.
    tx.unfinished.abandon(_unneeded(tx, [package]), now)
    tx.queue.enqueue("erase", package.id)


def _dispose_exhibit(disposal: _Disposal, exhibit: Exhibit) -> None:
    if exhibit.state in (ExhibitState.REFUSED, ExhibitState.DISPOSED):
        return
    tx, package, now, reason = disposal.tx, disposal.package, disposal.now, disposal.reason
    if exhibit.file_key_id is not None:
        key = (exhibit.file_key_id, "original", exhibit.id)
        destroy_key(tx, package, disposal.destroyed, key, reason, now)
        disposal.destroyed.originals.append(exhibit)
    move_exhibit(tx, package, exhibit, "dispose", now, clause="/retention", reason=reason)
