"""The two directions between an exhibit's parts and its canonical text.

:class:`CanonicalBuilder` lays the parts of an exhibit into one text, separators between them, and
keeps where each part lies. :class:`Splicer` answers what has become of a part once the
replacements are applied: the text of a stretch, or its pieces, so that a format can keep the type
face of what stayed. Nothing here knows a format.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from gateway.errors import InvalidInput, Unparsable
from gateway.formats import limits
from gateway.redaction.document import CanonicalText, Replacement, Segment

#: Raised whenever the canonical text of an unchanged exhibit would come out differently.
VERSION = "1"


@dataclass(frozen=True, slots=True)
class Span:
    """Where a part lies in the canonical text, end exclusive. Empty parts have ``start == end``."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a part: kept characters of the canonical text, or the text that replaces some.

    ``start`` and ``end`` are the characters it stands for, clipped to the part that was asked for.
    """

    text: str
    start: int
    end: int
    replaced: bool


class CanonicalBuilder:
    """Collects parts in reading order."""

    def __init__(self, extractor: str) -> None:
        self._extractor = extractor
        self._chunks: list[str] = []
        self._segments: list[Segment] = []
        self._length = 0

    @property
    def empty(self) -> bool:
        """Whether no text has been added yet."""
        return not self._segments

    @property
    def length(self) -> int:
        """Characters so far."""
        return self._length

    def add(self, text: str, place: str, *, label: str = "", flow: int = 0, separator: str = "\n") -> Span:
        """Append a part; the separator comes before it if there is something to separate it from.

        Raises:
            Unparsable: ``text-too-long``.
        """
        if not text:
            return Span(self._length, self._length)
        if self._segments and separator:
            self._chunks.append(separator)
            self._length += len(separator)
        start = self._length
        self._chunks.append(text)
        self._length += len(text)
        if self._length > limits.MAX_CANONICAL_CHARS:
            raise Unparsable(
                "text-too-long",
                f"The exhibit has more than {limits.MAX_CANONICAL_CHARS} characters of text.",
                remedy="Split it into smaller exhibits.",
            )
        self._segments.append(Segment(start, self._length, place, label, flow))
        return Span(start, self._length)

    def embed(self, canonical: CanonicalText, prefix: str, *, flow_base: int) -> tuple[int, int]:
        """Append another exhibit's text with its segments.

        Returns:
            The offset of its first character, and the highest flow number used.
        """
        if self._segments and canonical.text:
            self._chunks.append("\n")
            self._length += 1
        offset, flow = self._length, flow_base
        for segment in canonical.segments:
            moved = segment.flow + flow_base if segment.flow else 0
            flow = max(flow, moved)
            self._segments.append(
                Segment(segment.start + offset, segment.end + offset, prefix + segment.place, segment.label, moved)
            )
        self._chunks.append(canonical.text)
        self._length += len(canonical.text)
        return offset, flow

    def build(self) -> CanonicalText:
        """The canonical text of everything added."""
        return CanonicalText("".join(self._chunks), tuple(self._segments), self._extractor, VERSION)


class Splicer:
    """A canonical text with replacements to apply.

    Raises:
        InvalidInput: ``replacement-invalid`` if they are unsorted, overlap, are empty or lie outside.
    """

    def __init__(self, canonical: CanonicalText, replacements: Sequence[Replacement]) -> None:
        previous = 0
        for replacement in replacements:
            if not previous <= replacement.start < replacement.end <= len(canonical.text):
                raise InvalidInput(
                    "replacement-invalid",
                    "The replacements overlap, are not sorted, or lie outside the text.",
                    remedy="This is a fault of the redaction plan; report it.",
                    where=f"characters {replacement.start} to {replacement.end}",
                )
            previous = replacement.end
        self.canonical = canonical
        self.replacements = tuple(replacements)
        self._starts = [r.start for r in replacements]
        self._ends = [r.end for r in replacements]
        # A replacement may begin in a separator; its text then appears where the next part begins.
        self._homes = [self._home(r) for r in replacements]

    def _home(self, replacement: Replacement) -> int:
        segments = self.canonical.segments
        index = bisect_right(segments, replacement.start, key=lambda s: s.end)
        if index < len(segments) and segments[index].start < replacement.end:
            return max(replacement.start, segments[index].start)
        return -1

    def whole(self) -> str:
        """The complete text with all replacements made, separators included."""
        parts: list[str] = []
        position = 0
        for replacement in self.replacements:
            parts += (self.canonical.text[position : replacement.start], replacement.text)
            position = replacement.end
        parts.append(self.canonical.text[position:])
        return "".join(parts)

    def changed(self, start: int, end: int) -> bool:
        """Whether any replacement touches the stretch."""
        index = bisect_right(self._ends, start)
        return index < len(self._starts) and self._starts[index] < end

    def pieces(self, start: int, end: int) -> Iterator[Piece]:
        """The stretch as kept and replaced pieces, in order. A replacement that began in an earlier
        stretch yields an empty piece here: its text stands where it began."""
        text = self.canonical.text
        position = start
        for index in range(bisect_right(self._ends, start), bisect_left(self._starts, end)):
            replacement = self.replacements[index]
            if replacement.start > position:
                yield Piece(text[position : replacement.start], position, replacement.start, replaced=False)
            first, last = max(replacement.start, start), min(replacement.end, end)
            here = start <= self._homes[index] < end
            yield Piece(replacement.text if here else "", first, last, replaced=True)
            position = last
        if position < end:
            yield Piece(text[position:end], position, end, replaced=False)

    def text(self, start: int, end: int) -> str:
        """The stretch with the replacements made."""
        if not self.changed(start, end):
            return self.canonical.text[start:end]
        return "".join(piece.text for piece in self.pieces(start, end))

    def part(self, offset: int, canonical: CanonicalText) -> list[Replacement]:
        """The replacements that fall into an embedded text, in its own offsets.

        One that reaches in from outside is cut; its text stands outside, so a full stop of three
        dots stands for it here.
        """
        result: list[Replacement] = []
        end = offset + len(canonical.text)
        for index in range(bisect_right(self._ends, offset), bisect_left(self._starts, end)):
            replacement = self.replacements[index]
            first, last = max(replacement.start, offset), min(replacement.end, end)
            here = offset <= self._homes[index] < end
            result.append(Replacement(first - offset, last - offset, replacement.text if here else "…"))
        return result
