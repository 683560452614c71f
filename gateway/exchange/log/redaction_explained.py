"""A redaction report put into words: for a finding its rule, model and clause; for many reports, counts by rule.

Reports are as docs/spec/redaction.md has them. They never hold what was removed, and so neither does
anything here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gateway.agreements.model import Agreement
from gateway.agreements.vocabulary import CATEGORY_KEYS
from gateway.errors import InvalidInput, NotFound
from gateway.evidence.canonical import parse_json
from gateway.evidence.taxonomy import ENTITIES, REASON_CODES, Action, Category
from gateway.exchange.ports.database import Transaction
from gateway.policy.rulebook import existing_clause

MAX_REPORT_BYTES = 64 << 20
#: One answer over an agreement reads its newest reports up to either limit.
MAX_REPORTS, MAX_READ_BYTES = 500, 16 << 20

#: What stands behind the first part of a rule's name, where it is not a rule written for one form.
_MODELS = {
    "model": "the language model (spaCy) that reads names and places",
    "tagger": "the tagger trained with this software",
    "presidio": "a recogniser of Presidio",
    "registered": "the register of secrets of the party that pushed the exhibit",
    "package": "a name that stands in another exhibit, or elsewhere in this one",
    "label": "the label of the value (a column's heading, a key, a header)",
    "legend": "a confidentiality legend and the extent it covers",
}
_RULE = "a rule that knows the form"
_TEXTS = ("category", "entity", "rule", "action", "reason_code")


@dataclass(frozen=True, slots=True)
class Explained:
    """Why one stretch was redacted.

    Attributes:
        found_by: What stands behind the rule, in words.
        again: Whether it was found only as a recurrence of what the rule found elsewhere.
        clause: JSON Pointer into the agreement, or empty without one.
        agrees: Whether the agreement, as given, asks for the action in the report; None without one.
    """

    finding: Mapping[str, Any]
    place: str
    found_by: str
    again: bool
    meaning: str
    legal_basis: str
    clause: str
    agrees: bool | None


@dataclass(frozen=True, slots=True)
class RuleCounts:
    """One rule over several reports. ``again`` of ``redactions`` are recurrences; confidences are 0 to 1."""

    rule: str
    reports: int
    redactions: int
    again: int
    lowest_confidence: float
    mean_confidence: float
    entities: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AgreementCounts:
    """Counts over the newest reports under an agreement; ``complete`` if these were all."""

    reports: int
    complete: bool
    rules: tuple[RuleCounts, ...]


def parse_report(source: bytes) -> Mapping[str, Any]:
    """The members of a report.

    Raises:
        TooLarge, InvalidInput: A ``json-…`` code.
        InvalidInput: ``report-invalid``.
    """
    report = parse_json(source, max_bytes=MAX_REPORT_BYTES)
    if not isinstance(report, dict) or not isinstance(report.get("view"), str):
        raise _invalid("it has no view")
    findings = report.get("findings")
    if not isinstance(findings, list) or not all(map(_is_finding, findings)):
        raise _invalid("its findings are not as they must be")
    return report


def finding_of(report: Mapping[str, Any], finding_id: str | None, at: int | None) -> Mapping[str, Any]:
    """The finding with this id, or the one that covers this character of the canonical text.

    Raises:
        InvalidInput: ``explain-usage`` unless exactly one of them is given.
        NotFound: ``finding-unknown``.
    """
    if (finding_id is None) == (at is None):
        raise InvalidInput(
            "explain-usage", "Name a finding or a place, and not both.", remedy="Give an id like f3, or --at 120."
        )
    for finding in report["findings"]:
        if finding["id"] == finding_id or (at is not None and finding["start"] <= at < finding["end"]):
            found: Mapping[str, Any] = finding
            return found
    raise NotFound(
        "finding-unknown",
        "The report has no such finding; nothing was redacted there.",
        remedy=f"It has {len(report['findings'])} findings, f1 and so on; offsets count characters from 0.",
    )


def explain(report: Mapping[str, Any], finding: Mapping[str, Any], agreement: Agreement | None = None) -> Explained:
    """Which rule, model and clause a finding of a report has.

    Args:
        agreement: The version that the exhibit was pushed under; without it no clause is named.

    Raises:
        NotFound: ``unknown-view`` if the agreement has no view of the report's name.
    """
    rule = finding["rule"]
    clause, agrees = ("", None) if agreement is None else _clause(report["view"], finding, agreement)
    reason = REASON_CODES.get(finding["reason_code"])
    return Explained(
        finding=finding,
        place=next((f"{key} {finding[key]}".strip() for key in ("page", "cell", "path") if finding.get(key)), ""),
        found_by=_MODELS.get(rule.partition("/")[0], _RULE),
        again=rule.endswith("/again"),
        meaning=reason.meaning if reason else "",
        legal_basis=reason.legal_basis if reason else "",
        clause=clause,
        agrees=agrees,
    )


def statistics(reports: Iterable[Mapping[str, Any]]) -> list[RuleCounts]:
    """Counts by rule, the most frequent first; recurrences count with the rule that they recur of."""
    found: dict[str, list[tuple[int, Mapping[str, Any]]]] = {}
    for number, report in enumerate(reports):
        for finding in report["findings"]:
            found.setdefault(finding["rule"].removesuffix("/again"), []).append((number, finding))
    counts = [_counted(rule, items) for rule, items in found.items()]
    return sorted(counts, key=lambda each: (-each.redactions, each.rule))


def statistics_of(tx: Transaction, agreement_id: str) -> AgreementCounts:
    """Counts over the newest reports under an agreement, as many as one answer may read."""
    sizes = tx.renditions.report_sizes(agreement_id, limit=MAX_REPORTS + 1)
    chosen: list[str] = []
    total = 0
    for rendition_id, size in sizes[:MAX_REPORTS]:
        total += size
        if total > MAX_READ_BYTES:
            break
        chosen.append(rendition_id)
    stored = (tx.renditions.get(rendition_id) for rendition_id in chosen)
    rules = statistics(parse_report(rendition.report) for rendition in stored if rendition is not None)
    return AgreementCounts(len(chosen), len(chosen) == len(sizes), tuple(rules))


def _counted(rule: str, items: Sequence[tuple[int, Mapping[str, Any]]]) -> RuleCounts:
    confidences = [float(finding["confidence"]) for _, finding in items]
    return RuleCounts(
        rule=rule,
        reports=len({number for number, _ in items}),
        redactions=len(items),
        again=sum(finding["rule"].endswith("/again") for _, finding in items),
        lowest_confidence=min(confidences),
        mean_confidence=round(sum(confidences) / len(confidences), 3),
        entities=tuple(sorted({finding["entity"] for _, finding in items})),
    )


def _clause(view_name: str, finding: Mapping[str, Any], agreement: Agreement) -> tuple[str, bool]:
    view = agreement.views.get(view_name)
    if view is None:
        raise NotFound(
            "unknown-view",
            "The agreement has no view of the report's name.",
            remedy=f"Give the agreement that the exhibit was pushed under; this one has: {', '.join(agreement.views)}.",
        )
    category, entity = Category(finding["category"]), finding["entity"]
    key = next(written for written, meant in CATEGORY_KEYS.items() if meant is category)
    at = f"/views/{view_name}"
    # What a view leaves out is removed: then the view itself is the clause.
    clause = existing_clause(agreement, f"{at}/{key}/{entity}", f"{at}/{key}/default", at)
    asked, done = view.action(category, entity), Action(finding["action"])
    # What has no pseudonym or no coarser form is removed instead; a recurrence or a merged stretch may be stricter.
    return clause, asked is done or done.strictness > asked.strictness > Action.KEEP.strictness


def _is_finding(value: object) -> bool:
    return (
        isinstance(value, dict)
        and isinstance(value.get("id"), str)
        and all(type(value.get(key)) is int for key in ("start", "end"))
        and all(isinstance(value.get(key), str) for key in _TEXTS)
        and value["entity"] in ENTITIES
        and value["category"] in list(Category)
        and value["action"] in list(Action)
        and isinstance(value.get("confidence"), (int, float))
    )


def _invalid(reason: str) -> InvalidInput:
    return InvalidInput(
        "report-invalid",
        f"This is not a redaction report: {reason}.",
        remedy="Give a report as the gateway answers it, or as 'agreements simulate' writes it.",
    )
