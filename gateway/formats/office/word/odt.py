"""ODT: the text that a reader sees, rebuilt as a new and minimal document.

OASIS OpenDocument 1.3 part 3, sections 4 to 9. All changes are taken as accepted: what was deleted,
annotations, hidden sections, paragraphs and text are left out. Notes follow the body, with a mark
where they were called. Metadata, settings, scripts, fonts, pictures, thumbnails and embedded objects
are not looked at.
"""

from __future__ import annotations

from gateway.evidence.media import ODT
from gateway.formats.office.office_format import OfficeFormat
from gateway.formats.office.package import OfficePackage, refuse_encrypted_opendocument
from gateway.formats.office.word.odt_reading import read_odt
from gateway.formats.office.word.odt_writing import write_odt
from gateway.formats.office.word.stories import StoryDocument


class OdtFormat(OfficeFormat):
    """OpenDocument text documents."""

    media_type = ODT
    line_ends = frozenset({"p", "h", "table-cell", "line-break", "tab", "s"})

    def read(self, package: OfficePackage) -> StoryDocument:
        refuse_encrypted_opendocument(package)
        return StoryDocument(read_odt(package), "odt", write_odt)
