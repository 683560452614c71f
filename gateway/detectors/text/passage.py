"""Passages: the pieces of a canonical text that rules and models read, and how a text is cut into them.

Detectors must cost no more than linear time, and several tools behind them are quadratic in the
length of their input; so nothing longer than :data:`MAX_CHARS` is ever handed to one. Cuts fall
between paragraphs, lines or sentences where there are any. Where a text has none (a log line of a
megabyte) pieces overlap, so that a value on the cut is whole in one of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

MAX_CHARS = 3000
_OVERLAP_CHARS = 200
_CUTS = (re.compile(r"\n\s*\n"), re.compile(r"\n"), re.compile(r"(?<=[.!?;])\s+(?=[^\W\d_a-z])"))


@dataclass(frozen=True, slots=True)
class Passage:
    """A piece of text as detectors see it.

    Attributes:
        text: The characters.
        offset: Where they begin in the canonical text.
        language: ``en``, ``fr`` or ``es``.
        commercial: Whether it reads like a contract or price list, where figures are terms.
    """

    text: str
    offset: int
    language: str = "en"
    commercial: bool = False


@dataclass(frozen=True, slots=True)
class Span:
    """What a rule found in a passage; offsets within the passage."""

    start: int
    end: int
    entity: str
    rule: str
    confidence: float


def spans(
    pattern: re.Pattern[str], text: str, entity: str, rule: str, confidence: float, group: str | int = 0
) -> Iterator[Span]:
    """Everything that a pattern finds in a text, or what one group of it holds, as one kind of thing."""
    for match in pattern.finditer(text):
        yield Span(match.start(group), match.end(group), entity, rule, confidence)


def cut(text: str, max_chars: int = MAX_CHARS) -> Iterator[tuple[int, int]]:
    """Start and end of consecutive pieces that cover the text, none longer than ``max_chars``."""
    position = 0
    while len(text) - position > max_chars:
        end = _cut_before(text, position, position + max_chars)
        if end is None:
            end = position + max_chars
            yield position, end
            position = end - _OVERLAP_CHARS
        else:
            yield position, end
            position = end
    yield position, len(text)


def _cut_before(text: str, start: int, limit: int) -> int | None:
    # Only the last third is searched, so that pieces are long and the search stays linear.
    low = start + (limit - start) * 2 // 3
    for kind in _CUTS:
        last = None
        for match in kind.finditer(text, low, limit):
            last = match.end()
        if last is not None and last > start:
            return last
    return None
