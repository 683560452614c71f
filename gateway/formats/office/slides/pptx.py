"""PPTX: the text of the shown slides and their notes, rebuilt as a new and minimal presentation.

See :mod:`pptxreading` for what is kept and :mod:`pptxwriting` for what is written.
"""

from __future__ import annotations

from gateway.evidence.media import PPTX
from gateway.formats.office.office_format import OfficeFormat
from gateway.formats.office.package import OfficePackage
from gateway.formats.office.slides.pptx_reading import read_deck
from gateway.formats.office.slides.pptx_writing import write_pptx
from gateway.formats.office.slides.slides import SlideDocument


class PptxFormat(OfficeFormat):
    """Office Open XML presentations."""

    media_type = PPTX
    line_ends = frozenset({"p", "br", "tc"})

    def read(self, package: OfficePackage) -> SlideDocument:
        return SlideDocument(read_deck(package), "pptx", write_pptx)
