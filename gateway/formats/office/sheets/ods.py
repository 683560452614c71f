"""ODS: what a reader sees in the cells of visible tables, rebuilt as a new and minimal spreadsheet.

OASIS OpenDocument 1.3 part 3, section 9. A cell is the text it shows, not its value or formula. Hidden
tables, rows, columns and covered cells are left out and counted; annotations, named ranges, database
ranges, data pilots, charts, scripts, settings, metadata and styles are not looked at.
"""

from __future__ import annotations

import html
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from lxml import etree

from gateway.evidence.media import ODS
from gateway.formats import limits
from gateway.formats.office.office_format import OfficeFormat
from gateway.formats.office.opendocument import (
    ROOT,
    STYLE,
    TABLE,
    content_root,
    flat,
    marked_up,
    spaces,
    write_opendocument,
)
from gateway.formats.office.package import OfficePackage, local, refuse_encrypted_opendocument
from gateway.formats.office.sheets.sheets import CellCounter, Hidden, Row, Sheet, SheetDocument, column_widths
from gateway.redaction.document import Layer

_NARROWEST = 8  # characters that a column without text is wide
_NOT_SHOWN = frozenset({"annotation", "annotation-end", "frame", "custom-shape", "shapes", "note", "ruby-text"})


class OdsFormat(OfficeFormat):
    """OpenDocument spreadsheets."""

    media_type = ODS
    line_ends = frozenset({"p", "table-cell", "table-row", "line-break", "tab", "s"})

    def read(self, package: OfficePackage) -> SheetDocument:
        refuse_encrypted_opendocument(package)
        return SheetDocument.of(_Reader(content_root(package, "spreadsheet")).sheets(), "ods", write_ods)

    def layers(self, data: bytes) -> Iterable[Layer]:
        """Those of every office file, and the names of the tables."""
        yield from super().layers(data)
        content = etree.fromstring(OfficePackage(data).read("content.xml"))
        yield Layer("table names", "\n".join(str(e.get(f"{TABLE}name", "")) for e in content.iter(f"{TABLE}table")))


class _Reader:
    """Walks one spreadsheet."""

    def __init__(self, body: etree._Element) -> None:
        self._body = body
        self._counter = CellCounter()
        self._hidden = Hidden()
        root = body.getroottree().getroot()
        self._undisplayed = {
            str(style.get(f"{STYLE}name"))
            for style in root.iter(f"{STYLE}style")
            if any(p.get(f"{TABLE}display") == "false" for p in style.iter(f"{STYLE}table-properties"))
        }

    def sheets(self) -> Iterator[Sheet]:
        """The visible tables, and a notice if there were others."""
        for table in self._body:
            if local(table) != "table":
                continue
            if table.get(f"{TABLE}style-name", "") in self._undisplayed or table.get(f"{TABLE}display") == "false":
                self._hidden.sheets += 1
                continue
            yield Sheet(flat(table.get(f"{TABLE}name")).strip(), tuple(self._rows(table)))
        notice = self._hidden.notice()
        if notice is not None:
            yield notice

    def _rows(self, table: etree._Element) -> Iterator[Row]:
        hidden = self._hidden_columns(table)
        number = 1
        for row in _inside(table, "table-row", ("table-row-group", "table-header-rows", "table-rows")):
            repeated = _repeated(row, "rows")
            cells = list(self._cells(row))
            if cells and row.get(f"{TABLE}visibility", "visible") != "visible":
                self._hidden.rows += repeated
            elif shown := tuple((column, text) for column, text in cells if column not in hidden):
                for copy in range(repeated):
                    self._counter.count(len(shown))
                    self._counter.check_place(number + copy, shown[-1][0])
                    yield Row(number + copy, shown)
            number += repeated

    def _hidden_columns(self, table: etree._Element) -> set[int]:
        hidden: set[int] = set()
        number = 1
        groups = ("table-column-group", "table-header-columns", "table-columns")
        for column in _inside(table, "table-column", groups):
            repeated = min(_repeated(column, "columns"), limits.MAX_SHEET_COLUMN)
            if column.get(f"{TABLE}visibility", "visible") != "visible":
                hidden |= set(range(number, number + repeated))
                self._hidden.columns += repeated
            number += repeated
        return hidden

    def _cells(self, row: etree._Element) -> Iterator[tuple[int, str]]:
        column = 1
        for cell in row:
            kind = local(cell)
            if kind not in ("table-cell", "covered-table-cell"):
                continue
            repeated = _repeated(cell, "columns")
            text = _shown(cell)
            if text and kind == "covered-table-cell":
                self._hidden.cells += repeated
            elif text:
                self._counter.count(repeated)
                self._counter.check_place(1, column + repeated - 1)
                yield from ((column + copy, text) for copy in range(repeated))
            column += repeated


def _inside(container: etree._Element, kind: str, groups: Sequence[str]) -> Iterator[etree._Element]:
    for child in container:
        if local(child) == kind:
            yield child
        elif local(child) in groups:
            yield from _inside(child, kind, groups)


def _repeated(element: etree._Element, what: str) -> int:
    text = str(element.get(f"{TABLE}number-{what}-repeated", "1"))
    return max(1, int(text)) if text.isascii() and text.isdigit() and len(text) < 9 else 1


def _shown(cell: etree._Element) -> str:
    return "\n".join(_paragraph(child).strip(" ") for child in cell if local(child) in ("p", "h")).strip("\n")


def _paragraph(element: etree._Element) -> str:
    parts = [flat(element.text)]
    for child in element:
        kind = local(child)
        if kind == "s":
            parts.append(spaces(child))
        elif kind == "tab":
            parts.append("\t")
        elif kind == "line-break":
            parts.append("\n")
        elif kind and kind not in _NOT_SHOWN:
            parts.append(_paragraph(child))
        parts.append(flat(child.tail))
    return "".join(parts)


def write_ods(sheets: Sequence[Sheet]) -> bytes:
    """A spreadsheet of the tables and nothing else."""
    tables = "".join(map(_table, sheets or [Sheet("Sheet", ())]))
    widths = sorted({_NARROWEST, *(width for sheet in sheets for width in column_widths(sheet).values())})
    content = (
        f'<office:document-content {ROOT} office:version="1.3"><office:automatic-styles>{"".join(map(_width, widths))}'
        f"</office:automatic-styles><office:body><office:spreadsheet>{tables}"
        "</office:spreadsheet></office:body></office:document-content>"
    )
    return write_opendocument(ODS, {"content.xml": content})


def _width(characters: int) -> str:
    return (
        f'<style:style style:name="w{characters}" style:family="table-column">'
        f'<style:table-column-properties style:column-width="{0.2 * characters + 0.3:.1f}cm"/></style:style>'
    )


def _table(sheet: Sheet) -> str:
    widths = column_widths(sheet)
    columns = range(1, max(widths, default=1) + 1)
    out = [f'<table:table table:name="{html.escape(sheet.name)}">']
    for width, alike in groupby(widths.get(column, _NARROWEST) for column in columns):
        repeated = len(list(alike))
        out.append(f'<table:table-column table:style-name="w{width}" table:number-columns-repeated="{repeated}"/>')
    following = 1
    for row in sheet.rows:
        if row.number > following:
            gap = row.number - following
            out.append(f'<table:table-row table:number-rows-repeated="{gap}"><table:table-cell/></table:table-row>')
        out.append("<table:table-row>")
        column = 1
        for place, text in row.cells:
            if place > column:
                out.append(f'<table:table-cell table:number-columns-repeated="{place - column}"/>')
            lines = "".join(f"<text:p>{marked_up(line)}</text:p>" for line in text.split("\n"))
            out.append(f'<table:table-cell office:value-type="string">{lines}</table:table-cell>')
            column = place + 1
        out.append("</table:table-row>")
        following = row.number + 1
    if not sheet.rows:
        out.append("<table:table-row><table:table-cell/></table:table-row>")
    out.append("</table:table>")
    return "".join(out)
