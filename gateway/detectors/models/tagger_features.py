"""What the tagger looks at: hashed features of each word, its neighbours, and what rules and models said of it.

A feature is a template ("this word and the one before") filled with hashes of words, shapes, endings and
verdicts, mixed into one number below 2^18. All of it is integer arithmetic on whole columns, so that a
passage costs a few dozen array operations and no loop over words. The features keep no text. The trained
weights (models/) fit these templates and no others: a change here needs a new training and a new
:data:`VERSION`.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gateway.detectors.text.passage import Span

VERSION = 1
BITS = 18

_COLUMNS = ("LOWER", "SHAPE", "SUFFIX", "ENT_TYPE", "ENT_IOB", "IDX", "LENGTH")
_ODD = np.uint64(0x9E3779B97F4A7C15)
_REACH = 3
#: Templates over (column, offset) pairs: w word, s shape, x last three letters, r rule, e entities, m model.
_TEMPLATES = tuple(
    tuple((part[0], int(part[1:])) for part in template.split())
    for template in (
        "w-3", "w-2", "w-1", "w0", "w+1", "w+2", "w+3", "s-1", "s0", "s+1", "x-1", "x0", "x+1", "r-1", "r0", "r+1",
        "e-2", "e-1", "e0", "e+1", "e+2", "m-1", "m0", "m+1", "w-1 w0", "w0 w+1", "w-2 w-1", "w+1 w+2", "s-1 s0",
        "s0 s+1", "s-1 s0 s+1", "r0 m0", "r0 w0", "m0 w0", "m0 s0", "r0 s0", "r0 w-1", "r0 w+1", "m0 w-1", "m0 w+1",
        "x0 s0", "e-1 e0", "m-1 m0", "e0 e+1", "w-1 w0 w+1", "w-1 s0 w+1", "w-1 s0", "s0 w+1", "w-2 w-1 w0",
        "x-1 x0", "x0 x+1", "r0 w-2", "r0 w+2", "w-2 s0",
    )
)  # fmt: skip
WIDTH = len(_TEMPLATES) + 1


class Columns:
    """The words of a passage as arrays: hashes, and where each begins and ends."""

    def __init__(self, document: Any) -> None:
        # Named columns one by one: spaCy gives a flat array for a single attribute and a table for several.
        table = document.to_array(list(_COLUMNS)).reshape(len(document), len(_COLUMNS)).astype(np.uint64)
        self.word, self.shape, self.suffix = table[:, 0], table[:, 1], table[:, 2]
        # Inside (1), outside (2) and begin (3) of spaCy, with the label.
        self.model = table[:, 3] * np.uint64(4) + table[:, 4]
        self.start = table[:, 5].astype(np.int64)
        self.end = self.start + table[:, 6].astype(np.int64)

    def __len__(self) -> int:
        return len(self.word)


def features(columns: Columns, spans: Sequence[Span]) -> NDArray[np.int64]:
    """Feature numbers, one row of :data:`WIDTH` for each word.

    Args:
        columns: The words of a passage.
        spans: What rules and models found in it, offsets within the passage.
    """
    rule, entities = _verdicts(columns, spans)
    padded = {
        "w": _padded(columns.word), "s": _padded(columns.shape), "x": _padded(columns.suffix),
        "m": _padded(columns.model), "r": _padded(rule), "e": _padded(entities),
    }  # fmt: skip
    size = len(columns)
    table = np.zeros((size, WIDTH), dtype=np.int64)
    for number, template in enumerate(_TEMPLATES):
        mixed = np.full(size, np.uint64(number + 1), dtype=np.uint64)
        for name, offset in template:
            begin = _REACH + offset
            mixed = (mixed ^ padded[name][begin : begin + size]) * _ODD
            mixed ^= mixed >> np.uint64(29)
        table[:, number] = ((mixed * _ODD) >> np.uint64(64 - BITS)).astype(np.int64)
    # The last column is the same for all words: what is likely before anything is known.
    return table


def _padded(column: NDArray[np.uint64]) -> NDArray[np.uint64]:
    return np.pad(column, _REACH)


def _verdicts(columns: Columns, spans: Sequence[Span]) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    """For each word the surest rule that covers it, and all entities it was taken for, as hashes."""
    rule = np.zeros(len(columns), dtype=np.uint64)
    entities = np.zeros(len(columns), dtype=np.uint64)
    for span in sorted(spans, key=lambda each: (each.confidence, each.rule, each.start, each.end)):
        first = int(np.searchsorted(columns.end, span.start, side="right"))
        last = int(np.searchsorted(columns.start, span.end, side="left"))
        if first >= last:
            continue
        code = zlib.crc32(span.rule.encode()) * 2
        rule[first:last] = code
        rule[first] = code + 1
        entities[first:last] |= np.uint64(1 << zlib.crc32(span.entity.encode()) % 61)
    return rule, entities
