"""A new, minimal DOCX package from blocks: document, styles, one header, one footer; nothing else.

WordprocessingML as in ECMA-376 part 1. Same blocks, same bytes: members have a fixed order and date.
"""

from __future__ import annotations

import html
import io
import re
import zipfile
from collections.abc import Iterable

from gateway.formats.invisible import visible
from gateway.formats.office.blocks import Block, Cell, Paragraph, Run, Story, Table

_MAIN = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_DECLARATION = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_ROOT_ATTRIBUTES = f'xmlns:w="{_MAIN}" xmlns:r="{_RELATIONS}"'
_TYPES = "application/vnd.openxmlformats-officedocument.wordprocessingml"
# Characters that XML 1.0 cannot hold and that invisible.visible() leaves in place.
_NOT_XML = re.compile("[\x0b\x0c\ud800-\udfff\ufffe\uffff]")
_BREAKS = re.compile(r"([\t\n])")


def write_docx(story: Story) -> bytes:
    """The package of a story."""
    members = {
        "[Content_Types].xml": _content_types(story),
        "_rels/.rels": _relationships([("officeDocument", "word/document.xml")]),
        "word/document.xml": _document(story),
        "word/_rels/document.xml.rels": _relationships(
            [("styles", "styles.xml")]
            + ([("header", "header1.xml")] if story.headers else [])
            + ([("footer", "footer1.xml")] if story.footers else [])
        ),
        "word/styles.xml": _styles(),
    }
    for kind, blocks in (("hdr", story.headers), ("ftr", story.footers)):
        if blocks:
            name = "word/header1.xml" if kind == "hdr" else "word/footer1.xml"
            members[name] = f"{_DECLARATION}<w:{kind} {_ROOT_ATTRIBUTES}>{_blocks(blocks)}</w:{kind}>"
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in members.items():
            archive.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), text.encode("utf-8"), zipfile.ZIP_DEFLATED)
    return out.getvalue()


def _content_types(story: Story) -> str:
    overrides = [("document", "document.main"), ("styles", "styles")]
    overrides += [("header1", "header")] if story.headers else []
    overrides += [("footer1", "footer")] if story.footers else []
    return (
        f'{_DECLARATION}<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        + "".join(
            f'<Override PartName="/word/{name}.xml" ContentType="{_TYPES}.{kind}+xml"/>' for name, kind in overrides
        )
        + "</Types>"
    )


def _relationships(targets: Iterable[tuple[str, str]]) -> str:
    return (
        f'{_DECLARATION}<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        + "".join(
            f'<Relationship Id="{kind}1" Type="{_RELATIONS}/{kind}" Target="{target}"/>' for kind, target in targets
        )
        + "</Relationships>"
    )


def _document(story: Story) -> str:
    (width, height), (top, right, bottom, left) = story.page, story.margins
    orientation = ' w:orient="landscape"' if width > height else ""
    section = (
        "<w:sectPr>"
        + ('<w:headerReference w:type="default" r:id="header1"/>' if story.headers else "")
        + ('<w:footerReference w:type="default" r:id="footer1"/>' if story.footers else "")
        + f'<w:pgSz w:w="{width}" w:h="{height}"{orientation}/>'
        + f'<w:pgMar w:top="{top}" w:right="{right}" w:bottom="{bottom}" w:left="{left}" w:header="709"'
        + ' w:footer="709" w:gutter="0"/></w:sectPr>'
    )
    return f"{_DECLARATION}<w:document {_ROOT_ATTRIBUTES}><w:body>{_blocks(story.body)}{section}</w:body></w:document>"


def _blocks(blocks: Iterable[Block]) -> str:
    out: list[str] = []
    after_table = False
    for block in blocks:
        if isinstance(block, Table) and after_table:
            out.append("<w:p/>")  # two tables in a row would melt into one
        out.append(_table(block) if isinstance(block, Table) else _paragraph(block))
        after_table = isinstance(block, Table)
    return "".join(out) + ("<w:p/>" if after_table or not out else "")


def _paragraph(paragraph: Paragraph) -> str:
    properties = []
    if paragraph.heading:
        style = "Title" if paragraph.heading < 0 else f"Heading{paragraph.heading}"
        properties.append(f'<w:pStyle w:val="{style}"/>')
    if paragraph.page_break:
        properties.append("<w:pageBreakBefore/>")
    if paragraph.indent:
        hanging = f' w:hanging="{paragraph.hanging}"' if paragraph.hanging else ""
        properties.append(f'<w:ind w:left="{paragraph.indent}"{hanging}/>')
    if paragraph.alignment:
        properties.append(f'<w:jc w:val="{paragraph.alignment}"/>')
    head = f"<w:pPr>{''.join(properties)}</w:pPr>" if properties else ""
    return f"<w:p>{head}{''.join(map(_run, paragraph.runs))}</w:p>"


def _run(run: Run) -> str:
    look = ("<w:b/>" if run.bold else "") + ("<w:i/>" if run.italic else "")
    look += '<w:u w:val="single"/>' if run.underline else ""
    head = f"<w:rPr>{look}</w:rPr>" if look else ""
    parts = []
    for part in _BREAKS.split(_NOT_XML.sub(" ", visible(run.text)).replace("\r", " ")):
        if part == "\t":
            parts.append("<w:tab/>")
        elif part == "\n":
            parts.append("<w:br/>")
        elif part:
            parts.append(f'<w:t xml:space="preserve">{html.escape(part, quote=False)}</w:t>')
    return f"<w:r>{head}{''.join(parts)}</w:r>" if parts else ""


def _table(table: Table) -> str:
    edges = "".join(
        f'<w:{edge} w:val="single" w:sz="4" w:space="0" w:color="808080"/>'
        for edge in ("top", "left", "bottom", "right", "insideH", "insideV")
    )
    columns = max((sum(cell.columns for cell in row) for row in table.rows), default=1)
    widths = table.widths if len(table.widths) == columns else ()
    grid = "".join(f'<w:gridCol w:w="{w}"/>' for w in widths) or "<w:gridCol/>" * columns
    rows = "".join(f"<w:tr>{''.join(map(_cell, row))}</w:tr>" for row in table.rows)
    return (
        f'<w:tbl><w:tblPr><w:tblW w:w="0" w:type="auto"/><w:tblBorders>{edges}</w:tblBorders></w:tblPr>'
        f"<w:tblGrid>{grid}</w:tblGrid>{rows}</w:tbl>"
    )


def _cell(cell: Cell) -> str:
    properties = f'<w:gridSpan w:val="{cell.columns}"/>' if cell.columns > 1 else ""
    properties += '<w:vMerge w:val="restart"/>' if cell.starts_merge else "<w:vMerge/>" if cell.continues else ""
    return f"<w:tc><w:tcPr>{properties}</w:tcPr>{_blocks(cell.blocks)}</w:tc>"


def _styles() -> str:
    headings = "".join(
        f'<w:style w:type="paragraph" w:styleId="Heading{level}"><w:name w:val="heading {level}"/>'
        '<w:basedOn w:val="Normal"/><w:next w:val="Normal"/>'
        f'<w:pPr><w:keepNext/><w:spacing w:before="240" w:after="80"/><w:outlineLvl w:val="{level - 1}"/></w:pPr>'
        f'<w:rPr><w:b/><w:sz w:val="{max(22, 34 - 4 * level)}"/></w:rPr></w:style>'
        for level in range(1, 10)
    )
    return (
        f'{_DECLARATION}<w:styles xmlns:w="{_MAIN}"><w:docDefaults><w:rPrDefault><w:rPr>'
        '<w:rFonts w:ascii="Liberation Sans" w:hAnsi="Liberation Sans" w:cs="Liberation Sans"/><w:sz w:val="21"/>'
        '</w:rPr></w:rPrDefault><w:pPrDefault><w:pPr><w:spacing w:after="100" w:line="264" w:lineRule="auto"/>'
        '</w:pPr></w:pPrDefault></w:docDefaults><w:style w:type="paragraph" w:default="1" w:styleId="Normal">'
        '<w:name w:val="Normal"/></w:style><w:style w:type="paragraph" w:styleId="Title"><w:name w:val="Title"/>'
        '<w:basedOn w:val="Normal"/><w:rPr><w:b/><w:sz w:val="40"/></w:rPr></w:style>' + headings + "</w:styles>"
    )
