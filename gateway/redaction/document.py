"""What passes between formats, detectors and the plan: canonical text, findings, replacements.

An extractor turns the bytes of an exhibit into one *canonical text*, cut into *segments* (a page, a
table cell, a JSON value, a mail header) so that a finding can be placed for a reader. All offsets
are in characters of that text. Between segments stands a separator that belongs to none; a finding
never crosses from one segment into the next unless the segments belong to one flow (see
:attr:`Segment.flow`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of the canonical text and its place in the exhibit.

    Attributes:
        start, end: Characters of the canonical text, end exclusive.
        place: For people and reports: ``page 3``, ``row 4 column email``, ``/users/0/name``,
            ``part 1.2 header Subject``, ``paragraph 12``.
        label: What the format itself says this value is (column heading, JSON key, header name), a
            hint for detectors; empty for running text.
        flow: Segments of one flow are read as one running text (lines of a PDF page); 0 = alone.
    """

    start: int
    end: int
    place: str
    label: str = ""
    flow: int = 0


@dataclass(frozen=True, slots=True)
class CanonicalText:
    """The text of an exhibit as every later step sees it, and the extractor that made it."""

    text: str
    segments: tuple[Segment, ...]
    extractor: str
    version: str

    def segment_at(self, offset: int) -> Segment | None:
        """The segment that holds the character at ``offset``, if any (binary search)."""
        low, high = 0, len(self.segments)
        while low < high:
            middle = (low + high) // 2
            if self.segments[middle].end <= offset:
                low = middle + 1
            else:
                high = middle
        if low < len(self.segments) and self.segments[low].start <= offset:
            return self.segments[low]
        return None


@dataclass(frozen=True, slots=True)
class Finding:
    """A detected span. ``rule`` names the rule or model that found it; ``confidence`` is 0 to 1."""

    start: int
    end: int
    entity: str
    rule: str
    confidence: float


@dataclass(frozen=True, slots=True)
class Replacement:
    """Characters ``start`` to ``end`` of the canonical text become ``text``. Never overlapping."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Layer:
    """A part of a finished file as the residue check sees it: a name and the text in it.

    ``raw`` layers are byte views (strings of the file, streams, metadata) where a short value may
    occur by chance; text layers are what a reader could see or extract.
    """

    name: str
    text: str
    raw: bool = False


class Document(Protocol):
    """An exhibit that was parsed: its canonical text, and the way back to bytes."""

    @property
    def canonical(self) -> CanonicalText: ...

    def render(self, replacements: Sequence[Replacement]) -> bytes:
        """Rebuild the file from its kept parts and the replacements (sorted, not overlapping).

        Anything that is not in the canonical text (images, metadata, scripts, comments) is left out.
        """
        ...


class Format(Protocol):
    """A media type the gateway can open, rebuild and check."""

    media_type: str

    def parse(self, data: bytes) -> Document:
        """Parse untrusted bytes.

        Raises:
            Unparsable: with a code that says why; the exhibit is quarantined.
        """
        ...

    def layers(self, data: bytes) -> Iterable[Layer]:
        """Re-extract a finished rendition by other code than wrote it, every layer of the file."""
        ...


@dataclass(frozen=True, slots=True)
class Window:
    """A run of records of an exhibit that is too long to be held at once.

    Attributes:
        document: The records as a document of their own.
        offset: Where its canonical text begins in that of the exhibit.
        continues: Whether it begins within a record, whose beginning the window before holds.
    """

    document: Document
    offset: int
    continues: bool = False


class WindowReader(Protocol):
    """Cuts one exhibit, given piece by piece, into windows. The same bytes give the same windows.

    Raises:
        Unparsable: as :meth:`Format.parse`; also for a record too long for a window.
    """

    def feed(self, data: bytes) -> Iterator[Window]:
        """The windows that are complete once these bytes are there."""
        ...

    def finish(self) -> Iterator[Window]:
        """What is left, at the end of the exhibit."""
        ...


class WindowedFormat(Protocol):
    """A media type whose files are runs of records, and can be opened window by window."""

    media_type: str

    def reader(self) -> WindowReader: ...

    def layers(self, data: bytes) -> Iterable[Layer]:
        """As :meth:`Format.layers`, of a window of a finished rendition."""
        ...

    def seam(self, data: bytes) -> Iterable[Layer]:
        """Raw layers of the bytes on both sides of where two windows meet."""
        ...


class Detector(Protocol):
    """Finds spans. One instance serves many texts; models load once."""

    def detect(self, document: CanonicalText, language: str | None = None) -> list[Finding]:
        """All findings, sorted by start; they may overlap.

        Raises:
            DetectionFailed: on any failure or time-out; the caller must not release.
        """
        ...
