"""A page with the words that stay, as they look, and labels where words were removed.

Words after a replacement move to where it ends, at distances that come in steps: neither box nor gap
tells how long the removed text was. Pixels that lie in the box of a word that does not stay are white
before anything is copied: lines that lean or touch do not leak into their neighbours.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from PIL import Image, ImageDraw, ImageFont

from gateway.formats.pictures.image_pages import LARGEST_SIDE
from gateway.formats.pictures.ocr import Word
from gateway.formats.splicing import Span, Splicer

_MARGIN = 2  # pixels around a word
_PADDING = 3  # pixels between a label and the end of its box
_SPACE, _STEP, _COLUMN_GAP = 12, 10, 60  # pixels
_WHITE, _BLACK = 255, 0


@dataclass(frozen=True, slots=True)
class ReadLine:
    """Words that were read with confidence, from left to right, and where they lie in the canonical text."""

    words: tuple[tuple[Word, Span], ...]


@dataclass(frozen=True, slots=True)
class ReadPage:
    """A page that was read. ``unsure`` are the boxes of words that were not read with confidence."""

    lines: tuple[ReadLine, ...]
    unsure: tuple[tuple[int, int, int, int], ...]


def drawn(page: ReadPage, image: Image.Image, splicer: Splicer) -> Image.Image:
    """The page anew, from the image that was read (which is changed)."""
    pieces = [piece for line in page.lines for piece in _placed(line, splicer, image.size)]
    for word_box in (*page.unsure, *_removed(page.lines, splicer)):
        image.paste(_WHITE, _grown(word_box, image.size))
    width = max([image.width, *(piece.left + piece.width for piece in pieces)])
    canvas = Image.new("L", (min(width, LARGEST_SIDE), image.height), _WHITE)
    draw = ImageDraw.Draw(canvas)
    for piece in pieces:
        if piece.source is not None:
            canvas.paste(_on_white(image.crop(piece.source)), (piece.left, piece.source[1]))
            continue
        top, bottom = piece.band
        draw.rectangle((piece.left, top, piece.left + piece.width, bottom), fill=_BLACK)
        font = ImageFont.load_default(_label_size(bottom - top))
        draw.text((piece.left + _PADDING, (top + bottom) // 2), piece.label, fill=_WHITE, font=font, anchor="lm")
    return canvas


def _on_white(word: Image.Image) -> Image.Image:
    """A word without its ground: noise and shades of the paper, and what was hidden in them."""
    limit = _threshold(word.histogram())
    return word.point([value if value <= limit else _WHITE for value in range(256)])


def _threshold(histogram: list[int]) -> int:
    """The grey value that best parts the dark pixels from the light ones (Otsu 1979)."""
    total, weighted = sum(histogram), sum(value * count for value, count in enumerate(histogram))
    best, limit = -1.0, _WHITE
    dark = sum_dark = 0
    for value, count in enumerate(histogram):
        dark, sum_dark = dark + count, sum_dark + value * count
        light = total - dark
        if not dark or not light:
            continue
        between = dark * light * (sum_dark / dark - (weighted - sum_dark) / light) ** 2
        if between > best:
            best, limit = between, value
    return limit


def _removed(lines: Iterable[ReadLine], splicer: Splicer) -> Iterator[tuple[int, int, int, int]]:
    for line in lines:
        yield from (word.box for word, span in line.words if splicer.changed(span.start, span.end))


@dataclass(frozen=True, slots=True)
class _Piece:
    """A kept word (``source``: its box in the page) or a label in a band (top, bottom) of its line."""

    left: int
    width: int
    source: tuple[int, int, int, int] | None
    band: tuple[int, int] = (0, 0)
    label: str = ""


def _placed(line: ReadLine, splicer: Splicer, size: tuple[int, int]) -> Iterator[_Piece]:
    """The words of a line from left to right. After a removed one, distances come in steps, so that
    neither its width nor the shape of its letters can be told from where the others stand."""
    band = _band(line, splicer, size)
    cursor: int | None = None  # where the line has come to, once something of it was removed
    previous = 0
    for word, span in line.words:
        left, top, right, bottom = _grown(word.box, size)
        removed = splicer.changed(span.start, span.end)
        label = splicer.text(span.start, span.end) if removed else ""
        if removed and cursor is None:
            cursor = previous + _SPACE if previous else left - left % _STEP
        elif cursor is not None and (label or not removed):
            cursor += _distance(left - previous)
        at = left if cursor is None else cursor
        wide = right - left
        if label:
            font = ImageFont.load_default(_label_size(band[1] - band[0]))
            wide = int(font.getlength(label)) + 2 * _PADDING
            yield _Piece(at, wide, None, band, label)
        elif removed:
            wide = 0
        else:
            yield _Piece(at, wide, (left, top, right, bottom))
        cursor = None if cursor is None else at + wide
        previous = right


def _distance(pixels: int) -> int:
    """A word space, or a gap between columns in steps."""
    return _SPACE if pixels < _COLUMN_GAP else pixels - pixels % _COLUMN_GAP


def _band(line: ReadLine, splicer: Splicer, size: tuple[int, int]) -> tuple[int, int]:
    boxes = [_grown(word.box, size) for word, span in line.words if not splicer.changed(span.start, span.end)]
    if boxes:
        return min(box[1] for box in boxes), max(box[3] for box in boxes)
    boxes = [_grown(word.box, size) for word, _ in line.words]
    top, bottom = min(box[1] for box in boxes), max(box[3] for box in boxes)
    return top - top % _STEP, min(size[1] - 1, bottom + -bottom % _STEP)


def _grown(box: tuple[int, int, int, int], size: tuple[int, int]) -> tuple[int, int, int, int]:
    left, top, right, bottom = box
    return (
        max(0, left - _MARGIN), max(0, top - _MARGIN), min(size[0], right + _MARGIN), min(size[1], bottom + _MARGIN)
    )  # fmt: skip


def _label_size(height: int) -> int:
    return 20 if height >= 24 else 11
