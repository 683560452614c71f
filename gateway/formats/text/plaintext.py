"""Plain text: every character is canonical text, every line a segment of one flow.

Line ends stay as they are and belong to no segment. The rendition is UTF-8 without byte order mark.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from gateway.evidence.media import TEXT
from gateway.formats import limits
from gateway.formats.encoding import decode_text
from gateway.formats.layers import byte_layers
from gateway.formats.splicing import VERSION, Splicer
from gateway.redaction.document import CanonicalText, Layer, Replacement, Segment

_LINE = re.compile(r"[^\r\n]+")
LINE_END = re.compile(r"\r\n|\r|\n")


class TextDocument:
    """A text and its lines, which are numbered from ``first_line`` on."""

    def __init__(self, text: str, first_line: int = 1) -> None:
        self.canonical = CanonicalText(text, tuple(lines_of(text, flow=1, first=first_line)), "text", VERSION)

    def render(self, replacements: Sequence[Replacement]) -> bytes:
        """The text with the replacements made, UTF-8."""
        return Splicer(self.canonical, replacements).whole().encode("utf-8")


class TextFormat:
    """text/plain."""

    media_type = TEXT

    def parse(self, data: bytes) -> TextDocument:
        """Decode (see :mod:`gateway.formats.encoding`) and cut into lines.

        Raises:
            Unparsable: ``text-too-large``, ``text-binary``, ``text-encoding-unknown``.
        """
        limits.check_size(data, limits.MAX_TEXT_BYTES, "text-too-large", "text")
        return TextDocument(decode_text(data))

    def layers(self, data: bytes) -> Iterable[Layer]:
        """The text as it reads, and the bytes in every guise."""
        yield Layer("text", data.decode("utf-8", errors="replace"))
        yield from byte_layers(data)


def lines_of(text: str, *, flow: int, prefix: str = "", first: int = 1) -> Iterable[Segment]:
    """The lines of a text as segments; line ends belong to none, empty lines have none."""
    number, position = first, 0
    for match in _LINE.finditer(text):
        number += sum(1 for _ in LINE_END.finditer(text, position, match.start()))
        position = match.end()
        yield Segment(match.start(), match.end(), f"{prefix}line {number}", "", flow)
