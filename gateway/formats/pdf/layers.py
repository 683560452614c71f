"""The layers of a finished PDF: page text by PDFium, objects by pikepdf (qpdf), pages as they look, the bytes."""

from __future__ import annotations

import io
from collections.abc import Iterator

import pikepdf
import pypdfium2 as pdfium

from gateway.formats.layers import byte_layers
from gateway.formats.pdf.scans import read_as_it_looks
from gateway.formats.pdf.writing import RECOGNISED
from gateway.formats.pictures.ocr_pages import PageReader
from gateway.redaction.document import Layer

#: ISO 32000-2, 14.3.3.
_INFO_KEYS = frozenset(
    ("/Title", "/Author", "/Subject", "/Keywords", "/Creator", "/Producer", "/CreationDate", "/ModDate", "/Trapped")
)


def pdf_layers(data: bytes, max_scans: int) -> Iterator[Layer]:
    """Every layer of a rendition; the first pages also as they look, if it has text from pictures.

    Args:
        max_scans: How many pages are read as they look.
    """
    yield from byte_layers(data)
    document = pdfium.PdfDocument(data)
    try:
        for number, page in enumerate(document, start=1):
            text = page.get_textpage().get_text_range()
            yield Layer(f"page {number} text", text)
            yield Layer(f"page {number} text on one line", _one_line(text))
        if document.get_metadata_dict().get("Subject") == RECOGNISED:
            reader = PageReader()
            for number in range(1, min(len(document), max_scans) + 1):
                yield Layer(f"page {number} read as it looks", read_as_it_looks(document[number - 1], reader))
    finally:
        document.close()
    yield from _object_layers(data)


def _object_layers(data: bytes) -> Iterator[Layer]:
    with pikepdf.open(io.BytesIO(data)) as document:
        # The standard's own keys say nothing, and a signature block taken for a name may be "Title".
        entries = document.docinfo.items()
        yield Layer("metadata", "\n".join(str(v) if k in _INFO_KEYS else f"{k}: {v}" for k, v in entries))
        strings: list[str] = []
        for item in document.objects:
            if isinstance(item, pikepdf.Stream):
                yield from byte_layers(item.read_bytes(), f"object {item.objgen[0]} ")
            _collect(item, strings, 0)
        yield Layer("strings", "\n".join(strings), raw=True)
        for number, page in enumerate(document.pages, start=1):
            operands: list[str] = []
            for instruction in pikepdf.parse_content_stream(page):
                for operand in instruction.operands:
                    _collect(operand, operands, 0)
            # As the operators show it: true for the standard fonts, arbitrary codes for embedded ones.
            yield Layer(f"page {number} operands", "".join(operands), raw=True)


def _collect(item: object, strings: list[str], depth: int) -> None:
    if depth > 50:
        return
    if isinstance(item, pikepdf.String):
        strings.append(bytes(item).decode("utf-16-be" if bytes(item)[:2] == b"\xfe\xff" else "cp1252", "replace"))
    elif isinstance(item, pikepdf.Array):
        for member in item:
            _collect(member, strings, depth + 1)
    elif isinstance(item, (pikepdf.Dictionary, pikepdf.Stream)):
        for key, member in item.items():
            strings.append(str(key))
            if not getattr(member, "is_indirect", False):
                _collect(member, strings, depth + 1)


def _one_line(text: str) -> str:
    """The text with line ends taken out: hyphenated words whole, the rest joined by spaces."""
    joined = text.replace("\ufffe", "").replace("\x02", "").replace("-\r\n", "")
    return " ".join(joined.split())
