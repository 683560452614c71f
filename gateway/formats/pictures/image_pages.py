"""The pages of a picture file, decoded within limits: grey, upright, without anything but pixels."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator

from PIL import Image, ImageOps

from gateway.errors import Unparsable
from gateway.evidence.media import JPEG, PNG, TIFF, WEBP
from gateway.formats import limits

CODECS = {PNG: "PNG", JPEG: "JPEG", TIFF: "TIFF", WEBP: "WEBP"}
LARGEST_SIDE = 30_000


def pages_of(data: bytes, media_type: str, max_pages: int) -> Iterator[Image.Image]:
    """One grey picture a page.

    Raises:
        Unparsable: ``image-too-large``, ``image-malformed``, ``image-animated``,
            ``image-too-many-pages``, ``image-too-many-pixels``.
    """
    limits.check_size(data, limits.MAX_IMAGE_BYTES, "image-too-large", "picture")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(data), formats=[CODECS[media_type]]) as picture:
                # A JPEG can carry further pictures (previews, gain maps), which viewers do not show.
                count = 1 if media_type == JPEG else getattr(picture, "n_frames", 1)
                _check_count(count, media_type, max_pages)
                for number in range(count):
                    picture.seek(number)
                    _check_pixels(picture.size)
                    yield _grey(picture)
    except Unparsable:
        raise
    except (OSError, ValueError, SyntaxError, EOFError, KeyError, TypeError, ZeroDivisionError, OverflowError,
            IndexError, Image.DecompressionBombError):  # fmt: skip
        raise Unparsable(
            "image-malformed",
            "The picture is damaged or of a kind that cannot be read.",
            remedy="Open it in a picture program, save it as PNG, and send that.",
        ) from None


def _check_count(count: int, media_type: str, max_pages: int) -> None:
    if count > 1 and media_type != TIFF:
        raise Unparsable(
            "image-animated",
            "The picture has several frames.",
            remedy="Send each frame as a picture of its own, or all as pages of a TIFF.",
        )
    if count > max_pages:
        raise Unparsable(
            "image-too-many-pages",
            f"The picture has {count} pages; at most {max_pages} can be read.",
            remedy=limits.MORE_SCANS,
        )


def _check_pixels(size: tuple[int, int]) -> None:
    if size[0] * size[1] > limits.MAX_IMAGE_PIXELS or max(size) > LARGEST_SIDE:
        raise Unparsable(
            "image-too-many-pixels",
            f"A page has {size[0]} by {size[1]} pixels; at most {limits.MAX_IMAGE_PIXELS} pixels can be read.",
            remedy="Scan it at 300 dots per inch or fewer.",
        )


def _grey(picture: Image.Image) -> Image.Image:
    upright = ImageOps.exif_transpose(picture)
    if upright.has_transparency_data:
        # What transparency hides stays hidden.
        ground = Image.new("RGBA", upright.size, "white")
        ground.alpha_composite(upright.convert("RGBA"))
        upright = ground
    grey = upright.convert("L")
    # New pixels: Pillow carries metadata along with an image, and some savers write it.
    return Image.frombytes("L", grey.size, grey.tobytes())
