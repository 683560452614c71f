"""From the parts of a PPTX package to the slides that are kept.

ECMA-376 part 1, sections 19 and 21. A box is a shape with text or a table, where the slide, its
layout or its master puts it; those that lie in groups stand one by one. Speaker's notes follow on a
slide of their own. Hidden slides and shapes are left out; a last slide says how many slides. Pictures,
charts, diagrams and embedded objects become a note in brackets. Masters and layouts give places only;
comments, properties, tags, media and custom XML are not looked at.
"""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from gateway.formats import limits
from gateway.formats.invisible import visible
from gateway.formats.office.blocks import Block, Cell, Paragraph, Run, Table
from gateway.formats.office.package import OfficePackage, local
from gateway.formats.office.refusals import malformed, too_many
from gateway.formats.office.slides.slides import Box, Deck, Slide

_RID = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_STANDARD_SIZE = (12_192_000, 6_858_000)
_LARGEST = 51_206_400
_FALLBACK = (457_200, 457_200)
Frame = tuple[int, int, int, int]


def read_deck(package: OfficePackage) -> Deck:
    """Read everything that is kept.

    Raises:
        Unparsable: ``office-malformed``, ``office-too-many-parts``, and those of :class:`OfficePackage`.
    """
    main = package.main_part()
    root = package.xml(main)
    parts = dict(package.related(main, "slide"))
    ids = [e.get(_RID, "") for e in root.iter() if local(e) == "sldId"]
    if len(ids) > limits.MAX_SLIDES:
        raise too_many("slides", limits.MAX_SLIDES)
    if any(i not in parts for i in ids):
        raise malformed("a slide is missing")
    reader = _Reader(package, _size(root))
    slides = [slide for i in ids for slide in reader.slides(parts[i])]
    if reader.hidden:
        notice = f"Left out of this presentation: {reader.hidden} hidden slide{'' if reader.hidden == 1 else 's'}."
        slides.append(Slide((Box((Paragraph((Run(notice),)),), reader.fallback()),)))
    return Deck(tuple(slides), reader.size)


def _size(root: etree._Element) -> tuple[int, int]:
    for element in root:
        if local(element) == "sldSz":
            width, height = _number(element.get("cx")), _number(element.get("cy"))
            if width and height:
                return width, height
    return _STANDARD_SIZE


class _Reader:
    """Walks the slides of one package; counts blocks against the limit."""

    def __init__(self, package: OfficePackage, size: tuple[int, int]) -> None:
        self._package = package
        self.size = size
        self.hidden = 0
        self._count = 0

    def slides(self, part: str) -> Iterator[Slide]:
        """A slide, and one of its notes if it has any; nothing for a hidden slide."""
        root = self._package.xml(part)
        if root.get("show", "1") not in ("1", "true"):
            self.hidden += 1
            return
        yield Slide(tuple(self._boxes(root, self._placeholders(part))))
        for _, notes in self._package.related(part, "notesSlide"):
            blocks = [
                block
                for shape in self._package.xml(notes).iter()
                if local(shape) == "sp" and _placeholder(shape)[0] == "body" and not _concealed(shape)
                for block in self._text(shape)
            ]
            if any(isinstance(block, Paragraph) and block.text.strip() for block in blocks):
                heading = Paragraph((Run("Notes:", bold=True),))
                yield Slide((Box((heading, *blocks), self.fallback()),))

    def fallback(self) -> Frame:
        """The whole slide but for a margin."""
        left, top = _FALLBACK
        return left, top, max(left, self.size[0] - 2 * left), max(top, self.size[1] - 2 * top)

    def _placeholders(self, part: str) -> dict[tuple[str, str], Frame]:
        """Frames that the layout, else the master, gives to placeholders, by (type, index) and by type."""
        frames: dict[tuple[str, str], Frame] = {}
        for _, layout in self._package.related(part, "slideLayout"):
            for source in (layout, *(master for _, master in self._package.related(layout, "slideMaster"))):
                for shape in self._package.xml(source).iter():
                    frame = _frame(shape) if local(shape) == "sp" else None
                    kind, index = _placeholder(shape) if frame is not None else ("", "")
                    if frame is not None and kind:
                        frames.setdefault((kind, index), frame)
                        frames.setdefault((kind, ""), frame)
        return frames

    def _boxes(self, container: etree._Element, places: dict[tuple[str, str], Frame]) -> Iterator[Box]:
        for shape in container:
            kind = local(shape)
            if kind in ("cSld", "spTree", "grpSp"):
                if not _concealed(shape):
                    inner = self._boxes(shape, places)
                    yield from (Box(box.blocks, _in_group(box.frame, shape)) for box in inner)
            elif kind == "AlternateContent":
                for branch in [child for child in shape if local(child) == "Choice"][:1]:
                    yield from self._boxes(branch, places)
            elif kind in ("sp", "graphicFrame", "pic", "contentPart", "cxnSp") and not _concealed(shape):
                blocks = tuple(self._content(shape, kind))
                if any(isinstance(block, Table) or block.text for block in blocks):
                    yield Box(blocks, self._place(shape, places))

    def _content(self, shape: etree._Element, kind: str) -> Iterator[Block]:
        tables = [e for e in shape.iter() if local(e) == "tbl"]
        if kind == "sp":
            yield from self._text(shape)
        elif tables:
            yield from (self._table(table) for table in tables)
        elif kind != "cxnSp":
            yield self._counted(Paragraph((Run("[image omitted]" if kind == "pic" else "[graphic omitted]"),)))

    def _place(self, shape: etree._Element, places: dict[tuple[str, str], Frame]) -> Frame:
        kind, index = _placeholder(shape)
        return _frame(shape) or places.get((kind, index)) or places.get((kind, "")) or self.fallback()

    def _text(self, container: etree._Element) -> Iterator[Paragraph]:
        for body in container:
            if local(body) == "txBody":
                for paragraph in body:
                    if local(paragraph) == "p":
                        runs = tuple(run for run in map(_run, paragraph) if run.text)
                        yield self._counted(Paragraph(runs, alignment=_alignment(paragraph)))

    def _table(self, table: etree._Element) -> Table:
        rows = tuple(
            tuple(Cell(tuple(self._text(cell)) or (Paragraph(()),)) for cell in row if local(cell) == "tc")
            for row in table
            if local(row) == "tr"
        )
        return Table(tuple(row for row in rows if row))

    def _counted(self, paragraph: Paragraph) -> Paragraph:
        self._count += 1
        if self._count > limits.MAX_DOCX_BLOCKS:
            raise too_many("paragraphs", limits.MAX_DOCX_BLOCKS)
        return paragraph


def _run(element: etree._Element) -> Run:
    kind = local(element)
    if kind == "br":
        return Run("\n")
    if kind not in ("r", "fld"):
        return Run("")
    text = "".join(visible(child.text or "") for child in element if local(child) == "t")
    text = text.replace("\r", " ").replace("\x0b", "\n")
    look = next((child for child in element if local(child) == "rPr"), None)
    if look is None:
        return Run(text)
    return Run(text, look.get("b") in ("1", "true"), look.get("i") in ("1", "true"), look.get("u", "none") != "none")


def _alignment(paragraph: etree._Element) -> str:
    look = next((child.get("algn") for child in paragraph if local(child) == "pPr"), None)
    return {"ctr": "center", "r": "right", "just": "both"}.get(str(look), "")


def _concealed(shape: etree._Element) -> bool:
    properties = (e for child in shape if local(child).startswith("nv") for e in child if local(e) == "cNvPr")
    return any(e.get("hidden", "0") not in ("0", "false") for e in properties)


def _placeholder(shape: etree._Element) -> tuple[str, str]:
    """Type and index of a placeholder; ("", "") for any other shape."""
    for child in shape:
        if local(child).startswith("nv"):
            for element in child.iter():
                if local(element) == "ph":
                    kind = element.get("type", "body")
                    return {"ctrTitle": "title", "subTitle": "body", "obj": "body"}.get(kind, kind), element.get(
                        "idx", ""
                    )
    return "", ""


def _frame(shape: etree._Element) -> Frame | None:
    """Offset and size that the shape has of its own."""
    transforms = [e for child in shape for e in (child, *child) if local(e) == "xfrm"]
    for transform in transforms:
        parts = {local(child): child for child in transform}
        if "off" in parts and "ext" in parts:
            offset, extent = parts["off"], parts["ext"]
            width, height = _number(extent.get("cx")), _number(extent.get("cy"))
            if width and height:
                return _number(offset.get("x")), _number(offset.get("y")), width, height
    return None


def _in_group(frame: Frame, group: etree._Element) -> Frame:
    """A frame in the coordinates of a group's children, in those of the group."""
    transforms = [e for child in group if local(child) == "grpSpPr" for e in child if local(e) == "xfrm"]
    parts = {local(child): child for transform in transforms for child in transform}
    if not {"off", "ext", "chOff", "chExt"} <= set(parts):
        return frame
    placed: list[int] = []
    for position, extent, where, length in (("x", "cx", frame[0], frame[2]), ("y", "cy", frame[1], frame[3])):
        within = _number(parts["chExt"].get(extent)) or 1
        scale = _number(parts["ext"].get(extent)) / within
        start = _number(parts["off"].get(position)) + (where - _number(parts["chOff"].get(position))) * scale
        placed += (min(max(0, round(start)), _LARGEST), min(max(1, round(length * scale)), _LARGEST))
    return placed[0], placed[2], placed[1], placed[3]


def _number(text: str | None) -> int:
    return min(int(text), _LARGEST) if text and text.isascii() and text.isdigit() and len(text) < 12 else 0
