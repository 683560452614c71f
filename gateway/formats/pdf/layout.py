"""From lines to paragraphs: which lines run into each other, and how their words join.

A line runs into the next if it follows at the usual distance, in the same size and column, and the
next line's first word would not have fitted into it. Then a space joins them, or nothing where a
word was hyphenated; otherwise a line end does. All decisions follow from geometry that the rendition
reproduces, so it reads back the same way.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import Counter
from dataclasses import replace
from itertools import pairwise

from gateway.formats.pdf.pages import Line, Page, Paragraph
from gateway.formats.splicing import CanonicalBuilder

#: Lines that begin within this many points of each other may stand in one column.
_COLUMN_WIDTH = 130
#: A line narrower than this many times its size does not run on.
_NARROWEST = 16
_LIST_LABEL = re.compile(r"(?:\(?[0-9A-Za-z]{1,4}[.)]|[•▪–—o-])\s")
#: "By: …" under "By: …" is a form and "(b) …" under "(a) …" a list, not running text.
_FIELD = re.compile(rf"[A-Z][\w /]{{0,20}}:\s|{_LIST_LABEL.pattern}")
_HYPHENS = "-‐\u00ad"


def lay_out(page: Page, lines: list[Line], number: int, builder: CanonicalBuilder) -> None:
    """Group lines into paragraphs of ``page`` and lay their text into the canonical text."""
    leading, columns = _leading(lines), _Columns(lines)
    previous: Line | None = None
    for index, line in enumerate(lines):
        left, column_right = columns.of(line)
        continues = previous is not None and _runs_on(previous, line, column_right, leading, page)
        separator = "\n"
        if continues and previous is not None:
            separator = " "
            text, beginning = previous.text, line.text[:1]
            if len(text) > 1 and text[-1] in _HYPHENS and text[-2].isalnum() and beginning.isalnum():
                separator = ""
        # The hyphen of a broken word is not part of the text; it is drawn again as long as the line stands.
        following = lines[index + 1] if index + 1 < len(lines) else None
        if following is not None and _breaks_word(line, following):
            right = columns.of(following)[1]
            if _runs_on(line, following, right, leading, page):
                _take_hyphen(line)
        if previous is not None and previous.soft_hyphen:
            separator = ""
        line.span = builder.add(line.text, f"page {number} line {index + 1}", flow=number, separator=separator)
        if continues:
            page.paragraphs[-1].lines.append(line)
        else:
            page.paragraphs.append(Paragraph([line], left, column_right, columns.page))
        previous = line
    _set_bounds(page, lines)


def _leading(lines: list[Line]) -> float:
    """The usual distance of baselines."""
    distances = Counter(round(2 * (a.y - b.y)) / 2 for a, b in pairwise(lines) if 0 < a.y - b.y < 4 * a.size)
    return distances.most_common(1)[0][0] if distances else 0.0


class _Columns:
    """Left and right edges of the columns of a page: where at least two lines begin and end."""

    def __init__(self, lines: list[Line]) -> None:
        self._lines = [line for line in lines if line.upright]
        self._known: dict[int, tuple[float, float]] = {}
        #: The margins of the page's text.
        self.page = self._edges(self._lines)

    def of(self, line: Line) -> tuple[float, float]:
        """The edges of the column a line stands in."""
        key = round(line.x / 4)
        if key not in self._known:
            self._known[key] = self._edges([other for other in self._lines if abs(other.x - 4 * key) < _COLUMN_WIDTH])
        left, right = self._known[key]
        return min(left, line.x), max(right, line.right)

    @staticmethod
    def _edges(beside: list[Line]) -> tuple[float, float]:
        if not beside:
            return float("inf"), 0.0
        rights = sorted((line.right for line in beside), reverse=True)
        lefts = sorted(line.x for line in beside)
        right = next((a for a, b in pairwise(rights) if a - b < 6), rights[0])
        return next((a for a, b in pairwise(lefts) if b - a < 2), lefts[0]), right


def _runs_on(line: Line, following: Line, column_right: float, leading: float, page: Page) -> bool:
    if not line.upright or not following.upright or any(s.apart for s in following.stretches):
        return False
    if _FIELD.match(following.text) and _FIELD.match(line.text):
        return False
    size = following.size
    distance = line.y - following.y
    if abs(line.size - size) > 0.1 * size or not 0.6 * size < distance < 2.6 * size:
        return False
    if distance > 1.2 * max(leading, 1.2 * size):
        return False
    if line.right - line.x < _NARROWEST * size:
        return False  # lines of an address or a heading, each its own
    hanging = abs(following.x - line.body_x) <= size
    hanging = hanging or bool(_LIST_LABEL.match(line.text) and 0 <= following.x - line.x < 6 * size)
    if not hanging and (following.x > line.x + 1.5 * size or following.x < line.x - 6 * size):
        return False
    if line.soft_hyphen or _breaks_word(line, following):
        return True
    first_word = len(following.text.split(maxsplit=1)[0]) + 1
    return line.right + 0.55 * size * first_word > min(column_right, page.width)


def _breaks_word(line: Line, following: Line) -> bool:
    text = line.text
    return len(text) > 2 and text[-1] in _HYPHENS and text[-2].isalpha() and following.text[:1].islower()


def _take_hyphen(line: Line) -> None:
    last = line.stretches[-1]
    if len(last.text) > 1:
        line.soft_hyphen = last.text[-1]
        line.stretches[-1] = replace(last, text=last.text[:-1])


def _set_bounds(page: Page, lines: list[Line]) -> None:
    """How far a paragraph may grow: down to one line above what stands below it; a single line to
    the right, up to what stands beside it or to the margin of the page."""
    descending = sorted(lines, key=lambda line: -line.y)
    heights = [-line.y for line in descending]
    margin = max((line.right for line in lines if line.upright), default=page.width)
    for paragraph in page.paragraphs:
        last = paragraph.lines[-1]
        below = descending[bisect_right(heights, 0.5 * last.size - last.y) :]
        under = (line for line in below if line.right > last.x and line.x < paragraph.column_right)
        next_line = next(under, None)
        limit = next_line.y + 1.25 * next_line.size if next_line else 0.06 * page.height
        paragraph.floor = min(last.y, limit)
        low, high = bisect_left(heights, -last.y - last.size), bisect_right(heights, last.size - last.y)
        beside = [line.x for line in descending[low:high] if line is not last and line.x >= last.right]
        paragraph.room_right = min(beside, default=margin + 4) - 4
