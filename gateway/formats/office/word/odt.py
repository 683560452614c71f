"""ODT: the text that a reader sees, rebuilt as a new and minimal document.

OASIS OpenDocument 1.3 part 3, sections 4 to 9. All changes are taken as accepted: what was deleted,
annotations, hidden sections, paragraphs and text are left out. Notes follow the body, with a mark
where they were called. Metadata, settings, scripts, fonts, pictures, thumbnails and embedded objects
are not looked at.
"""

from __future__ import annotations

from collections.abc import Iterable

from gateway.evidence.media import ODT
from gateway.formats.office.layers import package_layers
from gateway.formats.office.package import OfficePackage, refuse_encrypted_opendocument
from gateway.formats.office.refusals import malformed
from gateway.formats.office.word.odt_reading import read_odt
from gateway.formats.office.word.odt_writing import write_odt
from gateway.formats.office.word.stories import StoryDocument
from gateway.redaction.document import Layer

_LINE_ENDS = frozenset({"p", "h", "table-cell", "line-break", "tab", "s"})


class OdtFormat:
    """OpenDocument text documents."""

    media_type = ODT

    def parse(self, data: bytes) -> StoryDocument:
        """Read the package and what is kept of it.

        Raises:
            Unparsable: ``office-too-large``, ``office-encrypted``, ``office-zip-bomb``,
                ``office-xml-entities``, ``office-malformed``, ``office-too-many-parts``.
        """
        try:
            package = OfficePackage(data)
            refuse_encrypted_opendocument(package)
            return StoryDocument(read_odt(package), "odt", write_odt)
        except RecursionError:
            raise malformed("its parts nest too deeply") from None

    def layers(self, data: bytes) -> Iterable[Layer]:
        """Every member as bytes and as the text that another XML parser finds."""
        yield from package_layers(data, _LINE_ENDS)
