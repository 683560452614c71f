"""Scans as offices make them: skewed, noisy, pale, strongly compressed, in other languages. Made here."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest
from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageFont
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from gateway.evidence.media import PDF, PNG
from gateway.formats.pictures.drawing import ReadLine, ReadPage, drawn
from gateway.formats.pictures.images import _lay
from gateway.formats.pictures.ocr import Word
from gateway.formats.pictures.ocr_language import language_of
from gateway.formats.pictures.ocr_pages import PageReader
from gateway.formats.registry import FORMATS
from gateway.formats.splicing import CanonicalBuilder, Splicer
from gateway.redaction.document import Replacement
from tests.leaks.seeking import SECRET
from tests.leaks.test_leaks_scans import seen

Redact = Callable[..., bytes]
LINES = (
    "the meeting took place on the second floor",
    f"there {SECRET} spoke to the others",
    "of the parts which had been ordered in spring",
)
FRENCH = ("La société n'a pas reçu les pièces demandées", "dans le délai fixé à Genève au mois d'août")
SPANISH = ("El señor Núñez declaró que la compañía", "había añadido por escrito los términos del acta")
_FONT = ImageFont.load_default(36)


def page(*lines: str, ink: int = 0, ground: int = 255, gap: int = 56) -> Image.Image:
    image = Image.new("L", (1040, 200 + gap * len(lines)), ground)
    draw = ImageDraw.Draw(image)
    for number, line in enumerate(lines):
        draw.text((60, 90 + gap * number), line, fill=ink, font=_FONT)
    return image


def skewed(image: Image.Image) -> Image.Image:
    return image.rotate(1.5, resample=Image.Resampling.BICUBIC, fillcolor=image.getpixel((0, 0)))


def noisy(image: Image.Image) -> Image.Image:
    # Pillow has no seed for its noise: this one is made of a row of digits, and the same in every run.
    speck = bytes((index * index * 7919 + index * 104_729) % 251 for index in range(image.width * image.height))
    noise = Image.frombytes("L", image.size, speck).point(lambda value: 128 + (value - 125) // 2)
    return ImageChops.add(image, noise, 1, -128)


def compressed(image: Image.Image) -> Image.Image:
    out = io.BytesIO()
    image.save(out, "JPEG", quality=40)
    return Image.open(out).convert("L")


SCANS = {
    "skewed": skewed(page(*LINES)),
    "noisy": noisy(page(*LINES, ink=60, ground=210)),
    "pale": page(*LINES, ink=150, ground=205),
    "compressed": compressed(page(*LINES)),
    "all of it": compressed(noisy(skewed(page(*LINES, ink=90, ground=200)))),
}


def as_picture(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def as_pdf(image: Image.Image) -> bytes:
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=(image.width / 3, image.height / 3))
    canvas.drawImage(ImageReader(image), 0, 0, image.width / 3, image.height / 3)
    canvas.save()
    return out.getvalue()


def read(data: bytes) -> str:
    with Image.open(io.BytesIO(data)) as image:
        return " ".join(word.text for word in PageReader().read(image.convert("L")))


@pytest.mark.parametrize(
    ("kind", "form"),
    [("skewed", "picture"), ("noisy", "pdf"), ("pale", "picture"), ("compressed", "pdf"), ("all of it", "picture"),
     ("all of it", "pdf")],
)  # fmt: skip
def test_a_name_in_a_poor_scan(kind: str, form: str, redacted: Redact) -> None:
    make, look = (as_picture, read) if form == "picture" else (as_pdf, seen)
    data = make(SCANS[kind])
    out = look(redacted(data))
    assert "Zephyrine" not in out
    assert "Quillfeather" not in out
    for kept in ("the meeting took place on the second floor", "spoke to the others", "which had been"):
        assert kept in out


def test_what_is_too_blurred_to_read_leaves_no_pixel(redacted: Redact) -> None:
    image = page(LINES[0], LINES[2], gap=120)
    smear = Image.new("L", (700, 60), 255)
    ImageDraw.Draw(smear).text((10, 5), SECRET, fill=0, font=_FONT)
    image.paste(smear.filter(ImageFilter.GaussianBlur(7)), (60, 145))
    out = redacted(as_picture(image))
    with Image.open(io.BytesIO(out)) as kept:
        assert kept.crop((0, 145, kept.width, 202)).getextrema() == (255, 255)
    assert "ordered" in read(out)
    assert "second floor" in seen(redacted(as_pdf(image)))


@pytest.mark.parametrize("removed", [True, False], ids=["removed", "unsure"])
def test_a_word_that_reaches_into_its_neighbour_leaves_no_pixel(removed: bool) -> None:
    image = Image.new("L", (200, 100), 255)
    low = (20, 30, 120, 60)
    image.paste(0, (10, 10, 120, 26))
    image.paste(0, low)
    builder = CanonicalBuilder("ocr")
    words = [Word("kept", 1, 1, (10, 10, 130, 40), 90.0), Word("gone", 2, 2, low, 90.0)]
    spans = [builder.add(word.text, "x") for word in words]
    lines = tuple(ReadLine(((word, span),)) for word, span in zip(words, spans, strict=True))
    splicer = Splicer(builder.build(), [Replacement(spans[1].start, spans[1].end, "")] if removed else [])
    out = drawn(ReadPage(lines if removed else lines[:1], () if removed else (low,)), image, splicer)
    assert out.crop((0, 10, 200, 26)).getextrema() == (0, 255)
    assert out.crop((0, 27, 200, 100)).getextrema() == (255, 255)


def test_what_is_taken_for_a_word_around_others_does_not_take_them_along() -> None:
    inner = [Word("kept", 1, 1, (20, 20, 90, 40), 90.0), Word("too", 1, 1, (100, 20, 150, 40), 90.0)]
    frame, beside = Word("|", 2, 2, (5, 5, 180, 80), 20.0), Word("~", 3, 3, (90, 20, 100, 40), 20.0)
    page_read = _lay([*inner, frame, beside], 1, CanonicalBuilder("ocr"))
    assert page_read.unsure == (beside.box,)


@pytest.mark.parametrize(("lines", "form"), [(FRENCH, PDF), (SPANISH, PDF), (FRENCH, PNG), (SPANISH, PNG)])
def test_accents_survive(lines: tuple[str, ...], form: str) -> None:
    font = ImageFont.truetype("gateway/formats/pdf/font_files/DejaVuSans.ttf", 34)
    image = page()
    for number, line in enumerate(lines):
        ImageDraw.Draw(image).text((60, 80 + 60 * number), line, fill=0, font=font)
    data = as_pdf(image) if form == PDF else as_picture(image)
    assert FORMATS[form].parse(data).canonical.text.split() == " ".join(lines).split()


def test_languages_are_told_from_small_words() -> None:
    assert [language_of(" ".join(lines).split()) for lines in (LINES, FRENCH, SPANISH)] == ["eng", "fra", "spa"]
    assert language_of(["invoice", "la", "de"]) is None


def test_a_page_in_english_after_one_in_french() -> None:
    reader = PageReader()
    font = ImageFont.truetype("gateway/formats/pdf/font_files/DejaVuSans.ttf", 34)
    french = page("", "")
    for number, line in enumerate(FRENCH):
        ImageDraw.Draw(french).text((60, 80 + 60 * number), line, fill=0, font=font)
    texts = [" ".join(word.text for word in reader.read(each)) for each in (french, page(*LINES), french)]
    assert texts[0] == texts[2] == " ".join(FRENCH)
    assert SECRET in texts[1]
