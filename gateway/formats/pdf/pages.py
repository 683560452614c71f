"""What is kept of a PDF page: stretches of text with their place and look, in lines, in paragraphs.

Units are points; the origin is the lower left corner of the visible page, before its rotation.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from gateway.formats.splicing import Span

_NOWHERE = Span(0, 0)


@dataclass(frozen=True, slots=True)
class Style:
    """The look of text; ``family`` is what its font is like, not which it is."""

    family: Literal["sans", "serif", "mono"] = "serif"
    bold: bool = False
    italic: bool = False


@dataclass(frozen=True, slots=True)
class Stretch:
    """Text of one look on one baseline, drawn in one go.

    Attributes:
        x, y: Where the baseline begins.
        width: Along the baseline, from the first character to the end of the last.
        angle: Of the baseline, radians.
        space_before: A space separates it from the stretch before in the same line.
        apart: It begins a new column of the line: a table cell, text after a list label.
    """

    text: str
    x: float
    y: float
    width: float
    size: float
    style: Style
    angle: float = 0.0
    space_before: bool = False
    apart: bool = False

    @property
    def right(self) -> float:
        """The right edge of horizontal text."""
        return self.x + self.width


@dataclass(slots=True)
class Line:
    """Stretches that are read one after the other. ``span`` is set once the text is laid out.

    ``soft_hyphen`` is the hyphen at its end that only the line break put there.
    """

    stretches: list[Stretch]
    span: Span = _NOWHERE
    soft_hyphen: str = ""

    @property
    def text(self) -> str:
        """Its text; a space between stretches, a tab between columns."""
        gaps = ("\t" if s.apart else " " if s.space_before else "" for s in self.stretches)
        return "".join((gap if i else "") + s.text for i, (gap, s) in enumerate(zip(gaps, self.stretches, strict=True)))

    @property
    def x(self) -> float:
        return self.stretches[0].x

    @property
    def y(self) -> float:
        return self.stretches[0].y

    @property
    def right(self) -> float:
        return max(s.right for s in self.stretches)

    @property
    def size(self) -> float:
        """The size of most of its text."""
        return max(self.stretches, key=lambda s: len(s.text)).size

    @property
    def upright(self) -> bool:
        return all(s.angle == 0.0 for s in self.stretches)

    @property
    def body_x(self) -> float:
        """Where its last column begins: past a list label, or at its start."""
        return next((s.x for s in reversed(self.stretches) if s.apart), self.x)


@dataclass(slots=True)
class Paragraph:
    """Lines that run into each other, the edges of their column and page, and how far they may grow."""

    lines: list[Line]
    column_left: float
    column_right: float
    page_edges: tuple[float, float]
    floor: float = 0.0  # the lowest baseline it may grow down to
    room_right: float = 0.0  # what a single line may grow to


@dataclass(slots=True)
class Page:
    """One page; ``recognised``: text of its pictures is on it."""

    width: float
    height: float
    rotation: int = 0
    recognised: bool = False
    paragraphs: list[Paragraph] = field(default_factory=list)
