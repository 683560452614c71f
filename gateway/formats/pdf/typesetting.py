"""Lines of a rebuilt PDF in which something was replaced, set anew with the natural width of their words.

Neither a gap nor a squeezed line tells how long the removed text was. Columns of a line keep their
place, but for those that a replacement runs into: what follows it stands right behind it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from reportlab.pdfgen.textobject import PDFTextObject

from gateway.formats.pdf.fonts import drawable_text, fonts_of, text_width
from gateway.formats.pdf.pages import Line, Page, Paragraph, Stretch, Style
from gateway.formats.splicing import Splicer

_TIGHTEST = 0.35


@dataclass(frozen=True, slots=True)
class _Fragment:
    """Some text to be set, and how."""

    text: str
    style: Style
    size: float


def show(
    text: PDFTextObject, content: str, style: Style, size: float, at: tuple[float, float], angle: float, ratio: float
) -> None:
    cosine, sine = math.cos(angle), math.sin(angle)
    text.setTextTransform(cosine, sine, -sine, cosine, at[0], at[1])
    text.setHorizScale(100 * ratio)
    for font, part in fonts_of(content, style):
        text.setFont(font, size)
        text.textOut(part)


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a stretch lies in the canonical text, and the column it is in."""

    start: int
    end: int
    stretch: Stretch
    column: int

    def says(self, text: str) -> _Fragment:
        """A text that looks like the stretch."""
        return _Fragment(text, self.stretch.style, self.stretch.size)


@dataclass(frozen=True, slots=True)
class _Column:
    """A column of a line: the stretch it began with, and what it now says."""

    start: Stretch
    fragments: list[_Fragment]


def _columns(line: Line, splicer: Splicer) -> list[_Column]:
    """What a line now says, column by column; those that a replacement has swallowed are empty."""
    columns: list[_Column] = []
    places: list[_Place] = []
    position = line.span.start
    for index, stretch in enumerate(line.stretches):
        position += 1 if stretch.space_before and index else 0
        if stretch.apart or not index:
            columns.append(_Column(stretch, []))
        places.append(_Place(position, position + len(stretch.text), stretch, len(columns) - 1))
        position += len(stretch.text)
    home = list(range(len(columns)))
    for piece in splicer.pieces(line.span.start, line.span.end):
        if piece.replaced:
            first = next((place for place in places if place.end > piece.start), places[-1])
            last = next((place for place in reversed(places) if place.start < piece.end), first)
            home[first.column + 1 : last.column + 1] = [home[first.column]] * (last.column - first.column)
            columns[home[first.column]].fragments.append(first.says(drawable_text(piece.text)))
        else:
            for column, fragment in _kept(piece.start, piece.end, places, splicer.canonical.text):
                columns[home[column]].fragments.append(fragment)
    return columns


def _kept(at: int, end: int, places: Sequence[_Place], text: str) -> Iterator[tuple[int, _Fragment]]:
    """Kept characters as (column, fragment); a blank stands between two stretches of a line."""
    for place in places:
        if at < min(place.start, end):
            yield place.column, place.says(" ")
            at = min(place.start, end)
        if place.start <= at < min(place.end, end):
            last = min(place.end, end)
            yield place.column, place.says(text[at:last])
            at = last


def _filled(columns: Sequence[_Column]) -> list[_Column]:
    return [column for number, column in enumerate(columns) if column.fragments or not number]


def set_line(text: PDFTextObject, line: Line, paragraph: Paragraph, splicer: Splicer, page: Page) -> None:
    """A single line set anew."""
    columns = _columns(line, splicer)
    if not line.upright:
        head = columns[0].start
        content = "".join(fragment.text for column in columns for fragment in column.fragments).strip()
        show(text, content, head.style, head.size, (head.x, head.y), head.angle, 1.0)
        return
    filled = _filled(columns)
    for index, column in enumerate(filled):
        words = _words(column.fragments)
        natural = _measure(words, 1.0)
        edge = filled[index + 1].start.x - 4 if index + 1 < len(filled) else paragraph.room_right
        edge = min(edge, page.width - 12)
        x = column.start.x if len(columns) > 1 else _aligned(line, paragraph, natural, page)
        room = max(edge - x, 6.0)
        scale = min(1.0, max(_TIGHTEST, room / natural)) if natural else 1.0
        _set(text, words, x, column.start.y, scale, 1.0)


def _aligned(line: Line, paragraph: Paragraph, natural: float, page: Page) -> float:
    """Where a line of the new width begins. Centred and right-aligned lines stay so: their old
    beginning would tell the old width."""
    width = line.right - line.x
    for left, right in ((paragraph.column_left, paragraph.column_right), paragraph.page_edges):
        if line.x <= left + 12 or width >= 0.8 * (right - left):
            continue
        for middle in (page.width / 2, (left + right) / 2):
            if abs((line.x + line.right) / 2 - middle) < 8:
                return max(12.0, middle - natural / 2)
        if abs(line.right - right) < 3:
            return max(12.0, right - natural)
    return line.x


def set_paragraph(text: PDFTextObject, paragraph: Paragraph, splicer: Splicer, page: Page) -> None:
    """Several lines set anew between the edges of their column, after the labels of the first."""
    lines = paragraph.lines
    first = lines[0]
    *labels, body = _filled(_columns(first, splicer))
    fragments = list(body.fragments)
    for previous, line in pairwise(lines):
        if splicer.text(previous.span.end, line.span.start):
            # Not where a replacement runs over the line end.
            fragments.append(_Fragment(" ", line.stretches[0].style, line.size))
        fragments += (fragment for column in _columns(line, splicer) for fragment in column.fragments)
    hang_x = min(line.x for line in lines[1:])
    first_x = body.start.x
    if labels:
        # A label may have become longer than its column.
        first_x = max(first_x, _set_labels(text, labels) + 0.3 * first.size)
    words = _words(fragments)
    right = min(paragraph.column_right, page.width - 12)
    top, bottom = first.y, paragraph.floor
    usual = (first.y - lines[-1].y) / (len(lines) - 1)
    for percent in range(100, 54, -3):
        factor = percent / 100
        rows = _rows(words, right - first_x, right - hang_x, factor)
        leading = min(usual, (top - bottom) / (len(rows) - 1)) if len(rows) > 1 else usual
        if leading >= 0.98 * first.size * factor:
            break
    for index, row in enumerate(rows):
        _set(text, row, hang_x if index else first_x, top - index * leading, 1.0, factor)


def _set_labels(text: PDFTextObject, labels: Sequence[_Column]) -> float:
    """Set columns that are not running text; returns where they end."""
    end = 0.0
    for column in labels:
        words = _words(column.fragments)
        x = max(column.start.x, end)
        _set(text, words, x, column.start.y, 1.0, 1.0)
        end = x + _measure(words, 1.0) + 0.3 * column.start.size
    return end


def _words(fragments: list[_Fragment]) -> list[list[_Fragment]]:
    """Fragments regrouped into words; a word can have several looks."""
    words: list[list[_Fragment]] = [[]]
    for fragment in fragments:
        for index, part in enumerate(fragment.text.replace("\n", " ").split(" ")):
            if index and words[-1]:
                words.append([])
            if part:
                words[-1].append(_Fragment(part, fragment.style, fragment.size))
    return [word for word in words if word]


def _word_width(word: list[_Fragment], factor: float) -> float:
    return sum(text_width(part.text, part.style, part.size * factor) for part in word)


def _space_width(word: list[_Fragment], factor: float) -> float:
    return text_width(" ", word[-1].style, word[-1].size * factor)


def _measure(words: list[list[_Fragment]], factor: float) -> float:
    return sum(_word_width(word, factor) for word in words) + sum(_space_width(word, factor) for word in words[:-1])


def _rows(words: list[list[_Fragment]], first: float, others: float, factor: float) -> list[list[list[_Fragment]]]:
    rows: list[list[list[_Fragment]]] = [[]]
    room = first
    for word in words:
        needed = _word_width(word, factor)
        if rows[-1] and needed > room:
            rows.append([])
            room = others
        rows[-1].append(word)
        room -= needed + _space_width(word, factor)
    return rows


def _set(text: PDFTextObject, words: list[list[_Fragment]], x: float, y: float, ratio: float, factor: float) -> None:
    """Words from ``x`` on, each look in one go, spaces as characters."""
    runs: list[_Fragment] = []
    for index, word in enumerate(words):
        parts = list(word)
        if index:
            parts[0] = _Fragment(" " + parts[0].text, parts[0].style, parts[0].size)
        for part in parts:
            if runs and (runs[-1].style, runs[-1].size) == (part.style, part.size):
                runs[-1] = _Fragment(runs[-1].text + part.text, part.style, part.size)
            else:
                runs.append(part)
    for run in runs:
        size = run.size * factor
        show(text, run.text, run.style, size, (x, y), 0.0, ratio)
        x += text_width(run.text, run.style, size) * ratio
