"""DOCX: paragraphs and table cells as canonical text, rebuilt as a new and minimal document.

See :mod:`docxreading` for what is kept and :mod:`docxwriting` for what is written. Text of several
appearances keeps them around a replacement; the replacement looks like the text it begins in.
"""

from __future__ import annotations

import io
import xml.parsers.expat
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from gateway.errors import Unparsable
from gateway.evidence.media import DOCX
from gateway.formats.docxblocks import Block, Cell, Paragraph, Run, Story, Table
from gateway.formats.docxpackage import Package, malformed
from gateway.formats.docxreading import read_story
from gateway.formats.docxwriting import write_docx
from gateway.formats.layers import byte_layers
from gateway.formats.splicing import CanonicalBuilder, Splicer
from gateway.redaction.document import CanonicalText, Layer, Replacement

_TEXT_END = frozenset({"p", "br", "cr", "tab", "tc"})


class DocxDocument:
    """A story and where each of its paragraphs begins in the canonical text."""

    def __init__(self, story: Story) -> None:
        layout = _Layout()
        layout.lay(story.headers, "header ")
        layout.lay(story.body, "")
        layout.lay(story.footers, "footer ")
        self._story = story
        self._starts = layout.starts
        self._canonical = layout.builder.build()

    @property
    def canonical(self) -> CanonicalText:
        return self._canonical

    def render(self, replacements: Sequence[Replacement]) -> bytes:
        """A new document with the replacements made."""
        editor = _Editor(Splicer(self._canonical, replacements), iter(self._starts))
        # Keyword arguments are evaluated in order: the order in which the starts were laid down.
        story = replace(
            self._story,
            headers=editor.blocks(self._story.headers),
            body=editor.blocks(self._story.body),
            footers=editor.blocks(self._story.footers),
        )
        return write_docx(story)


class DocxFormat:
    """Office Open XML word-processing documents."""

    media_type = DOCX

    def parse(self, data: bytes) -> DocxDocument:
        """Read the package and what is kept of it.

        Raises:
            Unparsable: ``docx-too-large``, ``docx-encrypted``, ``docx-zip-bomb``,
                ``docx-xml-entities``, ``docx-malformed``, ``docx-too-many-blocks``.
        """
        try:
            return DocxDocument(read_story(Package(data)))
        except RecursionError:
            raise malformed("its parts nest too deeply") from None

    def layers(self, data: bytes) -> Iterable[Layer]:
        """Every member as bytes and as the text that another XML parser finds; names; the ZIP itself."""
        yield from byte_layers(data)
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            yield Layer("member names", "\n".join(archive.namelist()), raw=True)
            yield Layer("comments", archive.comment.decode("utf-8", errors="replace"))
            for member in archive.infolist():
                content = archive.read(member)
                yield from byte_layers(content, f"{member.filename} ")
                if member.filename.endswith((".xml", ".rels")):
                    yield Layer(f"{member.filename} text", _text_of(content))


class _Layout:
    """Lays blocks into a canonical text, in an order that the editor repeats."""

    def __init__(self) -> None:
        self.builder = CanonicalBuilder("docx")
        self.starts: list[int] = []
        self._tables = 0

    def lay(self, blocks: Iterable[Block], prefix: str) -> None:
        paragraphs = 0
        for block in blocks:
            if isinstance(block, Table):
                self._table(block, prefix)
            else:
                paragraphs += 1
                self._paragraph(block, f"{prefix}paragraph {paragraphs}", "", "\n")

    def _paragraph(self, paragraph: Paragraph, place: str, label: str, separator: str) -> None:
        span = self.builder.add(paragraph.text, place, label=label, separator=separator)
        self.starts.append(span.start)

    def _table(self, table: Table, prefix: str) -> None:
        self._tables += 1
        number = self._tables
        headings = _headings(table)
        for row_number, row in enumerate(table.rows, start=1):
            for cell_number, cell in enumerate(row, start=1):
                place = f"{prefix}table {number} row {row_number} cell {cell_number}"
                label = headings[cell_number - 1] if row_number > 1 and cell_number <= len(headings) else ""
                separator = "\t" if cell_number > 1 else "\n"
                for block in cell.blocks:
                    if isinstance(block, Table):
                        self._table(block, prefix)
                    else:
                        self._paragraph(block, place, label, separator)
                        separator = "\n"


class _Editor:
    """Rebuilds blocks with the replacements made, walking in the same order as :class:`_Layout`."""

    def __init__(self, splicer: Splicer, starts: Iterator[int]) -> None:
        self._splicer = splicer
        self._starts = starts

    def blocks(self, blocks: Iterable[Block]) -> tuple[Block, ...]:
        return tuple(self._table(b) if isinstance(b, Table) else self._paragraph(b) for b in blocks)

    def _table(self, table: Table) -> Table:
        rows = tuple(tuple(replace(cell, blocks=self.blocks(cell.blocks)) for cell in row) for row in table.rows)
        return replace(table, rows=rows)

    def _paragraph(self, paragraph: Paragraph) -> Paragraph:
        position = next(self._starts)
        if not self._splicer.changed(position, position + len(paragraph.text)):
            return paragraph
        runs: list[Run] = []
        for run in paragraph.runs:
            end = position + len(run.text)
            runs += (run.like(piece.text) for piece in self._splicer.pieces(position, end) if piece.text)
            position = end
        return replace(paragraph, runs=tuple(runs))


def _headings(table: Table) -> list[str]:
    if len(table.rows) < 2 or len(table.rows[0]) < 2:
        return []
    headings = [" ".join(_cell_text(cell).split()) for cell in table.rows[0]]
    return headings if all(len(heading) <= 60 for heading in headings) else []


def _cell_text(cell: Cell) -> str:
    return " ".join(block.text for block in cell.blocks if isinstance(block, Paragraph))


def _text_of(content: bytes) -> str:
    """Character data of an XML part, read by expat, with line ends where paragraphs end."""
    out: list[str] = []
    parser = xml.parsers.expat.ParserCreate()
    parser.SetParamEntityParsing(xml.parsers.expat.XML_PARAM_ENTITY_PARSING_NEVER)
    parser.CharacterDataHandler = out.append

    def leave(name: str) -> None:
        if name.rsplit(":", 1)[-1] in _TEXT_END:
            out.append("\n")

    def refuse(*_: object) -> None:
        raise Unparsable("docx-xml-entities", "A part declares a document type.", remedy="Save it again.")

    parser.EndElementHandler = leave
    parser.StartDoctypeDeclHandler = refuse
    parser.Parse(content, True)
    return "".join(out)
