"""What is known of values: cells, keys and fields are not sentences, and say more by their column than by themselves.

The models learnt from running text. Over a row of cells they read one sentence and see an address in
"Month Requests Errors"; over a setting "0.25" they are unsure, and below their threshold for messages that is
enough. So in an exhibit made of values of their own a guess that runs over the border of a value is dropped,
unless it is a name (given name and surname stand in two columns); and a weak guess about a value of a few
words too. Rules and labels are no guesses, and free text in a cell is read like any message.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from gateway.detectors.structure.labels import FULL_NAME
from gateway.redaction.document import CanonicalText, Finding, Segment

_GUESSES = ("tagger/", "model/", "capitals/")
_LEAST_WORDS = 4
#: What the tagger needs to believe in running text.
_SURE = 0.6
_LEAST_NAMES, _SHARE_OF_NAMES, _SHARE_OF_PERSONS = 5, 0.5, 0.3


def without_idle_guesses(findings: Iterable[Finding], document: CanonicalText) -> Iterator[Finding]:
    """The findings without what models guess about values that say too little."""
    if len(document.segments) < 2:
        yield from findings
        return
    for finding in findings:
        if not finding.rule.startswith(_GUESSES):
            yield finding
            continue
        guess = document.text[finding.start : finding.end]
        # A token of white space at its edge is the separator of two values.
        start, end = finding.start + len(guess) - len(guess.lstrip()), finding.end - len(guess) + len(guess.rstrip())
        first, last = document.segment_at(start), document.segment_at(end - 1)
        if first is None or last is None or first.flow or last.flow:
            yield finding
        elif first is not last:
            if finding.entity == "PERSON":
                yield finding
        elif not (finding.rule.startswith("tagger/") and finding.confidence < _SURE) or (
            len(document.text[first.start : first.end].split()) >= _LEAST_WORDS
        ):
            yield finding


def find_columns_of_persons(findings: Iterable[Finding], document: CanonicalText) -> Iterator[Finding]:
    """Values that look like full names, under labels where enough such values were found to be persons."""
    persons = {(each.start, each.end) for each in findings if each.entity == "PERSON"}
    values: dict[str, int] = defaultdict(int)
    named: dict[str, list[Segment]] = defaultdict(list)
    for segment in document.segments:
        if segment.label and not segment.flow:
            values[segment.label] += 1
            if FULL_NAME.fullmatch(document.text, segment.start, segment.end):
                named[segment.label].append(segment)
    for label, segments in named.items():
        known = sum((segment.start, segment.end) in persons for segment in segments)
        if len(segments) >= max(_LEAST_NAMES, _SHARE_OF_NAMES * values[label]) and known >= _SHARE_OF_PERSONS * len(
            segments
        ):
            for segment in segments:
                yield Finding(segment.start, segment.end, "PERSON", "label/column-of-persons", 0.7)
