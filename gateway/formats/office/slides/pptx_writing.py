"""A minimal PPTX made of boxes: text boxes and tables on white slides of one master."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

from gateway.formats.invisible import visible
from gateway.formats.office.blocks import Paragraph, Run, Table
from gateway.formats.office.slides.slides import Box, Deck, Slide
from gateway.formats.office.writing import DECLARATION, content_types, relationships, write_package

_FORMATS = "http://schemas.openxmlformats.org"
_ROOT = (
    f'xmlns:a="{_FORMATS}/drawingml/2006/main" xmlns:p="{_FORMATS}/presentationml/2006/main" '
    f'xmlns:r="{_FORMATS}/officeDocument/2006/relationships"'
)
_TYPES = "application/vnd.openxmlformats-officedocument.presentationml"
_THEME_TYPE = "application/vnd.openxmlformats-officedocument.theme+xml"
_TREE = (
    '<p:nvGrpSpPr><p:cNvPr id="1" name=""/><p:cNvGrpSpPr/><p:nvPr/></p:nvGrpSpPr><p:grpSpPr/>'
)  # fmt: skip
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_ALIGNED = {"center": "ctr", "right": "r", "both": "just"}
_ROW_HEIGHT = 370_840


def write_pptx(deck: Deck) -> bytes:
    """A presentation of the deck and nothing else."""
    slides = deck.slides or (Slide(()),)
    names = [f"ppt/slides/slide{number}.xml" for number in range(1, len(slides) + 1)]
    width, height = deck.size
    ids = "".join(f'<p:sldId id="{255 + n}" r:id="rId{n + 1}"/>' for n in range(1, len(slides) + 1))
    targets = [("rId1", "slideMaster", "slideMasters/slideMaster1.xml")]
    targets += [(f"rId{n + 1}", "slide", f"slides/slide{n}.xml") for n in range(1, len(slides) + 1)]
    members: dict[str, str | bytes] = {
        "[Content_Types].xml": content_types(
            [
                ("/ppt/presentation.xml", f"{_TYPES}.presentation.main+xml"),
                ("/ppt/slideMasters/slideMaster1.xml", f"{_TYPES}.slideMaster+xml"),
                ("/ppt/slideLayouts/slideLayout1.xml", f"{_TYPES}.slideLayout+xml"),
                ("/ppt/theme/theme1.xml", _THEME_TYPE),
                *((f"/{name}", f"{_TYPES}.slide+xml") for name in names),
            ]
        ),
        "_rels/.rels": relationships([("rId1", "officeDocument", "ppt/presentation.xml")]),
        "ppt/presentation.xml": f"{DECLARATION}<p:presentation {_ROOT}><p:sldMasterIdLst><p:sldMasterId "
        f'id="2147483648" r:id="rId1"/></p:sldMasterIdLst><p:sldIdLst>{ids}</p:sldIdLst>'
        f'<p:sldSz cx="{width}" cy="{height}"/><p:notesSz cx="6858000" cy="9144000"/></p:presentation>',
        "ppt/_rels/presentation.xml.rels": relationships(targets),
        **_master(),
    }
    for name, slide in zip(names, slides, strict=True):
        members[name] = _slide(slide)
        members[name.replace("slides/", "slides/_rels/") + ".rels"] = relationships(
            [("rId1", "slideLayout", "../slideLayouts/slideLayout1.xml")]
        )
    return write_package(members)


def _master() -> dict[str, str]:
    colours = " ".join(
        f'{name}="{to}"'
        for name, to in (
            ("bg1", "lt1"), ("tx1", "dk1"), ("bg2", "lt2"), ("tx2", "dk2"), ("accent1", "accent1"),
            ("accent2", "accent2"), ("accent3", "accent3"), ("accent4", "accent4"), ("accent5", "accent5"),
            ("accent6", "accent6"), ("hlink", "hlink"), ("folHlink", "folHlink"),
        )
    )  # fmt: skip
    return {
        "ppt/slideMasters/slideMaster1.xml": f"{DECLARATION}<p:sldMaster {_ROOT}><p:cSld><p:bg><p:bgPr><a:solidFill>"
        '<a:srgbClr val="FFFFFF"/></a:solidFill><a:effectLst/></p:bgPr></p:bg>'
        f"<p:spTree>{_TREE}</p:spTree></p:cSld><p:clrMap {colours}/><p:sldLayoutIdLst>"
        '<p:sldLayoutId id="2147483649" r:id="rId1"/></p:sldLayoutIdLst></p:sldMaster>',
        "ppt/slideMasters/_rels/slideMaster1.xml.rels": relationships(
            [
                ("rId1", "slideLayout", "../slideLayouts/slideLayout1.xml"),
                ("rId2", "theme", "../theme/theme1.xml"),
            ]
        ),
        "ppt/slideLayouts/slideLayout1.xml": f'{DECLARATION}<p:sldLayout {_ROOT} type="blank"><p:cSld><p:spTree>{_TREE}'
        "</p:spTree></p:cSld></p:sldLayout>",
        "ppt/slideLayouts/_rels/slideLayout1.xml.rels": relationships(
            [("rId1", "slideMaster", "../slideMasters/slideMaster1.xml")]
        ),
        "ppt/theme/theme1.xml": _theme(),
    }


def _theme() -> str:
    names = ("dk1", "lt1", "dk2", "lt2", *(f"accent{n}" for n in range(1, 7)), "hlink", "folHlink")
    colours = "".join(
        f'<a:{name}><a:srgbClr val="{"FFFFFF" if name.startswith("lt") else "000000"}"/></a:{name}>' for name in names
    )
    font = '<a:latin typeface="Arial"/><a:ea typeface=""/><a:cs typeface=""/>'
    fill = '<a:solidFill><a:schemeClr val="phClr"/></a:solidFill>'
    return (
        f'{DECLARATION}<a:theme {_ROOT} name="Plain"><a:themeElements><a:clrScheme name="Plain">{colours}</a:clrScheme>'
        f'<a:fontScheme name="Plain"><a:majorFont>{font}</a:majorFont><a:minorFont>{font}</a:minorFont></a:fontScheme>'
        f'<a:fmtScheme name="Plain"><a:fillStyleLst>{fill * 3}</a:fillStyleLst><a:lnStyleLst>'
        f"{f'<a:ln>{fill}</a:ln>' * 3}</a:lnStyleLst><a:effectStyleLst>"
        f"{'<a:effectStyle><a:effectLst/></a:effectStyle>' * 3}</a:effectStyleLst><a:bgFillStyleLst>{fill * 3}"
        "</a:bgFillStyleLst></a:fmtScheme></a:themeElements></a:theme>"
    )


def _slide(slide: Slide) -> str:
    number, shapes = 2, []
    for box in slide.boxes:
        for shape in _shapes(box, number):
            shapes.append(shape)
            number += 1
    return f"{DECLARATION}<p:sld {_ROOT}><p:cSld><p:spTree>{_TREE}{''.join(shapes)}</p:spTree></p:cSld></p:sld>"


def _shapes(box: Box, number: int) -> Iterator[str]:
    paragraphs = [block for block in box.blocks if isinstance(block, Paragraph)]
    if paragraphs:
        yield (
            f'<p:sp><p:nvSpPr><p:cNvPr id="{number}" name="Text {number}"/><p:cNvSpPr txBox="1"/><p:nvPr/></p:nvSpPr>'
            f'<p:spPr>{_transform("a", box)}<a:prstGeom prst="rect"><a:avLst/></a:prstGeom></p:spPr>'
            f'<p:txBody><a:bodyPr wrap="square"><a:normAutofit/></a:bodyPr>{_paragraphs(paragraphs)}</p:txBody></p:sp>'
        )
    for place, table in enumerate(block for block in box.blocks if isinstance(block, Table)):
        yield (
            f'<p:graphicFrame><p:nvGraphicFramePr><p:cNvPr id="{number + place}" name="Table {number + place}"/>'
            f"<p:cNvGraphicFramePr/><p:nvPr/></p:nvGraphicFramePr>{_transform('p', box)}<a:graphic><a:graphicData "
            f'uri="{_FORMATS}/drawingml/2006/table">{_table(table, box.frame[2])}</a:graphicData></a:graphic>'
            "</p:graphicFrame>"
        )


def _transform(prefix: str, box: Box) -> str:
    left, top, width, height = box.frame
    return f'<{prefix}:xfrm><a:off x="{left}" y="{top}"/><a:ext cx="{width}" cy="{height}"/></{prefix}:xfrm>'


def _table(table: Table, width: int) -> str:
    columns = max((len(row) for row in table.rows), default=1)
    grid = f'<a:gridCol w="{width // columns}"/>' * columns
    rows = "".join(
        f'<a:tr h="{_ROW_HEIGHT}">{"".join(_cell(list(cell.blocks)) for cell in row)}'
        f"{_cell([]) * (columns - len(row))}</a:tr>"
        for row in table.rows
    )
    return f"<a:tbl><a:tblPr/><a:tblGrid>{grid}</a:tblGrid>{rows}</a:tbl>"


def _cell(blocks: list[Paragraph | Table]) -> str:
    paragraphs = [block for block in blocks if isinstance(block, Paragraph)]
    line = '<a:solidFill><a:srgbClr val="000000"/></a:solidFill>'
    borders = "".join(f'<a:{side} w="6350">{line}</a:{side}>' for side in ("lnL", "lnR", "lnT", "lnB"))
    return f"<a:tc><a:txBody><a:bodyPr/>{_paragraphs(paragraphs)}</a:txBody><a:tcPr>{borders}</a:tcPr></a:tc>"


def _paragraphs(paragraphs: list[Paragraph]) -> str:
    return "".join(map(_paragraph, paragraphs)) or "<a:p/>"


def _paragraph(paragraph: Paragraph) -> str:
    aligned = _ALIGNED.get(paragraph.alignment)
    look = f'<a:pPr algn="{aligned}"/>' if aligned else ""
    return f"<a:p>{look}{''.join(_run(run) for run in paragraph.runs)}</a:p>"


def _run(run: Run) -> str:
    look = "".join((' b="1"' if run.bold else "", ' i="1"' if run.italic else "", ' u="sng"' if run.underline else ""))
    parts = (
        f"<a:r><a:rPr{look}/><a:t>{html.escape(_NOT_XML.sub(' ', visible(line)), quote=False)}</a:t></a:r>"
        if line
        else ""
        for line in run.text.split("\n")
    )
    return "<a:br/>".join(parts)
