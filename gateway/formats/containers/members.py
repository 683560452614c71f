"""Files inside files: what type a member is, and its text as part of the text around it.

Shared by the archives. A member is opened by the format of its own type; one that cannot be opened
stops the whole archive, for nothing may pass unread in a container. Depth is bounded by construction:
the registry gives each container only the formats that may stand inside it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from gateway.errors import Unparsable
from gateway.evidence.media import ADVICE, EMAIL, EXTENSIONS, compatible
from gateway.formats import limits
from gateway.formats.invisible import visible
from gateway.formats.layers import byte_layers
from gateway.formats.sniff import sniff
from gateway.formats.splicing import CanonicalBuilder, Span, Splicer
from gateway.redaction.document import Document, Format, Layer

_BY_EXTENSION = {extension: media_type for media_type, extension in EXTENSIONS.items()}
_UNSAFE = re.compile(r'[\x00-\x1f\x7f<>:"|?*\\]')


@dataclass(frozen=True, slots=True)
class Member:
    """A member over the container's canonical text."""

    name: Span
    media_type: str
    document: Document
    offset: int

    def render(self, splicer: Splicer) -> bytes:
        """The member with the replacements made that fall into it."""
        return self.document.render(splicer.part(self.offset, self.document.canonical))


def open_member(
    untrusted_name: str, data: bytes, number: int, builder: CanonicalBuilder, formats: Mapping[str, Format], flow: int
) -> tuple[Member, int]:
    """Parse a member and lay its name and text into the container's.

    Returns:
        The member and the highest flow number used.

    Raises:
        Unparsable: ``archive-member-unopened``, ``archive-member-refused``, ``text-too-long``.
    """
    name = visible(untrusted_name)
    media_type = type_of(name, data)
    form = formats.get(media_type)
    where = f"member {number}"
    if form is None:
        raise Unparsable(
            "archive-member-unopened",
            f"A member of the archive is {media_type}, which cannot be opened here, so the archive stops.",
            remedy=ADVICE.get(media_type, "Send that file as an exhibit of its own, or archives less nested."),
            where=where,
        )
    try:
        document = form.parse(data)
    except Unparsable as error:
        raise Unparsable(
            "archive-member-refused",
            f"A member of the archive cannot be opened ({error.code}): {error.message}",
            remedy=error.remedy,
            where=where,
        ) from None
    span = builder.add(name, f"{where} name")
    offset, flow = builder.embed(document.canonical, f"{where} ▸ ", flow_base=flow)
    if builder.length > limits.MAX_CANONICAL_CHARS:
        raise Unparsable("text-too-long", "The archive has too much text.", remedy=limits.SPLIT)
    return Member(span, media_type, document, offset), flow


def type_of(name: str, data: bytes) -> str:
    """The type of a file by its content, narrowed by its extension where the content leaves that open."""
    sniffed = sniff(data, name)
    named = _BY_EXTENSION.get("." + name.rsplit(".", 1)[-1].lower(), "")
    return named if named and named != EMAIL and compatible(sniffed, named) else sniffed


def member_name(name: Span, splicer: Splicer, used: set[str]) -> str:
    """The name of a member with the replacements made: a relative path that no other member has."""
    text = _UNSAFE.sub("_", splicer.text(name.start, name.end))
    parts = [part.strip() for part in text.split("/")]
    path = "/".join(part for part in parts if part not in ("", ".", "..")) or "member"
    stem, dot, suffix = path.rpartition(".")
    candidate, number = path, 2
    while candidate.lower() in used:
        candidate = f"{stem} ({number}){dot}{suffix}" if stem else f"{path} ({number})"
        number += 1
    used.add(candidate.lower())
    return candidate


def member_layers(name: str, data: bytes, number: int, formats: Mapping[str, Format]) -> Iterator[Layer]:
    """The layers of a member of a finished container, by its own format and as bytes."""
    form = formats.get(type_of(name, data))
    for layer in form.layers(data) if form is not None else byte_layers(data):
        yield Layer(f"member {number} {layer.name}", layer.text, layer.raw)
