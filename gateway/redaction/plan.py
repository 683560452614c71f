"""The plan of a rendition: from overlapping findings to replacements that never overlap.

Steps, in order: (1) every finding gets the view's action, kept ones leave; (2) it grows to whole
words; (3) its value is looked for elsewhere (propagation.py), also where it is written with escapes
(escapes.py); (4) spans are cut at segment boundaries; (5) overlapping spans unite: the stricter action
wins, the longest (then most confident) names the entity; (6) neighbours of one kind merge; (7) each
gets its marker. Every character that any finding with an action other than *keep* covers ends up covered.

Markers are the same in every format: ``[PD-NAME]``, the reason code, for what is removed; a
pseudonym label like ``[Person 7F3KQ2]``; the coarser value like ``[2019]``. What has no pseudonym or no
coarser form is removed. The plan knows no formats and no detectors.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from gateway.errors import DetectionFailed
from gateway.evidence.taxonomy import ENTITIES, GENERALISABLE, PSEUDONYMISABLE, Action, Category
from gateway.redaction.document import CanonicalText, Finding, Replacement, Segment
from gateway.redaction.escapes import escaped_recurrences
from gateway.redaction.generalise import generalise
from gateway.redaction.matching import is_unspaced
from gateway.redaction.mention import Mention, cut, merged, segment_of, united
from gateway.redaction.propagation import RemovedValue, is_contextual, recurrences, with_parts
from gateway.redaction.pseudonym import Pseudonymiser, resolve

ActionFor = Callable[[Category, str], Action]

#: A word longer than this is no word; a finding inside it is not grown to its ends.
_MAX_WORD_CHARS = 64


@dataclass(frozen=True, slots=True)
class Redaction:
    """One stretch of the canonical text and what becomes of it."""

    start: int
    end: int
    entity: str
    category: Category
    action: Action
    reason_code: str
    replacement: str
    rule: str
    confidence: float
    pseudonym: str | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """What to do to a canonical text for one view.

    Attributes:
        redactions: Sorted, not overlapping, none crossing a segment boundary.
        removed: What the residue check has to look for.
        stops: Entities found whose action is *stop*: the exhibit must be quarantined.
        expected_text: The canonical text with the replacements in place.
        lowest_confidence: Of all redactions; 1.0 if there are none.
    """

    redactions: tuple[Redaction, ...]
    removed: tuple[RemovedValue, ...]
    stops: tuple[str, ...]
    expected_text: str

    @property
    def replacements(self) -> tuple[Replacement, ...]:
        return tuple(Replacement(each.start, each.end, each.replacement) for each in self.redactions)

    @property
    def lowest_confidence(self) -> float:
        return min((each.confidence for each in self.redactions), default=1.0)


def build_plan(
    document: CanonicalText,
    findings: Sequence[Finding],
    action_for: ActionFor,
    pseudonymiser: Pseudonymiser,
    known_names: Iterable[str] = (),
    *,
    aliases: Mapping[str, str] | None = None,
    recurring: bool = True,
) -> Plan:
    """Decide what is replaced by what.

    Args:
        document: The text all offsets refer to.
        findings: What the detectors reported, in any order, overlapping or not.
        action_for: The view: category and entity to action.
        pseudonymiser: Keyed for the case and recipient.
        known_names: Names of persons in the package, which short forms here may mean.
        aliases: What short forms mean, if that has been resolved over more than this text.
        recurring: Whether to look for recurrences; not needed if the findings hold them.

    Raises:
        DetectionFailed: ``finding-out-of-range`` or ``finding-unknown-entity``: a detector is at fault,
            and what it meant can't be guessed.
    """
    text = document.text
    segments = document.segments or (Segment(0, len(text), ""),)
    acted = [span for finding in findings if (span := _acted(text, finding, action_for)) is not None]
    stops = tuple(sorted({span.entity for span in acted if span.action is Action.STOP}))
    grown = _distinct(_grown(text, span, segments) for span in acted)
    values = [value for span in grown for value in with_parts(_removed(text, span))]
    grown += _again(text, grown, values if recurring else (), values)
    whole = merged(text, united(cut(grown, segments)), segments)
    persons = (text[span.value_start : span.value_end] for span in whole if span.entity == "PERSON")
    names = resolve((*persons, *known_names)) if aliases is None else aliases
    redactions = tuple(_worded(text, span, pseudonymiser, names) for span in whole)
    return Plan(redactions, _listed(text, redactions, values), stops, _applied(text, redactions))


def values_found(document: CanonicalText, findings: Sequence[Finding]) -> list[tuple[RemovedValue, float]]:
    """What a plan that keeps nothing would look for again, with the confidence it was found with.

    Raises:
        DetectionFailed: as :func:`build_plan`.
    """
    text = document.text
    segments = document.segments or (Segment(0, len(text), ""),)
    acted = (_acted(text, finding, lambda category, entity: Action.REMOVE) for finding in findings)
    grown = _distinct(_grown(text, span, segments) for span in acted if span is not None)
    return [(value, span.confidence) for span in grown for value in with_parts(_removed(text, span))]


def _acted(text: str, finding: Finding, action_for: ActionFor) -> Mention | None:
    if not 0 <= finding.start <= finding.end <= len(text):
        raise DetectionFailed(
            "finding-out-of-range",
            f"The rule {finding.rule} reported a span outside the text.",
            remedy="This is a fault in a detector; report it. Nothing was released.",
        )
    if finding.entity not in ENTITIES:
        raise DetectionFailed(
            "finding-unknown-entity",
            f"The rule {finding.rule} reported an entity that the taxonomy does not know.",
            remedy="This is a fault in a detector; report it. Nothing was released.",
        )
    start, end = finding.start, finding.end
    while start < end and text[start].isspace():
        start += 1
    while start < end and text[end - 1].isspace():
        end -= 1
    action = action_for(ENTITIES[finding.entity].category, finding.entity)
    if start == end or action is Action.KEEP:
        return None
    return Mention(start, end, finding.entity, finding.rule, finding.confidence, action, start, end)


def _grown(text: str, span: Mention, segments: Sequence[Segment]) -> Mention:
    """The span, grown to whole words inside its segment, so that no half of a word betrays the other."""
    segment = segment_of(span.start, segments)
    low = max(segment.start if segment else 0, span.start - _MAX_WORD_CHARS)
    start = span.start
    while start > low and _one_word(text[start - 1], text[start]):
        start -= 1
    last = segment_of(span.end - 1, segments)
    high = min(last.end if last else len(text), span.end + _MAX_WORD_CHARS)
    end = span.end
    while end < high and _one_word(text[end - 1], text[end]):
        end += 1
    if (start, end) == (span.start, span.end):
        return span
    return replace(span, start=start, end=end, value_start=start, value_end=end)


def _one_word(left: str, right: str) -> bool:
    return _wordlike(left) and _wordlike(right) and not (is_unspaced(left) or is_unspaced(right))


def _wordlike(char: str) -> bool:
    return char.isalnum() or "\u0300" <= char <= "\u036f" or char in "\u00ad\u200b\u200c\u200d\u2060"


def _distinct(spans: Iterable[Mention]) -> list[Mention]:
    return sorted(set(spans), key=lambda span: (span.start, -span.end, span.entity, span.rule, span.confidence))


def _removed(text: str, span: Mention) -> RemovedValue:
    value = text[span.start : span.end]
    return RemovedValue(value, span.entity, span.rule, "", is_contextual(span.entity, value))


def _again(
    text: str, spans: Sequence[Mention], values: Sequence[RemovedValue], escaped: Sequence[RemovedValue]
) -> list[Mention]:
    """Spans for recurrences of values, plain or escaped, with the strictest action any of their like has."""
    strictest: dict[tuple[str, str], Mention] = {}
    for span in spans:
        key = (span.entity, span.rule)
        known = strictest.get(key)
        if known is None or span.action.strictness > known.action.strictness:
            strictest[key] = span
    known_places = {(span.start, span.end) for span in spans}
    found = []
    for value, where in recurrences(text, values):
        if (where.start, where.end) in known_places:
            continue
        source = strictest[value.entity, value.rule.removesuffix("/part")]
        rule = value.rule.removesuffix("/part") + "/again"
        found.append(
            replace(source, start=where.start, end=where.end, rule=rule, value_start=where.start, value_end=where.end)
        )
    known_places |= {(span.start, span.end) for span in found}
    for value, start, end in escaped_recurrences(text, escaped, known_places):
        source = strictest[value.entity, value.rule.removesuffix("/part")]
        rule = value.rule.removesuffix("/part") + "/escaped"
        # "Jane%20Roe" bears the pseudonym of the Jane Roe that it repeats.
        named = text.index(value.value)
        named_end = named + len(value.value)
        found.append(replace(source, start=start, end=end, rule=rule, value_start=named, value_end=named_end))
    return _distinct(found)


def _worded(text: str, span: Mention, pseudonymiser: Pseudonymiser, names: Mapping[str, str]) -> Redaction:
    entity = ENTITIES[span.entity]
    action, pseudonym, coarser = span.action, None, None
    if action is Action.PSEUDONYMISE and span.entity in PSEUDONYMISABLE:
        pseudonym = pseudonymiser.label(span.entity, text[span.value_start : span.value_end], names)
    elif action is Action.GENERALISE and span.entity in GENERALISABLE:
        coarser = generalise(span.entity, text[span.start : span.end])
    if action in (Action.PSEUDONYMISE, Action.GENERALISE) and pseudonym is None and coarser is None:
        action = Action.REMOVE
    return Redaction(
        start=span.start,
        end=span.end,
        entity=span.entity,
        category=entity.category,
        action=action,
        reason_code=entity.reason,
        replacement=f"[{pseudonym or coarser or entity.reason}]",
        rule=span.rule,
        confidence=span.confidence,
        pseudonym=pseudonym,
    )


def _listed(text: str, redactions: Sequence[Redaction], values: Sequence[RemovedValue]) -> tuple[RemovedValue, ...]:
    """What to look for afterwards: exactly the values that were looked for here, and what was cut out.

    A united stretch is not searched as such (its recurrences were not removed as such, its parts' were);
    it is listed for its marker, and to be counted if it is a single word.
    """
    searched = {(value.value, value.entity): value for value in values if not value.contextual}
    cut_out: dict[tuple[str, str], RemovedValue] = {}
    for each in redactions:
        value = text[each.start : each.end]
        cut_out.setdefault(
            (value, each.replacement), RemovedValue(value, each.entity, each.rule, each.replacement, True)
        )
    return (*searched.values(), *cut_out.values())


def _applied(text: str, redactions: Sequence[Redaction]) -> str:
    pieces: list[str] = []
    position = 0
    for each in redactions:
        pieces += (text[position : each.start], each.replacement)
        position = each.end
    pieces.append(text[position:])
    return "".join(pieces)
