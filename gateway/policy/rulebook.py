"""An agreement made ready for many decisions: clauses and obligations that never change, built once.

Agreements are frozen, so what a decision says about a clause can be prepared. The cache holds the
agreements it was built from, so an object's identity cannot be taken over by another while its
rulebook is kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from gateway.agreements.model import Agreement, RetentionRule
from gateway.policy.decision import Obligation

_MAX_KEPT = 64


@dataclass(frozen=True, slots=True)
class Rulebook:
    """What decisions under one agreement need again and again.

    Attributes:
        agreement: The agreement itself.
        parties: Agency -> the clause of its party.
        receivers: Agency -> whether any other party may pull what it pushes.
        redact: View -> the obligation on what can be redacted, and on what passes opaque.
        retain: Evidence type and view -> the obligations to keep no longer. Under the empty view stands what
            holds for the type; of the others only those that have a rule of their own. See :meth:`retain_for`.
        review: The obligation to have renditions reviewed, if the agreement asks for it.
        encrypt: The obligation to encrypt to a kind of recipient.
    """

    agreement: Agreement
    parties: Mapping[str, str]
    receivers: Mapping[str, bool]
    redact: Mapping[str, tuple[Obligation, Obligation]]
    retain: Mapping[tuple[str, str], tuple[Obligation, ...]]
    review: Obligation | None
    encrypt: Obligation

    def retain_for(self, evidence_type: str, view: str = "") -> tuple[Obligation, ...]:
        """The obligations to keep a permitted type no longer, in a view or whatever the view."""
        return self.retain.get((evidence_type, view)) or self.retain[evidence_type, ""]


def rulebook(agreement: Agreement) -> Rulebook:
    """The rulebook of an agreement, built at its first decision."""
    found = _kept.get(id(agreement))
    if found is None or found.agreement is not agreement:
        found = _build(agreement)
        if len(_kept) >= _MAX_KEPT:
            _kept.clear()
        _kept[id(agreement)] = found
    return found


def existing_clause(agreement: Agreement, *candidates: str) -> str:
    """The first of the pointers that the document has; the whole document if it has none.

    For members that an agreement may leave out, so that every decision names a clause that exists.
    """
    for pointer in candidates:
        value: object = agreement.document
        for token in pointer.split("/")[1:]:
            value = value.get(token) if isinstance(value, Mapping) else None
        if value is not None:
            return pointer
    return ""


_kept: dict[int, Rulebook] = {}


def _build(agreement: Agreement) -> Rulebook:
    pullers = {party.agency for party in agreement.parties.values() if "pull" in party.may}
    return Rulebook(
        agreement=agreement,
        parties={agency: f"/parties/{index}" for index, agency in enumerate(agreement.parties)},
        receivers={agency: bool(pullers - {agency}) for agency in agreement.parties},
        redact={name: (_redact(name, opaque=False), _redact(name, opaque=True)) for name in agreement.views},
        retain={
            (name, view): tuple(_retain(*each) for each in agreement.retention_rules(name, view))
            for name in agreement.evidence
            for view in ("", *agreement.retention_for(name)[0].views)
        },
        review=_review(agreement),
        encrypt=Obligation(
            "encrypt",
            existing_clause(agreement, "/encryption/recipients"),
            (("recipients", agreement.recipients),),
        ),
    )


def _redact(view: str, *, opaque: bool) -> Obligation:
    return Obligation("redact", f"/views/{view}", (("view", view), ("opaque", opaque)))


def _retain(rule: RetentionRule, clause: str) -> Obligation:
    params = (("keep", str(rule.keep_period)), ("counted_from", rule.counted_from))
    after = rule.after_last_pull_period
    return Obligation("retain", clause, params if after is None else (*params, ("after_last_pull", str(after))))


def _review(agreement: Agreement) -> Obligation | None:
    rule = agreement.review
    if rule is None:
        return None
    when = [f"view-{view}" for view in sorted(rule.views)]
    if rule.confidence_below is not None:
        when.append(f"confidence-below-{rule.confidence_below:.2f}")
    if rule.always:
        when.append("always")
    return Obligation(
        "review",
        "/review",
        (("when", tuple(when)), ("approvals", rule.approvals), ("not_by_submitter", rule.not_by_submitter)),
    )
