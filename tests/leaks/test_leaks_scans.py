"""Leaks of scanned and mixed PDFs: names in pictures of text, beside text, under painted boxes, on turned pages."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import pypdfium2 as pdfium
import pytest
from PIL import Image, ImageDraw, ImageFont
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from gateway.errors import Unparsable
from gateway.evidence.media import PDF
from gateway.formats.pdf import scans
from gateway.formats.pdf.pdf import PdfFormat
from gateway.formats.pictures import ocr
from gateway.formats.pictures.ocr import words_of
from gateway.formats.registry import FORMATS
from tests.leaks.seeking import SECRET, holds

Redact = Callable[..., bytes]
PLAIN = "the meeting took place on the second floor"
LINES = (PLAIN, f"there {SECRET} spoke to the others")
A5 = (420, 595)


def scan(*lines: str, size: tuple[int, int] = (1240, 1754)) -> Image.Image:
    image = Image.new("L", size, 255)
    draw = ImageDraw.Draw(image)
    for number, line in enumerate(lines):
        draw.text((120, 150 + 70 * number), line, fill=0, font=ImageFont.load_default(36))
    return image


def pdf(*pages: Callable[[Canvas], object], size: tuple[int, int] = A5) -> bytes:
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=size)
    for page in pages:
        page(canvas)
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def shown(image: Image.Image) -> Callable[[Canvas], object]:
    return lambda canvas: canvas.drawImage(ImageReader(image), 0, 0, *canvas._pagesize)


def seen(data: bytes) -> str:
    """What recognition reads in the pages as a reader sees them, sure or not."""
    with pdfium.PdfDocument(data) as document:
        pictures = [page.render(scale=3, grayscale=True).to_pil().convert("L") for page in document]
    return "\n".join(" ".join(word.text for word in words_of(picture)) for picture in pictures)


def text_of(data: bytes) -> str:
    return FORMATS[PDF].parse(data).canonical.text


def turned(canvas: Canvas) -> None:
    canvas.setPageSize((A5[1], A5[0]))
    shown(scan(*LINES).rotate(90, expand=True))(canvas)
    canvas.setPageRotation(90)


def beside_text(canvas: Canvas) -> None:
    canvas.drawString(40, 300, "Typed under the picture")
    canvas.drawImage(ImageReader(scan(*LINES, size=(1240, 400))), 0, 400, 420, 135)


@pytest.mark.parametrize("page", [shown(scan(*LINES)), turned, beside_text], ids=["scan", "turned", "mixed"])
def test_a_name_in_a_picture_of_text(page: Callable[[Canvas], object], redacted: Redact) -> None:
    data = pdf(page)
    assert SECRET in seen(data), "the test has planted nothing"
    out = redacted(data)
    assert not holds(out, SECRET)
    for text in (seen(out), text_of(out)):
        assert "Zephyrine" not in text
        assert "Quillfeather" not in text
        assert PLAIN in text
        assert "spoke to the others" in text
    assert ("Typed under the picture" in text_of(out)) == (page is beside_text)


def test_a_box_painted_over_a_scan_stays_closed(redacted: Redact) -> None:
    hidden = scan(*LINES)

    def page(canvas: Canvas) -> None:
        shown(hidden)(canvas)
        canvas.rect(0, 505, 420, 22, fill=1, stroke=0)

    assert SECRET in seen(pdf(shown(hidden)))
    out = redacted(pdf(page))
    assert "Quillfeather" not in seen(out) + text_of(out)
    assert PLAIN in text_of(out)


def test_words_read_without_confidence_are_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    unsure = "second"
    monkeypatch.setattr(scans, "is_sure", lambda word: word.text != unsure)
    data = pdf(shown(scan(PLAIN)))
    document = FORMATS[PDF].parse(data)
    assert document.canonical.text == PLAIN.replace(unsure, scans.UNREAD)
    out = seen(document.render([]))
    assert "meeting" in out
    assert unsure not in out


def test_the_rendition_is_read_again_as_it_looks() -> None:
    format_ = FORMATS[PDF]
    out = format_.parse(pdf(shown(scan(*LINES)))).render([])
    layers = {layer.name: layer.text for layer in format_.layers(out)}
    assert SECRET in layers["page 1 read as it looks"]


def test_without_recognition_a_scan_is_refused_and_names_the_extra(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(ocr, "_MODEL_FOLDER", tmp_path)
    with pytest.raises(Unparsable) as caught:
        text_of(pdf(shown(scan(*LINES))))
    assert caught.value.code == "pdf-ocr-missing"
    assert "`ocr`" in caught.value.remedy
    assert text_of(pdf(beside_text)) == "Typed under the picture\n[image omitted]"


def test_too_many_scanned_pages() -> None:
    one_page = PdfFormat(max_scans=1)
    small = scan(PLAIN, size=(1240, 300))
    with pytest.raises(Unparsable) as caught:
        one_page.parse(pdf(shown(small), shown(small), size=(420, 100)))
    assert caught.value.code == "pdf-too-many-scans"
    assert "EVIDENCE_GATEWAY_MAX_SCANNED_PAGES" in caught.value.remedy
    text = one_page.parse(pdf(shown(small), beside_text)).canonical.text
    assert SECRET not in text
    assert text.endswith("Typed under the picture\n[image omitted]")
