"""Simulate over what was pushed before: the metadata of past packages, judged under a draft.

No evidence is opened and nothing is changed, but it is a look at what agencies exchanged, so the log
has an entry of it, in the same transaction.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from gateway.agreements.model import Agreement
from gateway.evidence.lifecycle import ExhibitState
from gateway.evidence.package import Package, Principal
from gateway.exchange import record
from gateway.exchange.ports.database import Transaction
from gateway.policy.hindsight import (
    DECIDED,
    PastExhibit,
    PastPackage,
    PastRelease,
    hindsight_sentences,
    judge_past,
)

_PAGE = 200
#: Packages looked through for each one asked for, so that a rarely used agreement costs no scan of everything.
_MAX_LOOKED_AT = 20_000
_STOPPED = (ExhibitState.REFUSED, ExhibitState.QUARANTINED)


def simulate_past(tx: Transaction, draft: Agreement, last: int, now: datetime) -> dict[str, Any]:
    """Judge the newest packages under any version of the draft's agreement, and record that it was done.

    Args:
        tx: The transaction to read and record in.
        draft: The version that there might be; it need not be stored.
        last: How many packages, newest first, at least 1.
        now: Aware UTC.

    Returns:
        ``agreement``, ``judged``, ``refused``, ``sentences`` and a verdict for each package.
    """
    people: dict[str, Principal | None] = {}
    past = [_facts(tx, package, people) for package in newest_packages(tx, draft, last)]
    verdicts = judge_past(draft, past, now)
    refused = sum(verdict.outcome == "refused" for verdict in verdicts)
    tx.ledger.append(
        record.event(
            "agreement.simulate-past",
            "done",
            now,
            # A draft is no version under which anything stands: its entry is of no agreement.
            ("agreement", draft.id),
            detail={"draft_version": draft.version, "draft_digest": draft.digest, "judged": len(past)},
            system="operator",
        )
    )
    return {
        "agreement": draft.ref.as_dict(),
        "judged": len(verdicts),
        "refused": refused,
        "sentences": list(hindsight_sentences(verdicts)),
        "packages": [verdict.as_dict() for verdict in verdicts],
    }


def newest_packages(tx: Transaction, draft: Agreement, last: int) -> list[Package]:
    """The newest packages under any version of the agreement, newest first.

    Found by sender: all who are or were a party may have pushed.
    """
    senders = set(draft.parties)
    for stored in tx.agreements.read(tx.agreements.versions(draft.id)):
        senders |= set(stored.agreement.parties)
    found = [package for sender in sorted(senders) for package in _pushed(tx, sender, draft.id, last)]
    found.sort(key=lambda package: (package.created_at, package.id), reverse=True)
    return found[:last]


def _pushed(tx: Transaction, sender: str, agreement_id: str, last: int) -> Iterator[Package]:
    after: str | None = None
    found = looked_at = 0
    while found < last and looked_at < _MAX_LOOKED_AT:
        page = tx.packages.pushed_by(sender, after=after, limit=_PAGE)
        looked_at += len(page)
        for package in page:
            if package.agreement.id == agreement_id and found < last:
                found += 1
                yield package
        if len(page) < _PAGE:
            return
        after = page[-1].id


def _facts(tx: Transaction, package: Package, people: dict[str, Principal | None]) -> PastPackage:
    if package.submitter not in people:
        people[package.submitter] = tx.directory.principal(package.submitter)
    exhibits = tuple(
        PastExhibit(
            exhibit.id,
            exhibit.evidence_type,
            exhibit.media_type or exhibit.declared_media_type,
            exhibit.size_bytes,
            exhibit.state in _STOPPED,
            exhibit.reason in DECIDED,
        )
        for exhibit in tx.packages.exhibits(package.id)
    )
    releases = tuple(
        PastRelease(release.exhibit_id, release.recipient, release.view)
        for release in tx.releases.of_package(package.id)
    )
    return PastPackage(
        package.id,
        package.agency,
        people[package.submitter],
        package.purpose,
        package.urgency,
        exhibits,
        releases,
    )
