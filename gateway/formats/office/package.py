"""The ZIP package of an office file: opened within limits, parts found by name or relationship.

For Open Packaging Conventions (ECMA-376 part 2: DOCX, XLSX, PPTX) and OpenDocument packages (part 3 of
OASIS OpenDocument 1.3). Sizes are checked against the directory first and again while inflating,
because the directory can lie. XML is parsed without document types, entities, network or huge trees;
a part that declares a document type is refused.
"""

from __future__ import annotations

import io
import posixpath
import zipfile
import zlib
from collections.abc import Iterator

from lxml import etree

from gateway.formats import limits
from gateway.formats.office.refusals import OFFICE, Refusals

_RELATIONSHIP = "{http://schemas.openxmlformats.org/package/2006/relationships}Relationship"


class OfficePackage:
    """An opened package.

    Args:
        refusals: In whose codes it is refused; those named here are of :data:`OFFICE`.

    Raises:
        Unparsable: ``office-too-large``, ``office-malformed``, ``office-encrypted``, ``office-zip-bomb``.
    """

    def __init__(self, data: bytes, refusals: Refusals = OFFICE) -> None:
        refusals.check_size(data)
        self._refusals = refusals
        try:
            self._archive = zipfile.ZipFile(io.BytesIO(data))
            members = self._archive.infolist()
        except (zipfile.BadZipFile, zipfile.LargeZipFile, ValueError, NotImplementedError, OSError, EOFError):
            raise refusals.malformed("its package is not a readable ZIP file") from None
        self._names = {member.filename for member in members}
        _check(members, refusals)

    def __contains__(self, name: str) -> bool:
        return name in self._names

    def read(self, name: str) -> bytes:
        """The bytes of a member.

        Raises:
            Unparsable: ``office-malformed``, ``office-zip-bomb``.
        """
        try:
            with self._archive.open(name) as member:
                data = member.read(limits.MAX_XML_BYTES + 1)
        except (KeyError, zipfile.BadZipFile, zlib.error, NotImplementedError, OSError, EOFError, RuntimeError,
                ValueError):  # fmt: skip
            raise self._refusals.malformed("a member of its package is missing or damaged") from None
        if len(data) > limits.MAX_XML_BYTES:
            raise self._refusals.bomb(f"a member expands to more than {limits.MAX_XML_BYTES} bytes")
        return data

    def xml(self, name: str) -> etree._Element:
        """A member parsed as XML.

        Raises:
            Unparsable: ``office-xml-entities``, ``office-malformed``, ``office-zip-bomb``.
        """
        return parse_xml(self.read(name), self._refusals)

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
        """The name of the part that the package is about.

        Raises:
            Unparsable: ``office-malformed``.
        """
        for _, path in self.related("", "officeDocument"):
            return path
        raise self._refusals.malformed("it has no main part")


def _check(members: list[zipfile.ZipInfo], refusals: Refusals) -> None:
    if len(members) > limits.MAX_ZIP_MEMBERS:
        raise refusals.bomb(f"it has more than {limits.MAX_ZIP_MEMBERS} members")
    if len({member.filename.lower() for member in members}) < len(members):
        raise refusals.malformed("two members of its package have the same name")
    if any(member.flag_bits & 0x1 for member in members):
        raise refusals.encrypted()
    if sum(member.file_size for member in members) > limits.MAX_ZIP_TOTAL_BYTES:
        raise refusals.bomb(f"it expands to more than {limits.MAX_ZIP_TOTAL_BYTES} bytes")
    for member in members:
        ratio = member.file_size / max(1, member.compress_size)
        if member.file_size > limits.MIB and ratio > limits.MAX_ZIP_RATIO:
            raise refusals.bomb(f"a member expands more than {limits.MAX_ZIP_RATIO} times")


def parse_xml(data: bytes, refusals: Refusals = OFFICE) -> etree._Element:
    """XML of a part, as strictly as every parser here.

    Raises:
        Unparsable: ``office-xml-entities``, ``office-malformed``.
    """
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, dtd_validation=False, huge_tree=False,
        remove_comments=True, remove_pis=True, recover=False,
    )  # fmt: skip
    try:
        root = etree.fromstring(data, parser=parser)
    except (etree.XMLSyntaxError, ValueError):
        if b"<!DOCTYPE" in data or b"<!ENTITY" in data:
            raise refusals.entities() from None
        raise refusals.malformed("a part is not well-formed XML, or nests too deeply") from None
    if root.getroottree().docinfo.internalDTD is not None:
        raise refusals.entities()
    return root


def local(element: etree._Element) -> str:
    """The name of an element without its namespace; empty for what is not an element."""
    tag = element.tag
    return tag.rsplit("}", 1)[-1] if isinstance(tag, str) else ""


def refuse_encrypted_opendocument(package: OfficePackage) -> None:
    """OpenDocument encrypts members, not the ZIP; the manifest says so.

    Raises:
        Unparsable: ``office-encrypted``.
    """
    if "META-INF/manifest.xml" not in package:
        return
    for element in package.xml("META-INF/manifest.xml").iter():
        if local(element) == "encryption-data":
            raise OFFICE.encrypted()
