"""Millions of removed figures, remembered in a few bytes each and found again.

A long log holds a million different times and addresses; a tree of their words (matching.py) would not fit. So
a value is kept as a 64-bit hash of its folded words and the punctuation between figures. "Occurs" means the same
as there, but for values of one plain word, which may not be added. The hash is keyed for the process: who sends
evidence can't aim at collisions, and one by chance (64 bits) redacts too much, never too little.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from gateway.redaction.matching import (
    MAX_GAP_CHARS,
    WORD,
    Occurrence,
    Phrase,
    fold,
    over_line_ends,
    solid,
    within_figure,
)

_MAX_WORDS = 24
_MERGE_AT = 1 << 17
_MASK = (1 << 64) - 1
_FACTOR = 0x9E3779B97F4A7C15
_NO_GAP = 0

Hashes = NDArray[np.uint64]
Kinds = NDArray[np.uint16]


@dataclass(slots=True)
class _Table:
    """Values of one number of words: sorted hashes with their kinds, and what was added since."""

    hashes: Hashes = field(default_factory=lambda: np.empty(0, np.uint64))
    kinds: Kinds = field(default_factory=lambda: np.empty(0, np.uint16))
    new_hashes: array[int] = field(default_factory=lambda: array("Q"))
    new_kinds: array[int] = field(default_factory=lambda: array("H"))

    def merge(self) -> None:
        if not self.new_hashes:
            return
        hashes = np.concatenate([self.hashes, np.frombuffer(self.new_hashes, np.uint64)])
        kinds = np.concatenate([self.kinds, np.frombuffer(self.new_kinds, np.uint16)])
        order = np.lexsort((kinds, hashes))
        hashes, kinds = hashes[order], kinds[order]
        first = np.ones(len(hashes), bool)
        first[1:] = (hashes[1:] != hashes[:-1]) | (kinds[1:] != kinds[:-1])
        self.hashes, self.kinds = hashes[first], kinds[first]
        self.new_hashes, self.new_kinds = array("Q"), array("H")


class ValueSet:
    """Values by hash, each with a number (0 to 65,535) that says what kind of value it is."""

    def __init__(self) -> None:
        self._tables: dict[int, _Table] = {}

    def __len__(self) -> int:
        self._merge()
        return sum(len(table.hashes) for table in self._tables.values())

    @staticmethod
    def takes(phrase: Phrase) -> bool:
        """Whether a value may be added."""
        return phrase.surface is None and len(phrase.words) <= _MAX_WORDS

    def add(self, phrase: Phrase, kind: int) -> None:
        """Remember a value; one that is known already costs nothing in the end."""
        value = 0
        for word, gap in zip(phrase.words, (None, *phrase.gaps), strict=True):
            value = _joined(value, _NO_GAP if gap is None else _hash(gap), _hash(word))
        table = self._tables.setdefault(len(phrase.words), _Table())
        table.new_hashes.append(value)
        table.new_kinds.append(kind)
        if len(table.new_hashes) >= max(_MERGE_AT, len(table.hashes) // 4):
            table.merge()

    def find(self, text: str) -> Iterator[Occurrence]:
        """Where values occur; ``phrase`` is the kind, once for each kind that the value has."""
        self._merge()
        return over_line_ends(text, self._scan) if self._tables else iter(())

    def _merge(self) -> None:
        for table in self._tables.values():
            table.merge()

    def _scan(self, text: str) -> Iterator[Occurrence]:
        starts, ends, words, gaps, near = _laid_out(text)
        values = np.zeros(len(words), np.uint64)
        together = np.ones(len(words), bool)
        factor = np.uint64(_FACTOR)
        for count in range(1, max(self._tables) + 1):
            left = len(words) - count + 1
            if left <= 0:
                return
            # The place that a value begins at moves on; its next word is count - 1 words further.
            onward = slice(count - 1, count - 1 + left)
            if count == 1:
                values = (values[:left] * factor) * factor ^ words[onward]
            else:
                together = together[:left] & near[onward]
                values = (values[:left] * factor ^ gaps[onward]) * factor ^ words[onward]
            table = self._tables.get(count)
            if table is None:
                continue
            low = np.searchsorted(table.hashes, values, "left")
            known = together & (low < len(table.hashes))
            known[known] = table.hashes[low[known]] == values[known]
            for place in np.flatnonzero(known):
                start, end = starts[place], ends[place + count - 1]
                if within_figure(text, start, end):
                    continue
                entry = int(low[place])
                while entry < len(table.hashes) and table.hashes[entry] == values[place]:
                    yield Occurrence(start, end, int(table.kinds[entry]))
                    entry += 1


def _laid_out(text: str) -> tuple[list[int], list[int], Hashes, Hashes, NDArray[np.bool_]]:
    """The words of a text: where they start and end, their hashes, those of the gaps before them, and whether
    they stand near enough to the word before."""
    starts: list[int] = []
    ends: list[int] = []
    words, gaps, near = array("Q"), array("Q"), bytearray()
    known: dict[str, tuple[int, bool, bool]] = {}
    figure_before, end = False, 0
    for match in WORD.finditer(text):
        surface = match.group()
        entry = known.get(surface)
        if entry is None:
            folded = fold(surface)
            entry = known[surface] = (_hash(folded) if folded else -1, surface[0].isdigit(), surface[-1].isdigit())
        word, begins, ends_in_figure = entry
        if word < 0:
            continue
        start = match.start()
        words.append(word)
        gaps.append(_hash(solid(text[end:start])) if figure_before and begins and start - end <= MAX_GAP_CHARS else 0)
        near.append(start - end <= MAX_GAP_CHARS)
        starts.append(start)
        end = match.end()
        ends.append(end)
        figure_before = ends_in_figure
    return (
        starts,
        ends,
        np.frombuffer(words, np.uint64) if words else np.empty(0, np.uint64),
        np.frombuffer(gaps, np.uint64) if gaps else np.empty(0, np.uint64),
        np.frombuffer(near, np.bool_) if near else np.empty(0, np.bool_),
    )


def _hash(text: str) -> int:
    # Keyed for the process (SipHash); never zero, which says that there is no gap.
    return hash(text) & _MASK or 1


def _joined(value: int, gap: int, word: int) -> int:
    return ((value * _FACTOR ^ gap) * _FACTOR ^ word) & _MASK
