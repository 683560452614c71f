"""Workbooks as canonical text: the name of each sheet and every cell that shows something is a segment.

What XLSX and ODS have in common. A cell is the text that a reader sees in it, never the value or
formula behind. Hidden sheets, rows and columns are left out and counted, and a last sheet says how
many there were. Rows and columns keep their numbers, so that "cell B4" is the same cell before and
after. The formats read into and write from :class:`Sheet`; nothing here knows a file.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from gateway.formats import limits
from gateway.formats.office.refusals import malformed, too_many
from gateway.formats.place_names import column_name
from gateway.formats.splicing import CanonicalBuilder, Span, Splicer
from gateway.redaction.document import CanonicalText, Replacement

_NOTICE = "Left out"
_NOT_IN_NAMES = re.compile(r"[\[\]:*?/\\\x00-\x1f]")
_MAX_NAME_CHARS = 31
_MOST_TITLE_ROWS = 10


@dataclass(frozen=True, slots=True)
class Row:
    """A row that shows something. ``number`` and the columns of the cells count from 1."""

    number: int
    cells: tuple[tuple[int, str], ...]


@dataclass(frozen=True, slots=True)
class Sheet:
    name: str
    rows: tuple[Row, ...]


@dataclass(slots=True)
class Hidden:
    """How many sheets, rows and columns a reader would not have seen."""

    sheets: int = 0
    rows: int = 0
    columns: int = 0
    cells: int = 0

    def notice(self) -> Sheet | None:
        """A sheet that says what was left out, if anything was."""
        parts = [
            f"{count} hidden {noun}{'' if count == 1 else 's'}"
            for count, noun in (
                (self.sheets, "sheet"), (self.rows, "row"), (self.columns, "column"), (self.cells, "cell"),
            )
            if count
        ]  # fmt: skip
        if not parts:
            return None
        return Sheet(_NOTICE, (Row(1, ((1, f"Left out of this workbook: {', '.join(parts)}."),)),))


@dataclass(slots=True)
class CellCounter:
    """Counts cells against the limit, over all sheets of a workbook."""

    cells: int = 0

    def count(self, cells: int = 1) -> None:
        """Add cells.

        Raises:
            Unparsable: ``office-too-many-parts``.
        """
        self.cells += cells
        if self.cells > limits.MAX_SHEET_CELLS:
            raise too_many("cells", limits.MAX_SHEET_CELLS)

    @staticmethod
    def check_place(row: int, column: int) -> None:
        """Refuse a cell outside the grid.

        Raises:
            Unparsable: ``office-malformed``.
        """
        if not (0 < row <= limits.MAX_SHEET_ROW and 0 < column <= limits.MAX_SHEET_COLUMN):
            raise malformed("a cell lies outside the grid")


@dataclass(frozen=True, slots=True)
class _PlacedRow:
    number: int
    cells: tuple[tuple[int, Span], ...]


@dataclass(slots=True)
class SheetDocument:
    """A workbook over one canonical text. ``write`` makes the file of the rebuilt sheets."""

    write: Callable[[Sequence[Sheet]], bytes]
    canonical: CanonicalText
    _sheets: list[tuple[Span, list[_PlacedRow]]] = field(default_factory=list)

    @classmethod
    def of(cls, sheets: Iterable[Sheet], extractor: str, write: Callable[[Sequence[Sheet]], bytes]) -> SheetDocument:
        """Lay sheets into a canonical text.

        Raises:
            Unparsable: ``text-too-long``.
        """
        builder = CanonicalBuilder(extractor)
        placed = [(builder.add(sheet.name, f"sheet {n} name"), _lay(sheet, n, builder)) for n, sheet in _count(sheets)]
        return cls(write, builder.build(), placed)

    def render(self, replacements: Sequence[Replacement]) -> bytes:
        """A new workbook with the replacements made."""
        splicer = Splicer(self.canonical, replacements)
        used: set[str] = set()
        return self.write(
            [
                Sheet(
                    _sheet_name(splicer.text(name.start, name.end), used),
                    tuple(Row(row.number, tuple(_cells(row, splicer))) for row in rows),
                )
                for name, rows in self._sheets
            ]
        )


def _cells(row: _PlacedRow, splicer: Splicer) -> Iterable[tuple[int, str]]:
    for column, span in row.cells:
        text = splicer.text(span.start, span.end)
        if text:
            yield column, text


def _count(sheets: Iterable[Sheet]) -> Iterable[tuple[int, Sheet]]:
    return enumerate(sheets, start=1)


def _lay(sheet: Sheet, number: int, builder: CanonicalBuilder) -> list[_PlacedRow]:
    heading_row, headings = _headings(sheet)
    rows: list[_PlacedRow] = []
    for index, row in enumerate(sheet.rows):
        cells: list[tuple[int, Span]] = []
        for column, text in row.cells:
            label = headings.get(column, "") if index > heading_row else ""
            place = f"sheet {number} cell {column_letters(column)}{row.number}"
            if label and (named := column_name(label, column)) != f"column {column}":
                place = f"{place} ({named})"
            cells.append((column, builder.add(text, place, label=label, separator="\t" if cells else "\n")))
        rows.append(_PlacedRow(row.number, tuple(cells)))
    return rows


def _headings(sheet: Sheet) -> tuple[int, dict[int, str]]:
    """The index of the first row of several cells, and its texts if it reads like headings.

    They are distinct short texts without figures. Rows of one cell before it are titles.
    """
    index = next((i for i, row in enumerate(sheet.rows[:_MOST_TITLE_ROWS]) if len(row.cells) > 1), 0)
    if len(sheet.rows) < index + 2:
        return 0, {}
    first = [(column, " ".join(text.split())) for column, text in sheet.rows[index].cells]
    texts = [text.lower() for _, text in first]
    if len(first) < 2 or len(set(texts)) < len(texts):
        return 0, {}
    plain = [re.fullmatch(r"[^\W\d][\w ./()#%-]{0,59}", text) for text in texts]
    return (index, dict(first)) if all(plain) else (0, {})


def _sheet_name(text: str, used: set[str]) -> str:
    """A name that spreadsheet programs accept, and that no other sheet has."""
    brackets = text.replace("[", "(").replace("]", ")")
    base = _NOT_IN_NAMES.sub(" ", brackets).strip().strip("'")[:_MAX_NAME_CHARS].strip() or "Sheet"
    name, number = base, 2
    while name.lower() in used:
        suffix = f" ({number})"
        name, number = base[: _MAX_NAME_CHARS - len(suffix)] + suffix, number + 1
    used.add(name.lower())
    return name


def column_widths(sheet: Sheet) -> dict[int, int]:
    """Columns and how many characters wide they are to be shown, 8 to 60."""
    widths: dict[int, int] = {}
    for row in sheet.rows:
        for column, text in row.cells:
            longest = max(map(len, text.split("\n")))
            widths[column] = min(60, max(widths.get(column, 8), longest + 2))
    return widths


def column_letters(column: int) -> str:
    """``A`` for 1, ``AA`` for 27."""
    letters = ""
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def column_number(letters: str) -> int:
    """1 for ``A``, 27 for ``AA``."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number
