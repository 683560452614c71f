"""DOCX: what a reader sees is kept, what a reader does not see is not, and packages are kept in bounds."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable

import pytest
from lxml import etree

from gateway.errors import Unparsable
from gateway.formats import limits
from gateway.formats.office.word.docx import DocxFormat
from gateway.redaction.document import CanonicalText, Replacement

FORMAT = DocxFormat()
Make = Callable[..., bytes]
Replace = Callable[[CanonicalText, str, str], list[Replacement]]
SAMPLE = """
<w:p><w:pPr><w:pStyle w:val="H1"/></w:pPr><w:r><w:t>Report on Jane Roe</w:t></w:r></w:p>
<w:p><w:pPr><w:jc w:val="center"/></w:pPr><w:r><w:t xml:space="preserve">Seen by </w:t></w:r>
<w:r><w:rPr><w:b/></w:rPr><w:t>Jane</w:t></w:r><w:r><w:rPr><w:i/></w:rPr><w:t xml:space="preserve"> Roe</w:t></w:r>
<w:r><w:t>,</w:t><w:tab/><w:t>a</w:t><w:br/><w:t>b &lt;&amp;&gt;</w:t></w:r></w:p>
<w:tbl><w:tblGrid><w:gridCol w:w="3000"/><w:gridCol w:w="4000"/></w:tblGrid>
<w:tr><w:tc><w:p><w:r><w:t>Name</w:t></w:r></w:p></w:tc><w:tc><w:p><w:r><w:t>Amount</w:t></w:r></w:p></w:tc></w:tr>
<w:tr><w:tc><w:p><w:r><w:t>Jane Roe</w:t></w:r></w:p></w:tc><w:tc><w:tcPr><w:gridSpan w:val="1"/></w:tcPr><w:p/></w:tc>
</w:tr></w:tbl><w:sectPr><w:pgSz w:w="15840" w:h="12240"/></w:sectPr>"""
STYLES = """<w:style w:type="paragraph" w:styleId="H1"><w:name w:val="heading 1"/></w:style>
<w:style w:type="paragraph" w:styleId="Sub"><w:name w:val="Sub"/><w:basedOn w:val="H1"/></w:style>
<w:style w:type="character" w:styleId="Ghost"><w:name w:val="Ghost"/><w:rPr><w:vanish/></w:rPr></w:style>"""


def paragraph(text: str, properties: str = "") -> str:
    return f"<w:p>{properties}<w:r><w:t>{text}</w:t></w:r></w:p>"


def document_xml(data: bytes) -> etree._Element:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        return etree.fromstring(archive.read("word/document.xml"))


def test_paragraphs_tables_and_labels(make_docx: Make) -> None:
    canonical = FORMAT.parse(make_docx(SAMPLE, styles=("styles", STYLES))).canonical
    found = {s.place: (canonical.text[s.start : s.end], s.label) for s in canonical.segments}
    assert found == {
        "paragraph 1": ("Report on Jane Roe", ""),
        "paragraph 2": ("Seen by Jane Roe,\ta\nb <&>", ""),
        "table 1 row 1 cell 1": ("Name", ""),
        "table 1 row 1 cell 2": ("Amount", ""),
        "table 1 row 2 cell 1": ("Jane Roe", "Name"),
    }


def test_replacements_keep_the_look_of_what_stays(make_docx: Make, replace_all: Replace) -> None:
    document = FORMAT.parse(make_docx(SAMPLE, styles=("styles", STYLES)))
    out = document.render(replace_all(document.canonical, "Jane Roe", "[P<1> é]"))
    assert FORMAT.parse(out).canonical.text == document.canonical.text.replace("Jane Roe", "[P<1> é]")
    root = document_xml(out)
    w = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
    bold = [
        "".join(t.text or "" for t in r.iter(w + "t")) for r in root.iter(w + "r") if r.find(f"{w}rPr/{w}b") is not None
    ]
    assert bold == ["[P<1> é]"]
    assert root.find(f".//{w}pStyle").get(f"{w}val") == "Heading1"
    assert root.find(f".//{w}pgSz").get(f"{w}orient") == "landscape"
    assert not any("Jane" in layer.text for layer in FORMAT.layers(out))


def test_what_no_reader_sees_is_gone(make_docx: Make) -> None:
    body = (
        "<w:p><w:r><w:t>Seen</w:t></w:r><w:del><w:r><w:delText>SECRET</w:delText></w:r></w:del>"
        "<w:moveFrom><w:r><w:t>SECRET</w:t></w:r></w:moveFrom><w:ins><w:r><w:t> inserted</w:t></w:r></w:ins>"
        "<w:r><w:rPr><w:vanish/></w:rPr><w:t>SECRET</w:t></w:r>"
        '<w:r><w:rPr><w:rStyle w:val="Ghost"/></w:rPr><w:t>SECRET</w:t></w:r>'
        '<w:r><w:fldChar w:fldCharType="begin"/><w:instrText>SECRET</w:instrText><w:fldChar w:fldCharType="separate"/>'
        '</w:r><w:r><w:t> result</w:t></w:r><w:r><w:commentReference w:id="1"/></w:r></w:p>'
        "<w:p><!-- SECRET --><?SECRET x?><w:r><w:t>end</w:t></w:r></w:p>"
    )
    data = make_docx(
        body,
        styles=("styles", STYLES),
        comments=("comments", paragraph("SECRET")),
        extra={
            "docProps/core.xml": "<a>SECRET</a>", "docProps/thumbnail.jpeg": b"SECRET",
            "customXml/item1.xml": "<a>SECRET</a>",
            "word/media/image1.png": b"SECRET", "word/embeddings/o.bin": b"SECRET", "SECRET.txt": "SECRET",
        },
    )  # fmt: skip
    document = FORMAT.parse(data)
    assert document.canonical.text == "Seen inserted result\nend"
    out = document.render([])
    assert not any("SECRET" in layer.text for layer in FORMAT.layers(out))
    with zipfile.ZipFile(io.BytesIO(out)) as archive:
        assert archive.namelist() == [
            "[Content_Types].xml", "_rels/.rels", "word/document.xml", "word/_rels/document.xml.rels",
            "word/styles.xml",
        ]  # fmt: skip


def test_margins_notes_boxes_and_images(make_docx: Make) -> None:
    box = (
        "<w:r><mc:AlternateContent><mc:Choice><w:drawing><w:txbxContent>"
        + paragraph("In the box")
        + "</w:txbxContent></w:drawing></mc:Choice><mc:Fallback><w:pict><w:txbxContent>"
        + paragraph("In the box")
        + "</w:txbxContent></w:pict></mc:Fallback></mc:AlternateContent></w:r>"
    )
    image = (
        '<w:r><w:drawing><p:pic xmlns:p="http://schemas.openxmlformats.org/drawingml/2006/picture"/></w:drawing></w:r>'
    )
    data = make_docx(
        f'<w:p><w:r><w:t>Body</w:t></w:r><w:r><w:footnoteReference w:id="2"/></w:r>{box}{image}</w:p>',
        header=("header", paragraph("On top")),
        footer=("footer", paragraph("Below")),
        footnotes=("footnotes", f'<w:footnote w:id="0">{paragraph("sep")}</w:footnote>'
                                f'<w:footnote w:id="2">{paragraph("The note")}</w:footnote>'),
    )  # fmt: skip
    document = FORMAT.parse(data)
    assert document.canonical.text.split("\n") == [
        "On top", "Body[1][image omitted]", "In the box", "Notes", "[1] The note", "Below",
    ]  # fmt: skip
    again = FORMAT.parse(document.render([])).canonical
    assert again.text == document.canonical.text
    assert {"header paragraph 1", "footer paragraph 1"} <= {s.place for s in again.segments}


def test_list_numbers_become_text(make_docx: Make) -> None:
    numbering = (
        '<w:abstractNum w:abstractNumId="1">'
        '<w:lvl w:ilvl="0"><w:start w:val="3"/><w:numFmt w:val="decimal"/><w:lvlText w:val="%1."/></w:lvl>'
        '<w:lvl w:ilvl="1"><w:start w:val="1"/><w:numFmt w:val="lowerLetter"/><w:lvlText w:val="%1%2)"/></w:lvl>'
        '<w:lvl w:ilvl="2"><w:numFmt w:val="bullet"/><w:lvlText w:val="\uf0b7"/></w:lvl></w:abstractNum>'
        '<w:num w:numId="7"><w:abstractNumId w:val="1"/></w:num>'
    )

    def item(text: str, level: int) -> str:
        properties = f'<w:pPr><w:numPr><w:ilvl w:val="{level}"/><w:numId w:val="7"/></w:numPr></w:pPr>'
        return paragraph(text, properties)

    body = item("one", 0) + item("sub", 1) + item("sub", 1) + item("dot", 2) + item("two", 0) + item("sub", 1)
    document = FORMAT.parse(make_docx(body, numbering=("numbering", numbering)))
    lines = ["3.\tone", "3a)\tsub", "3b)\tsub", "•\tdot", "4.\ttwo", "4a)\tsub"]
    assert document.canonical.text.split("\n") == lines
    assert FORMAT.parse(document.render([])).canonical.text.split("\n") == lines


def test_entities_and_document_types_are_refused(make_docx: Make) -> None:
    for declaration in (
        '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>',
        '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE x SYSTEM "http://example.org/x.dtd">',
    ):
        broken = _with_member(
            make_docx(paragraph("x")),
            "word/document.xml",
            f'{declaration}<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main">'
            "<w:body/></w:document>".encode(),
        )
        with pytest.raises(Unparsable) as refusal:
            FORMAT.parse(broken)
        assert refusal.value.code == "docx-xml-entities"


def _with_member(data: bytes, name: str, content: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for member in old.infolist():
            new.writestr(member.filename, content if member.filename == name else old.read(member))
    return out.getvalue()


def _encrypted(data: bytes) -> bytes:
    # Sets the encryption bit of every local and central header.
    raw = bytearray(data)
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = raw.find(signature)
        while at >= 0:
            raw[at + offset] |= 1
            at = raw.find(signature, at + 4)
    return bytes(raw)


def test_bombs_and_broken_packages_are_refused(make_docx: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    good = make_docx(paragraph("x"))
    duplicate = io.BytesIO(good)
    with zipfile.ZipFile(duplicate, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr("word/document.xml", "<x/>")
    deep = "<w:body>" + "<w:sdt>" * 5000 + "</w:sdt>" * 5000
    cases = {
        "docx-zip-bomb": make_docx(paragraph("x"), extra={"bomb.bin": bytes(300 * limits.MIB >> 4)}),
        "docx-encrypted": _encrypted(good),
        "docx-malformed": good[: len(good) // 2],
    }
    for code, data in cases.items():
        with pytest.raises(Unparsable) as refusal:
            FORMAT.parse(data)
        assert refusal.value.code == code
    for data in (
        b"PK\x03\x04 nonsense",
        duplicate.getvalue(),
        _with_member(good, "word/document.xml", b"<not closed"),
        _with_member(good, "word/document.xml", b"<x/>"),
        _with_member(good, "_rels/.rels", b"<Relationships/>"),
        make_docx(deep),
    ):
        with pytest.raises(Unparsable) as refusal:
            FORMAT.parse(data)
        assert refusal.value.code == "docx-malformed"
    monkeypatch.setattr(limits, "MAX_ZIP_MEMBERS", 3)
    with pytest.raises(Unparsable, match="members"):
        FORMAT.parse(good)
    monkeypatch.undo()
    monkeypatch.setattr(limits, "MAX_DOCX_BLOCKS", 2)
    with pytest.raises(Unparsable) as refusal:
        FORMAT.parse(make_docx(paragraph("x") * 3))
    assert refusal.value.code == "docx-too-many-blocks"


def test_a_lying_directory_does_not_get_through(make_docx: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_XML_BYTES", 1000)
    with pytest.raises(Unparsable) as refusal:
        FORMAT.parse(make_docx(paragraph("x" * 2000)))
    assert refusal.value.code == "docx-zip-bomb"


def test_same_input_gives_the_same_bytes(make_docx: Make) -> None:
    document = FORMAT.parse(make_docx(SAMPLE))
    assert document.render([]) == document.render([])
