"""What OpenDocument files have in common: their skeleton, and the characters of their paragraphs.

OASIS OpenDocument 1.3 parts 2 and 3. White space in text content is collapsed, and its own elements
stand for spaces, tabs and line ends.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping

from lxml import etree

from gateway.formats.invisible import visible
from gateway.formats.office.package import OfficePackage, local
from gateway.formats.office.refusals import malformed
from gateway.formats.office.writing import DECLARATION, write_package

_NAMESPACES = "urn:oasis:names:tc:opendocument:xmlns"
TABLE = f"{{{_NAMESPACES}:table:1.0}}"
TEXT = f"{{{_NAMESPACES}:text:1.0}}"
STYLE = f"{{{_NAMESPACES}:style:1.0}}"
ROOT = " ".join(
    f'xmlns:{prefix}="{_NAMESPACES}:{name}:1.0"'
    for prefix, name in (
        ("office", "office"), ("style", "style"), ("text", "text"), ("table", "table"), ("fo", "xsl-fo-compatible"),
    )
)  # fmt: skip
_SPACE = re.compile(r"[ \t\r\n]+")
_NOT_XML = re.compile("[\x0b\x0c\ud800-\udfff\ufffe\uffff]")
_BREAKS = re.compile(r"(\t|\n| {2,}|^ | $)")
_MAX_REPEATED_SPACES = 1_000


def content_root(package: OfficePackage, kind: str) -> etree._Element:
    """The body of the given kind (``text``, ``spreadsheet``) of ``content.xml``.

    Raises:
        Unparsable: ``office-malformed`` and those of :class:`OfficePackage`.
    """
    if "content.xml" not in package:
        raise malformed("it has no content")
    for element in package.xml("content.xml").iter():
        parent = element.getparent()
        if local(element) == kind and parent is not None and local(parent) == "body":
            return element
    raise malformed("its content is of another kind than it says")


def whole_number(text: str | None, otherwise: int) -> int:
    """An attribute that counts something, up to 99,999."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 6 else otherwise


def spaces(element: etree._Element) -> str:
    """The blanks that a ``text:s`` stands for."""
    return " " * min(whole_number(element.get(f"{TEXT}c"), 1), _MAX_REPEATED_SPACES)


def flat(text: str | None) -> str:
    """Character data with white space collapsed and invisible characters gone."""
    return _SPACE.sub(" ", visible(text or ""))


def marked_up(text: str) -> str:
    """Text as the content of a paragraph."""
    parts: list[str] = []
    for part in _BREAKS.split(_NOT_XML.sub(" ", visible(text)).replace("\r", " ")):
        if part == "\t":
            parts.append("<text:tab/>")
        elif part == "\n":
            parts.append("<text:line-break/>")
        elif part and not part.strip(" "):
            parts.append(f'<text:s text:c="{len(part)}"/>')
        else:
            parts.append(html.escape(part, quote=False))
    return "".join(parts)


def write_opendocument(media_type: str, parts: Mapping[str, str]) -> bytes:
    """A package of the parts (without XML declaration) and its manifest."""
    members: dict[str, str | bytes] = {"mimetype": media_type}
    members |= {name: DECLARATION + text for name, text in parts.items()}
    entries = "".join(
        f'<manifest:file-entry manifest:full-path="{name}" manifest:media-type="text/xml"/>' for name in parts
    )
    members["META-INF/manifest.xml"] = (
        f'{DECLARATION}<manifest:manifest xmlns:manifest="{_NAMESPACES}:manifest:1.0" manifest:version="1.3">'
        f'<manifest:file-entry manifest:full-path="/" manifest:version="1.3" manifest:media-type="{media_type}"/>'
        f"{entries}</manifest:manifest>"
    )
    return write_package(members, stored_first=True)
