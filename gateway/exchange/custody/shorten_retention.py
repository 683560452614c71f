"""Shorten: what comes later may end a release's retention sooner, never later.

The closing of its case, where a period counts from it; and a newer version of its agreement that keeps
less: once that is active, each release under the older one is held against it, once, by the housekeeping,
and is then destroyed at the earlier end, pulled or not.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from gateway.evidence.lifecycle import ReleaseState
from gateway.evidence.package import Case, Release
from gateway.exchange import record
from gateway.exchange.parties.standing import standing
from gateway.exchange.ports.database import Transaction


def count_from_closing(tx: Transaction, case: Case, now: datetime) -> None:
    """Bring the end of retention of a case's releases forward where it counts from the closing, which is now."""
    for release in tx.releases.of_case(case.id):
        _shorten(tx, release, replace(case, closed_at=now), "case-closed", now)


def follow_newer(tx: Transaction, now: datetime, limit: int = 100) -> int:
    """Hold releases against the version that has superseded theirs; how many. Call again while it is more than 0."""
    dated = 0
    for found in tx.releases.undated(limit):
        # The case first, as everywhere: a disposal or a closing at this moment comes before or after.
        case = tx.cases.get(found.case_id, lock=True)
        release, binding = tx.releases.get(found.id, lock=True), standing(tx, found.agreement)
        if release is None or binding is None or binding.newer is None:
            continue
        _shorten(tx, release, case, "agreement-superseded", now)
        tx.releases.date(release.id, binding.newer.agreement.version)
        dated += 1
    return dated


def _shorten(tx: Transaction, release: Release, case: Case | None, reason: str, now: datetime) -> None:
    binding, exhibit = standing(tx, release.agreement), tx.packages.exhibit(release.exhibit_id)
    if release.state is ReleaseState.DISPOSED or binding is None or exhibit is None:
        return
    end = binding.release_end(release, exhibit, case)
    if end.at >= release.deadline:
        return
    event = record.event(
        "release.shorten",
        "done",
        now,
        release,
        agreement=end.agreement,
        clause=end.clause,
        reason=reason,
        detail={"deadline": end.at},
    )
    tx.releases.touch(release.id, event, deadline=end.at)
