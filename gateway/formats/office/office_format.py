"""What the office formats have in common: a package is opened, read by the format's own reader, and checked."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable

from gateway.formats.office.layers import package_layers
from gateway.formats.office.package import OfficePackage
from gateway.formats.office.refusals import OFFICE, Refusals
from gateway.redaction.document import Document, Layer


class OfficeFormat(ABC):
    """A format whose files are ZIP packages of XML.

    Attributes:
        line_ends: Names of elements, without namespace, after which the text goes on on a new line.
        refusals: In whose codes a file is refused; those named here are of :data:`OFFICE`.
    """

    media_type: str
    line_ends: frozenset[str]
    refusals: Refusals = OFFICE

    def parse(self, data: bytes) -> Document:
        """Read the package and what is kept of it.

        Raises:
            Unparsable: ``office-too-large``, ``office-encrypted``, ``office-zip-bomb``,
                ``office-xml-entities``, ``office-malformed``, ``office-too-many-parts``.
        """
        try:
            return self.read(OfficePackage(data, self.refusals))
        except RecursionError:
            raise self.refusals.malformed("its parts nest too deeply") from None

    @abstractmethod
    def read(self, package: OfficePackage) -> Document:
        """The document of an opened package."""

    def layers(self, data: bytes) -> Iterable[Layer]:
        """Every member as bytes and as the text that another XML parser finds."""
        yield from package_layers(data, self.line_ends)
