"""PDF with text: read by PDFium, rebuilt from the kept text alone, checked by pikepdf (qpdf).

The rendition is a new file: pages of the same size, text where it stood, that of pictures
included where text recognition is installed, notes where images were. See docs/adr/0006-pdf-rebuilt.md
for why nothing of the original file is carried over.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import pypdfium2 as pdfium
import pypdfium2.raw as raw

from gateway.errors import Unparsable
from gateway.evidence.media import PDF
from gateway.formats import limits
from gateway.formats.pdf.covers import Box, find_covers, has_written_annotations
from gateway.formats.pdf.glyphs import GlyphReader, too_much_text
from gateway.formats.pdf.layers import pdf_layers
from gateway.formats.pdf.layout import lay_out
from gateway.formats.pdf.pages import Line, Page, Stretch, Style
from gateway.formats.pdf.scans import PictureReader
from gateway.formats.pdf.writing import write_pdf
from gateway.formats.splicing import CanonicalBuilder, Splicer
from gateway.redaction.document import CanonicalText, Layer, Replacement

_PASSWORD_ERRORS = (raw.FPDF_ERR_PASSWORD, raw.FPDF_ERR_SECURITY)
_NOTE = "[image omitted]"
_NOTE_STYLE = Style("sans", italic=True)
_MAX_NOTES = 50
#: Share of characters that may be unreadable or impossible to draw before the whole is refused.
_TOLERATED = 0.1


class PdfDocument:
    """Pages of text over one canonical text."""

    def __init__(self, pages: list[Page], canonical: CanonicalText) -> None:
        self._pages = pages
        self.canonical = canonical

    def render(self, replacements: Sequence[Replacement]) -> bytes:
        """A new PDF with the replacements made."""
        return write_pdf(self._pages, Splicer(self.canonical, replacements))


class PdfFormat:
    """application/pdf; of pages that are pictures at most so many are read."""

    media_type = PDF

    def __init__(self, max_scans: int = limits.MAX_SCANNED_PAGES) -> None:
        self._max_scans = max_scans

    def parse(self, data: bytes) -> PdfDocument:
        """Read the text of all pages.

        Raises:
            Unparsable: ``pdf-too-large``, ``pdf-malformed``, ``pdf-encrypted``, ``pdf-too-many-pages``,
                ``pdf-too-many-objects``, ``pdf-too-many-scans``, ``pdf-too-much-text``, ``pdf-no-text``,
                ``pdf-ocr-missing``,
                ``pdf-text-unreadable``, ``pdf-script-unsupported``.
        """
        limits.check_size(data, limits.MAX_PDF_BYTES, "pdf-too-large", "PDF")
        document = _open(data)
        try:
            return _read(document, self._max_scans)
        except pdfium.PdfiumError:
            raise _malformed() from None
        finally:
            document.close()

    def layers(self, data: bytes) -> Iterable[Layer]:
        """Page text by PDFium, every object, string, stream and metadata packet by pikepdf, and the bytes."""
        return pdf_layers(data, self._max_scans)


def _open(data: bytes) -> pdfium.PdfDocument:
    try:
        document = pdfium.PdfDocument(data)
        document.init_forms()
        count = len(document)
    except pdfium.PdfiumError as error:
        if getattr(error, "err_code", None) in _PASSWORD_ERRORS:
            raise Unparsable(
                "pdf-encrypted",
                "The PDF needs a password.",
                remedy="Remove the password and send it again.",
            ) from None
        raise _malformed() from None
    if count > limits.MAX_PDF_PAGES:
        document.close()
        raise Unparsable(
            "pdf-too-many-pages",
            f"The PDF has {count} pages; at most {limits.MAX_PDF_PAGES} can be opened.",
            remedy="Split it into smaller exhibits.",
        )
    return document


def _read(document: pdfium.PdfDocument, max_scans: int) -> PdfDocument:
    builder, reader, scans = CanonicalBuilder("pdf"), GlyphReader(), PictureReader(max_scans)
    pages: list[Page] = []
    characters = unreadable = undrawable = 0
    for number in range(1, len(document) + 1):
        page = document[number - 1]
        # Before flattening, which turns annotations into page content.
        covers = find_covers(page)
        if has_written_annotations(page):
            page.flatten()
            page.close()
            page = document[number - 1]
            boxes = covers.boxes
            covers = find_covers(page)
            covers.boxes += [box for box in boxes if box not in covers.boxes]
        box = _visible_box(page)
        kept = Page(box[2] - box[0], box[3] - box[1], page.get_rotation())
        glyphs = reader.read(page, covers, box)
        recognised = scans.read(page, covers, glyphs.lines, box)
        if recognised and kept.rotation in (90, 270):
            kept.width, kept.height = kept.height, kept.width
        if recognised:
            kept.recognised, kept.rotation = True, 0
        characters += glyphs.characters + sum(len(line.text) for line in recognised)
        unreadable += glyphs.unreadable
        undrawable += glyphs.undrawable
        if characters > limits.MAX_PDF_CHARS:
            raise too_much_text()
        notes = _notes(scans.unread, (0.0, 0.0, kept.width, kept.height))
        lay_out(kept, [*glyphs.lines, *recognised, *notes], number, builder)
        pages.append(kept)
        page.close()
    if characters == 0 and scans.missing is not None:
        raise Unparsable(
            "pdf-ocr-missing",
            "The PDF has no text, and text in pictures cannot be read here.",
            remedy="Ask the operator to install the gateway's extra `ocr`, or send the text itself.",
        )
    _check_text(characters, unreadable, undrawable)
    return PdfDocument(pages, builder.build())


def _check_text(characters: int, unreadable: int, undrawable: int) -> None:
    if characters == 0:
        raise Unparsable(
            "pdf-no-text",
            "The PDF has no text, and none can be read in its pictures.",
            remedy="Send a sharper scan, or say in words what it shows.",
        )
    if unreadable > _TOLERATED * characters:
        raise Unparsable(
            "pdf-text-unreadable",
            "The fonts of the PDF do not say which characters they show.",
            remedy="Print it to a new PDF from the program it was made with, or run text recognition over it.",
        )
    if undrawable > _TOLERATED * characters:
        raise Unparsable(
            "pdf-script-unsupported",
            "The PDF is written in a script that cannot be drawn yet.",
            remedy="Send the text as DOCX or plain text.",
        )


def _visible_box(page: pdfium.PdfPage) -> Box:
    left, bottom, right, top = page.get_cropbox()
    outer = page.get_mediabox()
    left, bottom = max(left, outer[0]), max(bottom, outer[1])
    right, top = min(right, outer[2]), min(top, outer[3])
    if not (1 <= right - left <= 14_400 and 1 <= top - bottom <= 14_400):
        raise _malformed()
    return left, bottom, right, top


def _notes(images: list[Box], box: Box) -> list[Line]:
    """A note where each image was. One that fills the page is noted at its foot."""
    lines: list[Line] = []
    width, height = box[2] - box[0], box[3] - box[1]
    for left, bottom, right, top in images[:_MAX_NOTES]:
        if not (left < box[2] and right > box[0] and bottom < box[3] and top > box[1]):
            continue
        fills = (right - left) * (top - bottom) > 0.8 * width * height
        x = 12.0 if fills else min(max(left - box[0] + 2, 4.0), width - 60)
        y = 8.0 if fills else min(max((bottom + top) / 2 - box[1] - 3, 4.0), height - 12)
        lines.append(Line([Stretch(_NOTE, x, y, 52.0, 7.5, _NOTE_STYLE)]))
    return lines


def _malformed() -> Unparsable:
    return Unparsable(
        "pdf-malformed",
        "The PDF is damaged or not a PDF.",
        remedy="Open it in a PDF reader, print it to a new PDF, and send that.",
    )
