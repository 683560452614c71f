"""Names found in one exhibit, looked for in every other of its package.

A detector may know "Ms Orla Redfearn" from a letter and miss the bare "Redfearn" of a log. So the names of
persons found in any exhibit are collected, and each exhibit is searched for them and their identifying parts,
by the same rules as recurrences within one text (propagation.py). It detects nothing and stores nothing.
"""

from __future__ import annotations

from collections.abc import Iterable

from gateway.redaction.document import Finding
from gateway.redaction.propagation import RemovedValue, is_contextual, recurrences, with_parts

_CONFIDENCE = 0.7
#: A guess weaker than this in one exhibit is not hunted through all others.
_MIN_CONFIDENCE = 0.7
_RULE = "package/name"


def names_found(text: str, findings: Iterable[Finding]) -> frozenset[str]:
    """The names of persons that are sure enough, as they stand in an exhibit's canonical text."""
    return frozenset(
        text[each.start : each.end]
        for each in findings
        if each.entity == "PERSON" and each.confidence >= _MIN_CONFIDENCE
    )


def names_again(text: str, names: Iterable[str]) -> list[Finding]:
    """Findings for the occurrences of names, and of their identifying parts, in another exhibit's text."""
    values = [
        value
        for name in sorted(names)
        for value in with_parts(RemovedValue(name, "PERSON", _RULE, "", is_contextual("PERSON", name)))
    ]
    places = {(where.start, where.end) for _, where in recurrences(text, values)}
    return [Finding(start, end, "PERSON", _RULE, _CONFIDENCE) for start, end in sorted(places)]
