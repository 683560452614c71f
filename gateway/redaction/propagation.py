"""What was removed once is removed wherever it occurs: removed values, and their recurrences.

A detector misses the third mention of a name more often than the first. So every removed value that
says something on its own is looked for in the whole canonical text, a person's name also by its
identifying parts. Values that say nothing on their own ("three", "50", "No") are *contextual*: they
were removed where they stood, and the residue check counts them instead of hunting them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from gateway.redaction.matching import Occurrence, Phrase, PhraseIndex, words_of
from gateway.redaction.names import identifying_parts

#: Entities whose values are figures that anything may have; bare number words identify nothing.
_FIGURES = frozenset({"AMOUNT", "PERCENT", "DURATION", "VOLUME", "QUANTITY", "AGE"})
#: Adjectives that say something only of the person beside them: "an Austrian national", "the Austrian State".
_ATTRIBUTES = frozenset({"NATIONALITY", "OCCUPATION"})
_MIN_ALNUM = 4
_MIN_NAME_LETTERS = 3
_MIN_UNSPACED_NAME = 2
#: A table repeats its values; the last of them are remembered.
_LATELY = 8_192


@dataclass(frozen=True, slots=True)
class RemovedValue:
    """A value that may not be in the rendition. Its text never shows in ``repr``, logs or errors.

    Attributes:
        value: As it stood in the canonical text.
        entity, rule: What it was taken for, and by which rule.
        replacement: What stands in its place, so that a marker is not taken for a residue.
        contextual: Says nothing on its own; counted in text layers, not searched.
    """

    value: str = field(repr=False)
    entity: str
    rule: str
    replacement: str
    contextual: bool


@lru_cache(maxsize=_LATELY)
def is_contextual(entity: str, value: str) -> bool:
    """Whether a value is too short or too common to be searched for by itself."""
    if entity in _ATTRIBUTES:
        return True
    words = words_of(value)
    alnum = sum(len(word) for word in words)
    letters = sum(char.isalpha() for word in words for char in word)
    if entity == "PERSON" and letters == alnum:
        ascii_like = any(len(word) > 1 for word in words)
        needed = _MIN_NAME_LETTERS if ascii_like else _MIN_UNSPACED_NAME
        # "A. B." are two words of one letter: initials recur in ordinary lists.
        return letters < needed if ascii_like else letters < needed or value.isascii() or len(words) != len(value)
    if alnum < _MIN_ALNUM:
        return True
    if entity in _FIGURES:
        digits = sum(char.isdigit() for word in words for char in word)
        return digits < _MIN_ALNUM and len(words) < 2
    return False


def with_parts(value: RemovedValue) -> Iterator[RemovedValue]:
    """The value, and for a person's name its identifying parts."""
    yield value
    if value.entity == "PERSON":
        for part in identifying_parts(value.value):
            yield RemovedValue(part, value.entity, f"{value.rule}/part", value.replacement, False)


class Recurrences:
    """Searchable values, prepared for finding them again. Several may share one phrase; the first speaks for it."""

    def __init__(self, removed: Iterable[RemovedValue]) -> None:
        seen: set[Phrase] = set()
        spellings: set[str] = set()
        phrases: list[Phrase] = []
        self._values: list[RemovedValue] = []
        for value in removed:
            # A table repeats a few values thousands of times.
            if value.contextual or value.value in spellings:
                continue
            spellings.add(value.value)
            if (phrase := Phrase.of(value.value)) is None or phrase in seen:
                continue
            seen.add(phrase)
            phrases.append(phrase)
            self._values.append(value)
        self._index = PhraseIndex(phrases)

    def find(self, text: str) -> Iterator[tuple[RemovedValue, Occurrence]]:
        """Where they occur, each with the value that it repeats."""
        for occurrence in self._index.find(text):
            yield self._values[occurrence.phrase], occurrence

    def places(self, text: str) -> set[tuple[int, int]]:
        """Start and end of each occurrence."""
        return {(where.start, where.end) for where in self._index.find(text)}


def recurrences(text: str, removed: Iterable[RemovedValue]) -> Iterator[tuple[RemovedValue, Occurrence]]:
    """Where the searchable values occur in one text, each with the value it repeats."""
    return Recurrences(removed).find(text)
