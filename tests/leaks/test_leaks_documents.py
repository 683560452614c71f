"""Leaks of PDF, DOCX and plain files: planted in one layer each, gone or stopped after."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Callable

import pikepdf
import pytest
from pikepdf import Array, Dictionary, Name, Stream, String
from reportlab.pdfgen.canvas import Canvas

from tests.leaks.seeking import SECRET, holds

Check = Callable[..., bytes | None]
Plant = Callable[[pikepdf.Pdf], None]
W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
P = "http://schemas.openxmlformats.org/package/2006/relationships"


def drawn(draw: Callable[[Canvas], None]) -> bytes:
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=(595, 842), invariant=1, pageCompression=0)
    canvas.drawString(72, 700, "An ordinary line of text that stays.")
    draw(canvas)
    canvas.save()
    return out.getvalue()


def _under_box(canvas: Canvas) -> None:
    canvas.drawString(72, 600, SECRET)
    canvas.rect(60, 590, 300, 30, fill=1)


def _white(canvas: Canvas) -> None:
    canvas.setFillColorRGB(1, 1, 1)
    canvas.drawString(72, 600, SECRET)


def _tiny(canvas: Canvas) -> None:
    canvas.setFont("Helvetica", 0.5)
    canvas.drawString(72, 600, SECRET)


def _unseen(canvas: Canvas) -> None:
    text = canvas.beginText(72, 600)
    text.setTextRenderMode(3)
    text.textLine(SECRET)
    canvas.drawText(text)


def _information(canvas: Canvas) -> None:
    canvas.setTitle(SECRET)
    canvas.setAuthor(SECRET)
    canvas.setSubject(SECRET)
    canvas.setKeywords(SECRET)


def _bookmark(canvas: Canvas) -> None:
    canvas.bookmarkPage("x")
    canvas.addOutlineEntry(SECRET, "x")


def _form(canvas: Canvas) -> None:
    canvas.acroForm.textfield(name=SECRET, value=SECRET, x=72, y=500, tooltip=SECRET)


DRAWN: dict[str, Callable[[Canvas], None]] = {
    "text": lambda canvas: canvas.drawString(72, 600, f"By {SECRET}."),
    "text under a black box": _under_box,
    "white text": _white,
    "tiny text": _tiny,
    "text that is not painted": _unseen,
    "off the page": lambda canvas: canvas.drawString(72, -300, SECRET),
    "document information": _information,
    "bookmark": _bookmark,
    "form field": _form,
    "link": lambda canvas: canvas.linkURL(f"https://example.org/{SECRET.replace(' ', '_')}", (1, 1, 99, 99)),
}


@pytest.mark.parametrize("leak", DRAWN)
def test_pdf_as_drawn(leak: str, clean_or_stopped: Check) -> None:
    assert clean_or_stopped(drawn(DRAWN[leak])) is not None


def planted(plant: Plant) -> bytes:
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(drawn(lambda canvas: None))) as pdf:
        plant(pdf)
        pdf.save(out)
    return out.getvalue()


def _attachment(pdf: pikepdf.Pdf) -> None:
    pdf.attachments["a.txt"] = pikepdf.AttachedFileSpec(pdf, SECRET.encode(), description=SECRET)


def _annotation(pdf: pikepdf.Pdf) -> None:
    note = Dictionary(
        Type=Name.Annot, Subtype=Name.Text, Rect=Array([10, 10, 20, 20]), Contents=String(SECRET), T=String(SECRET)
    )
    pdf.pages[0].Annots = pdf.make_indirect(Array([pdf.make_indirect(note)]))


def _xmp(pdf: pikepdf.Pdf) -> None:
    with pdf.open_metadata() as metadata:
        metadata["dc:title"] = SECRET


def _xfa(pdf: pikepdf.Pdf) -> None:
    packet = Stream(pdf, f"<xdp><data>{SECRET}</data></xdp>".encode())
    pdf.Root.AcroForm = Dictionary(Fields=Array([]), XFA=pdf.make_indirect(packet))


def _javascript(pdf: pikepdf.Pdf) -> None:
    pdf.Root.OpenAction = Dictionary(S=Name.JavaScript, JS=String(f"app.alert('{SECRET}')"))


def _layer(pdf: pikepdf.Pdf) -> None:
    group = pdf.make_indirect(Dictionary(Type=Name.OCG, Name=String(SECRET)))
    pdf.Root.OCProperties = Dictionary(OCGs=Array([group]), D=Dictionary(OFF=Array([group])))
    page = pdf.pages[0]
    page.Resources.Properties = Dictionary(L=group)
    page.contents_add(f"/OC /L BDC BT /F1 12 Tf 72 600 Td ({SECRET}) Tj ET EMC".encode())


def _structure(pdf: pikepdf.Pdf) -> None:
    element = Dictionary(Type=Name.StructElem, S=Name.P, ActualText=String(SECRET), Alt=String(SECRET))
    pdf.Root.StructTreeRoot = Dictionary(Type=Name.StructTreeRoot, K=pdf.make_indirect(element))


def _actual_text(pdf: pikepdf.Pdf) -> None:
    pdf.pages[0].contents_add(f"/Span <</ActualText ({SECRET})>> BDC EMC".encode())


def _thumbnail(pdf: pikepdf.Pdf) -> None:
    pixels = SECRET.encode().ljust(48, b" ")
    thumb = Stream(pdf, pixels, Width=4, Height=4, ColorSpace=Name.DeviceRGB, BitsPerComponent=8)
    pdf.pages[0].Thumb = pdf.make_indirect(thumb)


def _unused(pdf: pikepdf.Pdf) -> None:
    pdf.Root.PieceInfo = Dictionary(App=Dictionary(Private=pdf.make_indirect(Stream(pdf, SECRET.encode()))))


def _embedded_image(pdf: pikepdf.Pdf) -> None:
    pixels = SECRET.encode().ljust(48, b" ")
    image = Stream(pdf, pixels, Subtype=Name.Image, Width=4, Height=4, ColorSpace=Name.DeviceRGB, BitsPerComponent=8)
    pdf.pages[0].Resources.XObject = Dictionary(I=pdf.make_indirect(image))
    pdf.pages[0].contents_add(b"q 40 0 0 40 72 500 cm /I Do Q")


PLANTED: dict[str, Plant] = {
    "attachment": _attachment,
    "annotation": _annotation,
    "XMP": _xmp,
    "XFA": _xfa,
    "JavaScript": _javascript,
    "optional content that is off": _layer,
    "structure tree": _structure,
    "ActualText": _actual_text,
    "thumbnail": _thumbnail,
    "private data": _unused,
    "bytes of an image": _embedded_image,
}


@pytest.mark.parametrize("leak", PLANTED)
def test_pdf_as_planted(leak: str, clean_or_stopped: Check) -> None:
    assert clean_or_stopped(planted(PLANTED[leak])) is not None


def test_pdf_incremental_revision(clean_or_stopped: Check) -> None:
    first = drawn(lambda canvas: canvas.drawString(72, 600, SECRET))
    second = drawn(lambda canvas: None)
    # The later revision replaces every object; the earlier one still lies in the file before it.
    shift = len(first)
    start = int(re.findall(rb"startxref\s+(\d+)", second)[-1])
    moved = re.sub(rb"(?m)^(\d{10}) (\d{5}) n", lambda m: b"%010d %s n" % (int(m[1]) + shift, m[2]), second)
    moved = moved.replace(b"startxref\n%d" % start, b"startxref\n%d" % (start + shift))
    assert clean_or_stopped(first + moved) is not None


def test_pdf_that_says_other_text_than_it_shows(clean_or_stopped: Check) -> None:
    """ToUnicode maps the drawn "Zephyrine" to something harmless: what is copied differs from what is seen."""
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(drawn(lambda canvas: canvas.drawString(72, 600, SECRET)))) as pdf:
        font = pdf.pages[0].Resources.Font.F1
        rows = "\n".join(f"<{ord(c):02x}> <0078>" for c in sorted(set(SECRET)))
        cmap = f"begincmap 1 begincodespacerange <00> <ff> endcodespacerange 20 beginbfchar {rows} endbfchar endcmap"
        font.ToUnicode = pdf.make_indirect(Stream(pdf, cmap.encode()))
        pdf.save(out)
    assert clean_or_stopped(out.getvalue(), planted=False) is not None


def docx(body: str, members: dict[str, str] | None = None, related: tuple[str, ...] = ()) -> bytes:
    parts = {name: f'<w:{name} xmlns:w="{W}">{text}</w:{name}>' for name, text in (members or {}).items()}
    relations = "".join(f'<Relationship Id="r{n}" Type="{R}/{n}" Target="{n}.xml"/>' for n in related)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        main = f'<Relationship Id="a" Type="{R}/officeDocument" Target="word/document.xml"/>'
        archive.writestr("_rels/.rels", f'<Relationships xmlns="{P}">{main}</Relationships>')
        archive.writestr(
            "word/document.xml",
            f'<w:document xmlns:w="{W}"><w:body><w:p><w:r><w:t>seen</w:t></w:r></w:p>{body}</w:body></w:document>',
        )
        archive.writestr("word/_rels/document.xml.rels", f'<Relationships xmlns="{P}">{relations}</Relationships>')
        for name, text in parts.items():
            archive.writestr(f"word/{name}.xml", text)
        for name in ("docProps/core.xml", "customXml/item1.xml", "word/embeddings/oleObject1.bin", "word/media/i.png"):
            archive.writestr(name, f"<x>{SECRET}</x>")
    return out.getvalue()


def run(text: str, look: str = "") -> str:
    return f"<w:p><w:r>{look}<w:t>{text}</w:t></w:r></w:p>"


DOCX = {
    "text": docx(run(SECRET)),
    "text in three runs": docx(run("Zephy</w:t></w:r><w:r><w:t>rine Quill</w:t></w:r><w:r><w:t>feather")),
    "properties, custom XML, objects, media": docx(""),
    "tracked deletion": docx(f"<w:p><w:del><w:r><w:delText>{SECRET}</w:delText></w:r></w:del></w:p>"),
    "tracked move": docx(f"<w:p><w:moveFrom><w:r><w:t>{SECRET}</w:t></w:r></w:moveFrom></w:p>"),
    "author of a change": docx(f"<w:p><w:ins w:author='{SECRET}'><w:r><w:t>x</w:t></w:r></w:ins></w:p>"),
    "hidden text": docx(run(SECRET, "<w:rPr><w:vanish/></w:rPr>")),
    "white text": docx(run(SECRET, "<w:rPr><w:color w:val='FFFFFF'/></w:rPr>")),
    "field code": docx(f"<w:p><w:r><w:instrText>AUTHOR {SECRET}</w:instrText></w:r></w:p>"),
    "bookmark": docx(f"<w:p><w:bookmarkStart w:name='{SECRET}'/></w:p>"),
    "comments": docx("", {"comments": run(SECRET)}, ("comments",)),
    "header": docx("", {"header": run(SECRET)}, ("header",)),
    "footer": docx("", {"footer": run(SECRET)}, ("footer",)),
    "settings": docx("", {"settings": SECRET}, ("settings",)),
    "name of a style": docx("", {"styles": f"<w:style w:styleId='{SECRET}'/>"}, ("styles",)),
    "content control": docx(f"<w:sdt><w:sdtPr><w:alias w:val='{SECRET}'/></w:sdtPr><w:sdtContent/></w:sdt>"),
}


@pytest.mark.parametrize("leak", DOCX)
def test_docx(leak: str, clean_or_stopped: Check) -> None:
    assert clean_or_stopped(DOCX[leak]) is not None


PLAIN = {
    "text": f"Dear {SECRET},\n".encode(),
    "text over a line": b"Dear Zephyrine\nQuillfeather,\n",
    "zero-width characters": "Zephy\u200brine Quill\u2060feather".encode(),
    "UTF-16": f"\ufeffDear {SECRET}".encode("utf-16-le"),
    "CSV": f'a,b\n"{SECRET}",2\n'.encode(),
    "JSON key and value": json.dumps({SECRET: [SECRET, 1]}).encode(),
    "JSON escapes": b'{"a": "\\u005aephyrine \\u0051uillfeather"}',
    "JSON Lines": f'{{"a": "{SECRET}"}}\n{{"b": 1}}\n'.encode(),
    "Markdown comment": f"# x\n\n<!-- {SECRET} -->\n".encode(),
}


@pytest.mark.parametrize("leak", PLAIN)
def test_plain(leak: str, clean_or_stopped: Check) -> None:
    there = leak not in ("zero-width characters", "JSON escapes")
    assert clean_or_stopped(PLAIN[leak], planted=there) is not None


def test_the_search_itself_finds_what_it_must() -> None:
    for form in (SECRET.encode(), SECRET.encode("utf-16-be"), SECRET.encode().hex().encode(), DOCX["comments"]):
        assert holds(form, SECRET)
    assert not holds(b"nothing of the kind", SECRET)
