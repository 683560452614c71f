"""Blocks (paragraphs and tables) as canonical text, and rebuilt with replacements made.

What DOCX, ODT and PPTX have in common. A layout numbers paragraphs and cells as it lays them down;
an editor walks the same blocks in the same order.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from gateway.formats.office.blocks import Block, Cell, Paragraph, Run, Table
from gateway.formats.splicing import CanonicalBuilder, Splicer


class BlockLayout:
    """Lays blocks into a canonical text, in an order that the editor repeats."""

    def __init__(self, extractor: str) -> None:
        self.builder = CanonicalBuilder(extractor)
        self.starts: list[int] = []
        self._tables = 0

    def lay(self, blocks: Iterable[Block], prefix: str) -> None:
        """Add blocks; their places begin with ``prefix``."""
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


class BlockEditor:
    """Rebuilds blocks with the replacements made, walking in the same order as :class:`BlockLayout`."""

    def __init__(self, splicer: Splicer, starts: Iterator[int]) -> None:
        self._splicer = splicer
        self._starts = starts

    def blocks(self, blocks: Iterable[Block]) -> tuple[Block, ...]:
        """The blocks with the replacements made."""
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
