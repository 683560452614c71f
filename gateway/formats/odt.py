"""ODT: the text that a reader sees, rebuilt as a new and minimal document.

OASIS OpenDocument 1.3 part 3, sections 4 to 9. All changes are taken as accepted: what was deleted,
annotations, hidden sections, paragraphs and text are left out. Notes follow the body, with a mark
where they were called. Metadata, settings, scripts, fonts, pictures, thumbnails and embedded objects
are not looked at.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from gateway.evidence.media import ODT
from gateway.formats.blocktext import BlockEditor, BlockLayout
from gateway.formats.docxblocks import Story
from gateway.formats.odtreading import read_odt
from gateway.formats.odtwriting import write_odt
from gateway.formats.officepackage import OfficePackage, malformed, package_layers, refuse_encrypted_opendocument
from gateway.formats.splicing import Splicer
from gateway.redaction.document import CanonicalText, Layer, Replacement

_LINE_ENDS = frozenset({"p", "h", "table-cell", "line-break", "tab", "s"})


class OdtDocument:
    """A story and where each of its paragraphs begins in the canonical text."""

    def __init__(self, story: Story) -> None:
        layout = BlockLayout("odt")
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
        return write_odt(
            replace(
                self._story,
                headers=editor.blocks(self._story.headers),
                body=editor.blocks(self._story.body),
                footers=editor.blocks(self._story.footers),
            )
        )


class OdtFormat:
    """OpenDocument text documents."""

    media_type = ODT

    def parse(self, data: bytes) -> OdtDocument:
        """Read the package and what is kept of it.

        Raises:
            Unparsable: ``office-too-large``, ``office-encrypted``, ``office-zip-bomb``,
                ``office-xml-entities``, ``office-malformed``, ``office-too-many-parts``.
        """
        try:
            package = OfficePackage(data)
            refuse_encrypted_opendocument(package)
            return OdtDocument(read_odt(package))
        except RecursionError:
            raise malformed("its parts nest too deeply") from None

    def layers(self, data: bytes) -> Iterable[Layer]:
        """Every member as bytes and as the text that another XML parser finds."""
        yield from package_layers(data, _LINE_ENDS)
