"""Rows of SQL dumps: ``INSERT INTO customers (first_name, phone) VALUES ('Maren', '…')`` names its columns once.

Each value is handed on as a segment labelled with its column, for labels.py to judge like a cell of a table.
Only statements that list their columns are read; literals as in ISO 9075, with the backslashes of MySQL.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from gateway.redaction.document import Segment

_INSERT = re.compile(
    r"\b(?:insert|replace)\s+(?:ignore\s+)?into\s+[\w.\"`\[\]]{1,200}\s*\((?P<columns>[^()]{1,4000})\)\s*values\s*(?=\()",
    re.IGNORECASE,
)
# Possessive throughout: a statement that is cut off must not be tried in every way.
_LITERAL = r"'(?:[^'\\]|''|\\.)*+'|[^\s,()'][^,()']*+"
_TUPLE = re.compile(rf"\(\s*+(?:{_LITERAL})(?:\s*+,\s*+(?:{_LITERAL}))*+\s*+\)")
_VALUE = re.compile(_LITERAL)
_BETWEEN = re.compile(r"\s*,\s*(?=\()")


def sql_values(text: str) -> Iterator[Segment]:
    """The values in the text's INSERT statements, quotes left out, each labelled with its column."""
    for statement in _INSERT.finditer(text):
        columns = [name.strip().strip('"`[]') for name in statement["columns"].split(",")]
        position = statement.end()
        while (row := _TUPLE.match(text, position)) is not None:
            for column, value in zip(columns, _VALUE.finditer(text, row.start() + 1, row.end() - 1), strict=False):
                quoted = int(value.group().startswith("'"))
                yield Segment(value.start() + quoted, value.end() - quoted, "SQL value", column)
            following = _BETWEEN.match(text, row.end())
            if following is None:
                break
            position = following.end()
