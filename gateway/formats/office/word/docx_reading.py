"""From the parts of a DOCX package to the blocks that are kept.

Text is taken as a reader sees it with all changes accepted: insertions stay, deletions, comments,
hidden text and field codes go (field results stay). Text boxes follow their paragraph; footnotes and
endnotes follow the body, with a mark where they were called. Images and embedded objects become a
note in brackets. Everything else (properties, custom XML, macros, fonts, themes) is not looked at.
"""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from gateway.errors import Unparsable
from gateway.formats import limits
from gateway.formats.office.blocks import Block, Cell, Paragraph, Run, Story, Table
from gateway.formats.office.package import OfficePackage
from gateway.formats.office.refusals import WORD
from gateway.formats.office.word.docx_lists import Numbering, W
from gateway.formats.office.word.docx_runs import DROPPED, MC, RunReader, textual_branch
from gateway.formats.office.word.docx_styles import ParagraphLook, Styles, as_integer, switched
from gateway.formats.office.word.stories import distinct, notes


def read_story(package: OfficePackage) -> Story:
    """Read everything that is kept.

    Raises:
        Unparsable: ``docx-malformed``, ``docx-too-many-blocks``, and those of :class:`OfficePackage`.
    """
    main = package.main_part()
    root = package.xml(main)
    body = root.find(f"{W}body")
    if body is None:
        raise WORD.malformed("it has no body")
    reader = _Reader(package, main)
    headers = reader.margins(main, "header")
    blocks = [*reader.blocks(body), *reader.notes(main)]
    footers = reader.margins(main, "footer")
    section = body.find(f"{W}sectPr")
    page, margins = (11906, 16838), (1440, 1440, 1440, 1440)
    if section is not None:
        page, margins = _page(section)
    return Story(headers, tuple(blocks), footers, page, margins)


def _page(section: etree._Element) -> tuple[tuple[int, int], tuple[int, int, int, int]]:
    size, margin = section.find(f"{W}pgSz"), section.find(f"{W}pgMar")

    def measure(element: etree._Element | None, name: str, default: int) -> int:
        value = as_integer(element.get(W + name) if element is not None else None)
        return value if 0 < value <= 31680 else default

    top, right, bottom, left = (measure(margin, side, 1440) for side in ("top", "right", "bottom", "left"))
    return (measure(size, "w", 11906), measure(size, "h", 16838)), (top, right, bottom, left)


class _Reader:
    """Walks the parts of one package; counts blocks against the limit."""

    def __init__(self, package: OfficePackage, main: str) -> None:
        self._package = package
        self._styles = Styles(self._optional(main, "styles"))
        self._lists = Numbering(self._optional(main, "numbering"))
        self._count = 0
        self._runs = RunReader(self._styles)

    def _optional(self, part: str, kind: str) -> etree._Element | None:
        for _, path in self._package.related(part, kind):
            return self._package.xml(path)
        return None

    def margins(self, main: str, kind: str) -> tuple[Block, ...]:
        """Distinct headers or footers, one after the other."""
        return distinct(self.blocks(self._package.xml(path)) for _, path in self._package.related(main, kind))

    def notes(self, main: str) -> list[Block]:
        """The footnotes and endnotes that the text calls, in the order of their calls."""
        called, self._runs.called = self._runs.called, []
        if not called:
            return []
        texts: dict[tuple[str, str], list[Block]] = {}
        for kind in ("footnote", "endnote"):
            root = self._optional(main, f"{kind}s")
            if root is None:
                continue
            for note in root.iter(f"{W}{kind}"):
                texts[kind, note.get(f"{W}id", "")] = list(self.blocks(note))
        return notes(texts.get(key, []) for key in called)

    def blocks(self, container: etree._Element) -> Iterator[Block]:
        """Paragraphs and tables of a body, cell, note or content control."""
        for element in container:
            if element.tag == f"{W}p":
                yield from self._paragraph(element)
            elif element.tag == f"{W}tbl":
                yield self._table(element)
            elif element.tag == f"{W}altChunk":
                yield self._counted(Paragraph((Run("[embedded document omitted]"),)))
            elif element.tag == f"{MC}AlternateContent":
                branch = textual_branch(element)
                if branch is not None:
                    yield from self.blocks(branch)
            elif isinstance(element.tag, str) and element.tag not in DROPPED:
                yield from self.blocks(element)

    def _counted(self, block: Block) -> Block:
        self._count += 1
        if self._count > limits.MAX_DOCX_BLOCKS:
            raise Unparsable(
                "docx-too-many-blocks",
                f"The document has more than {limits.MAX_DOCX_BLOCKS} paragraphs and tables.",
                remedy="Split it into smaller documents.",
            )
        return block

    def _paragraph(self, element: etree._Element) -> Iterator[Block]:
        properties = element.find(f"{W}pPr")
        style = _value(properties, "pStyle")
        look = self._styles.paragraph(style)
        if look.hidden:
            return
        runs: list[Run] = []
        boxes: list[etree._Element] = []
        self._runs.read(element, look.run, runs, boxes)
        list_id, depth = self._list(properties, look)
        indent, hanging = _indent(properties)
        if list_id:
            label, list_indent, list_hanging = self._lists.label(list_id, depth)
            if label and any(run.text for run in runs):
                runs.insert(0, Run(label + "\t", bold=runs[0].bold))
                indent, hanging = indent or list_indent, hanging or list_hanging
        alignment = _value(properties, "jc") or look.alignment
        yield self._counted(
            Paragraph(
                _merged(runs),
                heading=look.heading,
                alignment={"center": "center", "right": "right", "end": "right", "both": "both"}.get(alignment, ""),
                indent=min(indent, 8000),
                hanging=min(hanging, indent),
                page_break=switched(properties, "pageBreakBefore") or _breaks_page(element),
            )
        )
        for box in boxes:
            yield from self.blocks(box)

    @staticmethod
    def _list(properties: etree._Element | None, look: ParagraphLook) -> tuple[str, int]:
        numbered = properties.find(f"{W}numPr") if properties is not None else None
        if numbered is not None:
            return _value(numbered, "numId"), as_integer(_value(numbered, "ilvl"))
        return look.list_id, look.list_depth

    def _table(self, element: etree._Element) -> Table:
        widths = tuple(
            max(0, min(as_integer(column.get(f"{W}w")), 31680)) for column in element.iterfind(f"{W}tblGrid/{W}gridCol")
        )
        rows = tuple(
            tuple(self._cell(cell) for cell in _direct(row, f"{W}tc"))
            for row in _direct(element, f"{W}tr")
            if row.find(f"{W}trPr/{W}del") is None
        )
        table = Table(tuple(row for row in rows if row), widths)
        self._counted(table)
        return table

    def _cell(self, element: etree._Element) -> Cell:
        properties = element.find(f"{W}tcPr")
        merge = properties.find(f"{W}vMerge") if properties is not None else None
        restart = merge is not None and merge.get(f"{W}val") == "restart"
        return Cell(
            tuple(self.blocks(element)),
            columns=max(1, min(as_integer(_value(properties, "gridSpan")), 63)),
            continues=merge is not None and not restart,
            starts_merge=restart,
        )


def _direct(element: etree._Element, tag: str) -> Iterator[etree._Element]:
    """Children of a tag, also inside content controls and insertions."""
    for child in element:
        if child.tag == tag:
            yield child
        elif isinstance(child.tag, str) and child.tag in (f"{W}sdt", f"{W}sdtContent", f"{W}ins", f"{W}customXml"):
            yield from _direct(child, tag)


def _breaks_page(element: etree._Element) -> bool:
    first = next((child for child in element.iter(f"{W}t", f"{W}br", f"{W}lastRenderedPageBreak")), None)
    return first is not None and first.tag == f"{W}br" and first.get(f"{W}type") == "page"


def _value(properties: etree._Element | None, name: str) -> str:
    element = properties.find(W + name) if properties is not None else None
    return element.get(f"{W}val", "") if element is not None else ""


def _indent(properties: etree._Element | None) -> tuple[int, int]:
    element = properties.find(f"{W}ind") if properties is not None else None
    if element is None:
        return 0, 0
    return max(0, as_integer(element.get(f"{W}left") or element.get(f"{W}start"))), max(
        0, as_integer(element.get(f"{W}hanging"))
    )


def _merged(runs: list[Run]) -> tuple[Run, ...]:
    merged: list[Run] = []
    for run in runs:
        if not run.text:
            continue
        if merged and merged[-1].like("") == run.like(""):
            merged[-1] = run.like(merged[-1].text + run.text)
        else:
            merged.append(run)
    return tuple(merged)
