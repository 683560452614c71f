"""Which delimiter and line end a table of text uses, found from its first lines.

A delimiter is accepted if every sampled row, read with quotes, has the same number of at least two
cells. Excel's ``sep=;`` first line decides by itself. Quotes are doubled quotes (RFC 4180);
backslash escapes are not part of any dialect here.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from dataclasses import dataclass

_DELIMITERS = (",", ";", "\t", "|")
_SAMPLE_CHARS = 1 << 16
_SAMPLE_ROWS = 200


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a table is written."""

    delimiter: str
    line_end: str


def find_dialect(text: str) -> Dialect | None:
    """The dialect, or None if the text does not look like a table of two or more columns and rows."""
    sample = _sample(text)
    if _named(sample):
        return Dialect(sample[4], _line_end(sample))
    for half_quotes in (False, True):
        widths = {delimiter: _width(_counts(sample, delimiter, half_quotes)) for delimiter in _DELIMITERS}
        best = max(_DELIMITERS, key=lambda delimiter: widths[delimiter])
        if widths[best] >= 2:
            return Dialect(best, _line_end(sample))
    return None


def table_dialect(text: str) -> Dialect:
    """The dialect of what is known to be a table: also of a single row, ragged rows, one column."""
    found = find_dialect(text)
    if found:
        return found
    sample = _sample(text)
    cells = {d: sum(width * often for width, often in _counts(sample, d, True).items()) for d in _DELIMITERS}
    best = max(_DELIMITERS, key=lambda delimiter: cells[delimiter])
    return Dialect(best, _line_end(sample))


def _sample(text: str) -> str:
    if len(text) <= _SAMPLE_CHARS:
        return text
    return text[: text.rfind("\n", 0, _SAMPLE_CHARS) + 1] or text[:_SAMPLE_CHARS]


def _named(sample: str) -> bool:
    return sample[:4].lower() == "sep=" and sample[4:5] in tuple(_DELIMITERS)


def _line_end(sample: str) -> str:
    return next((end for end in ("\r\n", "\n", "\r") if end in sample), "\n")


def _counts(sample: str, delimiter: str, half_quotes: bool) -> Counter[int]:
    """How many of the first rows have how many cells; none if the delimiter does not fit."""
    counts: Counter[int] = Counter()
    try:
        for row in csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter, strict=True):
            if not half_quotes and any(cell.count('"') % 2 for cell in row):
                return Counter()  # a delimiter that cuts through quoted cells, or a cell like 5"
            if row:
                counts[len(row)] += 1
            if counts.total() >= _SAMPLE_ROWS:
                break
    except csv.Error:
        # The sample may end inside a quoted cell; what was read before it counts if it is much.
        return counts if counts.total() >= _SAMPLE_ROWS / 10 else Counter()
    return counts


def _width(counts: Counter[int]) -> int:
    rows = counts.total()
    if rows < 2:
        return 0
    width, often = counts.most_common(1)[0]
    return width if often >= 0.95 * rows or rows - often <= 1 < rows - 1 else 0
