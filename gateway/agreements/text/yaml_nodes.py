"""The tree that an agreement's text is read into: nodes that know their place and their kind.

Plain scalars are typed by the core schema of YAML 1.2 (§10.3.2) and not by YAML 1.1, so that ``NO`` is
Norway, ``on`` is a word and a date is the text its author wrote. What a key means is not known here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TypeAlias

# YAML 1.2 core schema: what a plain scalar is when it is not text.
_NULL = re.compile(r"~|null|Null|NULL|")
_BOOLEAN = re.compile(r"true|True|TRUE|false|False|FALSE")
_INTEGER = re.compile(r"0|[1-9][0-9]*")  # canonical only: no sign, no leading zero
_NUMBER = re.compile(
    r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+|[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?"
    r"|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)"
)


@dataclass(slots=True)
class ScalarNode:
    """A text, number, truth value or nothing; ``plain`` means written without quotes."""

    pointer: str
    line: int
    column: int
    text: str
    plain: bool

    @property
    def kind(self) -> str:
        """``text``, ``integer``, ``number``, ``true/false`` or ``nothing``, by YAML 1.2."""
        if not self.plain:
            return "text"
        if _NULL.fullmatch(self.text):
            return "nothing"
        if _BOOLEAN.fullmatch(self.text):
            return "true/false"
        if _INTEGER.fullmatch(self.text):
            return "integer"
        return "number" if _NUMBER.fullmatch(self.text) else "text"


@dataclass(slots=True)
class ListNode:
    pointer: str
    line: int
    column: int
    items: list[Node] = field(default_factory=list)
    kind: str = "list"


@dataclass(slots=True)
class MapNode:
    """A mapping. Keys are unique texts; ``keys`` has the scalar of each, for its place."""

    pointer: str
    line: int
    column: int
    entries: dict[str, Node] = field(default_factory=dict)
    keys: dict[str, ScalarNode] = field(default_factory=dict)
    kind: str = "map"
    pending: ScalarNode | None = None  # the key whose value is being read


@dataclass(slots=True)
class BrokenNode:
    """Stands where a fault was reported already, so that nobody reports it again."""

    pointer: str
    line: int
    column: int
    kind: str = "broken"


Node: TypeAlias = ScalarNode | ListNode | MapNode | BrokenNode


def escape(key: str) -> str:
    """A key as a JSON Pointer token (RFC 6901 §3)."""
    return key.replace("~", "~0").replace("/", "~1")


def describe(kind: str) -> str:
    """A node's kind with its article, for messages."""
    return {"integer": "an integer", "true/false": "true or false", "nothing": "nothing"}.get(kind, f"a {kind}")
