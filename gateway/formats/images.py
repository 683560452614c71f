"""PNG, JPEG, TIFF and WebP: a new picture with the pixels of the words that were read, and no others.

Rebuilt rather than edited: what text recognition did not read with confidence (handwriting, faces,
drawings, watermarks) is not in the rendition, so that nothing unseen can pass. Words after a
replacement move to where it ends: the gap does not tell how long the removed text was. Output is
grey, made of pixels only: metadata, profiles, thumbnails, further frames and hidden parts have no way in.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from PIL import Image, ImageDraw, ImageFont, ImageOps

from gateway.errors import Unparsable
from gateway.evidence.media import JPEG, PNG, TIFF, WEBP
from gateway.formats import limits
from gateway.formats.invisible import visible
from gateway.formats.layers import byte_layers
from gateway.formats.ocr import Word, words_of
from gateway.formats.splicing import CanonicalBuilder, Span, Splicer
from gateway.redaction.document import CanonicalText, Layer, Replacement

_CODECS = {PNG: "PNG", JPEG: "JPEG", TIFF: "TIFF", WEBP: "WEBP"}
_OPTIONS: dict[str, dict[str, object]] = {
    PNG: {"optimize": False},
    JPEG: {"quality": 85},
    TIFF: {"compression": "tiff_lzw"},
    WEBP: {"lossless": True},
}
#: Tesseract's word confidence from which a word counts as read.
CONFIDENT = 60.0
_MARGIN = 2  # pixels around a word
_PADDING = 3  # pixels between a label and the end of its box
_SPACE, _STEP, _COLUMN_GAP = 12, 10, 60  # pixels
_WHITE, _BLACK = 255, 0
_LARGEST_SIDE = 30_000


@dataclass(frozen=True, slots=True)
class _Line:
    words: tuple[tuple[Word, Span], ...]


@dataclass(frozen=True, slots=True)
class _Page:
    image: Image.Image
    lines: tuple[_Line, ...]


class ImageDocument:
    """The pages of a picture and where their words lie in the canonical text."""

    def __init__(self, pages: Iterable[Image.Image], media_type: str) -> None:
        builder = CanonicalBuilder("ocr")
        self._media_type = media_type
        self._pages = [_lay(page, number, builder) for number, page in enumerate(pages, start=1)]
        if builder.empty:
            raise Unparsable(
                "image-no-text",
                "No text can be read in the picture, so nothing of it can be judged.",
                remedy="Send a sharper copy, or say in words what it shows.",
            )
        self._canonical = builder.build()

    @property
    def canonical(self) -> CanonicalText:
        return self._canonical

    def render(self, replacements: Sequence[Replacement]) -> bytes:
        """A new picture of the words that stay."""
        splicer = Splicer(self._canonical, replacements)
        first, *more = [_drawn(page, splicer) for page in self._pages]
        out = io.BytesIO()
        options = dict(_OPTIONS[self._media_type])
        if more:
            options |= {"save_all": True, "append_images": more}
        first.save(out, _CODECS[self._media_type], **options)
        return out.getvalue()


class ImageFormat:
    """Pictures of one media type."""

    def __init__(self, media_type: str) -> None:
        self.media_type = media_type

    def parse(self, data: bytes) -> ImageDocument:
        """Read the words of every page.

        Raises:
            Unparsable: ``image-too-large``, ``image-malformed``, ``image-animated``,
                ``image-too-many-pages``, ``image-too-many-pixels``, ``image-no-text``, ``image-ocr-missing``.
        """
        return ImageDocument(_pages(data, self.media_type), self.media_type)

    def layers(self, data: bytes) -> Iterable[Layer]:
        """What another mode of recognition reads in each page, and the bytes in every guise."""
        for number, page in enumerate(_pages(data, self.media_type), start=1):
            words = words_of(page, sparse=True)
            yield Layer(f"page {number} read again", " ".join(word.text for word in words))
        yield from byte_layers(data)


def _pages(data: bytes, media_type: str) -> Iterator[Image.Image]:
    limits.check_size(data, limits.MAX_IMAGE_BYTES, "image-too-large", "picture")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(data), formats=[_CODECS[media_type]]) as picture:
                # A JPEG can carry further pictures (previews, gain maps), which viewers do not show.
                count = 1 if media_type == JPEG else getattr(picture, "n_frames", 1)
                _check_count(count, media_type)
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


def _check_count(count: int, media_type: str) -> None:
    if count > 1 and media_type != TIFF:
        raise Unparsable(
            "image-animated",
            "The picture has several frames.",
            remedy="Send each frame as a picture of its own, or all as pages of a TIFF.",
        )
    if count > limits.MAX_IMAGE_PAGES:
        raise Unparsable(
            "image-too-many-pages",
            f"The picture has {count} pages; at most {limits.MAX_IMAGE_PAGES} can be read.",
            remedy=limits.SPLIT,
        )


def _check_pixels(size: tuple[int, int]) -> None:
    if size[0] * size[1] > limits.MAX_IMAGE_PIXELS or max(size) > _LARGEST_SIDE:
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


def _lay(page: Image.Image, number: int, builder: CanonicalBuilder) -> _Page:
    sure = [(word, text) for word in words_of(page) if (text := visible(word.text)) and is_sure(word)]
    lines: list[_Line] = []
    for count, (_, group) in enumerate(groupby(sure, key=lambda pair: pair[0].line), start=1):
        words: list[tuple[Word, Span]] = []
        for word, text in group:
            separator = " " if words else "\n"
            place = f"page {number} line {count}"
            span = builder.add(text, place, flow=number * 100_000 + word.block, separator=separator)
            words.append((word, span))
        lines.append(_Line(tuple(words)))
    return _Page(page, tuple(lines))


def is_sure(word: Word) -> bool:
    """Whether a word was read with confidence."""
    # A drawing is often read as a sign, seldom as letters.
    return word.confidence >= CONFIDENT and any(char.isalnum() for char in word.text)


def _drawn(page: _Page, splicer: Splicer) -> Image.Image:
    pieces = [piece for line in page.lines for piece in _placed(line, splicer, page.image.size)]
    width = max([page.image.width, *(piece.left + piece.width for piece in pieces)])
    canvas = Image.new("L", (min(width, _LARGEST_SIDE), page.image.height), _WHITE)
    draw = ImageDraw.Draw(canvas)
    for piece in pieces:
        if piece.source is not None:
            canvas.paste(page.image.crop(piece.source), (piece.left, piece.source[1]))
            continue
        top, bottom = piece.band
        draw.rectangle((piece.left, top, piece.left + piece.width, bottom), fill=_BLACK)
        font = ImageFont.load_default(_label_size(bottom - top))
        draw.text((piece.left + _PADDING, (top + bottom) // 2), piece.label, fill=_WHITE, font=font, anchor="lm")
    return canvas


@dataclass(frozen=True, slots=True)
class _Piece:
    """A kept word (``source``: its box in the page) or a label in a band (top, bottom) of its line."""

    left: int
    width: int
    source: tuple[int, int, int, int] | None
    band: tuple[int, int] = (0, 0)
    label: str = ""


def _placed(line: _Line, splicer: Splicer, size: tuple[int, int]) -> Iterator[_Piece]:
    """The words of a line from left to right. After a removed one, distances come in steps, so that
    neither its width nor the shape of its letters can be told from where the others stand."""
    band = _band(line, splicer, size)
    cursor: int | None = None  # where the line has come to, once something of it was removed
    previous = 0
    for word, span in line.words:
        left, top, right, bottom = _grown(word, size)
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


def _band(line: _Line, splicer: Splicer, size: tuple[int, int]) -> tuple[int, int]:
    boxes = [_grown(word, size) for word, span in line.words if not splicer.changed(span.start, span.end)]
    if boxes:
        return min(box[1] for box in boxes), max(box[3] for box in boxes)
    boxes = [_grown(word, size) for word, _ in line.words]
    top, bottom = min(box[1] for box in boxes), max(box[3] for box in boxes)
    return top - top % _STEP, min(size[1] - 1, bottom + -bottom % _STEP)


def _grown(word: Word, size: tuple[int, int]) -> tuple[int, int, int, int]:
    left, top, right, bottom = word.box
    return (
        max(0, left - _MARGIN), max(0, top - _MARGIN), min(size[0], right + _MARGIN), min(size[1], bottom + _MARGIN)
    )  # fmt: skip


def _label_size(height: int) -> int:
    return 20 if height >= 24 else 11
