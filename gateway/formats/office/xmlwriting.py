"""A tree of elements over a canonical text, written as XML with the replacements made."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from gateway.formats.invisible import visible
from gateway.formats.splicing import Span, Splicer

NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
# White space in an attribute would be read back as blanks.
_ATTRIBUTE_SPACE = {9: "&#9;", 10: "&#10;", 13: "&#13;"}
_NOT_NAME = re.compile(r"[^\w.-]|(?<!\w)[·]")


@dataclass(frozen=True, slots=True)
class Name:
    """Where a name and its namespace lie in the canonical text."""

    namespace: Span | None
    local: Span


@dataclass(slots=True)
class Node:
    """An element: its attributes with their values, its children and texts in order."""

    name: Name
    attributes: list[tuple[Name, Span]]
    children: list[Node | Span] = field(default_factory=list)


class XmlWriter:
    """Writes a tree with the replacements made."""

    def __init__(self, splicer: Splicer) -> None:
        self._splicer = splicer
        self._prefixes: dict[Span, str] = {}
        self._names: dict[Span, str] = {}

    def write(self, root: Node) -> str:
        """The document."""
        body: list[str] = []
        self._node(root, body, "\n", root=True)
        return '<?xml version="1.0" encoding="UTF-8"?>' + "".join(body) + "\n"

    def _node(self, node: Node, out: list[str], line: str, *, root: bool = False) -> None:
        name = self._qualified(node.name)
        used: set[str] = set()
        attributes = "".join(f' {key}="{value}"' for key, value in self._attributes(node, used))
        at = len(out) + 1
        out += [line, "", ">" if node.children else "/>"]
        mixed = any(isinstance(child, Span) for child in node.children)
        for child in node.children:
            if isinstance(child, Span):
                out.append(_escape(self._splicer.text(child.start, child.end)))
                if child is not node.children[-1]:
                    out.append(" ")
            else:
                self._node(child, out, " " if mixed else line + "  ")
        if node.children:
            out.append(f"{'' if mixed else line}</{name}>")
        # Prefixes are known once the whole tree is written; all are declared at the root.
        spaces = "".join(
            f' xmlns:{prefix}="{html.escape(self._space(span))}"' for span, prefix in self._prefixes.items()
        )
        out[at] = f"<{name}{spaces if root else ''}{attributes}"

    def _attributes(self, node: Node, used: set[str]) -> Iterator[tuple[str, str]]:
        for name, value in node.attributes:
            key = base = self._qualified(name)
            number = 2
            while key in used:
                key, number = f"{base}-{number}", number + 1
            used.add(key)
            yield (
                key,
                html.escape(NOT_XML.sub(" ", self._splicer.text(value.start, value.end))).translate(_ATTRIBUTE_SPACE),
            )

    def _qualified(self, name: Name) -> str:
        local = self._names.get(name.local)
        if local is None:
            text = self._splicer.text(name.local.start, name.local.end)
            changed = self._splicer.changed(name.local.start, name.local.end)
            local = self._names[name.local] = _NOT_NAME.sub("_", f"_{text}") if changed else text
        if name.namespace is None:
            return local
        space = self._canonical(name.namespace)
        if space == "http://www.w3.org/XML/1998/namespace":
            return f"xml:{local}"
        prefix = self._prefixes.setdefault(name.namespace, f"n{len(self._prefixes) + 1}")
        return f"{prefix}:{local}"

    def _canonical(self, span: Span) -> str:
        return self._splicer.canonical.text[span.start : span.end]

    def _space(self, span: Span) -> str:
        return self._splicer.text(span.start, span.end) or "urn:removed"


def _escape(text: str) -> str:
    return html.escape(NOT_XML.sub(" ", visible(text)), quote=False).replace("\r", "&#13;")
