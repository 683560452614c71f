"""The agreement as the rest of the gateway sees it: frozen, checked, without a trace of YAML.

Only :mod:`gateway.agreements.text.parsing` makes these, so whoever holds an :class:`Agreement` holds one
that is consistent in itself: every role, view and type it names exists. Each rule can be named by
a *clause*, a JSON Pointer (RFC 6901) into the document.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Literal

from gateway.agreements.durations import Duration
from gateway.evidence.canonical import canonical_digest
from gateway.evidence.package import AgreementRef
from gateway.evidence.taxonomy import Action, Category

CountedFrom = Literal["receipt", "release", "last-pull", "case-closing"]
RecipientKind = Literal["classical", "post-quantum"]
OnMismatch = Literal["refuse", "quarantine"]

#: Time for a receiver to attest deletion, where the agreement names none.
ATTEST_WITHIN = timedelta(days=30)

#: What a party or role may be allowed to do.
PARTY_RIGHTS = frozenset({"push", "pull"})
ROLE_RIGHTS = frozenset({"push", "pull", "review", "audit", "hold"})


class AgreementState(StrEnum):
    PROPOSED = "proposed"
    ACTIVE = "active"
    SUPERSEDED = "superseded"
    SUSPENDED = "suspended"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Party:
    agency: str
    jurisdiction: str  # ISO 3166-1 alpha-2
    may: frozenset[str]


@dataclass(frozen=True, slots=True)
class Role:
    name: str
    may: frozenset[str]
    views: tuple[str, ...]
    needs: frozenset[str]  # attributes the principal must hold


@dataclass(frozen=True, slots=True)
class EvidenceRule:
    """Permitted data type.

    ``opaque`` lets bytes pass that the gateway cannot look into; ``mismatch`` says what becomes of an exhibit
    whose bytes are not of the media type it was declared as.
    """

    evidence_type: str
    media: frozenset[str]
    max_size_bytes: int
    opaque: bool
    mismatch: OnMismatch = "quarantine"


@dataclass(frozen=True, slots=True)
class RetentionRule:
    """How long a release is kept. ``views`` holds the rules of single views; the earliest end wins.

    ``keep`` and ``after_last_pull`` are usual lengths, to show and compare (a month is 30 days);
    :mod:`gateway.agreements.retention` counts the written periods, months by the calendar.
    """

    keep: timedelta
    counted_from: CountedFrom
    after_last_pull: timedelta | None
    keep_exact: Duration | None = None  # as written; None: exactly ``keep``
    after_last_pull_exact: Duration | None = None
    views: Mapping[str, RetentionRule] = field(default_factory=dict)

    @property
    def keep_period(self) -> Duration:
        """The period that ``keep`` writes."""
        return self.keep_exact or Duration(rest=self.keep)

    @property
    def after_last_pull_period(self) -> Duration | None:
        """The period that ``after_last_pull`` writes, if any."""
        if self.after_last_pull is None:
            return None
        return self.after_last_pull_exact or Duration(rest=self.after_last_pull)


@dataclass(frozen=True, slots=True)
class View:
    """A class of readers: per category, the action for each entity, with the category's default."""

    name: str
    defaults: Mapping[Category, Action]
    exceptions: Mapping[Category, Mapping[str, Action]]

    def action(self, category: Category, entity: str) -> Action:
        """What this view does with a finding of the entity."""
        return self.exceptions.get(category, {}).get(entity, self.defaults[category])

    @property
    def pseudonymises(self) -> bool:
        """Whether renditions of this view differ from recipient to recipient."""
        actions = [*self.defaults.values(), *(a for e in self.exceptions.values() for a in e.values())]
        return Action.PSEUDONYMISE in actions


@dataclass(frozen=True, slots=True)
class ReviewRule:
    """When a person must approve a rendition, how many, and whether the submitter is excluded."""

    confidence_below: float | None
    views: frozenset[str]
    always: bool
    approvals: int
    not_by_submitter: bool

    def required(self, view: str, lowest_confidence: float) -> bool:
        """Whether a rendition of ``view`` whose weakest finding has this confidence needs review."""
        below = self.confidence_below is not None and lowest_confidence < self.confidence_below
        return self.always or view in self.views or below


@dataclass(frozen=True, slots=True)
class Agreement:
    """One version of a data-sharing agreement. ``document`` is its canonical JSON value."""

    id: str
    version: int
    title: str
    parties: Mapping[str, Party]
    in_force_from: date
    in_force_until: date  # inclusive
    legal_basis: tuple[str, ...]
    purposes: tuple[str, ...]
    roles: Mapping[str, Role]
    evidence: Mapping[str, EvidenceRule]
    forbidden: frozenset[str]
    retention: Mapping[str, RetentionRule]  # by evidence type, and "default"
    views: Mapping[str, View]
    review: ReviewRule | None
    recipients: RecipientKind
    deadlines: Mapping[str, timedelta]
    two_persons: frozenset[str]
    document: Mapping[str, object]
    attest_within: timedelta = ATTEST_WITHIN

    @property
    def digest(self) -> str:
        """SHA-256 (hex) of the RFC 8785 form: what the parties sign."""
        return canonical_digest(self.document)

    @property
    def ref(self) -> AgreementRef:
        return AgreementRef(self.id, self.version, self.digest)

    def in_force(self, now: datetime) -> bool:
        """Whether ``now`` (aware, UTC) lies within the agreement's dates, both inclusive."""
        return self.in_force_from <= now.date() <= self.in_force_until

    def retention_for(self, evidence_type: str) -> tuple[RetentionRule, str]:
        """The retention rule for a type, and its clause."""
        key = evidence_type if evidence_type in self.retention else "default"
        return self.retention[key], f"/retention/{key}"

    def retention_rules(self, evidence_type: str, view: str) -> tuple[tuple[RetentionRule, str], ...]:
        """Every rule that bounds a release of a type in a view, each with its clause; the earliest end wins."""
        rule, clause = self.retention_for(evidence_type)
        own = rule.views.get(view)
        return ((rule, clause),) if own is None else ((rule, clause), (own, f"{clause}/views/{view}"))
