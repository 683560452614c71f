"""Leaks of pictures: in the pixels, in metadata, in further pages; gone after, with the rest still to be read."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest
from PIL import Image, ImageDraw, ImageFont, TiffImagePlugin
from PIL.PngImagePlugin import PngInfo

from gateway.evidence.media import JPEG, PNG, TIFF, WEBP
from gateway.formats.pictures.ocr import words_of
from gateway.formats.registry import FORMATS
from gateway.formats.sniff import sniff
from gateway.redaction.document import Replacement
from tests.leaks.seeking import SECRET, holds

Redact = Callable[..., bytes]
CODECS = {PNG: "PNG", JPEG: "JPEG", TIFF: "TIFF", WEBP: "WEBP"}
PLAIN = "the meeting took place on the second floor"


def page(*lines: str) -> Image.Image:
    image = Image.new("RGB", (1000, 60 + 60 * len(lines)), "white")
    draw = ImageDraw.Draw(image)
    for number, line in enumerate(lines):
        draw.text((40, 30 + 60 * number), line, fill="black", font=ImageFont.load_default(30))
    return image


def saved(image: Image.Image, media_type: str, **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, CODECS[media_type], **options)
    return out.getvalue()


def read(data: bytes) -> str:
    """Everything that recognition reads in any page, sure or not."""
    with Image.open(io.BytesIO(data)) as image:
        pages = []
        for number in range(getattr(image, "n_frames", 1)):
            image.seek(number)
            pages.append(" ".join(word.text for word in words_of(image.convert("L"))))
    return "\n".join(pages)


@pytest.mark.parametrize("media_type", CODECS)
def test_words_in_the_pixels(media_type: str, redacted: Redact) -> None:
    data = saved(page(PLAIN, f"there {SECRET} spoke to the others"), media_type)
    assert sniff(data) == media_type
    assert SECRET in read(data)
    out = redacted(data)
    assert sniff(out) == media_type
    text = read(out)
    assert "Zephyrine" not in text
    assert "Quillfeather" not in text
    assert PLAIN in text
    assert "spoke to the others" in text


def _metadata() -> dict[str, tuple[str, bytes]]:
    image = page(PLAIN)
    exif = Image.Exif()
    exif[0x010E] = SECRET
    chunks = PngInfo()
    chunks.add_text("Author", SECRET)
    chunks.add_itxt("Title", SECRET)
    chunks.add_text("Comment", SECRET, zip=True)
    tags = TiffImagePlugin.ImageFileDirectory_v2()
    tags[270] = SECRET
    return {
        "text chunks of a PNG": (PNG, saved(image, PNG, pnginfo=chunks)),
        "after the end of a PNG": (PNG, saved(image, PNG) + SECRET.encode()),
        "EXIF of a PNG": (PNG, saved(image, PNG, exif=exif)),
        "EXIF of a JPEG": (JPEG, saved(image, JPEG, exif=exif)),
        "thumbnail in EXIF": (JPEG, saved(image, JPEG, exif=b"Exif\0\0II*\0\x08\0\0\0\0\0\0\0\0\0" + SECRET.encode())),
        "comment of a JPEG": (JPEG, saved(image, JPEG, comment=SECRET.encode())),
        "colour profile": (JPEG, saved(image, JPEG, icc_profile=SECRET.encode() * 20)),
        "XMP of a WebP": (WEBP, saved(image, WEBP, xmp=SECRET.encode())),
        "EXIF of a WebP": (WEBP, saved(image, WEBP, exif=exif)),
        "tag of a TIFF": (TIFF, saved(image, TIFF, tiffinfo=tags)),
        "bytes that no directory of a TIFF names": (TIFF, saved(image, TIFF) + SECRET.encode()),
    }


METADATA = _metadata()


@pytest.mark.parametrize("leak", METADATA)
def test_metadata(leak: str, redacted: Redact) -> None:
    media_type, data = METADATA[leak]
    assert sniff(data) == media_type
    assert holds(data, SECRET), "the test has planted nothing"
    out = redacted(data)
    assert not holds(out, SECRET)
    assert PLAIN in read(out)


def test_second_page_of_a_tiff(redacted: Redact) -> None:
    data = saved(page(PLAIN), TIFF, save_all=True, append_images=[page(f"it was written by {SECRET} herself")])
    assert SECRET in read(data)
    out = read(redacted(data))
    assert "Quillfeather" not in out
    assert PLAIN in out
    assert "herself" in out


def test_what_transparency_hides_is_gone(redacted: Redact) -> None:
    hidden = page(PLAIN, SECRET)
    alpha = Image.new("L", hidden.size, 255)
    alpha.paste(0, (0, 80, *hidden.size))
    bare = hidden.copy()
    hidden.putalpha(alpha)
    data = saved(hidden, PNG)
    with Image.open(io.BytesIO(data)) as image:
        assert image.convert("RGB").tobytes() == bare.tobytes(), "the test has planted nothing"
    out = read(redacted(data))
    assert "Quillfeather" not in out
    assert PLAIN in out


def test_what_cannot_be_read_as_words_is_not_kept(redacted: Redact) -> None:
    image = page(PLAIN, "")
    ImageDraw.Draw(image).ellipse((500, 90, 560, 150), fill="black")
    with Image.open(io.BytesIO(redacted(saved(image, PNG)))) as out:
        assert out.crop((450, 85, 620, 170)).getextrema() == (255, 255)


def test_boxes_do_not_tell_how_long_the_words_were() -> None:
    outs = set()
    for name in ("Ida", "Zephyrine", "Quoggy", "Ida Lovelace Byron"):
        document = FORMATS[PNG].parse(saved(page(f"there {name} spoke"), PNG))
        start = document.canonical.text.index(name)
        outs.add(document.render([Replacement(start, start + len(name), "[NAME-1]")]))
    assert len(outs) == 1
