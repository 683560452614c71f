"""The ZIP package of an office file: opened within limits, parts found by name or relationship.

For Open Packaging Conventions (ECMA-376 part 2: XLSX, PPTX) and OpenDocument packages (part 3 of
OASIS OpenDocument 1.3). Sizes are checked against the directory first and again while inflating,
because the directory can lie. XML is parsed without document types, entities, network or huge trees;
a part that declares a document type is refused. Writing gives every member the same date.
"""

from __future__ import annotations

import io
import posixpath
import xml.parsers.expat
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping

from lxml import etree

from gateway.errors import Unparsable
from gateway.formats import limits
from gateway.formats.layers import byte_layers
from gateway.redaction.document import Layer

DECLARATION = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_RELATIONSHIP = "{http://schemas.openxmlformats.org/package/2006/relationships}Relationship"
_RELATIONSHIPS = "http://schemas.openxmlformats.org/package/2006/relationships"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_FIXED_DATE = (1980, 1, 1, 0, 0, 0)


class OfficePackage:
    """An opened package.

    Raises:
        Unparsable: ``office-too-large``, ``office-malformed``, ``office-encrypted``, ``office-zip-bomb``.
    """

    def __init__(self, data: bytes) -> None:
        limits.check_size(data, limits.MAX_ZIP_BYTES, "office-too-large", "document")
        try:
            self._archive = zipfile.ZipFile(io.BytesIO(data))
            members = self._archive.infolist()
        except (zipfile.BadZipFile, zipfile.LargeZipFile, ValueError, NotImplementedError, OSError, EOFError):
            raise malformed("its package is not a readable ZIP file") from None
        self._names = {member.filename for member in members}
        _check(members)

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
            raise malformed("a member of its package is missing or damaged") from None
        if len(data) > limits.MAX_XML_BYTES:
            raise _bomb(f"a member expands to more than {limits.MAX_XML_BYTES} bytes")
        return data

    def xml(self, name: str) -> etree._Element:
        """A member parsed as XML.

        Raises:
            Unparsable: ``office-xml-entities``, ``office-malformed``, ``office-zip-bomb``.
        """
        return parse_xml(self.read(name))

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
        raise malformed("it has no main part")


def _check(members: list[zipfile.ZipInfo]) -> None:
    if len(members) > limits.MAX_ZIP_MEMBERS:
        raise _bomb(f"it has more than {limits.MAX_ZIP_MEMBERS} members")
    if len({member.filename.lower() for member in members}) < len(members):
        raise malformed("two members of its package have the same name")
    if any(member.flag_bits & 0x1 for member in members):
        raise _encrypted()
    if sum(member.file_size for member in members) > limits.MAX_ZIP_TOTAL_BYTES:
        raise _bomb(f"it expands to more than {limits.MAX_ZIP_TOTAL_BYTES} bytes")
    for member in members:
        ratio = member.file_size / max(1, member.compress_size)
        if member.file_size > limits.MIB and ratio > limits.MAX_ZIP_RATIO:
            raise _bomb(f"a member expands more than {limits.MAX_ZIP_RATIO} times")


def parse_xml(data: bytes) -> etree._Element:
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
            raise _entities() from None
        raise malformed("a part is not well-formed XML, or nests too deeply") from None
    if root.getroottree().docinfo.internalDTD is not None:
        raise _entities()
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
            raise _encrypted()


def write_package(members: Mapping[str, str | bytes], *, stored_first: bool = False) -> bytes:
    """A ZIP of the members in their order, all of one date; ``stored_first`` as OpenDocument wants it."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, (name, content) in enumerate(members.items()):
            method = zipfile.ZIP_STORED if stored_first and number == 0 else zipfile.ZIP_DEFLATED
            octets = content.encode("utf-8") if isinstance(content, str) else content
            archive.writestr(zipfile.ZipInfo(name, _FIXED_DATE), octets, method)
    return out.getvalue()


def relationships(targets: Iterable[tuple[str, str, str]]) -> str:
    """A relationships part: (id, last word of the type, target)."""
    rows = "".join(f'<Relationship Id="{i}" Type="{_OFFICE}/{kind}" Target="{to}"/>' for i, kind, to in targets)
    return f'{DECLARATION}<Relationships xmlns="{_RELATIONSHIPS}">{rows}</Relationships>'


def content_types(overrides: Iterable[tuple[str, str]]) -> str:
    """``[Content_Types].xml``: (part name, content type)."""
    rows = "".join(f'<Override PartName="{name}" ContentType="{kind}"/>' for name, kind in overrides)
    return (
        f'{DECLARATION}<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Default Extension="xml" ContentType="application/xml"/>{rows}</Types>'
    )


def package_layers(data: bytes, line_ends: frozenset[str]) -> Iterator[Layer]:
    """Every member as bytes and as the text that another XML parser finds; names, comments, the ZIP itself.

    Args:
        line_ends: Names of elements, without namespace, after which the text goes on on a new line.
    """
    yield from byte_layers(data)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        yield Layer("member names", "\n".join(archive.namelist()), raw=True)
        yield Layer("comments", archive.comment.decode("utf-8", errors="replace"))
        for member in archive.infolist():
            content = archive.read(member)
            yield Layer(f"{member.filename} extra", (member.extra + member.comment).decode("latin-1"), raw=True)
            yield from byte_layers(content, f"{member.filename} ")
            if member.filename.endswith((".xml", ".rels")):
                yield Layer(f"{member.filename} text", _text_of(content, line_ends))


def _text_of(content: bytes, line_ends: frozenset[str]) -> str:
    out: list[str] = []
    parser = xml.parsers.expat.ParserCreate()
    parser.SetParamEntityParsing(xml.parsers.expat.XML_PARAM_ENTITY_PARSING_NEVER)
    parser.CharacterDataHandler = out.append

    def leave(name: str) -> None:
        if name.rsplit(":", 1)[-1] in line_ends:
            out.append("\n")

    def refuse(*_: object) -> None:
        raise _entities()

    parser.EndElementHandler = leave
    parser.StartDoctypeDeclHandler = refuse
    parser.Parse(content, True)
    return "".join(out)


def malformed(reason: str) -> Unparsable:
    """The error for a package that cannot be read; the reason goes into the sentence."""
    return Unparsable(
        "office-malformed",
        f"The document cannot be opened: {reason}.",
        remedy="Open it in the program that it belongs to, save it again, and send that.",
    )


def too_many(what: str, limit: int) -> Unparsable:
    """The error for a document with more parts than the limit."""
    return Unparsable(
        "office-too-many-parts",
        f"The document has more than {limit} {what}.",
        remedy="Split it into smaller documents.",
    )


def _encrypted() -> Unparsable:
    return Unparsable("office-encrypted", "The document is encrypted.", remedy="Send it without a password.")


def _bomb(reason: str) -> Unparsable:
    return Unparsable(
        "office-zip-bomb",
        f"The document expands beyond the limits: {reason}.",
        remedy="Remove embedded files from it and send them as exhibits of their own.",
    )


def _entities() -> Unparsable:
    return Unparsable(
        "office-xml-entities",
        "A part of the document declares a document type or entities, which office programs never write.",
        remedy="Open it in the program that it belongs to, save it again, and send that.",
    )
