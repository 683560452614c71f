"""What is kept of a word-processor document: paragraphs of formatted runs, tables, images as notes."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Run:
    """Text of one appearance. Tabs are ``\\t``, line breaks ``\\n``."""

    text: str
    bold: bool = False
    italic: bool = False
    underline: bool = False

    def like(self, text: str) -> Run:
        """A run of the same appearance with another text."""
        return Run(text, self.bold, self.italic, self.underline)


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph. ``heading`` is 0 for body text, 1 to 9 for headings, -1 for a title."""

    runs: tuple[Run, ...]
    heading: int = 0
    alignment: str = ""  # "", "center", "right", "both"
    indent: int = 0  # twentieths of a point
    hanging: int = 0
    page_break: bool = False

    @property
    def text(self) -> str:
        return "".join(run.text for run in self.runs)


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of cells of blocks. ``widths`` are twentieths of a point, one per grid column."""

    rows: tuple[tuple[Cell, ...], ...]
    widths: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Cell:
    blocks: tuple[Block, ...]
    columns: int = 1
    continues: bool = False  # vertically merged with the cell above
    starts_merge: bool = False


Block = Paragraph | Table


@dataclass(frozen=True, slots=True)
class Story:
    """A document: what stands in its margins, its body, and the size of its page."""

    headers: tuple[Block, ...] = ()
    body: tuple[Block, ...] = ()
    footers: tuple[Block, ...] = ()
    page: tuple[int, int] = (11906, 16838)
    margins: tuple[int, int, int, int] = field(default=(1440, 1440, 1440, 1440))  # top, right, bottom, left
