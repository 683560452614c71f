"""Slides as canonical text, and what a presentation is made of here: boxes of blocks at their places."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from gateway.formats.office.blocks import Block
from gateway.formats.office.blocktext import BlockEditor, BlockLayout
from gateway.formats.splicing import Splicer
from gateway.redaction.document import Replacement


@dataclass(frozen=True, slots=True)
class Box:
    """Blocks, and where they stand: left, top, width, height in English Metric Units."""

    blocks: tuple[Block, ...]
    frame: tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class Slide:
    boxes: tuple[Box, ...]


@dataclass(frozen=True, slots=True)
class Deck:
    """All slides of one size (width, height in English Metric Units)."""

    slides: tuple[Slide, ...]
    size: tuple[int, int]


class SlideDocument:
    """A deck over one canonical text. ``write`` makes the file of the rebuilt deck."""

    def __init__(self, deck: Deck, extractor: str, write: Callable[[Deck], bytes]) -> None:
        layout = BlockLayout(extractor)
        for number, slide in enumerate(deck.slides, start=1):
            for place, box in enumerate(slide.boxes, start=1):
                layout.lay(box.blocks, f"slide {number} box {place} ")
        self._deck = deck
        self._starts = layout.starts
        self._write = write
        self.canonical = layout.builder.build()

    def render(self, replacements: Sequence[Replacement]) -> bytes:
        """A new presentation with the replacements made."""
        editor = BlockEditor(Splicer(self.canonical, replacements), iter(self._starts))
        slides = tuple(
            Slide(tuple(replace(box, blocks=editor.blocks(box.blocks)) for box in slide.boxes))
            for slide in self._deck.slides
        )
        return self._write(replace(self._deck, slides=slides))
