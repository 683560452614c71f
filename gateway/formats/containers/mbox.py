"""MBOX: several messages in one file, each read and rebuilt as e-mail.

RFC 4155 and its ``mboxrd`` habit: a line ``From `` after an empty line begins a message, and one that
stands in a body is quoted with ``>``. The addresses and dates of the separating lines are dropped.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from gateway.errors import Unparsable
from gateway.evidence.media import MBOX
from gateway.formats import limits
from gateway.formats.layers import byte_layers
from gateway.formats.splicing import CanonicalBuilder, Splicer
from gateway.redaction.document import CanonicalText, Document, Format, Layer, Replacement

_SEPARATOR = re.compile(rb"(?:\A|(?<=\n\n)|(?<=\n\r\n))From [^\r\n]*\r?\n")
_QUOTED = re.compile(rb"^>(>*From )", re.MULTILINE)
_TO_QUOTE = re.compile(rb"^(>*From )", re.MULTILINE)
_NEW_SEPARATOR = b"From MAILER-DAEMON Thu Jan  1 00:00:00 1970\n"


@dataclass(frozen=True, slots=True)
class MboxDocument:
    """Messages and where each begins in the canonical text."""

    canonical: CanonicalText
    messages: tuple[tuple[Document, int], ...]

    def render(self, replacements: Sequence[Replacement]) -> bytes:
        """A new mailbox with the replacements made."""
        splicer = Splicer(self.canonical, replacements)
        out: list[bytes] = []
        for document, offset in self.messages:
            message = document.render(splicer.part(offset, document.canonical)).replace(b"\r\n", b"\n")
            out += (_NEW_SEPARATOR, _TO_QUOTE.sub(rb">\1", message), b"\n")
        return b"".join(out)


class MboxFormat:
    """application/mbox. ``mail`` reads the single messages."""

    media_type = MBOX

    def __init__(self, mail: Format) -> None:
        self._mail = mail

    def parse(self, data: bytes) -> MboxDocument:
        """Read every message.

        Raises:
            Unparsable: ``mbox-too-large``, ``mbox-malformed``, ``mbox-too-many-messages``, and those of e-mail.
        """
        limits.check_size(data, limits.MAX_EMAIL_BYTES, "mbox-too-large", "mailbox")
        builder = CanonicalBuilder("mbox")
        messages: list[tuple[Document, int]] = []
        flow = 0
        for number, message in enumerate(_messages(data), start=1):
            if number > limits.MAX_MBOX_MESSAGES:
                raise Unparsable(
                    "mbox-too-many-messages",
                    f"The mailbox has more than {limits.MAX_MBOX_MESSAGES} messages.",
                    remedy=limits.SPLIT,
                )
            document = self._mail.parse(message)
            offset, flow = builder.embed(document.canonical, f"message {number} ▸ ", flow_base=flow)
            if builder.length > limits.MAX_CANONICAL_CHARS:
                raise Unparsable("text-too-long", "The mailbox has too much text.", remedy=limits.SPLIT)
            messages.append((document, offset))
        return MboxDocument(builder.build(), tuple(messages))

    def layers(self, data: bytes) -> Iterable[Layer]:
        """The layers of every message, and the bytes of the whole."""
        yield from byte_layers(data)
        for number, message in enumerate(_messages(data), start=1):
            for layer in self._mail.layers(message):
                yield Layer(f"message {number} {layer.name}", layer.text, layer.raw)


def _messages(data: bytes) -> Iterator[bytes]:
    starts = list(_SEPARATOR.finditer(data))
    if not starts or starts[0].start():
        raise Unparsable(
            "mbox-malformed",
            "The mailbox does not begin with a message.",
            remedy="Export it from the mail program again, or send the messages as EML.",
        )
    ends = [match.start() for match in starts[1:]] + [len(data)]
    for match, end in zip(starts, ends, strict=True):
        yield _QUOTED.sub(rb"\1", data[match.end() : end])
