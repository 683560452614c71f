"""Text in the pictures of a PDF page, read from the page as PDFium shows it.

Words read with confidence become lines where they stood; ``[unread]`` stands where a word was not.
What a painted box hides is hidden here too, since the page is read as it looks.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import groupby
from statistics import median

import pypdfium2 as pdfium
from PIL import Image

from gateway.errors import Unparsable
from gateway.formats import limits
from gateway.formats.invisible import visible
from gateway.formats.pdf.covers import Box, Covers
from gateway.formats.pdf.fonts import drawable_text
from gateway.formats.pdf.pages import Line, Stretch, Style
from gateway.formats.pictures.ocr import Word, is_sure
from gateway.formats.pictures.ocr_pages import PageReader

UNREAD = "[unread]"
_SCALE = 300 / 72  # pixels a point
_MOST_PIXELS = 12_000_000
_STYLE = Style("serif")
#: Share of a page from which its pictures are worth reading: a logo is not.
_SMALLEST_SHARE = 0.02
#: Heights in parts of the font size.
_CAPITAL, _SMALL, _DESCENT = 0.68, 0.47, 0.21
_DESCENDING = frozenset("gjpqyQ,;()[]{}|/")
_SHORTEST_UNREAD = 3  # characters that make a line of unsure words more than a speck
_WIDE = 1.2  # font sizes between two columns, as when the rendition is read


def worth_reading(images: list[Box], box: Box) -> bool:
    """Whether pictures fill enough of a page to hold text."""
    area = sum(max(0.0, image[2] - image[0]) * max(0.0, image[3] - image[1]) for image in images)
    return area > _SMALLEST_SHARE * (box[2] - box[0]) * (box[3] - box[1])


def seen_from(box: Box, page: Box, rotation: int) -> Box:
    """A box of the page's own space as the reader sees it: turned, origin at the lower left."""
    left, bottom, right, top = box[0] - page[0], box[1] - page[1], box[2] - page[0], box[3] - page[1]
    width, height = page[2] - page[0], page[3] - page[1]
    if rotation == 90:
        return bottom, width - right, top, width - left
    if rotation == 180:
        return width - right, height - top, width - left, height - bottom
    if rotation == 270:
        return height - top, left, height - bottom, right
    return left, bottom, right, top


class PictureReader:
    """Reads the pictures of one document page by page.

    Attributes:
        unread: Pictures of the last page of which no word was read, in the space of its lines.
        missing: Set once text recognition was needed and is not installed.
    """

    def __init__(self, max_pages: int) -> None:
        self.unread: list[Box] = []
        self.missing: Unparsable | None = None
        self._max_pages = max_pages
        self._pages = 0
        self._words = PageReader()

    def read(self, page: pdfium.PdfPage, covers: Covers, written: list[Line], box: Box) -> list[Line]:
        """Lines of the words in the pictures of a page, as the reader sees it.

        Args:
            covers: Where pictures and redaction marks are.
            written: Lines that the page has as text; not read again. A turned page with such lines is not read.
            box: The visible part of the page.

        Raises:
            Unparsable: ``pdf-too-many-scans``.
        """
        rotation = page.get_rotation()
        flat = [seen_from(image, box, 0) for image in covers.images]
        self.unread = flat
        if self.missing or not worth_reading(covers.images, box) or (written and rotation):
            return []
        if self._pages >= self._max_pages:
            if written:
                return []
            raise Unparsable(
                "pdf-too-many-scans",
                f"More than {self._max_pages} pages of the PDF are pictures of text.",
                remedy=limits.MORE_SCANS,
            )
        self._pages += 1
        images = [seen_from(image, box, rotation) for image in covers.images]
        taken = [*(seen_from(mark, box, rotation) for mark in covers.marks), *(_room(line) for line in written)]
        try:
            lines = _recognised(page, images, taken, self._words)
        except Unparsable as missing:
            self.missing = missing
            return []
        if lines:
            self.unread = [image for image in images if not any(_inside(_room(line), [image]) for line in lines)]
        return lines


def read_as_it_looks(page: pdfium.PdfPage, reader: PageReader) -> str:
    """All words of a page of a rendition, whose letters are sharp enough for half the dots."""
    return " ".join(word.text for word in reader.read(_drawn(page, _SCALE / 2)))


def _drawn(page: pdfium.PdfPage, scale: float = _SCALE) -> Image.Image:
    width, height = page.get_size()
    scale = min(scale, (_MOST_PIXELS / (width * height)) ** 0.5)
    image: Image.Image = page.render(scale=scale, grayscale=True).to_pil()
    return image.convert("L")


def _recognised(page: pdfium.PdfPage, images: list[Box], taken: list[Box], reader: PageReader) -> list[Line]:
    width, height = page.get_size()
    picture = _drawn(page)
    across, down = width / picture.width, height / picture.height
    lines: list[Line] = []
    for _, group in groupby(reader.read(picture), key=lambda word: word.line):
        placed = [(word, _on_page(word, across, down, height)) for word in group if _has_letters(word)]
        placed = [(word, at) for word, at in placed if _inside(at, images) and not _inside(at, taken)]
        if any(is_sure(word) or len(word.text) >= _SHORTEST_UNREAD for word, _ in placed):
            lines.append(_line(placed))
    # What looks like words but is none, in a picture without any that was read, is part of a drawing.
    return _even(lines) if any(line.text != UNREAD for line in lines) else []


def _has_letters(word: Word) -> bool:
    return any(char.isalnum() for char in visible(word.text))


def _on_page(word: Word, across: float, down: float, height: float) -> Box:
    left, top, right, bottom = word.box
    return left * across, height - bottom * down, right * across, height - top * down


def _inside(box: Box, others: list[Box]) -> bool:
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    return any(left <= x <= right and bottom <= y <= top for left, bottom, right, top in others)


def _room(line: Line) -> Box:
    return line.x - 1, line.y - 0.4 * line.size, line.right + 1, line.y + line.size


def _line(placed: list[tuple[Word, Box]]) -> Line:
    sure = [(word, box) for word, box in placed if is_sure(word)] or placed
    size = round(min(max(median(_size(word.text, box) for word, box in sure), 4.0), 200.0), 1)
    baseline = median(box[1] + (_DESCENT * size if _descends(word.text) else 0.0) for word, box in sure)
    stretches: list[Stretch] = []
    for word, (left, _, right, _) in placed:
        text = drawable_text(visible(word.text)) if is_sure(word) else UNREAD
        if text == UNREAD and stretches and stretches[-1].text == UNREAD:
            continue
        apart = bool(stretches) and left - stretches[-1].right > _WIDE * size
        stretches.append(
            Stretch(text, left, baseline, right - left, size, _STYLE, space_before=bool(stretches), apart=apart)
        )
    return Line(stretches)


def _even(lines: list[Line]) -> list[Line]:
    """Lines of about the usual size get it, so that running text is seen as such."""
    if not lines:
        return lines
    usual = round(median(line.size for line in lines), 1)
    for line in lines:
        if abs(line.size - usual) < 0.2 * usual:
            line.stretches = [replace(stretch, size=usual) for stretch in line.stretches]
    return lines


def _size(text: str, box: Box) -> float:
    tall = any(char.isupper() or char.isdigit() or char in "bdfhklt()[]{}|/" for char in text)
    return (box[3] - box[1]) / ((_CAPITAL if tall else _SMALL) + (_DESCENT if _descends(text) else 0.0))


def _descends(text: str) -> bool:
    return not _DESCENDING.isdisjoint(text)
