"""A minimal XLSX of sheets: inline text, and plain numbers whose stored value is the shown one; no formula."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence

from gateway.formats.invisible import visible
from gateway.formats.office.sheets.number_format import show
from gateway.formats.office.sheets.sheets import Sheet, column_letters, column_widths
from gateway.formats.office.writing import DECLARATION, content_types, relationships, write_package

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_TYPES = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]{0,14})(?:\.[0-9]{1,10})?")
_NOT_XML = re.compile("[\x0b\x0c\ud800-\udfff\ufffe\uffff]")


def write_xlsx(sheets: Sequence[Sheet]) -> bytes:
    """A workbook of the sheets and nothing else."""
    sheets = sheets or [Sheet("Sheet", ())]
    numbers = range(1, len(sheets) + 1)
    members: dict[str, str | bytes] = {
        "[Content_Types].xml": content_types(
            [("/xl/workbook.xml", f"{_TYPES}.sheet.main+xml"), ("/xl/styles.xml", f"{_TYPES}.styles+xml")]
            + [(f"/xl/worksheets/sheet{n}.xml", f"{_TYPES}.worksheet+xml") for n in numbers]
        ),
        "_rels/.rels": relationships([("r1", "officeDocument", "xl/workbook.xml")]),
        "xl/workbook.xml": f'{DECLARATION}<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>'
        + "".join(
            f'<sheet name="{html.escape(_attribute(sheet.name))}" sheetId="{n}" r:id="r{n}"/>'
            for n, sheet in zip(numbers, sheets, strict=True)
        )
        + "</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": relationships(
            [(f"r{n}", "worksheet", f"worksheets/sheet{n}.xml") for n in numbers] + [("styles", "styles", "styles.xml")]
        ),
        "xl/styles.xml": _STYLES,
    }
    for number, sheet in zip(numbers, sheets, strict=True):
        members[f"xl/worksheets/sheet{number}.xml"] = _worksheet(sheet)
    return write_package(members)


_STYLES = (
    f'{DECLARATION}<styleSheet xmlns="{_MAIN}">'
    '<fonts count="1"><font><sz val="10"/><name val="Liberation Sans"/></font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill>'
    '<fill><patternFill patternType="gray125"/></fill></fills>'
    '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
    '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
    '<cellXfs count="2"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>'
    '<xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0" applyAlignment="1">'
    '<alignment wrapText="1" vertical="top"/></xf></cellXfs>'
    '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
)


def _worksheet(sheet: Sheet) -> str:
    columns = "".join(
        f'<col min="{c}" max="{c}" width="{w}" customWidth="1"/>' for c, w in sorted(column_widths(sheet).items())
    )
    rows = "".join(
        f'<row r="{row.number}">' + "".join(_cell(row.number, c, t) for c, t in row.cells) + "</row>"
        for row in sheet.rows
    )
    head = f"<cols>{columns}</cols>" if columns else ""
    return f'{DECLARATION}<worksheet xmlns="{_MAIN}">{head}<sheetData>{rows}</sheetData></worksheet>'


def _cell(row: int, column: int, text: str) -> str:
    reference = f"{column_letters(column)}{row}"
    if _NUMBER.fullmatch(text) and len(text) <= 16 and show(text, "General") == text:
        return f'<c r="{reference}"><v>{text}</v></c>'
    look = ' s="1"' if "\n" in text or len(text) > 60 else ""
    # An underscore that begins an escape is itself escaped, or it would read back as a character.
    escaped = re.sub(r"_(?=x[0-9A-Fa-f]{4}_)", "_x005F_", _NOT_XML.sub(" ", visible(text)).replace("\r", " "))
    shown = html.escape(escaped, quote=False)
    return f'<c r="{reference}" t="inlineStr"{look}><is><t xml:space="preserve">{shown}</t></is></c>'


def _attribute(text: str) -> str:
    return " ".join(_NOT_XML.sub(" ", visible(text)).split())
