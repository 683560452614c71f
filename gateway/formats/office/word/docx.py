"""DOCX: paragraphs and table cells as canonical text, rebuilt as a new and minimal document.

See :mod:`docxreading` for what is kept and :mod:`docxwriting` for what is written.
"""

from __future__ import annotations

from gateway.evidence.media import DOCX
from gateway.formats.office.office_format import OfficeFormat
from gateway.formats.office.package import OfficePackage
from gateway.formats.office.refusals import WORD
from gateway.formats.office.word.docx_reading import read_story
from gateway.formats.office.word.docx_writing import write_docx
from gateway.formats.office.word.stories import StoryDocument


class DocxFormat(OfficeFormat):
    """Office Open XML word-processing documents, refused in codes of their own (``docx-…``)."""

    media_type = DOCX
    line_ends = frozenset({"p", "br", "cr", "tab", "tc"})
    refusals = WORD

    def read(self, package: OfficePackage) -> StoryDocument:
        return StoryDocument(read_story(package), "docx", write_docx)
