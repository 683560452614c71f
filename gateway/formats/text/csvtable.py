"""CSV and TSV: every cell a segment, labelled with its column's heading.

RFC 4180 with any of four delimiters. Headings are text like any other cell. The rendition keeps the
delimiter and line end, quotes where needed, and is UTF-8. A replacement never turns a cell into a
spreadsheet formula: a cell that did not begin with one of ``= + - @`` before does not afterwards.
Formulas that were in the evidence stay, as text.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence

from gateway.errors import Unparsable
from gateway.evidence.media import CSV
from gateway.formats import limits
from gateway.formats.encoding import decode_text
from gateway.formats.layers import byte_layers
from gateway.formats.place_names import column_name
from gateway.formats.splicing import CanonicalBuilder, Span, Splicer
from gateway.formats.text.csvdialect import Dialect, table_dialect
from gateway.redaction.document import CanonicalText, Layer, Replacement

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
_MOST_TITLE_ROWS = 10
_NUMBERED = re.compile(r"(?<=[^\W\d])[ _-]?\d{1,2}$")  # "email1", "address line 2"
_VALUE = re.compile(r"[\d@]|^\s*$|^(?:true|false|null|none|yes|no)$", re.IGNORECASE)

# A process-wide setting of the csv module; larger cells are refused with our own code below.
csv.field_size_limit(limits.MAX_CSV_CELL_CHARS)


class CsvDocument:
    """A table: rows of spans into the canonical text."""

    def __init__(self, rows: list[list[Span]], dialect: Dialect, canonical: CanonicalText) -> None:
        self._rows = rows
        self._dialect = dialect
        self.canonical = canonical

    def render(self, replacements: Sequence[Replacement]) -> bytes:
        """The table with the replacements made, UTF-8."""
        splicer = Splicer(self.canonical, replacements)
        rows = [[self._cell(splicer, span) for span in row] for row in self._rows]
        text = self._write(rows, quote_all=False)
        if table_dialect(text).delimiter != self._dialect.delimiter:
            # Replacements can make another delimiter look likelier; with every cell quoted only one fits.
            text = self._write(rows, quote_all=True)
        return text.encode("utf-8")

    def _write(self, rows: list[list[str]], *, quote_all: bool) -> str:
        # Not csv.writer: up to Python 3.12 it leaves a carriage return unquoted when lines end otherwise.
        special = re.compile('[\r\n"' + re.escape(self._dialect.delimiter) + "]")
        lines: list[str] = []
        for row in rows:
            quote_row = quote_all or row == [""]
            lines.append(
                self._dialect.delimiter.join(
                    '"' + cell.replace('"', '""') + '"' if quote_row or special.search(cell) else cell for cell in row
                )
            )
            lines.append(self._dialect.line_end)
        return "".join(lines)

    def _cell(self, splicer: Splicer, span: Span) -> str:
        before = self.canonical.text[span.start : span.end]
        if not splicer.changed(span.start, span.end):
            return before
        after = splicer.text(span.start, span.end)
        if after.lstrip(" ").startswith(_FORMULA) and not before.lstrip(" ").startswith(_FORMULA):
            return "'" + after
        return after


class CsvFormat:
    """text/csv, and tab-separated values under the same type."""

    media_type = CSV

    def parse(self, data: bytes) -> CsvDocument:
        """Decode, find the dialect, read every cell.

        Raises:
            Unparsable: ``csv-too-large``, ``csv-too-many-cells``, ``csv-cell-too-large``,
                ``csv-malformed``, and those of :func:`decode_text`.
        """
        limits.check_size(data, limits.MAX_CSV_BYTES, "csv-too-large", "table")
        text = decode_text(data)
        dialect = table_dialect(text)
        rows = list(read_rows(io.StringIO(text, newline=""), dialect, max_cells=limits.MAX_CSV_CELLS))
        return table(rows, dialect, headings_of(rows))

    def layers(self, data: bytes) -> Iterable[Layer]:
        """The lines as a text editor shows them, the same with quotes taken off, and the bytes."""
        text = data.decode("utf-8", errors="replace")
        yield Layer("text", text)
        # Cells without the csv module: a doubled quote is a quote, single ones are syntax.
        yield Layer("cells", text.replace('""', "\x00").replace('"', "").replace("\x00", '"'))
        yield from byte_layers(data)


def read_rows(
    lines: Iterable[str], dialect: Dialect, *, max_cells: int | None = None, first_line: int = 1
) -> Iterator[list[str]]:
    """The rows of a table; ``first_line`` is the number of the first line given.

    Raises:
        Unparsable: ``csv-too-many-cells``, ``csv-cell-too-large``, ``csv-malformed``.
    """
    reader = csv.reader(lines, delimiter=dialect.delimiter, strict=True)
    cells = 0
    try:
        for row in reader:
            cells += len(row)
            if max_cells is not None and cells > max_cells:
                raise Unparsable(
                    "csv-too-many-cells",
                    f"The table has more than {max_cells} cells.",
                    remedy="Split it into smaller tables.",
                )
            yield row
    except csv.Error as error:
        where = f"line {first_line + reader.line_num - 1}"
        if "field limit" in str(error):
            raise Unparsable(
                "csv-cell-too-large",
                f"A cell has more than {limits.MAX_CSV_CELL_CHARS} characters.",
                remedy="Send long texts as exhibits of their own.",
                where=where,
            ) from None
        raise Unparsable(
            "csv-malformed",
            "The table is not well-formed: a quoted cell is not closed or is followed by text.",
            remedy="Write the table by RFC 4180 and send it again, or declare it as text/plain.",
            where=where,
        ) from None


def table(rows: list[list[str]], dialect: Dialect, headings: Sequence[str], first_row: int = 1) -> CsvDocument:
    """Rows as a document; ``first_row`` is the number of the first of them in the whole table."""
    columns = [column_name(heading, index) for index, heading in enumerate(headings, start=1)]
    columns += [column_name("", index) for index in range(len(columns) + 1, max(map(len, rows), default=0) + 1)]
    builder = CanonicalBuilder("csv")
    spans: list[list[Span]] = []
    below = first_row > 1  # titles and the headings themselves are under no heading
    for number, row in enumerate(rows, start=first_row):
        line: list[Span] = []
        for index, cell in enumerate(row):
            heading = headings[index] if index < len(headings) else ""
            label = heading if below else ""
            line.append(
                builder.add(cell, f"row {number} {columns[index]}", label=label, separator="\t" if index else "\n")
            )
        spans.append(line)
        below = below or [cell.strip() for cell in row] == headings
    return CsvDocument(spans, dialect, builder.build())


def headings_of(rows: Sequence[Sequence[str]]) -> list[str]:
    """The first row of several cells, if it reads like headings: distinct, no figures in most, no values."""
    filled = ((index, row) for index, row in enumerate(rows[:_MOST_TITLE_ROWS]) if sum(map(bool, row)) > 1)
    at, top = next(filled, (0, rows[0] if rows else ()))
    rows = rows[at:]
    first = [cell.strip() for cell in top]
    if len(rows) < 2 or len(first) < 2 or len({cell.lower() for cell in first}) < len(first):
        return []
    if any(len(cell) > 60 or "\n" in cell for cell in first) or any(
        _VALUE.search(cell) for cell in first if len(cell) < 3
    ):
        return []
    if sum(1 for cell in first if _VALUE.search(_NUMBERED.sub("", cell))) > 0.25 * len(first):
        return []
    # A row of data has a neighbour like it: if the columns below hold no more values, all rows are alike.
    below = [cell for row in rows[1:20] for cell in row]
    share = sum(1 for cell in below if _VALUE.search(cell)) / max(1, len(below))
    return first if share > 0.15 or all(re.fullmatch(r"[\w ./()#-]{1,40}", cell) for cell in first) else []
