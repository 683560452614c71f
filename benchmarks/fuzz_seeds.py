"""Small files of every format, for the fuzzer to mutate."""

from __future__ import annotations

import gzip
import io
import tarfile
import zipfile

from PIL import Image, ImageDraw, ImageFont
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from gateway.formats.office.sheets.ods import write_ods
from gateway.formats.office.sheets.sheets import Row, Sheet
from gateway.formats.office.sheets.xlsx_writing import write_xlsx
from gateway.formats.sniff import sniff
from tests.unit.formats.office.test_odt_pptx import DECK, WORDS

#: The key of the PDF whose page is a picture; the others go by media type.
SCAN = "application/pdf (scan)"


def seeds() -> dict[str, bytes]:
    """A small file of each format, by media type; and :data:`SCAN`."""
    sheets = [Sheet("A", (Row(1, ((1, "Name"), (2, "Sum"))), Row(2, ((1, "Jane Roe"), (2, "12.5")))))]
    xlsx, ods = write_xlsx(sheets), write_ods(sheets)
    mail = (
        b"From: a@b.example\r\nTo: c@d.example\r\nSubject: =?utf-8?q?x=C3=A9?=\r\nMIME-Version: 1.0\r\nContent-Type: "
        b'multipart/mixed; boundary="b"\r\n\r\n--b\r\nContent-Type: text/html\r\n\r\n<p>Hi <b>you</b></p>\r\n--b\r\n'
        b"Content-Disposition: attachment; filename=a.csv\r\nContent-Transfer-Encoding: base64\r\n\r\nYSxiCjEsMgo=\r\n"
        b"--b--\r\n"
    )
    page = b"<!DOCTYPE html><html><body><h1>A</h1><table><tr><td>x</td></tr></table><p>b &amp; c</p></body></html>"
    pdf = io.BytesIO()
    canvas = Canvas(pdf, pagesize=(300, 300), invariant=1, pageCompression=0)
    canvas.drawString(20, 200, "Jane Roe was here")
    canvas.rect(10, 10, 50, 50, fill=1)
    canvas.save()
    word = io.BytesIO()
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"
    main = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    with zipfile.ZipFile(word, "w") as package:
        package.writestr(
            "_rels/.rels",
            '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="a" '
            f'Type="{office}" Target="word/document.xml"/></Relationships>',
        )
        package.writestr(
            "word/document.xml",
            f'<w:document xmlns:w="{main}"><w:body><w:p><w:r><w:t>Jane</w:t></w:r></w:p><w:tbl><w:tr><w:tc><w:p/>'
            "</w:tc></w:tr></w:tbl></w:body></w:document>",
        )
    packed, tape = io.BytesIO(), io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("a.txt", "hello")
        archive.writestr("b.xlsx", xlsx)
    with tarfile.open(fileobj=tape, mode="w") as tar:
        entry = tarfile.TarInfo("a.html")
        entry.size = len(page)
        tar.addfile(entry, io.BytesIO(page))
    examples = [
        b"Dear Jane,\r\nhello\n", b"a,b\n1,2\n3,\"x\"\"y\"\n", b'{"a": [1, 2.5e3, "x\\u00e9"], "b": {"c": null}}',
        b'{"a": 1}\n{"b": "x"}\n', mail, page, pdf.getvalue(), word.getvalue(), xlsx, ods, packed.getvalue(),
        tape.getvalue(), gzip.compress(b"a,b\n1,2\n"),
        b'<?xml version="1.0"?><a xmlns:n="urn:x"><n:b c="d">e<f/>g</n:b></a>',
        b"From x Mon Jan  1 00:00:00 2024\n" + mail.replace(b"\r\n", b"\n") + b"\nFrom y\nFrom: a@b\nTo: c@d\n\nx\n",
    ]  # fmt: skip
    examples += [DECK, WORDS, *(_picture(codec) for codec in ("PNG", "JPEG", "TIFF", "WEBP"))]
    return {SCAN: _scan()} | {sniff(example): example for example in examples}


def _drawn() -> Image.Image:
    image = Image.new("L", (260, 60), 255)
    ImageDraw.Draw(image).text((12, 14), "Jane Roe was here", fill=0, font=ImageFont.load_default(26))
    return image


def _picture(codec: str) -> bytes:
    out = io.BytesIO()
    more = {"save_all": True, "append_images": [_drawn()]} if codec == "TIFF" else {}
    _drawn().save(out, codec, **more)
    return out.getvalue()


def _scan() -> bytes:
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=(62.4, 14.4), invariant=1, pageCompression=0)
    canvas.drawImage(ImageReader(_drawn()), 0, 0, 62.4, 14.4)
    canvas.save()
    return out.getvalue()
