"""A minimal ODT made of blocks: headings, paragraphs, tables, one header and one footer."""

from __future__ import annotations

from collections.abc import Iterable

from gateway.evidence.media import ODT
from gateway.formats.office.blocks import Block, Cell, Paragraph, Story, Table
from gateway.formats.office.opendocument import ROOT, marked_up, write_opendocument

_CELL = (
    '<style:style style:name="Cell" style:family="table-cell">'
    '<style:table-cell-properties fo:border="0.5pt solid #000000" fo:padding="0.1cm"/></style:style>'
)
_PAGE = (
    '<style:page-layout style:name="Page"><style:page-layout-properties fo:page-width="21cm" fo:page-height="29.7cm"'
    ' fo:margin-top="2cm" fo:margin-bottom="2cm" fo:margin-left="2.5cm" fo:margin-right="2.5cm"/></style:page-layout>'
)


def write_odt(story: Story) -> bytes:
    """A text document of the story and nothing else."""
    content = (
        f'<office:document-content {ROOT} office:version="1.3"><office:automatic-styles>{_CELL}'
        f"</office:automatic-styles><office:body><office:text>{_blocks(story.body)}</office:text></office:body>"
        "</office:document-content>"
    )
    styles = (
        f'<office:document-styles {ROOT} office:version="1.3"><office:styles>{_headings()}</office:styles>'
        f"<office:automatic-styles>{_PAGE}{_CELL}</office:automatic-styles>"
        '<office:master-styles><style:master-page style:name="Standard" style:page-layout-name="Page">'
        f"{_margin('header', story.headers)}{_margin('footer', story.footers)}"
        "</style:master-page></office:master-styles></office:document-styles>"
    )
    return write_opendocument(ODT, {"content.xml": content, "styles.xml": styles})


def _headings() -> str:
    return "".join(
        f'<style:style style:name="Heading_{level}" style:family="paragraph">'
        '<style:paragraph-properties fo:margin-top="0.4cm" fo:margin-bottom="0.2cm"/>'
        f'<style:text-properties fo:font-weight="bold" fo:font-size="{max(11, 20 - 2 * level)}pt"/></style:style>'
        for level in range(1, 10)
    )


def _margin(kind: str, blocks: tuple[Block, ...]) -> str:
    return f"<style:{kind}>{_blocks(blocks)}</style:{kind}>" if blocks else ""


def _blocks(blocks: Iterable[Block]) -> str:
    return "".join(_table(block) if isinstance(block, Table) else _paragraph(block) for block in blocks)


def _paragraph(paragraph: Paragraph) -> str:
    if paragraph.heading > 0:
        level = paragraph.heading
        return (
            f'<text:h text:style-name="Heading_{level}" text:outline-level="{level}">'
            f"{marked_up(paragraph.text)}</text:h>"
        )
    return f"<text:p>{marked_up(paragraph.text)}</text:p>"


def _table(table: Table) -> str:
    columns = max((len(row) for row in table.rows), default=1)
    rows = "".join(f"<table:table-row>{''.join(map(_cell, row))}</table:table-row>" for row in table.rows)
    return f'<table:table><table:table-column table:number-columns-repeated="{columns}"/>{rows}</table:table>'


def _cell(cell: Cell) -> str:
    return f'<table:table-cell table:style-name="Cell">{_blocks(cell.blocks)}</table:table-cell>'
