"""Leaks of PPTX and ODT: planted in one layer each, and nowhere in the rendition."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable

import pytest

from gateway.evidence.media import ODT, PPTX
from gateway.formats.registry import FORMATS
from gateway.formats.sniff import sniff
from tests.leaks.seeking import SECRET

Check = Callable[..., bytes | None]
A = (
    'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" '
    'xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main" '
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'
)
R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
P = "http://schemas.openxmlformats.org/package/2006/relationships"
OD = "urn:oasis:names:tc:opendocument:xmlns"
T = " ".join(f'xmlns:{n}="{OD}:{v}:1.0"' for n, v in (
    ("office", "office"), ("table", "table"), ("text", "text"), ("style", "style"), ("draw", "drawing"),
))  # fmt: skip


def packed(members: dict[str, str | bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return out.getvalue()


def shape(text: str, properties: str = "", placeholder: str = "") -> str:
    return (
        f"<p:sp><p:nvSpPr><p:cNvPr id='2' name='n' {properties}/><p:cNvSpPr/><p:nvPr>{placeholder}</p:nvPr></p:nvSpPr>"
        f"<p:spPr/><p:txBody><a:bodyPr/><a:p><a:r><a:t>{text}</a:t></a:r></a:p></p:txBody></p:sp>"
    )


def slide(content: str, attributes: str = "", kind: str = "sld") -> str:
    return f"<p:{kind} {A} {attributes}><p:cSld><p:spTree>{content}</p:spTree></p:cSld></p:{kind}>"


def related(*targets: tuple[str, str, str]) -> str:
    rows = "".join(f'<Relationship Id="{i}" Type="{R}/{kind}" Target="{to}"/>' for i, kind, to in targets)
    return f'<Relationships xmlns="{P}">{rows}</Relationships>'


def deck(second: str = "", attributes: str = "", *, embedded: dict[str, bytes] | None = None, **members: str) -> bytes:
    parts: dict[str, str | bytes] = {
        "[Content_Types].xml": "<Types/>",
        "_rels/.rels": related(("a", "officeDocument", "ppt/presentation.xml")),
        "ppt/presentation.xml": f"<p:presentation {A}><p:sldIdLst><p:sldId id='256' r:id='s1'/>"
        "<p:sldId id='257' r:id='s2'/></p:sldIdLst></p:presentation>",
        "ppt/_rels/presentation.xml.rels": related(
            ("s1", "slide", "slides/slide1.xml"), ("s2", "slide", "slides/slide2.xml")
        ),
        "ppt/slides/slide1.xml": slide(shape("seen")),
        "ppt/slides/slide2.xml": slide(second, attributes),
        "ppt/slides/_rels/slide2.xml.rels": related(
            ("n", "notesSlide", "../notesSlides/notesSlide1.xml"), ("l", "slideLayout", "../slideLayouts/l.xml")
        ),
    }
    parts |= {name.replace("__", "/") + ".xml": text for name, text in members.items()}
    return packed({**parts, **(embedded or {})})


BODY = "<p:ph type='body' idx='1'/>"
TABLE = (
    "<p:graphicFrame><p:nvGraphicFramePr><p:cNvPr id='3' name='t'/></p:nvGraphicFramePr><a:graphic><a:graphicData>"
    f"<a:tbl><a:tr><a:tc><a:txBody><a:p><a:r><a:t>{SECRET}</a:t></a:r></a:p></a:txBody></a:tc></a:tr></a:tbl>"
    "</a:graphicData></a:graphic></p:graphicFrame>"
)
SPLIT = f"</a:t></a:r><a:r><a:rPr b='1'/><a:t>{SECRET[9:]}"
WORKBOOK = packed({"xl/worksheets/sheet1.xml": f"<x>{SECRET}</x>"})
SLIDES = {
    "text": deck(shape(SECRET)),
    "text over runs": deck(shape(SECRET[:9] + SPLIT)),
    "group": deck(f"<p:grpSp>{shape(SECRET)}</p:grpSp>"),
    "table": deck(TABLE),
    "hidden slide": deck(shape(SECRET), "show='0'"),
    "hidden shape": deck(shape(SECRET, "hidden='1'")),
    "name and description of a shape": deck(shape("x", f"descr='{SECRET}' title='{SECRET}'")),
    "notes": deck(ppt__notesSlides__notesSlide1=slide(shape(SECRET, placeholder=BODY), kind="notes")),
    "header of the notes": deck(
        ppt__notesSlides__notesSlide1=slide(shape(SECRET, placeholder="<p:ph type='hdr'/>"), kind="notes")
    ),
    "layout": deck(ppt__slideLayouts__l=slide(shape(SECRET), kind="sldLayout")),
    "master": deck(ppt__slideMasters__slideMaster1=slide(shape(SECRET), kind="sldMaster")),
    "comments and authors": deck(ppt__comments__comment1=SECRET, ppt__commentAuthors=SECRET),
    "chart cache": deck("<p:graphicFrame/>", ppt__charts__chart1=f"<c><v>{SECRET}</v></c>"),
    "properties": deck(docProps__core=SECRET, docProps__app=SECRET, docProps__custom=SECRET),
    "custom XML and tags": deck(customXml__item1=SECRET, ppt__tags__tag1=SECRET),
    "slide that is in no list": deck(ppt__slides__slide3=slide(shape(SECRET))),
    "embedded workbook": deck("<p:graphicFrame/>", embedded={"ppt/embeddings/sheet1.xlsx": WORKBOOK}),
}  # fmt: skip


@pytest.mark.parametrize("leak", SLIDES)
def test_pptx(leak: str, clean_or_stopped: Check) -> None:
    assert sniff(SLIDES[leak]) == PPTX
    out = clean_or_stopped(SLIDES[leak])
    assert out is not None
    assert "seen" in FORMATS[PPTX].parse(out).canonical.text


def odt(content: str, *, styles: str = "", extra: dict[str, str | bytes] | None = None) -> bytes:
    text = (
        f"<office:document-content {T}><office:automatic-styles>{styles}</office:automatic-styles><office:body>"
        f"<office:text><text:p>seen</text:p>{content}</office:text></office:body></office:document-content>"
    )
    return packed({"mimetype": ODT, "content.xml": text, **(extra or {})})


def style(properties: str, family: str = "text") -> str:
    return f"<style:style style:name='h' style:family='{family}'>{properties}</style:style>"


PARAGRAPH = f"<text:p>{SECRET}</text:p>"
SPAN = f"<text:p>x<text:span text:style-name='h'>{SECRET}</text:span></text:p>"
NO_DISPLAY = style("<style:text-properties text:display='none'/>")
INHERITED = NO_DISPLAY.replace("'h'", "'up'") + (
    "<style:style style:name='h' style:parent-style-name='up' style:family='text'/>"
)
MASTER = (
    f"<office:document-styles {T}><office:master-styles><style:master-page><style:header>{PARAGRAPH}</style:header>"
    "</style:master-page></office:master-styles></office:document-styles>"
)
WORDS = {
    "text": odt(PARAGRAPH),
    "text over spans": odt(f"<text:p>{SECRET[:9]}<text:span>{SECRET[9:]}</text:span></text:p>"),
    "table": odt(f"<table:table><table:table-row><table:table-cell>{PARAGRAPH}</table:table-cell></table:table-row>"
                 "</table:table>"),
    "header of the page": odt("", extra={"styles.xml": MASTER}),
    "text box": odt(f"<text:p><draw:frame><draw:text-box>{PARAGRAPH}</draw:text-box></draw:frame></text:p>"),
    "note": odt(f"<text:p>x<text:note><text:note-body>{PARAGRAPH}</text:note-body></text:note></text:p>"),
    "tracked changes": odt(
        f"<text:tracked-changes><text:changed-region><text:deletion>{PARAGRAPH}</text:deletion></text:changed-region>"
        "</text:tracked-changes>"
    ),
    "annotation": odt(f"<text:p>x<office:annotation>{PARAGRAPH}</office:annotation></text:p>"),
    "hidden section": odt(f"<text:section text:display='none'>{PARAGRAPH}</text:section>"),
    "section hidden by a condition": odt(
        f"<text:section text:display='condition' text:is-hidden='true'>{PARAGRAPH}</text:section>"
    ),
    "hidden text": odt(f"<text:p>x<text:hidden-text text:string-value='{SECRET}'>{SECRET}</text:hidden-text></text:p>"),
    "hidden paragraph": odt(f"<text:p><text:hidden-paragraph text:is-hidden='true'/>{SECRET}</text:p>"),
    "style that hides": odt(SPAN, styles=NO_DISPLAY),
    "style that inherits hiding": odt(SPAN, styles=INHERITED),
    "thumbnail, metadata, settings": odt(
        "", extra={"Thumbnails/thumbnail.png": SECRET, "meta.xml": PARAGRAPH, "settings.xml": f"<x>{SECRET}</x>"}
    ),
    "embedded object": odt(
        "<text:p><draw:frame><draw:object/></draw:frame></text:p>", extra={"Object 1/content.xml": f"<x>{SECRET}</x>"}
    ),
    "description of a picture": odt(
        f"<text:p><draw:frame draw:name='{SECRET}'><draw:image/><draw:desc>{SECRET}</draw:desc></draw:frame></text:p>"
    ),
}  # fmt: skip


@pytest.mark.parametrize("leak", WORDS)
def test_odt(leak: str, clean_or_stopped: Check) -> None:
    assert sniff(WORDS[leak]) == ODT
    out = clean_or_stopped(WORDS[leak])
    assert out is not None
    assert "seen" in FORMATS[ODT].parse(out).canonical.text
