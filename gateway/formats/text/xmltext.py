"""XML: elements, attributes and text, rebuilt; names of elements and attributes are text too.

XML 1.0 with namespaces, without document types. Comments, processing instructions and the difference
between CDATA and text are not kept; prefixes are made anew (``n1``), white space between elements is
laid out anew. Each distinct name and namespace stands in the canonical text once, where it first
occurs, and a replacement of it holds wherever it occurs, as for the keys of JSON.
"""

from __future__ import annotations

import re
import xml.parsers.expat
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from lxml import etree

from gateway.errors import Unparsable
from gateway.evidence.media import XML
from gateway.formats import limits
from gateway.formats.encoding import decode_text
from gateway.formats.invisible import visible
from gateway.formats.layers import byte_layers
from gateway.formats.office.xmlwriting import NOT_XML, Name, Node, XmlWriter
from gateway.formats.splicing import CanonicalBuilder, Span, Splicer
from gateway.redaction.document import CanonicalText, Layer, Replacement

_DECLARED_ENCODING = re.compile(r"^(\s*<\?xml[^>]*?)\s+encoding\s*=\s*(?:\"[^\"]*\"|'[^']*')")
_DOCTYPE = re.compile(r"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)


@dataclass(slots=True)
class XmlDocument:
    """A tree over one canonical text."""

    canonical: CanonicalText
    root: Node

    def render(self, replacements: Sequence[Replacement]) -> bytes:
        """The document with the replacements made, UTF-8."""
        return XmlWriter(Splicer(self.canonical, replacements)).write(self.root).encode("utf-8")


class XmlFormat:
    """application/xml."""

    media_type = XML

    def parse(self, data: bytes) -> XmlDocument:
        """Read one document, strictly.

        Raises:
            Unparsable: ``xml-too-large``, ``xml-doctype``, ``xml-malformed``, ``xml-too-many-nodes``, and
                those of :func:`decode_text`.
        """
        limits.check_size(data, limits.MAX_PAGE_BYTES, "xml-too-large", "XML")
        # Decoded by our rule, whatever the declaration says, so that two readers cannot see two texts.
        text = NOT_XML.sub("", _DECLARED_ENCODING.sub(r"\1", decode_text(data)))
        parser = etree.XMLParser(
            resolve_entities=False, no_network=True, load_dtd=False, dtd_validation=False, huge_tree=False,
            remove_comments=True, remove_pis=True, recover=False, encoding="utf-8", strip_cdata=True,
        )  # fmt: skip
        try:
            root = etree.fromstring(text.encode("utf-8"), parser=parser)
        except (etree.XMLSyntaxError, ValueError):
            if _DOCTYPE.search(text):
                raise _doctype() from None
            raise Unparsable(
                "xml-malformed",
                "The XML is not well-formed, or nests too deeply.",
                remedy="Correct it and send it again.",
            ) from None
        if root.getroottree().docinfo.internalDTD is not None:
            raise _doctype()
        reader = _Reader(CanonicalBuilder("xml"))
        tree = reader.read(root)
        return XmlDocument(reader.builder.build(), tree)

    def layers(self, data: bytes) -> Iterable[Layer]:
        """Names, values and text as expat finds them, and the bytes in every guise.

        Raises:
            Unparsable: ``xml-name-unusual`` where the two readers differ on what a name may hold.
        """
        try:
            pieces = _pieces(data)
        except xml.parsers.expat.ExpatError:
            raise Unparsable(
                "xml-name-unusual",
                "A name in the XML holds characters that not every reader takes.",
                remedy="Rename elements and attributes to letters, digits, '-', '_' and '.', and send it again.",
            ) from None
        yield Layer("names, values and text", "\n".join(pieces))
        yield from byte_layers(data)


def _doctype() -> Unparsable:
    return Unparsable(
        "xml-doctype",
        "The XML declares a document type or entities, which can hide or fetch content.",
        remedy="Resolve the entities, take the declaration out, and send it again.",
    )


class _Reader:
    """Lays a tree into a canonical text; names are shared among all elements."""

    def __init__(self, builder: CanonicalBuilder) -> None:
        self.builder = builder
        self._names: dict[str, Span] = {}
        self._spaces: dict[str, Span] = {}
        self._nodes = 0

    def read(self, element: etree._Element, path: str = "/1") -> Node:
        """The tree below an element. The parser has refused what nests deeper than 256."""
        node = self._node(element, path)
        label = etree.QName(element).localname
        self._add_text(node, element.text, path, label)
        for ordinal, child in enumerate(element, start=1):
            if not isinstance(child.tag, str):
                raise _doctype()  # an entity reference that nothing resolves
            node.children.append(self.read(child, f"{path}/{ordinal}"))
            self._add_text(node, child.tail, path, label)
        return node

    def _node(self, element: etree._Element, path: str) -> Node:
        self.count()
        name = self._name(str(element.tag), f"{path} (name)")
        attributes: list[tuple[Name, Span]] = []
        for key, value in element.items():
            self.count()
            attribute = self._name(str(key), f"{path} (attribute name)")
            label = etree.QName(str(key)).localname
            attributes.append((attribute, self.builder.add(visible(str(value)), f"{path} @{label}"[:80], label=label)))
        return Node(name, attributes)

    def count(self) -> None:
        """Count a node against the limit."""
        self._nodes += 1
        if self._nodes > limits.MAX_MARKUP_NODES:
            raise Unparsable(
                "xml-too-many-nodes",
                f"The XML has more than {limits.MAX_MARKUP_NODES} elements and attributes.",
                remedy=limits.SPLIT,
            )

    def _name(self, qualified: str, place: str) -> Name:
        name = etree.QName(qualified)
        space: Span | None = None
        if name.namespace:
            space = self._spaces.get(name.namespace)
            if space is None:
                space = self._spaces[name.namespace] = self.builder.add(visible(name.namespace), place)
        span = self._names.get(name.localname)
        if span is None:
            span = self._names[name.localname] = self.builder.add(name.localname, place)
        return Name(space, span)

    def _add_text(self, node: Node, text: str | None, path: str, label: str) -> None:
        if text and (kept := visible(text).strip()):
            node.children.append(self.builder.add(kept, path, label=label))


def _pieces(data: bytes) -> list[str]:
    pieces: list[str] = []
    parser = xml.parsers.expat.ParserCreate()
    parser.SetParamEntityParsing(xml.parsers.expat.XML_PARAM_ENTITY_PARSING_NEVER)
    parser.buffer_text = True
    seen: set[str] = set()

    def start(name: str, attributes: dict[str, str]) -> None:
        for each in (name, *attributes):
            if each not in seen:
                seen.add(each)
                pieces.append(each.rsplit(":", 1)[-1])
        pieces.extend(attributes.values())

    parser.StartElementHandler = start
    parser.CharacterDataHandler = pieces.append
    parser.Parse(data, True)
    return pieces
