"""What is refused of pictures, each before its pixels are looked at."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest
from PIL import Image

from gateway.errors import Unparsable
from gateway.evidence.media import JPEG, PNG, TIFF, WEBP
from gateway.formats import limits
from gateway.formats.pictures import ocr
from gateway.formats.registry import FORMATS


def saved(codec: str, size: tuple[int, int] = (60, 40), frames: int = 1) -> bytes:
    first, *more = [Image.new("L", size, (255 - 90 * number) % 256) for number in range(frames)]
    out = io.BytesIO()
    first.save(out, codec, **({"save_all": True, "append_images": more} if more else {}))
    return out.getvalue()


CASES = [
    ("no text", PNG, saved("PNG"), "image-no-text"),
    ("cut off", PNG, saved("PNG")[:60], "image-malformed"),
    ("of another type", JPEG, saved("PNG"), "image-malformed"),
    ("animated PNG", PNG, saved("PNG", frames=2), "image-animated"),
    ("animated WebP", WEBP, saved("WEBP", frames=2), "image-animated"),
    ("pages", TIFF, saved("TIFF", (8, 8), frames=limits.MAX_SCANNED_PAGES + 1), "image-too-many-pages"),
    ("pixels", PNG, saved("PNG", (5_000, 4_001)), "image-too-many-pixels"),
    ("a long side", PNG, saved("PNG", (30_001, 1)), "image-too-many-pixels"),
]


@pytest.mark.parametrize(("media_type", "data", "code"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_refused(media_type: str, data: bytes, code: str) -> None:
    with pytest.raises(Unparsable) as caught:
        FORMATS[media_type].parse(data)
    assert caught.value.code == code


def test_more_bytes_than_the_limit_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_IMAGE_BYTES", 50)
    with pytest.raises(Unparsable, match="at most 50"):
        FORMATS[PNG].parse(saved("PNG"))


def test_without_the_engine_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tesserocr", None)
    with pytest.raises(Unparsable, match="extra `ocr`"):
        FORMATS[PNG].parse(saved("PNG"))


def test_without_its_model_too(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(ocr, "_MODEL_FOLDER", tmp_path)
    with pytest.raises(Unparsable) as caught:
        FORMATS[PNG].parse(saved("PNG"))
    assert caught.value.code == "image-ocr-missing"
