"""Word-processor documents as canonical text: what DOCX and ODT have in common.

The formats read into and write from a :class:`~gateway.formats.office.blocks.Story`; nothing here knows a
file. Text of several appearances keeps them around a replacement; the replacement looks like the text
it begins in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from itertools import chain

from gateway.formats.office.blocks import Block, Paragraph, Run, Story, Table
from gateway.formats.office.blocktext import BlockEditor, BlockLayout
from gateway.formats.splicing import Splicer
from gateway.redaction.document import Replacement


class StoryDocument:
    """A story over one canonical text. ``write`` makes the file of the rebuilt story."""

    def __init__(self, story: Story, extractor: str, write: Callable[[Story], bytes]) -> None:
        layout = BlockLayout(extractor)
        layout.lay(story.headers, "header ")
        layout.lay(story.body, "")
        layout.lay(story.footers, "footer ")
        self._story = story
        self._write = write
        self._starts = layout.starts
        self.canonical = layout.builder.build()

    def render(self, replacements: Sequence[Replacement]) -> bytes:
        """A new document with the replacements made."""
        editor = BlockEditor(Splicer(self.canonical, replacements), iter(self._starts))
        # Keyword arguments are evaluated in order: the order in which the starts were laid down.
        return self._write(
            replace(
                self._story,
                headers=editor.blocks(self._story.headers),
                body=editor.blocks(self._story.body),
                footers=editor.blocks(self._story.footers),
            )
        )


def distinct(margins: Iterable[Iterable[Block]]) -> tuple[Block, ...]:
    """What headers or footers of all kinds of pages say, each thing once, one after the other."""
    found: list[Block] = []
    for block in chain.from_iterable(margins):
        if _has_text(block) and block not in found:
            found.append(block)
    return tuple(found)


def notes(called: Iterable[Sequence[Block]]) -> list[Block]:
    """The notes that a text calls as numbered paragraphs under a heading; nothing if there are none."""
    result: list[Block] = []
    for number, blocks in enumerate(called, start=1):
        first = blocks[0] if blocks else Paragraph(())
        if isinstance(first, Paragraph):
            runs = (Run(f"[{number}] "), *_stripped(first.runs))
            result += [Paragraph(runs, alignment=first.alignment), *blocks[1:]]
        else:
            result += [Paragraph((Run(f"[{number}] "),)), *blocks]
    return [Paragraph((Run("Notes"),), heading=2), *result] if result else []


def _stripped(runs: tuple[Run, ...]) -> tuple[Run, ...]:
    return (runs[0].like(runs[0].text.lstrip()), *runs[1:]) if runs else ()


def _has_text(block: Block) -> bool:
    return isinstance(block, Table) or bool(block.text.strip())
