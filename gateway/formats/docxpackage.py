"""The ZIP package of a DOCX file: opened within limits, parts found by their relationships.

Open Packaging Conventions (ECMA-376 part 2) as far as a text needs them. Sizes are checked against
the directory first and again while inflating, because the directory can lie. XML is parsed without
document types, entities, network or huge trees; a part that declares a document type is refused.
"""

from __future__ import annotations

import io
import posixpath
import zipfile
import zlib
from collections.abc import Iterator

from lxml import etree

from gateway.errors import Unparsable
from gateway.formats import limits

_RELATIONSHIP = "{http://schemas.openxmlformats.org/package/2006/relationships}Relationship"
_RATIO_FROM_BYTES = limits.MIB


class Package:
    """An opened package.

    Raises:
        Unparsable: ``docx-too-large``, ``docx-malformed``, ``docx-encrypted``, ``docx-zip-bomb``.
    """

    def __init__(self, data: bytes) -> None:
        limits.check_size(data, limits.MAX_ZIP_BYTES, "docx-too-large", "document")
        try:
            self._archive = zipfile.ZipFile(io.BytesIO(data))
            self._members = self._archive.infolist()
        except (zipfile.BadZipFile, zipfile.LargeZipFile, ValueError, NotImplementedError, OSError, EOFError):
            raise malformed("its package is not a readable ZIP file") from None
        self._check_members()

    def _check_members(self) -> None:
        if len(self._members) > limits.MAX_ZIP_MEMBERS:
            raise _bomb(f"it has more than {limits.MAX_ZIP_MEMBERS} members")
        if len({member.filename.lower() for member in self._members}) < len(self._members):
            raise malformed("two members of its package have the same name")
        if any(member.flag_bits & 0x1 for member in self._members):
            raise Unparsable("docx-encrypted", "The document is encrypted.", remedy="Send it without a password.")
        if sum(member.file_size for member in self._members) > limits.MAX_ZIP_TOTAL_BYTES:
            raise _bomb(f"it expands to more than {limits.MAX_ZIP_TOTAL_BYTES} bytes")
        for member in self._members:
            ratio = member.file_size / max(1, member.compress_size)
            if member.file_size > _RATIO_FROM_BYTES and ratio > limits.MAX_ZIP_RATIO:
                raise _bomb(f"a member expands more than {limits.MAX_ZIP_RATIO} times")

    def __contains__(self, name: str) -> bool:
        return any(member.filename == name for member in self._members)

    def read(self, name: str) -> bytes:
        """The bytes of a member.

        Raises:
            Unparsable: ``docx-malformed``, ``docx-zip-bomb``.
        """
        try:
            with self._archive.open(name) as member:
                data = member.read(limits.MAX_XML_BYTES + 1)
        except (KeyError, zipfile.BadZipFile, zlib.error, NotImplementedError, OSError, EOFError, RuntimeError,
                ValueError):  # fmt: skip
            raise malformed("a member of its package is missing or damaged") from None
        if len(data) > limits.MAX_XML_BYTES:
            raise _bomb(f"a member expands to more than {limits.MAX_XML_BYTES} bytes")
        return data

    def xml(self, name: str) -> etree._Element:
        """A member parsed as XML.

        Raises:
            Unparsable: ``docx-xml-entities``, ``docx-malformed``, ``docx-zip-bomb``.
        """
        data = self.read(name)
        parser = etree.XMLParser(
            resolve_entities=False, no_network=True, load_dtd=False, dtd_validation=False, huge_tree=False,
            remove_comments=True, remove_pis=True, recover=False,
        )  # fmt: skip
        try:
            root = etree.fromstring(data, parser=parser)
        except (etree.XMLSyntaxError, ValueError):
            if b"<!DOCTYPE" in data or b"<!ENTITY" in data:
                raise _entities() from None
            raise malformed("a part is not well-formed XML, or nests too deeply") from None
        if root.getroottree().docinfo.internalDTD is not None:
            raise _entities()
        return root

    def related(self, part: str, kind: str) -> Iterator[tuple[str, str]]:
        """Ids and part names of a part's relationships whose type ends with ``/kind``."""
        folder, name = posixpath.split(part)
        relations = posixpath.join(folder, "_rels", f"{name}.rels")
        if relations not in self:
            return
        for element in self.xml(relations).iter(_RELATIONSHIP):
            if element.get("TargetMode") == "External" or not element.get("Type", "").endswith(f"/{kind}"):
                continue
            target = element.get("Target", "")
            path = target.lstrip("/") if target.startswith("/") else posixpath.normpath(posixpath.join(folder, target))
            if path in self:
                yield element.get("Id", ""), path

    def main_part(self) -> str:
        """The name of the document part.

        Raises:
            Unparsable: ``docx-malformed``.
        """
        for _, path in self.related("", "officeDocument"):
            return path
        raise malformed("it has no main document part")


def malformed(reason: str) -> Unparsable:
    return Unparsable(
        "docx-malformed",
        f"The document cannot be opened: {reason}.",
        remedy="Open it in a word processor, save it again, and send that.",
    )


def _bomb(reason: str) -> Unparsable:
    return Unparsable(
        "docx-zip-bomb",
        f"The document expands beyond the limits: {reason}.",
        remedy="Remove embedded files from it and send them as exhibits of their own.",
    )


def _entities() -> Unparsable:
    return Unparsable(
        "docx-xml-entities",
        "A part of the document declares a document type or entities, which Word never writes.",
        remedy="Open it in a word processor, save it again, and send that.",
    )
