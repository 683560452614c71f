"""A new PDF from kept text: each stretch where it was, changed paragraphs set anew.

Unchanged lines are drawn at their old place and width. Where something was replaced, the line, or
the paragraph it belongs to, is set anew with the natural width of its words, so that neither a gap
nor a squeezed line tells how long the removed text was. Nothing else is written: no images, links,
annotations, scripts, attachments, tags or metadata of the original.
"""

from __future__ import annotations

import io
import math
from collections.abc import Iterator
from dataclasses import dataclass

from reportlab.pdfgen.canvas import Canvas
from reportlab.pdfgen.textobject import PDFTextObject

from gateway.formats.pdffonts import drawable_text, fonts_of, text_width
from gateway.formats.pdfpages import Line, Page, Paragraph, Stretch, Style
from gateway.formats.splicing import Splicer

_PRODUCER = "Evidence gateway"
#: Subject of a rendition with text from pictures: its residue check reads the pages as they look.
RECOGNISED = "Text recognised in pictures"
_TIGHTEST = 0.35


@dataclass(frozen=True, slots=True)
class _Fragment:
    """Some text to be set, and how."""

    text: str
    style: Style
    size: float


def write_pdf(pages: list[Page], splicer: Splicer) -> bytes:
    """All pages with the replacements made. The same input gives the same bytes."""
    out = io.BytesIO()
    canvas = Canvas(out, pageCompression=1, invariant=1)
    for setter in (canvas.setTitle, canvas.setAuthor, canvas.setSubject, canvas.setKeywords, canvas.setCreator):
        setter("")
    canvas.setProducer(_PRODUCER)
    if any(page.recognised for page in pages):
        canvas.setSubject(RECOGNISED)
    for page in pages:
        # reportlab takes the size as the reader sees it, and swaps the sides of a page turned by 90 degrees.
        turned = page.rotation in (90, 270)
        canvas.setPageSize((page.height, page.width) if turned else (page.width, page.height))
        canvas.setPageRotation(page.rotation)
        text = canvas.beginText()
        for paragraph in page.paragraphs:
            _paragraph(text, paragraph, splicer, page)
        canvas.drawText(text)
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def _paragraph(text: PDFTextObject, paragraph: Paragraph, splicer: Splicer, page: Page) -> None:
    first, last = paragraph.lines[0], paragraph.lines[-1]
    if not splicer.changed(first.span.start, last.span.end):
        for line in paragraph.lines:
            for stretch in line.stretches[:-1]:
                _draw(text, stretch.text, stretch)
            _draw(text, line.stretches[-1].text + line.soft_hyphen, line.stretches[-1])
    elif len(paragraph.lines) == 1:
        _line(text, first, paragraph, splicer, page)
    else:
        _reflow(text, paragraph, splicer, page)


def _draw(text: PDFTextObject, content: str, stretch: Stretch) -> None:
    """A stretch at its place, drawn to its old width."""
    natural = text_width(content, stretch.style, stretch.size)
    ratio = min(max(stretch.width / natural, 0.3), 3.0) if natural > 0 else 1.0
    _show(text, content, stretch.style, stretch.size, (stretch.x, stretch.y), stretch.angle, ratio)


def _show(
    text: PDFTextObject, content: str, style: Style, size: float, at: tuple[float, float], angle: float, ratio: float
) -> None:
    cosine, sine = math.cos(angle), math.sin(angle)
    text.setTextTransform(cosine, sine, -sine, cosine, at[0], at[1])
    text.setHorizScale(100 * ratio)
    for font, part in fonts_of(content, style):
        text.setFont(font, size)
        text.textOut(part)


def _fragments(line: Line, splicer: Splicer) -> Iterator[tuple[int, _Fragment]]:
    """What a line now says: (column of the line, fragment)."""
    bounds: list[tuple[int, int, Stretch, int]] = []
    position, column = line.span.start, 0
    for index, stretch in enumerate(line.stretches):
        position += 1 if stretch.space_before and index else 0
        column += 1 if stretch.apart else 0
        bounds.append((position, position + len(stretch.text), stretch, column))
        position += len(stretch.text)
    for piece in splicer.pieces(line.span.start, line.span.end):
        if piece.replaced:
            _, _, stretch, column = next((b for b in bounds if b[1] > piece.start), bounds[-1])
            yield column, _Fragment(drawable_text(piece.text), stretch.style, stretch.size)
            continue
        at = piece.start
        for start, end, stretch, column in bounds:
            if at < min(start, piece.end):  # the space before the stretch
                yield column, _Fragment(" ", stretch.style, stretch.size)
                at = min(start, piece.end)
            if start <= at < min(end, piece.end):
                stop = min(end, piece.end)
                kept = splicer.canonical.text[at:stop]
                yield column, _Fragment(kept, stretch.style, stretch.size)
                at = stop


def _line(text: PDFTextObject, line: Line, paragraph: Paragraph, splicer: Splicer, page: Page) -> None:
    """A single line set anew, column by column; columns keep their place."""
    starts = [line.stretches[0], *(s for s in line.stretches if s.apart and s is not line.stretches[0])]
    columns: list[list[_Fragment]] = [[] for _ in starts]
    shift = 1 if line.stretches[0].apart else 0
    for column, fragment in _fragments(line, splicer):
        columns[min(column - shift if column else 0, len(columns) - 1)].append(fragment)
    if not line.upright:
        head = starts[0]
        content = "".join(fragment.text for fragments in columns for fragment in fragments).strip()
        _show(text, content, head.style, head.size, (head.x, head.y), head.angle, 1.0)
        return
    for index, (start, fragments) in enumerate(zip(starts, columns, strict=True)):
        words = _words(fragments)
        natural = _measure(words, 1.0)
        edge = starts[index + 1].x - 4 if index + 1 < len(starts) else paragraph.room_right
        edge = min(edge, page.width - 12)
        x = start.x if len(starts) > 1 else _aligned(line, paragraph, natural, page)
        room = max(edge - x, 6.0)
        scale = min(1.0, max(_TIGHTEST, room / natural)) if natural else 1.0
        _set(text, words, x, start.y, scale, 1.0)


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


def _reflow(text: PDFTextObject, paragraph: Paragraph, splicer: Splicer, page: Page) -> None:
    """Several lines set anew between the edges of their column."""
    lines = paragraph.lines
    fragments: list[_Fragment] = []
    for index, line in enumerate(lines):
        if index and splicer.text(lines[index - 1].span.end, line.span.start):
            # Not where a replacement runs over the line end.
            fragments.append(_Fragment(" ", line.stretches[0].style, line.size))
        last_column = sum(1 for s in line.stretches[1:] if s.apart) if index == 0 else 0
        for column, fragment in _fragments(line, splicer):
            if index == 0 and column < last_column:
                continue  # a list label; drawn below at its place
            fragments.append(fragment)
    first = lines[0]
    hang_x = min(line.x for line in lines[1:])
    first_x = first.body_x
    if any(s.apart for s in first.stretches[1:]):
        # A label may have become longer than its column.
        first_x = max(first_x, _labels(text, first, splicer) + 0.3 * first.size)
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


def _labels(text: PDFTextObject, line: Line, splicer: Splicer) -> float:
    """Set all columns of a line but the last; returns where they end."""
    starts = [line.stretches[0], *(s for s in line.stretches[1:] if s.apart)]
    columns: list[list[_Fragment]] = [[] for _ in starts]
    for column, fragment in _fragments(line, splicer):
        columns[min(column, len(columns) - 1)].append(fragment)
    end = 0.0
    for start, fragments in zip(starts[:-1], columns[:-1], strict=True):
        words = _words(fragments)
        x = max(start.x, end)
        _set(text, words, x, start.y, 1.0, 1.0)
        end = x + _measure(words, 1.0) + 0.3 * start.size
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
        _show(text, run.text, run.style, size, (x, y), 0.0, ratio)
        x += text_width(run.text, run.style, size) * ratio
