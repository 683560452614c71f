"""JSON read so that nothing is lost and nothing is ambiguous, and written back.

Strict RFC 8259: no duplicate keys (readers disagree on which counts, so one of them would escape the
redaction), no NaN, no lone surrogates, bounded depth. Numbers keep the digits they were written
with; keys keep their order; white space between tokens is made anew, because it could carry a
message. Every string, number and key is a part of the canonical text; each distinct key stands there
once, where it first occurs, and a replacement of it holds wherever it occurs.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from gateway.errors import Unparsable
from gateway.formats import limits
from gateway.formats.invisible import visible
from gateway.formats.place_names import pointer_token
from gateway.formats.splicing import CanonicalBuilder, Span, Splicer

# Possessive, and the closing quote optional, so that an unclosed string costs one pass.
_TOKEN = re.compile(r'"(?:[^"\\]++|\\.)*+"?|[\[{]|[\]}]', re.DOTALL)
_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Scalar:
    """A string or number: where it lies in the canonical text. Literals have ``text`` set instead."""

    span: Span
    number: bool = False
    literal: str = ""


@dataclass(frozen=True, slots=True)
class Array:
    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Object:
    members: tuple[tuple[Span, Node], ...]


Node = Scalar | Array | Object


class _Number(str):
    """Digits as they were written."""

    __slots__ = ()


class _Members(list[tuple[str, Any]]):
    """The members of an object, in order."""


@dataclass(slots=True)
class TreeReader:
    """Reads values into trees over one canonical text; keys are shared among all of them."""

    builder: CanonicalBuilder
    keys: dict[str, Span] = field(default_factory=dict)
    values: int = 0

    def read(self, text: str, *, prefix: str = "", where: str = "") -> Node:
        """Parse one value and lay its parts into the canonical text.

        Args:
            text: One complete JSON value.
            prefix: Begins the place of each segment (``line 12 ``).
            where: Named in refusals (``line 12``).

        Raises:
            Unparsable: ``json-invalid``, ``json-duplicate-key``, ``json-too-deep``,
                ``json-too-many-values``.
        """
        check_depth(text, where)
        try:
            value = json.loads(
                text,
                object_pairs_hook=_Members,
                parse_int=_Number,
                parse_float=_Number,
                parse_constant=lambda name: _refuse_constant(where),
            )
        except json.JSONDecodeError as error:
            place = where or f"line {error.lineno} column {error.colno}"
            raise _invalid(f"it is not valid JSON ({error.msg})", place) from None
        return self._node(value, prefix, "", "", where)

    def _node(self, value: Any, prefix: str, pointer: str, label: str, where: str) -> Node:
        self.values += 1
        if self.values > limits.MAX_JSON_VALUES:
            raise Unparsable(
                "json-too-many-values",
                f"The document has more than {limits.MAX_JSON_VALUES} values.",
                remedy="Split it into smaller documents.",
            )
        if isinstance(value, _Members):
            return self._object(value, prefix, pointer, where)
        if isinstance(value, list):
            items = (self._node(v, prefix, f"{pointer}/{i}", label, where) for i, v in enumerate(value))
            return Array(tuple(items))
        if isinstance(value, str):
            number = isinstance(value, _Number)
            text = str(value) if number else self._text(value, where)
            place = prefix + (pointer or "/" if not prefix else pointer)
            return Scalar(self.builder.add(text, place.strip(), label=label), number)
        return Scalar(Span(0, 0), literal=json.dumps(value))

    def _object(self, members: _Members, prefix: str, pointer: str, where: str) -> Node:
        seen: set[str] = set()
        nodes: list[tuple[Span, Node]] = []
        for ordinal, (untrusted_key, value) in enumerate(members, start=1):
            key = self._text(untrusted_key, where)
            path = f"{pointer}/{pointer_token(key, ordinal)}"
            if key in seen:
                raise Unparsable(
                    "json-duplicate-key",
                    "One object has the same key twice, and readers disagree on which of them counts.",
                    remedy="Keep one of the two.",
                    where=(where + " " if where else "") + path,
                )
            seen.add(key)
            span = self.keys.get(key)
            if span is None:
                span = self.keys[key] = self.builder.add(key, f"{prefix}{path} (key)")
            nodes.append((span, self._node(value, prefix, path, key, where)))
        return Object(tuple(nodes))

    @staticmethod
    def _text(value: str, where: str) -> str:
        if not value.isascii() and _SURROGATE.search(value):
            raise _invalid("a string holds half of a surrogate pair", where)
        return visible(value)


class TreeWriter:
    """Writes trees back with the replacements made. A number that is touched becomes a string."""

    def __init__(self, splicer: Splicer) -> None:
        self._splicer = splicer

    def write(self, node: Node, *, pretty: bool = False) -> str:
        """One JSON value; ``pretty`` puts items and members on lines of their own."""
        out: list[str] = []
        self._write(node, out, "\n" if pretty else "")
        return "".join(out)

    def _write(self, node: Node, out: list[str], line: str) -> None:
        if isinstance(node, Scalar):
            out.append(self._scalar(node))
            return
        opening, closing = "[]" if isinstance(node, Array) else "{}"
        inner = line + "  " if line else ""
        separator = "," + (inner or " ")
        out.append(opening)
        if isinstance(node, Array):
            for index, item in enumerate(node.items):
                out.append(separator if index else inner)
                self._write(item, out, inner)
        else:
            used: set[str] = set()
            for index, (span, member) in enumerate(node.members):
                out.append(separator if index else inner)
                out += (_quote(self._key(span, used)), ": ")
                self._write(member, out, inner)
        empty = not (node.items if isinstance(node, Array) else node.members)
        out.append(closing if empty else line + closing)

    def _scalar(self, node: Scalar) -> str:
        if node.literal:
            return node.literal
        text = self._splicer.text(node.span.start, node.span.end)
        if node.number and not self._splicer.changed(node.span.start, node.span.end):
            return text
        return _quote(text)

    def _key(self, span: Span, used: set[str]) -> str:
        # Two keys of one object may be replaced by the same marker; neither may then shadow the other.
        text = key = self._splicer.text(span.start, span.end)
        number = 2
        while key in used:
            key, number = f"{text} ({number})", number + 1
        used.add(key)
        return key


def _quote(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def visible_text(texts: Iterable[str]) -> str:
    """Keys (each once) and values of JSON texts, one a line, read by other code than writes them.

    Raises:
        Unparsable: ``json-too-deep``.
    """
    keys: dict[str, None] = {}
    values: list[str] = []

    def members(pairs: list[tuple[str, Any]]) -> list[Any]:
        keys.update((key, None) for key, _ in pairs)
        return [value for _, value in pairs]

    stack: list[Any] = []
    for text in texts:
        check_depth(text)
        stack.append(json.loads(text, object_pairs_hook=members, parse_int=str, parse_float=str))
        while stack:
            value = stack.pop()
            if isinstance(value, list):
                stack.extend(reversed(value))
            elif isinstance(value, str):
                values.append(value)
    return "\n".join([*keys, *values])


def check_depth(text: str, where: str = "") -> None:
    """Refuse nesting beyond the limit before the parser, which recurses, sees the text.

    Raises:
        Unparsable: ``json-too-deep``.
    """
    depth = 0
    for match in _TOKEN.finditer(text):
        char = match.group()[0]
        if char in "[{":
            depth += 1
            if depth > limits.MAX_JSON_DEPTH:
                raise Unparsable(
                    "json-too-deep",
                    f"The document nests deeper than {limits.MAX_JSON_DEPTH} levels.",
                    remedy="Flatten the document.",
                    where=where or None,
                )
        elif char in "]}":
            depth -= 1


def _invalid(reason: str, where: str) -> Unparsable:
    return Unparsable(
        "json-invalid",
        f"The exhibit was taken for JSON, but {reason}.",
        remedy="Correct it and send it again, or declare it as text/plain.",
        where=where or None,
    )


def _refuse_constant(where: str) -> Any:
    raise _invalid("it holds NaN or Infinity, which are not JSON", where)
