"""PPTX: the text of the shown slides and their notes, rebuilt as a new and minimal presentation.

See :mod:`pptxreading` for what is kept and :mod:`pptxwriting` for what is written.
"""

from __future__ import annotations

from collections.abc import Iterable

from gateway.evidence.media import PPTX
from gateway.formats.office.layers import package_layers
from gateway.formats.office.package import OfficePackage
from gateway.formats.office.refusals import malformed
from gateway.formats.office.slides.pptx_reading import read_deck
from gateway.formats.office.slides.pptx_writing import write_pptx
from gateway.formats.office.slides.slides import SlideDocument
from gateway.redaction.document import Layer

_LINE_ENDS = frozenset({"p", "br", "tc"})


class PptxFormat:
    """Office Open XML presentations."""

    media_type = PPTX

    def parse(self, data: bytes) -> SlideDocument:
        """Read the package and what its shown slides say.

        Raises:
            Unparsable: ``office-too-large``, ``office-encrypted``, ``office-zip-bomb``,
                ``office-xml-entities``, ``office-malformed``, ``office-too-many-parts``.
        """
        try:
            return SlideDocument(read_deck(OfficePackage(data)), "pptx", write_pptx)
        except RecursionError:
            raise malformed("its parts nest too deeply") from None

    def layers(self, data: bytes) -> Iterable[Layer]:
        """Every member as bytes and as the text that another XML parser finds."""
        yield from package_layers(data, _LINE_ENDS)
