"""What a rendition leaves out is counted by kind, and nothing of the file's own words comes along."""

from __future__ import annotations

import io
import zipfile

import pikepdf
import pytest

from gateway.evidence.media import DOCX, ODT, PDF, PPTX, TEXT, XLSX
from gateway.formats.containers.left_out import left_out


def package(*names: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name in names:
            archive.writestr(name, "x")
    return out.getvalue()


@pytest.mark.parametrize(
    ("media_type", "names", "expected"),
    [
        (
            DOCX,
            ("word/document.xml", "word/media/Orla Redfearn.png", "word/media/i.png", "word/comments.xml",
             "word/vbaProject.bin", "customXml/item1.xml", "customXml/itemProps1.xml", "docProps/core.xml",
             "docProps/thumbnail.jpeg", "word/embeddings/o.bin"),
            ("comment parts: 1", "custom XML parts: 1", "embedded objects: 1", "images and media: 2", "macros: 1",
             "metadata parts: 1", "thumbnails: 1"),
        ),
        (
            XLSX,
            ("xl/workbook.xml", "xl/comments1.xml", "xl/threadedComments/threadedComment1.xml",
             "xl/pivotCache/pivotCacheDefinition1.xml", "xl/externalLinks/externalLink1.xml", "xl/charts/chart1.xml"),
            ("charts: 1", "comment parts: 2", "external links: 1", "pivot caches: 1"),
        ),
        (
            PPTX,
            ("ppt/presentation.xml", "ppt/comments/comment1.xml", "ppt/media/m.mp4"),
            ("comment parts: 1", "images and media: 1"),
        ),
        (
            ODT,
            ("content.xml", "Pictures/p.png", "Object 1/content.xml", "Basic/Standard/Module1.xml", "meta.xml",
             "Thumbnails/thumbnail.png"),
            ("embedded objects: 1", "images and media: 1", "macros: 1", "metadata parts: 1", "thumbnails: 1"),
        ),
        (DOCX, ("word/document.xml",), ()),
        (TEXT, ("word/media/i.png",), ()),
    ],
    ids=["docx", "xlsx", "pptx", "odt", "nothing", "not-counted"],
)  # fmt: skip
def test_members_by_kind(media_type: str, names: tuple[str, ...], expected: tuple[str, ...]) -> None:
    assert left_out(media_type, package(*names)) == expected


def test_objects_of_a_pdf() -> None:
    pdf = pikepdf.new()
    page = pdf.add_blank_page()
    page.Resources = pikepdf.Dictionary(
        XObject=pikepdf.Dictionary(
            I=pikepdf.Stream(pdf, b"\x00", Type=pikepdf.Name.XObject, Subtype=pikepdf.Name.Image, Width=1, Height=1)
        )
    )
    pdf.attachments["Orla Redfearn.txt"] = b"x"
    pdf.Root.OpenAction = pdf.make_indirect(pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS=pikepdf.String("1")))
    note = pikepdf.Dictionary(Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.Text, Rect=[0, 0, 1, 1])
    page.Annots = pikepdf.Array([pdf.make_indirect(note)])
    out = io.BytesIO()
    pdf.save(out)
    assert left_out(PDF, out.getvalue()) == ("annotations: 1", "attachments: 1", "images: 1", "scripts: 1")


@pytest.mark.parametrize("media_type", [DOCX, PDF])
def test_what_cannot_be_read_is_left_to_the_parser(media_type: str) -> None:
    assert left_out(media_type, b"%PDF-1.7 PK\x03\x04 broken") == ()
