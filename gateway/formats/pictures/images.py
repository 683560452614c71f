"""PNG, JPEG, TIFF and WebP: a new picture with the pixels of the words that were read, and no others.

Rebuilt rather than edited: what text recognition did not read with confidence (handwriting, faces,
drawings, watermarks) is not in the rendition, so that nothing unseen can pass. Output is grey, made of
pixels only: metadata, profiles, thumbnails, further frames and hidden parts have no way in.
"""

from __future__ import annotations

import io
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from itertools import groupby

from gateway.errors import Unparsable
from gateway.evidence.media import JPEG, PNG, TIFF, WEBP
from gateway.formats import limits
from gateway.formats.invisible import visible
from gateway.formats.layers import byte_layers
from gateway.formats.pictures.drawing import ReadLine, ReadPage, drawn
from gateway.formats.pictures.image_pages import CODECS, pages_of
from gateway.formats.pictures.ocr import Word, is_sure
from gateway.formats.pictures.ocr_pages import PageReader
from gateway.formats.splicing import CanonicalBuilder, Span, Splicer
from gateway.redaction.document import Layer, Replacement

_OPTIONS: dict[str, dict[str, object]] = {
    PNG: {"optimize": False},
    JPEG: {"quality": 85},
    TIFF: {"compression": "tiff_lzw"},
    WEBP: {"lossless": True},
}


class ImageDocument:
    """The words of a picture's pages over one canonical text. Pages are decoded one at a time, twice."""

    def __init__(self, data: bytes, media_type: str, max_pages: int) -> None:
        builder, reader = CanonicalBuilder("ocr"), PageReader()
        self._data, self._media_type, self._max_pages = data, media_type, max_pages
        pages = enumerate(pages_of(data, media_type, max_pages), start=1)
        self._pages = [_lay(reader.read(page), number, builder) for number, page in pages]
        if builder.empty:
            raise Unparsable(
                "image-no-text",
                "No text can be read in the picture, so nothing of it can be judged.",
                remedy="Send a sharper copy, or say in words what it shows.",
            )
        self.canonical = builder.build()

    def render(self, replacements: Sequence[Replacement]) -> bytes:
        """A new picture of the words that stay."""
        splicer = Splicer(self.canonical, replacements)
        images = pages_of(self._data, self._media_type, self._max_pages)
        first, *more = [drawn(page, image, splicer) for page, image in zip(self._pages, images, strict=True)]
        out = io.BytesIO()
        options = dict(_OPTIONS[self._media_type])
        if more:
            options |= {"save_all": True, "append_images": more}
        first.save(out, CODECS[self._media_type], **options)
        return out.getvalue()


class ImageFormat:
    """Pictures of one media type, of at most so many pages."""

    def __init__(self, media_type: str, max_pages: int = limits.MAX_SCANNED_PAGES) -> None:
        self.media_type = media_type
        self._max_pages = max_pages

    def parse(self, data: bytes) -> ImageDocument:
        """Read the words of every page.

        Raises:
            Unparsable: ``image-too-large``, ``image-malformed``, ``image-animated``,
                ``image-too-many-pages``, ``image-too-many-pixels``, ``image-no-text``, ``image-ocr-missing``.
        """
        return ImageDocument(data, self.media_type, self._max_pages)

    def layers(self, data: bytes) -> Iterable[Layer]:
        """What another mode of recognition reads in each page, and the bytes in every guise."""
        reader = PageReader()
        for number, page in enumerate(pages_of(data, self.media_type, self._max_pages), start=1):
            words = reader.read(page, sparse=True)
            yield Layer(f"page {number} read again", " ".join(word.text for word in words))
        yield from byte_layers(data)


def _lay(words: Sequence[Word], number: int, builder: CanonicalBuilder) -> ReadPage:
    sure = [(word, text) for word in words if (text := visible(word.text)) and is_sure(word)]
    lines: list[ReadLine] = []
    for count, (_, group) in enumerate(groupby(sure, key=lambda pair: pair[0].line), start=1):
        laid: list[tuple[Word, Span]] = []
        for word, text in group:
            separator = " " if laid else "\n"
            place = f"page {number} line {count}"
            span = builder.add(text, place, flow=number * 100_000 + word.block, separator=separator)
            laid.append((word, span))
        lines.append(ReadLine(tuple(laid)))
    centres = sorted(_centre(word.box) for word, _ in sure)
    unsure = (word.box for word in words if not is_sure(word))
    return ReadPage(tuple(lines), tuple(box for box in unsure if not _frames(box, centres)))


def _centre(box: tuple[int, int, int, int]) -> tuple[float, float]:
    return (box[0] + box[2]) / 2, (box[1] + box[3]) / 2


def _frames(box: tuple[int, int, int, int], centres: Sequence[tuple[float, float]]) -> bool:
    """Whether what was taken for a word is a frame or a rule around words that were read (sorted centres)."""
    left, top, right, bottom = box
    beside = centres[bisect_left(centres, (left, 0.0)) : bisect_left(centres, (right, 0.0))]
    return any(top < y < bottom for _, y in beside)
