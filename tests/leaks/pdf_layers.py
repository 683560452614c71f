"""Every layer of a PDF that can hide something, and how a test hides a secret in it.

``PLANTERS`` change a document opened with pikepdf; ``APPENDERS`` change the finished bytes.
"""

from __future__ import annotations

import io
from collections.abc import Callable

import pikepdf
from pikepdf import Array, Dictionary, Name, Stream, String

Plant = Callable[[pikepdf.Pdf, str], None]

_FONT = Name("/Fsecret")


def _write(pdf: pikepdf.Pdf, operators: str) -> None:
    """Operators at the end of the first page, with a font of their own and the page's state as at its start."""
    page = pdf.pages[0]
    resources = page.obj.get("/Resources")
    page.obj.Resources = pdf.make_indirect(Dictionary(resources if resources is not None else {}))
    fonts = page.obj.Resources.get("/Font")
    page.obj.Resources.Font = Dictionary(fonts if fonts is not None else {})
    font = Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica, Encoding=Name.WinAnsiEncoding)
    page.obj.Resources.Font[_FONT] = pdf.make_indirect(font)
    page.contents_add(b"q", prepend=True)
    page.contents_add(f"Q q {operators} Q".encode())


def _text(secret: str, state: str = "", place: str = "72 300") -> str:
    return f"BT {state} /Fsecret 9 Tf {place} Td ({secret}) Tj ET"


def _information(pdf: pikepdf.Pdf, secret: str) -> None:
    pdf.docinfo[Name.Author] = String(secret)
    pdf.docinfo[Name("/CaseOfficer")] = String(secret)


def _xmp(pdf: pikepdf.Pdf, secret: str) -> None:
    with pdf.open_metadata() as metadata:
        metadata["dc:description"] = secret


def _structure(pdf: pikepdf.Pdf, secret: str) -> None:
    element = Dictionary(Type=Name.StructElem, S=Name.P, ActualText=String(secret), Alt=String(secret))
    pdf.Root.StructTreeRoot = pdf.make_indirect(
        Dictionary(Type=Name.StructTreeRoot, K=Array([pdf.make_indirect(element)]))
    )


def _bookmark(pdf: pikepdf.Pdf, secret: str) -> None:
    with pdf.open_outline() as outline:
        outline.root.append(pikepdf.OutlineItem(secret, 0))


def _annotate(pdf: pikepdf.Pdf, annotation: pikepdf.Object) -> None:
    present = pdf.pages[0].obj.get("/Annots")
    pdf.pages[0].obj.Annots = Array([*(present if present is not None else []), pdf.make_indirect(annotation)])


def _note(pdf: pikepdf.Pdf, secret: str) -> None:
    _annotate(
        pdf,
        Dictionary(
            Type=Name.Annot, Subtype=Name.Text, Rect=Array([10, 10, 20, 20]), Contents=String(secret), T=String(secret)
        ),
    )


def _appearance(pdf: pikepdf.Pdf, secret: str) -> None:
    font = Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica)
    look = Stream(
        pdf,
        f"BT /F 9 Tf 2 2 Td ({secret}) Tj ET".encode(),
        Type=Name.XObject,
        Subtype=Name.Form,
        BBox=Array([0, 0, 200, 20]),
        Resources=Dictionary(Font=Dictionary(F=font)),
    )
    stamp = Dictionary(Type=Name.Annot, Subtype=Name.Stamp, Rect=Array([300, 20, 500, 40]), F=4)
    stamp.AP = Dictionary(N=pdf.make_indirect(look))
    _annotate(pdf, stamp)


def _link(pdf: pikepdf.Pdf, secret: str) -> None:
    action = Dictionary(S=Name.URI, URI=String(f"https://example.org/{secret.replace(' ', '_')}"))
    _annotate(pdf, Dictionary(Type=Name.Annot, Subtype=Name.Link, Rect=Array([1, 1, 9, 9]), A=action))


def _form(pdf: pikepdf.Pdf, secret: str) -> None:
    field = Dictionary(
        Type=Name.Annot, Subtype=Name.Widget, FT=Name.Tx, T=String(secret), V=String(secret), TU=String(secret),
        Rect=Array([300, 60, 500, 80]),
    )  # fmt: skip
    _annotate(pdf, field)
    widget = pdf.pages[0].obj.Annots[-1]
    packet = Stream(pdf, f"<xdp><data>{secret}</data></xdp>".encode())
    pdf.Root.AcroForm = Dictionary(Fields=Array([widget]), XFA=pdf.make_indirect(packet))


def _signature(pdf: pikepdf.Pdf, secret: str) -> None:
    value = Dictionary(
        Type=Name.Sig,
        Filter=Name("/Adobe.PPKLite"),
        Name=String(secret),
        Reason=String(secret),
        Location=String(secret),
    )
    widget = Dictionary(
        Type=Name.Annot, Subtype=Name.Widget, FT=Name.Sig, T=String("s"), V=pdf.make_indirect(value),
        Rect=Array([0, 0, 0, 0]),
    )  # fmt: skip
    _annotate(pdf, widget)
    form = pdf.Root.get("/AcroForm", Dictionary(Fields=Array([])))
    form.Fields.append(pdf.pages[0].obj.Annots[-1])
    pdf.Root.AcroForm = form


def _attachment(pdf: pikepdf.Pdf, secret: str) -> None:
    pdf.attachments["a.txt"] = pikepdf.AttachedFileSpec(pdf, secret.encode(), description=secret)


def _associated(pdf: pikepdf.Pdf, secret: str) -> None:
    stream = pdf.make_indirect(Stream(pdf, secret.encode(), Type=Name.EmbeddedFile))
    file = Dictionary(Type=Name.Filespec, F=String("b.xml"), EF=Dictionary(F=stream), AFRelationship=Name.Source)
    pdf.Root.AF = Array([pdf.make_indirect(file)])


def _hidden_layer(pdf: pikepdf.Pdf, secret: str) -> None:
    _write(pdf, f"/OC /Lsecret BDC {_text(secret, place='72 310')} EMC")
    group = pdf.make_indirect(Dictionary(Type=Name.OCG, Name=String(secret)))
    pdf.Root.OCProperties = Dictionary(OCGs=Array([group]), D=Dictionary(OFF=Array([group])))
    pdf.pages[0].obj.Resources.Properties = Dictionary(Lsecret=group)


def _javascript(pdf: pikepdf.Pdf, secret: str) -> None:
    pdf.Root.OpenAction = Dictionary(S=Name.JavaScript, JS=String(f"app.alert('{secret}')"))


def _destination(pdf: pikepdf.Pdf, secret: str) -> None:
    pdf.Root.Dests = Dictionary({f"/{secret.replace(' ', '')}": Array([pdf.pages[0].obj, Name.Fit])})


def _page_label(pdf: pikepdf.Pdf, secret: str) -> None:
    pdf.Root.PageLabels = Dictionary(Nums=Array([0, Dictionary(P=String(secret))]))


def _private(pdf: pikepdf.Pdf, secret: str) -> None:
    pdf.pages[0].obj.PieceInfo = Dictionary(App=Dictionary(Private=pdf.make_indirect(Stream(pdf, secret.encode()))))


def _thumbnail(pdf: pikepdf.Pdf, secret: str) -> None:
    pixels = secret.encode().ljust(48, b" ")
    thumb = Stream(pdf, pixels, Width=4, Height=4, ColorSpace=Name.DeviceRGB, BitsPerComponent=8)
    pdf.pages[0].obj.Thumb = pdf.make_indirect(thumb)


def _image(pdf: pikepdf.Pdf, secret: str) -> None:
    _write(pdf, "40 0 0 40 500 20 cm /Isecret Do")
    pixels = secret.encode().ljust(48, b" ")
    image = Stream(pdf, pixels, Subtype=Name.Image, Width=4, Height=4, ColorSpace=Name.DeviceRGB, BitsPerComponent=8)
    resources = pdf.pages[0].obj.Resources
    objects = resources.get("/XObject")
    resources.XObject = Dictionary(objects if objects is not None else {})
    resources.XObject[Name("/Isecret")] = pdf.make_indirect(image)


def _font(pdf: pikepdf.Pdf, secret: str) -> None:
    program = pdf.make_indirect(Stream(pdf, secret.encode()))
    descriptor = Dictionary(
        Type=Name.FontDescriptor, FontName=Name("/Secret"), FontFile3=program, FontFamily=String(secret)
    )
    _write(pdf, _text("x", place="72 320"))
    pdf.pages[0].obj.Resources.Font[_FONT].FontDescriptor = pdf.make_indirect(descriptor)


def _unused(pdf: pikepdf.Pdf, secret: str) -> None:
    pdf.Root.Unheard = pdf.make_indirect(Dictionary(Of=String(secret)))


def _second_page(pdf: pikepdf.Pdf, secret: str) -> None:
    """The first page's text once more on a page that the tree no longer reaches."""
    lost = pdf.make_indirect(Dictionary(Type=Name.Page, Contents=Stream(pdf, _text(secret).encode())))
    pdf.Root.Lost = lost


def _drawn(state: str, place: str = "72 300", after: str = "") -> Plant:
    return lambda pdf, secret: _write(pdf, _text(secret, state, place) + after)


PLANTERS: dict[str, Plant] = {
    "text": _drawn("0 g"),
    "white text": _drawn("1 1 1 rg", "72 290"),
    "text in mode 3": _drawn("3 Tr", "72 280"),
    "text off the page": _drawn("0 g", "72 -400"),
    "text under a box": _drawn("0 g", "72 270", " 0 g 60 265 400 16 re f"),
    "ActualText": lambda pdf, secret: _write(pdf, f"/Span <</ActualText ({secret})>> BDC EMC"),
    "information dictionary": _information,
    "XMP": _xmp,
    "structure tree": _structure,
    "bookmark": _bookmark,
    "note": _note,
    "appearance of a stamp": _appearance,
    "link": _link,
    "form field and XFA": _form,
    "signature": _signature,
    "attachment": _attachment,
    "associated file": _associated,
    "layer that is off": _hidden_layer,
    "JavaScript": _javascript,
    "named destination": _destination,
    "page label": _page_label,
    "private data": _private,
    "thumbnail": _thumbnail,
    "bytes of an image": _image,
    "font program": _font,
    "object nobody uses": _unused,
    "lost page": _second_page,
}


def planted(data: bytes, secrets: dict[str, str], **save: object) -> bytes:
    """The document with each secret hidden in the layer it is named for."""
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(data)) as pdf:
        for layer, secret in secrets.items():
            PLANTERS[layer](pdf, secret)
        pdf.save(out, **save)
    return out.getvalue()


def appended(data: bytes, comment: str, after: str, revision: str) -> bytes:
    """The document with secrets in an earlier revision, in a comment between objects, and after the end."""
    earlier, later = io.BytesIO(), io.BytesIO()
    with pikepdf.open(io.BytesIO(data)) as pdf:
        pdf.Root.Unheard = pdf.make_indirect(Dictionary(Of=String(revision)))
        pdf.save(earlier, object_stream_mode=pikepdf.ObjectStreamMode.disable)
    with pikepdf.open(io.BytesIO(earlier.getvalue())) as pdf:
        size = int(pdf.trailer.Size)
        del pdf.Root.Unheard
        root = pdf.Root.unparse(resolved=True)
        number = pdf.Root.objgen[0]
        later.write(earlier.getvalue())
        later.write(f"\n% {comment}\n".encode())
        at = later.tell()
        later.write(b"%d 0 obj\n%b\nendobj\n" % (number, root))
        table = later.tell()
        begin = earlier.getvalue().rindex(b"startxref") + len(b"startxref")
        previous = int(earlier.getvalue()[begin:].split()[0])
        later.write(b"xref\n%d 1\n%010d 00000 n \n" % (number, at))
        trailer = b"trailer\n<< /Size %d /Root %d 0 R /Prev %d >>\nstartxref\n%d\n%%%%EOF\n"
        later.write(trailer % (size, number, previous, table))
        later.write(after.encode())
    return later.getvalue()
