"""Mentions on their way from findings to redactions: cut at segments, united where they overlap, merged.

Part of the plan (plan.py), which says in which order these steps come and why. Every function keeps
the set of covered characters, except that a cut drops what lies between segments (it belongs to the
format) and a merge adds the blank between two pieces of one kind.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from gateway.evidence.taxonomy import Action
from gateway.redaction.document import Segment

_JOINS = frozenset({"", " ", "\u00a0", "\u202f", "\t"})
_ADDRESS_JOINS = frozenset({", ", ",", "\n", " \n", ",\n"})


@dataclass(frozen=True, slots=True)
class Mention:
    """A stretch to be redacted, and the mention that names it (before stretches were united).

    ``weight`` decides who names a union: the longest mention, then the most confident.
    """

    start: int
    end: int
    entity: str
    rule: str
    confidence: float
    action: Action
    value_start: int  # the mention that names it, before spans were united
    value_end: int

    @property
    def weight(self) -> tuple[int, float]:
        return (self.value_end - self.value_start, self.confidence)


def _ending_after(offset: int, segments: Sequence[Segment]) -> int:
    """The number of the first segment that ends after the offset (binary search)."""
    low, high = 0, len(segments)
    while low < high:
        middle = (low + high) // 2
        if segments[middle].end <= offset:
            low = middle + 1
        else:
            high = middle
    return low


def segment_of(offset: int, segments: Sequence[Segment]) -> Segment | None:
    """The segment that holds the character at an offset, if any."""
    number = _ending_after(offset, segments)
    return segments[number] if number < len(segments) and segments[number].start <= offset else None


def cut(spans: Iterable[Mention], segments: Sequence[Segment]) -> Iterator[Mention]:
    """Pieces that each lie in one segment. What lies between segments belongs to the format."""
    for span in spans:
        number = _ending_after(span.start, segments)
        while number < len(segments) and segments[number].start < span.end:
            start, end = max(span.start, segments[number].start), min(span.end, segments[number].end)
            if start < end:
                yield span if (start, end) == (span.start, span.end) else replace(span, start=start, end=end)
            number += 1


def united(spans: Iterable[Mention]) -> list[Mention]:
    """Overlapping mentions as one each: the strictest action, named by the weightiest mention."""
    result: list[Mention] = []
    for span in sorted(spans, key=lambda each: (each.start, -each.end)):
        if result and span.start < result[-1].end:
            result[-1] = _joined(result[-1], span)
        else:
            result.append(span)
    return result


def _joined(left: Mention, right: Mention) -> Mention:
    winner = max((left, right), key=lambda span: (span.weight, span.rule, span.entity))
    action = max(left.action, right.action, key=lambda each: each.strictness)
    return replace(
        winner,
        start=min(left.start, right.start),
        end=max(left.end, right.end),
        confidence=max(left.confidence, right.confidence),
        action=action,
    )


def merged(text: str, spans: Sequence[Mention], segments: Sequence[Segment]) -> list[Mention]:
    """Neighbours of one entity and action, with at most a blank between, as one."""
    result: list[Mention] = []
    for span in spans:
        if result and _belongs(text, result[-1], span, segments):
            joined = _joined(result[-1], span)
            result[-1] = replace(joined, value_start=joined.start, value_end=joined.end)
        else:
            result.append(span)
    return result


def _belongs(text: str, left: Mention, right: Mention, segments: Sequence[Segment]) -> bool:
    if (left.entity, left.action) != (right.entity, right.action) or right.start - left.end > 2:
        return False
    gap = text[left.end : right.start]
    joins = gap in _JOINS or (left.entity == "ADDRESS" and gap in _ADDRESS_JOINS)
    return joins and segment_of(left.start, segments) is segment_of(right.start, segments)
