"""JSON: one value, rebuilt with its structure; see :mod:`gateway.formats.text.jsontree`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from gateway.evidence.media import JSON
from gateway.formats import limits
from gateway.formats.encoding import decode_text
from gateway.formats.layers import byte_layers
from gateway.formats.splicing import CanonicalBuilder, Splicer
from gateway.formats.text.jsontree import Node, TreeReader, TreeWriter, visible_text
from gateway.redaction.document import CanonicalText, Layer, Replacement


class JsonDocument:
    """JSON values, one after the other, and their canonical text."""

    def __init__(self, trees: Sequence[Node], canonical: CanonicalText, *, pretty: bool = False) -> None:
        self._trees = trees
        self.canonical = canonical
        self._pretty = pretty

    def render(self, replacements: Sequence[Replacement]) -> bytes:
        """The values with the replacements made, each on a line or, if ``pretty``, indented; UTF-8."""
        writer = TreeWriter(Splicer(self.canonical, replacements))
        return "".join(writer.write(tree, pretty=self._pretty) + "\n" for tree in self._trees).encode("utf-8")


class JsonFormat:
    """application/json."""

    media_type = JSON

    def parse(self, data: bytes) -> JsonDocument:
        """Read one JSON value, strictly.

        Raises:
            Unparsable: ``json-too-large``, those of :class:`TreeReader` and of :func:`decode_text`.
        """
        limits.check_size(data, limits.MAX_JSON_BYTES, "json-too-large", "JSON document")
        text = decode_text(data)
        builder = CanonicalBuilder("json")
        tree = TreeReader(builder).read(text)
        return JsonDocument([tree], builder.build(), pretty="\n" in text.strip())

    def layers(self, data: bytes) -> Iterable[Layer]:
        """Keys and values as text, and the bytes (with JSON escapes undone) in every guise."""
        text = data.decode("utf-8", errors="replace")
        yield Layer("keys and values", visible_text([text]))
        yield from byte_layers(data)
