"""JSON Lines: one JSON value a line (jsonlines.org), rebuilt line by line; blank lines are dropped."""

from __future__ import annotations

from collections.abc import Iterable

from gateway.evidence.media import JSON_LINES
from gateway.formats import limits
from gateway.formats.encoding import decode_text
from gateway.formats.layers import byte_layers
from gateway.formats.splicing import CanonicalBuilder
from gateway.formats.text.jsontext import JsonDocument
from gateway.formats.text.jsontree import TreeReader, visible_text
from gateway.redaction.document import Layer


class JsonLinesFormat:
    """application/jsonl."""

    media_type = JSON_LINES

    def parse(self, data: bytes) -> JsonDocument:
        """Read every line strictly; a bad line is named.

        Raises:
            Unparsable: ``json-too-large``, those of :class:`TreeReader` and of :func:`decode_text`.
        """
        limits.check_size(data, limits.MAX_JSON_BYTES, "json-too-large", "JSON Lines file")
        return json_lines(decode_text(data))

    def layers(self, data: bytes) -> Iterable[Layer]:
        """Keys and values as text, and the bytes (with JSON escapes undone) in every guise."""
        text = data.decode("utf-8", errors="replace")
        yield Layer("keys and values", visible_text(filter(str.strip, text.split("\n"))))
        yield from byte_layers(data)


def json_lines(text: str, first_line: int = 1, extractor: str = "jsonl") -> JsonDocument:
    """Lines, numbered from ``first_line`` on, as a document.

    Raises:
        Unparsable: those of :class:`TreeReader`.
    """
    builder = CanonicalBuilder(extractor)
    reader = TreeReader(builder)
    trees = [
        reader.read(line, prefix=f"line {number} ", where=f"line {number}")
        for number, line in enumerate(text.split("\n"), start=first_line)
        if line.strip()
    ]
    return JsonDocument(trees, builder.build())
