"""Standing: which texts bind what was begun under one version of an agreement, and what they say together.

While that version is active, it alone. Once another has superseded it, both: every decision must be
permitted by the one it was begun under *and* by the one that is active now, the earlier end of
retention counts, and only those views, recipients and review rules remain that satisfy both
(policy/stricter.py). Where the version is suspended or ended, or was superseded by one that is no longer
active, nothing is permitted: what is under way stops, and says so (docs/retention.md).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from gateway.agreements.model import Agreement, AgreementState
from gateway.agreements.retention import release_deadline
from gateway.evidence.package import AgreementRef, Case, Exhibit, Release
from gateway.exchange.ports.database import Transaction
from gateway.exchange.ports.parties import AgreementRecord
from gateway.policy.decide import decide
from gateway.policy.decision import Decision, Request, deny
from gateway.policy.stricter import removes_no_more, stricter


@dataclass(frozen=True, slots=True)
class End:
    """The end of retention: when, and the clause of the version that sets it."""

    at: datetime
    clause: str
    agreement: AgreementRef

    def clause_in(self, ref: AgreementRef) -> str:
        """The clause as a pointer into the version ``ref``; only the section where another version decides."""
        return self.clause if self.agreement == ref else "/retention"


@dataclass(frozen=True, slots=True)
class Standing:
    """The version that something was begun under, and the active one where that is another."""

    own: AgreementRecord
    newer: AgreementRecord | None

    @property
    def texts(self) -> tuple[Agreement, ...]:
        """The versions that bind, the own one first."""
        return (self.own.agreement,) if self.newer is None else (self.own.agreement, self.newer.agreement)

    @property
    def agreement(self) -> Agreement:
        """What is to be prepared for whom: the own version, or the stricter of both."""
        if self.newer is None:
            return self.own.agreement
        return stricter(self.own.agreement, self.newer.agreement)

    def decide(self, request: Request) -> Decision:
        """The decision under all texts that bind; a denial by either is a denial."""
        if self.newer is None:
            return decide(request, self.own.agreement, self.own.state)
        under_newer = decide(request, self.newer.agreement, self.newer.state)
        if not under_newer.permitted:
            return replace(under_newer, agreement=self.newer.agreement.ref)
        if request.action == "pull" and not self._still_serves(request.view):
            reason = f"version {self.newer.agreement.version} removes more in this view than was removed"
            return deny("view-stricter-now", f"/views/{request.view}", reason, agreement=self.newer.agreement.ref)
        # The older text still binds what was begun under it, as if it were active.
        return decide(request, self.own.agreement, AgreementState.ACTIVE)

    def _still_serves(self, view: str | None) -> bool:
        """Whether a rendition of this view is clean enough for the newer text too; None is no view."""
        if self.newer is None or view is None or view not in self.own.agreement.views:
            return True
        return removes_no_more(self.newer.agreement.views[view], self.own.agreement.views[view])

    def barred(self, now: datetime) -> Decision | None:
        """Why nothing may go on under this at all, or None if something may."""
        newest = self.newer or self.own
        if newest.state is not AgreementState.ACTIVE:
            return deny("agreement-not-active", "/version", f"version {newest.agreement.version} is {newest.state}")
        for text in (newest.agreement, self.own.agreement):
            if not text.in_force(now):
                return deny("agreement-not-in-force", "/in_force", "the agreement's dates are over")
        return None

    def deadline(
        self,
        evidence_type: str,
        view: str,
        *,
        received_at: datetime,
        released_at: datetime | None,
        last_pull_at: datetime | None,
        case_closed_at: datetime | None,
    ) -> End:
        """The earlier end of retention under the texts that bind."""
        ends = []
        for text in self._keeping(evidence_type):
            at, clause = release_deadline(
                text,
                evidence_type,
                view,
                received_at=received_at,
                released_at=released_at,
                last_pull_at=last_pull_at,
                case_closed_at=case_closed_at,
            )
            ends.append(End(at, clause, text.ref))
        return min(ends, key=lambda end: end.at)

    def release_end(self, release: Release, exhibit: Exhibit, case: Case | None) -> End:
        """The end of retention of a release, as it, its exhibit and its case are now."""
        return self.deadline(
            exhibit.evidence_type,
            release.view,
            received_at=exhibit.received_at or release.sealed_at,
            released_at=release.sealed_at,
            last_pull_at=release.last_pull_at,
            case_closed_at=case.closed_at if case else None,
        )

    def end_from_receipt(self, exhibits: Iterable[Exhibit], received_at: datetime) -> End | None:
        """When what was never released must go; None if no exhibit is of a permitted type."""
        ends = [
            End(rule.keep_period.after(received_at), f"{clause}/keep", text.ref)
            for evidence_type in {exhibit.evidence_type for exhibit in exhibits}
            if evidence_type in self.own.agreement.evidence
            for text in self._keeping(evidence_type)
            for rule, clause in (text.retention_for(evidence_type),)
        ]
        return min(ends, key=lambda end: (end.at, end.clause), default=None)

    def _keeping(self, evidence_type: str) -> Iterator[Agreement]:
        """The texts that say how long a type is kept: a newer one may have dropped it."""
        for text in self.texts:
            if text is self.own.agreement or {evidence_type, "default"} & text.retention.keys():
                yield text


def standing(tx: Transaction, ref: AgreementRef) -> Standing | None:
    """What binds whatever was begun under ``ref``; None if that version is not stored."""
    own = tx.agreements.version(ref.id, ref.version)
    if own is None:
        return None
    newer = tx.agreements.active(ref.id) if own.state is AgreementState.SUPERSEDED else None
    return Standing(own, newer)


def latest(tx: Transaction, agreement_id: str) -> AgreementRecord | None:
    """The active version of an agreement, else the newest, whose state says why none is active."""
    return tx.agreements.active(agreement_id) or tx.agreements.newest(agreement_id)


def governing(tx: Transaction, agreement_id: str) -> AgreementRecord | None:
    """The active version of an agreement, else the newest that has ever been active, else None.

    For acts that outlast an agreement: holds and what concerns cases.
    """
    active = tx.agreements.active(agreement_id)
    if active is not None:
        return active
    begun = (AgreementState.SUSPENDED, AgreementState.SUPERSEDED, AgreementState.ENDED)
    for found in tx.agreements.read(reversed(tx.agreements.versions(agreement_id, *begun))):
        # A proposal that was ended before all had signed has never bound anybody.
        if found.signed_by >= frozenset(found.agreement.parties):
            return found
    return None
