"""DOCX: paragraphs and table cells as canonical text, rebuilt as a new and minimal document.

See :mod:`docxreading` for what is kept and :mod:`docxwriting` for what is written. Text of several
appearances keeps them around a replacement; the replacement looks like the text it begins in.
"""

from __future__ import annotations

import io
import xml.parsers.expat
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import replace

from gateway.errors import Unparsable
from gateway.evidence.media import DOCX
from gateway.formats.blocktext import BlockEditor, BlockLayout
from gateway.formats.docxblocks import Story
from gateway.formats.docxpackage import Package, malformed
from gateway.formats.docxreading import read_story
from gateway.formats.docxwriting import write_docx
from gateway.formats.layers import byte_layers
from gateway.formats.splicing import Splicer
from gateway.redaction.document import CanonicalText, Layer, Replacement

_TEXT_END = frozenset({"p", "br", "cr", "tab", "tc"})


class DocxDocument:
    """A story and where each of its paragraphs begins in the canonical text."""

    def __init__(self, story: Story) -> None:
        layout = BlockLayout("docx")
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
        editor = BlockEditor(Splicer(self._canonical, replacements), iter(self._starts))
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
