"""DOCX: paragraphs and table cells as canonical text, rebuilt as a new and minimal document.

See :mod:`docxreading` for what is kept and :mod:`docxwriting` for what is written.
"""

from __future__ import annotations

from collections.abc import Iterable

from gateway.evidence.media import DOCX
from gateway.formats.office.layers import package_layers
from gateway.formats.office.package import OfficePackage
from gateway.formats.office.refusals import WORD
from gateway.formats.office.word.docx_reading import read_story
from gateway.formats.office.word.docx_writing import write_docx
from gateway.formats.office.word.stories import StoryDocument
from gateway.redaction.document import Layer

_LINE_ENDS = frozenset({"p", "br", "cr", "tab", "tc"})


class DocxFormat:
    """Office Open XML word-processing documents."""

    media_type = DOCX

    def parse(self, data: bytes) -> StoryDocument:
        """Read the package and what is kept of it.

        Raises:
            Unparsable: ``docx-too-large``, ``docx-encrypted``, ``docx-zip-bomb``,
                ``docx-xml-entities``, ``docx-malformed``, ``docx-too-many-blocks``.
        """
        try:
            return StoryDocument(read_story(OfficePackage(data, WORD)), "docx", write_docx)
        except RecursionError:
            raise WORD.malformed("its parts nest too deeply") from None

    def layers(self, data: bytes) -> Iterable[Layer]:
        """Every member as bytes and as the text that another XML parser finds."""
        yield from package_layers(data, _LINE_ENDS)
