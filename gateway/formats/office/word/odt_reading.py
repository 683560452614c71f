"""From the parts of an ODT package to the blocks that are kept."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from lxml import etree

from gateway.formats import limits
from gateway.formats.office.blocks import Block, Cell, Paragraph, Run, Story, Table
from gateway.formats.office.opendocument import STYLE, TABLE, TEXT, content_root, flat, spaces, whole_number
from gateway.formats.office.package import OfficePackage, local
from gateway.formats.office.refusals import too_many
from gateway.formats.office.word.odt_lists import Counters, Numbering
from gateway.formats.office.word.stories import distinct, notes

_HIDING = frozenset({"hidden-text", "hidden-paragraph"})
_COVERED = Cell((Paragraph(()),))
_MAX_REPEATED = 1_000
_DROPPED = frozenset(
    {"tracked-changes", "annotation", "annotation-end", "forms", "variable-decls", "sequence-decls", "user-field-decls",
     "dde-connection-decls", "alphabetical-index-auto-mark-file", "note-citation", "ruby-text", "script",
     "table-column", "table-columns", "table-header-columns", "table-column-group",
     "table-of-content-source", "event-listeners", "named-expressions"}
)  # fmt: skip
_FRAMED = {
    "image": "[image omitted]",
    "object": "[object omitted]",
    "object-ole": "[object omitted]",
    "plugin": "[object omitted]",
    "applet": "[object omitted]",
    "floating-frame": "[embedded document omitted]",
}
# Names and descriptions of pictures; text:title is a field.
_DROPPED_ELSEWHERE = frozenset({"title", "desc"})
_ROW_GROUPS = frozenset({"table-row-group", "table-header-rows", "table-rows"})


def read_odt(package: OfficePackage) -> Story:
    """Read everything that is kept.

    Raises:
        Unparsable: ``office-malformed``, ``office-too-many-parts``, and those of :class:`OfficePackage`.
    """
    body = content_root(package, "text")
    roots = [body.getroottree().getroot()]
    if "styles.xml" in package:
        roots.append(package.xml("styles.xml"))
    reader = _Reader(hidden_styles(roots), Numbering(roots))
    headers = reader.margins(roots, ("header", "header-first", "header-left"))
    main = [*reader.blocks(body)]
    main += reader.notes()
    footers = reader.margins(roots, ("footer", "footer-first", "footer-left"))
    return Story(headers, tuple(main), footers)


def hidden_styles(roots: Iterable[etree._Element]) -> frozenset[str]:
    """Names of the styles whose text is not displayed, by themselves or by what they inherit."""
    hidden: set[str] = set()
    parents: dict[str, str] = {}
    for style in (s for root in roots for s in root.iter(f"{STYLE}style")):
        name = str(style.get(f"{STYLE}name"))
        parents[name] = str(style.get(f"{STYLE}parent-style-name", ""))
        shown = [p.get(f"{TEXT}display") for p in style if local(p) in ("text-properties", "section-properties")]
        shown += [p.get(f"{TABLE}display") for p in style if local(p) == "table-properties"]
        if "none" in shown or "false" in shown:
            hidden.add(name)
    grown = True
    while grown:
        more = {name for name, parent in parents.items() if parent in hidden} - hidden
        hidden |= more
        grown = bool(more)
    return frozenset(hidden)


class _Reader:
    """Walks one document; counts blocks against the limit."""

    def __init__(self, hidden: frozenset[str], lists: Numbering) -> None:
        self._hidden = hidden
        self._lists = lists
        self._count = 0
        self._called: list[etree._Element] = []

    def margins(self, roots: Iterable[etree._Element], kinds: Sequence[str]) -> tuple[Block, ...]:
        """Distinct headers or footers of the master pages, one after the other."""
        return distinct(
            self.blocks(margin)
            for root in roots
            for page in root.iter(f"{STYLE}master-page")
            for margin in page
            if local(margin) in kinds and margin.get(f"{STYLE}display") != "false"
        )

    def notes(self) -> list[Block]:
        """The notes that the text calls, in the order of their calls; a note called in a note follows."""
        return notes(list(self.blocks(note)) for note in self._called)

    def blocks(self, container: etree._Element) -> Iterator[Block]:
        """Paragraphs and tables of a body, section, cell, note or text box."""
        return self._of(container)

    def _of(self, elements: Iterable[etree._Element], *, in_list: bool = False) -> Iterator[Block]:
        for element in elements:
            kind = local(element)
            if self._left_out(element):
                continue
            if kind in ("p", "h"):
                yield from self._paragraph(element, kind == "h", in_list)
            elif kind == "list":
                yield from self._list(element, self._lists.counters(element), 1)
            elif kind == "table":
                yield from self._table(element)
            elif kind in _FRAMED:
                yield self._counted(Paragraph((Run(_FRAMED[kind]),)))
            else:
                yield from self.blocks(element)

    def _list(self, element: etree._Element, counters: Counters, depth: int) -> Iterator[Block]:
        for item in element:
            if local(item) not in ("list-item", "list-header") or self._left_out(item):
                continue
            label = ""
            for number, child in enumerate(item):
                if local(child) == "list":
                    yield from self._list(child, counters, depth + 1)
                    continue
                if not number and local(item) == "list-item":
                    start = whole_number(item.get(f"{TEXT}start-value"), -1)
                    label = counters.next(depth, start if start >= 0 else None)
                yield from _labelled(self._of([child], in_list=True), label)
                label = ""

    def _left_out(self, element: etree._Element) -> bool:
        kind = local(element)
        elsewhere = kind in _DROPPED_ELSEWHERE and not str(element.tag).startswith(TEXT)
        return not kind or kind in _DROPPED or elsewhere or self._invisible(element)

    def _invisible(self, element: etree._Element) -> bool:
        display, hidden = element.get(f"{TEXT}display", "true"), element.get(f"{TEXT}is-hidden", "")
        # "condition" and hidden text say by is-hidden what the condition came to when the file was saved.
        conditional = display == "condition" or local(element) in _HIDING
        return (
            hidden == "true"
            or (conditional and hidden != "false")
            or display not in ("true", "condition")
            or element.get(f"{TEXT}style-name", "") in self._hidden
            or element.get(f"{TABLE}style-name", "") in self._hidden
            or element.get(f"{TABLE}visibility", "visible") != "visible"
        )

    def _counted(self, block: Block) -> Block:
        self._count += 1
        if self._count > limits.MAX_DOCX_BLOCKS:
            raise too_many("paragraphs and tables", limits.MAX_DOCX_BLOCKS)
        return block

    def _paragraph(self, element: etree._Element, heading: bool, in_list: bool) -> Iterator[Block]:
        if any(local(child) == "hidden-paragraph" and self._invisible(child) for child in element):
            return
        boxes: list[etree._Element] = []
        text = self._text(element, boxes).strip(" ")
        number = min(9, whole_number(element.get(f"{TEXT}outline-level"), 1)) if heading else 0
        if heading and not in_list and element.get(f"{TEXT}is-list-header") != "true" and text:
            restarts = element.get(f"{TEXT}restart-numbering") == "true"
            label = self._lists.outline.next(
                number, whole_number(element.get(f"{TEXT}start-value"), 1) if restarts else None
            )
            text = f"{label} {text}" if label else text
        yield self._counted(Paragraph((Run(text),) if text else (), heading=number))
        for box in boxes:
            yield from self.blocks(box)

    def _text(self, element: etree._Element, boxes: list[etree._Element]) -> str:
        parts = [flat(element.text)]
        for child in element:
            parts += (self._inline(child, boxes), flat(child.tail))
        return "".join(parts)

    def _inline(self, child: etree._Element, boxes: list[etree._Element]) -> str:
        kind = local(child)
        if kind == "s":
            return spaces(child)
        if kind in ("tab", "line-break"):
            return "\t" if kind == "tab" else "\n"
        if kind == "note":
            self._called += (part for part in child if local(part) == "note-body")
            return f"[{len(self._called)}]"
        if self._left_out(child):
            return ""
        if kind in ("text-box", "custom-shape"):
            boxes.append(child)
            return ""
        if kind == "frame":
            return self._frame(child, boxes)
        return _FRAMED.get(kind) or self._text(child, boxes)

    def _frame(self, frame: etree._Element, boxes: list[etree._Element]) -> str:
        # The members of a frame are one thing in several representations: the first one counts.
        for child in frame:
            if local(child) in _FRAMED or local(child) == "text-box":
                return self._inline(child, boxes)
        return ""

    def _table(self, element: etree._Element) -> Iterator[Block]:
        rows = (tuple(self._cells(row)) for row in self._rows(element))
        table = Table(tuple(row for row in rows if row))
        if table.rows:
            yield self._counted(table)

    def _rows(self, container: etree._Element) -> Iterator[etree._Element]:
        for child in container:
            if local(child) in _ROW_GROUPS:
                yield from self._rows(child)
            elif local(child) == "table-row" and not self._invisible(child):
                yield child

    def _cells(self, row: etree._Element) -> Iterator[Cell]:
        for cell in row:
            times = min(whole_number(cell.get(f"{TABLE}number-columns-repeated"), 1), _MAX_REPEATED)
            for _ in range(times):
                if local(cell) == "table-cell":
                    self._counted(Paragraph(()))
                    yield Cell(tuple(self.blocks(cell)) or (Paragraph(()),))
                elif local(cell) == "covered-table-cell":
                    yield _COVERED


def _labelled(blocks: Iterable[Block], label: str) -> Iterator[Block]:
    for number, block in enumerate(blocks):
        if label and number == 0 and isinstance(block, Paragraph) and block.text:
            yield Paragraph((Run(f"{label} {block.text}"),), heading=block.heading)
        else:
            yield block
