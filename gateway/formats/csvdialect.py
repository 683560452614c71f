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
    """The dialect, or None if the text does not look like a table of two or more columns."""
    sample = text[:_SAMPLE_CHARS]
    if len(text) > _SAMPLE_CHARS:
        sample = sample[: sample.rfind("\n") + 1] or sample
    line_end = "\r\n" if "\r\n" in sample else "\n" if "\n" in sample else "\r" if "\r" in sample else "\n"
    if sample[:4].lower() == "sep=" and sample[4:5] in _DELIMITERS:
        return Dialect(sample[4], line_end)
    best: tuple[int, str] | None = None
    for delimiter in _DELIMITERS:
        width = _width(sample, delimiter)
        if width >= 2 and (best is None or width > best[0]):
            best = (width, delimiter)
    return Dialect(best[1], line_end) if best else None


def _width(sample: str, delimiter: str) -> int:
    counts: Counter[int] = Counter()
    try:
        for row in csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter, strict=True):
            if any(cell.count('"') % 2 for cell in row):
                return 0  # half a quotation: this delimiter cuts through quoted cells
            if row:
                counts[len(row)] += 1
            if counts.total() >= _SAMPLE_ROWS:
                break
    except csv.Error:
        # The sample may end inside a quoted cell; what was read before it counts.
        if counts.total() < 2:
            return 0
    rows = counts.total()
    if rows < 2:
        return 0
    width, often = counts.most_common(1)[0]
    return width if often >= 0.95 * rows or (rows - often) <= 1 < rows - 1 else 0
