"""The layers of a finished office package, read by other code than writes or opens it."""

from __future__ import annotations

import io
import xml.parsers.expat
import zipfile
from collections.abc import Iterator

from gateway.formats.layers import byte_layers
from gateway.formats.office.refusals import OFFICE
from gateway.redaction.document import Layer


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
        raise OFFICE.entities()

    parser.EndElementHandler = leave
    parser.StartDoctypeDeclHandler = refuse
    parser.Parse(content, True)
    return "".join(out)
