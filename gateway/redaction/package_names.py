"""Names found in one exhibit, looked for in every other of its package.

A detector may know "Ms Orla Redfearn" from a letter and miss the bare "Redfearn" of a log. So the names of
persons found in any exhibit are collected, and each exhibit is searched for them, their identifying parts and
their shortened forms, by the same rules as recurrences within one text (propagation.py). It stores nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from gateway.redaction.document import Finding
from gateway.redaction.escapes import readings
from gateway.redaction.names import bare_name, initialled_forms, initials_of, is_encoded
from gateway.redaction.propagation import Recurrences, RemovedValue, is_contextual, with_parts

_CONFIDENCE = 0.7
#: A guess weaker than this in one exhibit is not hunted through all others; a full name says more than a word.
_MIN_CONFIDENCE, _MIN_CONFIDENCE_OF_FULL_NAMES = 0.7, 0.6
_RULE = "package/name"
_INITIALS = "package/initials"
_MOST_ALTERNATIVES = 500


def names_found(text: str, findings: Iterable[Finding]) -> frozenset[str]:
    """The names of persons that are sure enough, as they stand in an exhibit's canonical text."""
    return frozenset(
        text[each.start : each.end]
        for each in findings
        if each.entity == "PERSON"
        and each.confidence >= _needed(text[each.start : each.end])
        and not is_encoded(text[each.start : each.end])
    )


def _needed(name: str) -> float:
    return _MIN_CONFIDENCE_OF_FULL_NAMES if len(bare_name(name)) > 1 else _MIN_CONFIDENCE


class NameIndex:
    """Names of persons, prepared for searching many texts: whole, by their parts, with initials, as initials alone."""

    def __init__(self, names: Iterable[str]) -> None:
        values: list[RemovedValue] = []
        patterns: set[str] = set()
        for name in sorted(names):
            values += with_parts(RemovedValue(name, "PERSON", _RULE, "", is_contextual("PERSON", name)))
            values += (RemovedValue(form, "PERSON", _RULE, "", False) for form in initialled_forms(name))
            if initials := initials_of(name):
                patterns.add(initials)
        self._values = Recurrences(values)
        self._initials = [re.compile(group) for group in _grouped(sorted(patterns))]

    def find(self, text: str) -> list[Finding]:
        """Where the names occur, also written with escapes (escapes.py), sorted by start."""
        # "Orr <a" of "Orr <a.orr@host>" is no "Orr, A."; the parts of a name with markup in it are found one by one.
        places = {(start, end) for start, end in self._values.places(text) if "<" not in text[start:end]}
        for reading in readings(text):
            places.update(reading.span(start, end) for start, end in self._values.places(reading.text))
        found = [Finding(start, end, "PERSON", _RULE, _CONFIDENCE) for start, end in sorted(places)]
        for group in self._initials:
            for match in group.finditer(text):
                found.append(Finding(match.start(), match.end(), "PERSON", _INITIALS, _CONFIDENCE))
        return sorted(found, key=lambda each: (each.start, each.end, each.rule))


def _grouped(patterns: list[str]) -> Iterator[str]:
    """Alternatives of at most so many patterns; initials of many names are few, for many are alike."""
    for first in range(0, len(patterns), _MOST_ALTERNATIVES):
        yield "|".join(patterns[first : first + _MOST_ALTERNATIVES])
