"""XLSX: what a reader sees in the cells of visible sheets, rebuilt as a new and minimal workbook.

SpreadsheetML as in ECMA-376 part 1. A formula is its last computed value; a number is what its format
shows (:mod:`numberformat`). Hidden sheets, rows, columns and cells under a merged one are left out
and counted. Pivot caches, defined names, comments, links, external references, charts, drawings,
macros, custom XML, data validations, properties and styles are not looked at.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from lxml import etree

from gateway.evidence.media import XLSX
from gateway.formats import limits
from gateway.formats.invisible import visible
from gateway.formats.office.office_format import OfficeFormat
from gateway.formats.office.package import OfficePackage, local
from gateway.formats.office.refusals import malformed, too_many
from gateway.formats.office.sheets.number_format import BUILT_IN, show
from gateway.formats.office.sheets.sheets import CellCounter, Hidden, Row, Sheet, SheetDocument, column_number
from gateway.formats.office.sheets.xlsx_writing import write_xlsx
from gateway.redaction.document import Layer

_REFERENCE = re.compile(r"\$?([A-Z]{1,3})\$?([0-9]{1,7})")
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_NOT_XML = re.compile("[\x0b\x0c\ud800-\udfff\ufffe\uffff]")
_TRUE = frozenset({"1", "true", "on"})


class XlsxFormat(OfficeFormat):
    """Office Open XML workbooks."""

    media_type = XLSX
    line_ends = frozenset({"c", "si", "is", "v", "row"})

    def read(self, package: OfficePackage) -> SheetDocument:
        return SheetDocument.of(_Reader(package).sheets(), "xlsx", write_xlsx)

    def layers(self, data: bytes) -> Iterable[Layer]:
        """Those of every office file, and the names of the sheets."""
        yield from super().layers(data)
        workbook = etree.fromstring(OfficePackage(data).read("xl/workbook.xml"))
        yield Layer("sheet names", "\n".join(str(e.get("name", "")) for e in workbook.iter()))


@dataclass(frozen=True, slots=True)
class _Merged:
    """A merged range; only its first cell is seen."""

    first: tuple[int, int]
    last: tuple[int, int]

    def hides(self, row: int, column: int) -> bool:
        inside = self.first[0] <= row <= self.last[0] and self.first[1] <= column <= self.last[1]
        return inside and (row, column) != self.first


class _Reader:
    """Walks one workbook."""

    def __init__(self, package: OfficePackage) -> None:
        self._package = package
        self._main = package.main_part()
        self._workbook = package.xml(self._main)
        if local(self._workbook) != "workbook":
            raise malformed("its main part is not a workbook")
        self._from_1904 = any(e.get("date1904", "") in _TRUE for e in self._workbook if local(e) == "workbookPr")
        self._texts = self._shared_texts()
        self._formats = self._number_formats()
        self._counter = CellCounter()
        self._hidden = Hidden()

    def sheets(self) -> Iterator[Sheet]:
        """The visible sheets, and a notice if there were others."""
        parts = dict(self._package.related(self._main, "worksheet"))
        entries = [e for e in self._workbook.iter() if local(e) == "sheet"]
        if len(entries) > limits.MAX_SHEETS:
            raise too_many("sheets", limits.MAX_SHEETS)
        for entry in entries:
            if entry.get("state", "visible") != "visible":
                self._hidden.sheets += 1
                continue
            part = parts.get(next((str(v) for k, v in entry.items() if str(k).endswith("}id")), ""))
            if part is None:
                continue  # a chart, dialogue or macro sheet: it has no cells
            name = visible(str(entry.get("name", "")))
            yield Sheet(name, tuple(self._rows(part)))
        notice = self._hidden.notice()
        if notice is not None:
            yield notice

    def _shared_texts(self) -> list[str]:
        for _, path in self._package.related(self._main, "sharedStrings"):
            root = self._package.xml(path)
            return [_rich_text(item) for item in root if local(item) == "si"]
        return []

    def _number_formats(self) -> list[str]:
        for _, path in self._package.related(self._main, "styles"):
            root = self._package.xml(path)
            codes = dict(BUILT_IN)
            for element in root.iter():
                if local(element) == "numFmt":
                    codes[_integer(element.get("numFmtId"))] = str(element.get("formatCode", "General"))
            cells = next((e for e in root if local(e) == "cellXfs"), None)
            if cells is None:
                return []
            return [codes.get(_integer(xf.get("numFmtId")), "General") for xf in cells]
        return []

    def _rows(self, part: str) -> Iterator[Row]:
        root = self._package.xml(part)
        columns, rows_hidden = self._hidden_columns(root)
        merged = [_range(str(e.get("ref", ""))) for e in root.iter() if local(e) == "mergeCell"]
        ranges = [m for m in merged if m is not None][:10_000]
        number, seen = 0, set[int]()
        for element in root.iter():
            if local(element) != "row":
                continue
            number = _integer(element.get("r")) or number + 1
            if number in seen:
                raise malformed("a row is there twice")
            seen.add(number)
            hidden = element.get("hidden")
            cells = list(self._cells(element, number))
            if (hidden in _TRUE) or (rows_hidden and hidden is None) or element.get("ht") == "0":
                self._hidden.rows += bool(cells)
                continue
            kept = [(c, t) for c, t in cells if c not in columns]
            shown = tuple((c, t) for c, t in kept if not any(m.hides(number, c) for m in ranges))
            self._hidden.cells += len(kept) - len(shown)
            if shown:
                yield Row(number, shown)

    def _hidden_columns(self, root: etree._Element) -> tuple[set[int], bool]:
        hidden: set[int] = set()
        default = False
        for element in root.iter():
            kind = local(element)
            if kind == "sheetFormatPr":
                default = element.get("zeroHeight", "") in _TRUE
            elif kind == "col" and (element.get("hidden", "") in _TRUE or element.get("width") == "0"):
                first, last = _integer(element.get("min")), _integer(element.get("max"))
                hidden |= set(range(max(1, first), min(last, limits.MAX_SHEET_COLUMN) + 1))
                self._hidden.columns += max(0, min(last, limits.MAX_SHEET_COLUMN) - first + 1)
            elif kind == "sheetData":
                break
        return hidden, default

    def _cells(self, row: etree._Element, number: int) -> Iterator[tuple[int, str]]:
        column, seen = 0, set[int]()
        for cell in row:
            if local(cell) != "c":
                continue
            match = _REFERENCE.fullmatch(str(cell.get("r", "")))
            column = column_number(match[1]) if match else column + 1
            if match and int(match[2]) != number:
                raise malformed("a cell stands in another row than it says")
            self._counter.check_place(number, column)
            if column in seen:
                raise malformed("a cell is there twice")
            seen.add(column)
            self._counter.count()
            text = self._text(cell)
            if text:
                yield column, text

    def _text(self, cell: etree._Element) -> str:
        kind = cell.get("t", "n")
        if kind == "inlineStr":
            return "".join(_rich_text(child) for child in cell if local(child) == "is")
        value = next((child.text or "" for child in cell if local(child) == "v"), "")
        if kind == "s":
            index = _integer(value)
            if not (value.strip().isdigit() and index < len(self._texts)):
                raise malformed("a cell names a text that is not there")
            return self._texts[index]
        if kind == "b":
            return {"1": "TRUE", "0": "FALSE"}.get(value.strip(), visible(value))
        if kind != "n" or not value.strip():
            return _plain(value)
        style = _integer(cell.get("s"))
        code = self._formats[style] if style < len(self._formats) else "General"
        return _plain(show(value, code, from_1904=self._from_1904))


def _rich_text(item: etree._Element) -> str:
    """Text and runs of an item, without phonetic guides."""
    parts: list[str] = []
    for child in item:
        if local(child) == "t":
            parts.append(child.text or "")
        elif local(child) == "r":
            parts += (t.text or "" for t in child if local(t) == "t")
    return _plain("".join(parts))


def _plain(text: str) -> str:
    # Characters that XML cannot hold stand as _xHHHH_ (22.9.2.19).
    text = _ESCAPED.sub(lambda match: chr(int(match[1], 16)), text)
    return _NOT_XML.sub(" ", visible(text).replace("\r\n", "\n").replace("\r", "\n"))


def _integer(text: str | None) -> int:
    text = (text or "").strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def _range(reference: str) -> _Merged | None:
    match = re.fullmatch(rf"{_REFERENCE.pattern}:{_REFERENCE.pattern}", reference)
    if not match:
        return None
    return _Merged((int(match[2]), column_number(match[1])), (int(match[4]), column_number(match[3])))
