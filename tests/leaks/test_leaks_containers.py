"""Leaks of spreadsheets, pages, mails and archives: planted in one layer each, gone or stopped after."""

from __future__ import annotations

import base64
import gzip
import io
import tarfile
import zipfile
from collections.abc import Callable
from html import escape

import pytest

from gateway.errors import Unparsable
from gateway.formats.office.sheets.sheets import Row, Sheet
from gateway.formats.office.sheets.xlsx_writing import write_xlsx
from gateway.formats.registry import FORMATS
from gateway.formats.sniff import sniff
from tests.leaks.seeking import SECRET, holds

Check = Callable[..., bytes | None]
X = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
P = "http://schemas.openxmlformats.org/package/2006/relationships"
SHEET = "xl/worksheets/sheet1.xml"


def packed(members: dict[str, str | bytes], comment: bytes = b"") -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
        archive.comment = comment
    return out.getvalue()


def workbook(
    body: str = "<sheetData><row r='1'><c r='A1' t='inlineStr'><is><t>seen</t></is></c></row></sheetData>",
    *,
    workbook_extra: str = "",
    sheet_attributes: str = "",
    **members: str,
) -> bytes:
    relations = [("s1", "worksheet", "worksheets/sheet1.xml"), ("s2", "worksheet", "worksheets/sheet2.xml")]
    relations += [("st", "styles", "styles.xml"), ("ss", "sharedStrings", "sharedStrings.xml")]
    parts: dict[str, str | bytes] = {
        "[Content_Types].xml": "<Types/>",
        "_rels/.rels": f'<Relationships xmlns="{P}"><Relationship Id="a" Type="{R}/officeDocument" '
        'Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook {X} xmlns:r="{R}"><sheets><sheet name="One" sheetId="1" r:id="s1" '
        f'{sheet_attributes}/><sheet name="Two" sheetId="2" r:id="s2"/></sheets>{workbook_extra}</workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{P}">'
        + "".join(f'<Relationship Id="{i}" Type="{R}/{k}" Target="{t}"/>' for i, k, t in relations)
        + "</Relationships>",
        SHEET: f"<worksheet {X}>{body}</worksheet>",
        "xl/worksheets/sheet2.xml": f"<worksheet {X}><sheetData><row><c t='str'><v>other</v></c></row></sheetData>"
        "</worksheet>",
        "xl/styles.xml": f'<styleSheet {X}><numFmts><numFmt numFmtId="170" formatCode=";;;"/></numFmts><cellXfs>'
        '<xf numFmtId="0"/><xf numFmtId="170"/><xf numFmtId="14"/><xf numFmtId="4"/><xf numFmtId="10"/></cellXfs>'
        "</styleSheet>",
        "xl/sharedStrings.xml": f"<sst {X}><si><t>shared</t></si></sst>",
    }
    parts |= {name.replace("__", "/") + ".xml": f"<x>{text}</x>" for name, text in members.items()}
    return packed(parts)


def cell(text: str, attributes: str = "") -> str:
    return f"<c t='str' {attributes}><f>CONCAT(\"{SECRET}\")</f><v>{text}</v></c>"


XLSX = {
    "cell": workbook(f"<sheetData><row>{cell(SECRET)}</row></sheetData>"),
    "formula beside a harmless value": workbook(f"<sheetData><row>{cell('seen')}</row></sheetData>"),
    "hidden row": workbook(f"<sheetData><row hidden='1'>{cell(SECRET)}</row><row>{cell('x')}</row></sheetData>"),
    "row without height": workbook(f"<sheetData><row ht='0'>{cell(SECRET)}</row></sheetData>"),
    "hidden column": workbook(
        f"<cols><col min='1' max='1' hidden='1'/></cols><sheetData><row>{cell(SECRET)}</row></sheetData>"
    ),
    "hidden sheet": workbook(f"<sheetData><row>{cell(SECRET)}</row></sheetData>", sheet_attributes='state="hidden"'),
    "very hidden sheet": workbook(
        f"<sheetData><row>{cell(SECRET)}</row></sheetData>", sheet_attributes='state="veryHidden"'
    ),
    "under a merged cell": workbook(
        f"<sheetData><row r='1'><c r='A1' t='str'><v>x</v></c><c r='B1' t='str'><v>{SECRET}</v></c></row></sheetData>"
        "<mergeCells><mergeCell ref='A1:B1'/></mergeCells>"
    ),
    "defined name": workbook(
        workbook_extra=f"<definedNames><definedName name='x'>{SECRET}</definedName></definedNames>"
    ),
    "unused shared text": workbook(xl__sharedStrings=SECRET),
    "pivot cache": workbook(xl__pivotCache__pivotCacheRecords1=SECRET),
    "comments": workbook(xl__comments1=SECRET),
    "threaded comments and persons": workbook(
        xl__threadedComments__threadedComment1=SECRET, xl__persons__person=SECRET
    ),
    "external links": workbook(xl__externalLinks__externalLink1=SECRET),
    "drawing": workbook(xl__drawings__drawing1=SECRET),
    "custom XML": workbook(customXml__item1=SECRET),
    "properties": workbook(docProps__core=SECRET, docProps__app=SECRET, docProps__custom=SECRET),
    "header of the printed page": workbook(f"<sheetData/><headerFooter><oddHeader>{SECRET}</oddHeader></headerFooter>"),
    "data validation": workbook(
        f"<sheetData/><dataValidations><dataValidation><formula1>{SECRET}</formula1></dataValidation></dataValidations>"
    ),
    "link": workbook(f"<sheetData/><hyperlinks><hyperlink ref='A1' tooltip='{SECRET}'/></hyperlinks>"),
}


@pytest.mark.parametrize("leak", XLSX)
def test_xlsx(leak: str, clean_or_stopped: Check) -> None:
    assert sniff(XLSX[leak]).endswith("spreadsheetml.sheet")
    assert clean_or_stopped(XLSX[leak]) is not None


def test_xlsx_digits_that_are_not_shown_are_gone() -> None:
    rows = "<row><c s='3'><v>1234.56789012</v></c><c s='1'><v>98765432</v></c><c s='2'><v>45366</v></c>"
    data = workbook(f"<sheetData>{rows}<c s='4'><v>0.12345678</v></c></row></sheetData>")
    document = FORMATS[sniff(data)].parse(data)
    assert document.canonical.text.split("\n")[1] == "1,234.57\t2024-03-15\t12.35%"
    rendition = document.render([])
    assert not holds(rendition, "56789012")
    assert not holds(rendition, "98765432")


def test_xlsx_says_what_was_left_out() -> None:
    form = FORMATS[sniff(XLSX["hidden row"])]
    assert "1 hidden row." in form.parse(XLSX["hidden row"]).canonical.text


OD = "urn:oasis:names:tc:opendocument:xmlns"
T = " ".join(f'xmlns:{name}="{OD}:{name}:1.0"' for name in ("office", "table", "text", "style"))


def ods(table: str, *, styles: str = "", extra: dict[str, str | bytes] | None = None) -> bytes:
    content = (
        f"<office:document-content {T}><office:automatic-styles>{styles}</office:automatic-styles><office:body>"
        f"<office:spreadsheet><table:table table:name='A'><table:table-row><table:table-cell><text:p>seen</text:p>"
        f"</table:table-cell></table:table-row></table:table>{table}</office:spreadsheet></office:body>"
        "</office:document-content>"
    )
    kind = "application/vnd.oasis.opendocument.spreadsheet"
    return packed({"mimetype": kind, "content.xml": content, **(extra or {})})


def ods_row(text: str, row: str = "", inner: str = "") -> str:
    return (
        f"<table:table-row {row}><table:table-cell>{inner}<text:p>{text}</text:p></table:table-cell></table:table-row>"
    )


COLLAPSED = "table:visibility='collapse'"
NOTE = f"<office:annotation><text:p>{SECRET}</text:p></office:annotation>"
WIDE = "<table:table-cell table:number-columns-repeated='16000'><text:p>x</text:p></table:table-cell>"
ODS = {
    "cell": ods(f"<table:table table:name='B'>{ods_row(SECRET)}</table:table>"),
    "name of a table": ods(f"<table:table table:name='{SECRET}'>{ods_row('x')}</table:table>"),
    "hidden row": ods(f"<table:table>{ods_row(SECRET, COLLAPSED)}</table:table>"),
    "hidden table": ods(
        f"<table:table table:style-name='h'>{ods_row(SECRET)}</table:table>",
        styles="<style:style style:name='h'><style:table-properties table:display='false'/></style:style>",
    ),
    "annotation": ods(f"<table:table>{ods_row('x', inner=NOTE)}</table:table>"),
    "metadata, settings, thumbnail": ods("", extra={"meta.xml": f"<x>{SECRET}</x>", "Thumbnails/t.png": SECRET}),
    "formula": ods(
        f"<table:table><table:table-row><table:table-cell table:formula='{SECRET}'/></table:table-row></table:table>"
    ),
}


@pytest.mark.parametrize("leak", ODS)
def test_ods(leak: str, clean_or_stopped: Check) -> None:
    assert clean_or_stopped(ODS[leak]) is not None


PAGE = "<!DOCTYPE html><html><head>{head}</head><body>{body}<p>seen</p></body></html>"
HTML = {
    "text": PAGE.format(head="", body=f"<p>{SECRET.replace(' ', '</p> <b>')}</b>"),
    "text over tags": PAGE.format(head="", body="<p>Zephy<b>rine</b> <i>Quill</i>feather</p>"),
    "entities": PAGE.format(head="", body="<p>" + "".join(f"&#{ord(c)};" for c in SECRET) + "</p>"),
    "comment": PAGE.format(head="", body=f"<!-- {SECRET} -->"),
    "data attribute": PAGE.format(head="", body=f"<p data-name='{SECRET}'>x</p>"),
    "alt and title": PAGE.format(head="", body=f"<img alt='{SECRET}' title='{SECRET}' src='data:text/plain,{SECRET}'>"),
    "hidden element": PAGE.format(head="", body=f"<p hidden>{SECRET}</p><p style='display:none'>{SECRET}</p>"),
    "script, style, template, title": PAGE.format(
        head=f"<title>{SECRET}</title><script>'{SECRET}'</script><style>/*{SECRET}*/</style>",
        body=f"<template>{SECRET}</template><noscript>{SECRET}</noscript>",
    ),
    "form": PAGE.format(head="", body=f"<input value='{SECRET}'><select><option>{SECRET}</option></select>"),
    "base64 in an attribute": PAGE.format(
        head="", body=f"<p data-x='{base64.b64encode(SECRET.encode()).decode()}'>x</p>"
    ),
    "XML: everywhere": f"<?xml version='1.0'?><!-- {SECRET} --><?x {SECRET}?><a b='{SECRET}'>{SECRET}"
    f"<![CDATA[{SECRET}]]></a>",
    "XML: name": "<?xml version='1.0'?><a><Zephyrine_Quillfeather/></a>",
    "XML: namespace": "<?xml version='1.0'?><a xmlns='urn:Zephyrine:Quillfeather'/>",
    "XML: entity": f"<?xml version='1.0'?><!DOCTYPE a [<!ENTITY e '{SECRET}'>]><a>&e;</a>",
}


@pytest.mark.parametrize("leak", HTML)
def test_markup(leak: str, clean_or_stopped: Check) -> None:
    out = clean_or_stopped(HTML[leak].encode(), planted=leak not in ("text over tags", "entities"))
    assert (out is None) == (leak == "XML: entity")


HEAD = "From: a@b.example\r\nTo: c@d.example\r\nSubject: x\r\nMIME-Version: 1.0\r\n"


def alternative(plain: str, page: str) -> str:
    parts = (
        f"--b\r\nContent-Type: text/plain\r\n\r\n{plain}\r\n--b\r\nContent-Type: text/html\r\n\r\n{page}\r\n--b--\r\n"
    )
    return f'{HEAD}Content-Type: multipart/alternative; boundary="b"\r\n\r\n{parts}'


def attached(name: str, data: bytes, kind: str = "application/octet-stream") -> str:
    return (
        f'{HEAD}Content-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nhi\r\n--b\r\n'
        f'Content-Type: {kind}\r\nContent-Disposition: attachment; filename="{name}"\r\n'
        "Content-Transfer-Encoding: base64"
        f"\r\n\r\n{base64.encodebytes(data).decode()}\r\n--b--\r\n"
    )


MAIL = {
    "body": f"{HEAD}\r\nDear {SECRET},\r\n",
    "quoted-printable": f"{HEAD}Content-Transfer-Encoding: quoted-printable\r\n\r\nZephyrine Quill=\r\nfeather\r\n",
    "encoded header": f"{HEAD}Cc: =?utf-8?b?{base64.b64encode(SECRET.encode()).decode()}?= <x@y.example>\r\n\r\nhi\r\n",
    "Received and X- headers": f"Received: by {SECRET}\r\nX-Sender: {SECRET}\r\n{HEAD}\r\nhi\r\n",
    "the other alternative": alternative("hello there", f"<p>hello {SECRET}</p>"),
    "preamble and epilogue": f'{HEAD}Content-Type: multipart/mixed; boundary="b"\r\n\r\n{SECRET}\r\n--b\r\n\r\nhi\r\n'
    f"--b--\r\n{SECRET}\r\n",
    "attachment": attached("a.txt", SECRET.encode()),
    "name of an attachment": attached(f"{SECRET}.txt", b"x"),
    "attachment that cannot be opened": attached("a.bin", b"\x00\x01" + SECRET.encode()),
    "winmail.dat": attached("winmail.dat", b"\x78\x9f\x3e\x22\x01\x00" + SECRET.encode("utf-16-le")),
    "archive attached": attached("a.zip", packed({"x.txt": SECRET})),
    "workbook attached": attached("a.xlsx", XLSX["hidden row"]),
    "message in a message": f"{HEAD}Content-Type: message/rfc822\r\n\r\n{HEAD}X-Note: {SECRET}\r\n\r\n"
    f"Dear {SECRET}\r\n",
    "mailbox": f"From {SECRET}\n{HEAD}\nDear {SECRET}\n\nFrom x\n{HEAD}\n{SECRET}\n".replace("\r\n", "\n"),
}


@pytest.mark.parametrize("leak", MAIL)
def test_mail(leak: str, clean_or_stopped: Check) -> None:
    planted = leak != "quoted-printable"
    assert clean_or_stopped(MAIL[leak].encode(), planted=planted) is not None


def _tar(name: str, data: bytes, **attributes: str) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT, pax_headers={"comment": SECRET}) as archive:
        entry = tarfile.TarInfo(name)
        entry.size = len(data)
        for key, value in attributes.items():
            setattr(entry, key, value)
        archive.addfile(entry, io.BytesIO(data))
    return out.getvalue()


def _extra() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        entry = zipfile.ZipInfo("a.txt")
        entry.extra = b"\x99\x99" + len(SECRET).to_bytes(2, "little") + SECRET.encode()
        entry.comment = SECRET.encode()
        archive.writestr(entry, "x")
    return out.getvalue()


def _named_gzip(data: bytes) -> bytes:
    out = io.BytesIO()
    with gzip.GzipFile(filename=SECRET, fileobj=out, mode="wb") as stream:
        stream.write(data)
    return out.getvalue()


ARCHIVES = {
    "comment": packed({"a.txt": "x"}, comment=SECRET.encode()),
    "extra field and comment of a member": _extra(),
    "after the archive": packed({"a.txt": "x"}) + SECRET.encode(),
    "name of a member": packed({f"{SECRET}/{SECRET}.txt": "x"}),
    "empty folder": packed({"a.txt": "x", f"{SECRET}/": b""}),
    "member": packed({"a.txt": SECRET, "b.html": HTML["comment"]}),
    "nested": packed({"a.tar": _tar("b.zip", packed({"c.eml": MAIL["Received and X- headers"]}))}),
    "owner and extended headers of a tar": _tar("a.txt", b"x", uname=SECRET),
    "name in a gzip": _named_gzip(b"x"),
    "gzip": _named_gzip(SECRET.encode()),
}


@pytest.mark.parametrize("leak", ARCHIVES)
def test_archives(leak: str, clean_or_stopped: Check) -> None:
    assert clean_or_stopped(ARCHIVES[leak]) is not None


def test_bytes_before_an_archive_are_no_archive() -> None:
    data = SECRET.encode() + packed({"a.txt": "x"})
    assert sniff(data) not in FORMATS


REFUSED: dict[str, tuple[bytes, str]] = {
    "a member that cannot be opened": (packed({"a.txt": "x", "b.bin": b"\x00\x01\x02"}), "archive-member-unopened"),
    "RTF": (packed({"b.rtf": b"{\\rtf1 x}"}), "archive-member-unopened"),
    "a member that is damaged": (packed({"a.csv": b'a,b\n"x'}), "archive-member-refused"),
    "leaving the archive": (packed({"../a.txt": "x"}), "archive-member-name"),
    "one name twice": (packed({"a.txt": "x", "A.TXT": "y"}), "archive-member-name"),
    "bomb": (packed({"a.txt": b" " * (20 << 20)}), "archive-bomb"),
    "too deep": (
        packed({"1.zip": packed({"2.zip": packed({"3.zip": packed({"4.zip": packed({"a.txt": "x"})})})})}),
        "archive-member-refused",
    ),
    "cut off": (gzip.compress(b"x" * 1000)[:-9], "archive-malformed"),
    "sheet: not a workbook": (packed({"xl/workbook.xml": "<x/>"}), "office-malformed"),
    "sheet: entities": (workbook("<!DOCTYPE x [<!ENTITY e 'x'>]>"), "office-xml-entities"),
    "sheet: outside the grid": (
        workbook("<sheetData><row r='9999999'><c t='str'><v>x</v></c></row></sheetData>"),
        "office-malformed",
    ),
    "sheet: repeated beyond measure": (
        ods(
            f"<table:table><table:table-row table:number-rows-repeated='1048000'>{WIDE}</table:table-row></table:table>"
        ),
        "office-too-many-parts",
    ),
}


@pytest.mark.parametrize("what", REFUSED)
def test_refused(what: str) -> None:
    data, code = REFUSED[what]
    with pytest.raises(Unparsable) as refusal:
        FORMATS[sniff(data)].parse(data)
    assert refusal.value.code == code
    assert SECRET not in str(refusal.value)


def test_replaced_names_of_sheets_and_members_stay_apart() -> None:
    data = write_xlsx([Sheet("A", (Row(1, ((1, "x"),)),)), Sheet("a", ())])
    names = FORMATS[sniff(data)].parse(data).canonical.text
    assert escape(names) == "A\nx\na" or "(2)" in names
