"""The parts of a MIME message, chosen and decoded: what of a message is text, and what is attached.

Structure is read by the standard library's tolerant parser, and then held to account: a multipart
without its boundaries, a truncated one, or broken base64 is refused, because two readers would see
different messages. Of alternatives the plain text is taken, unless the HTML says much more.
"""

from __future__ import annotations

import base64
import binascii
import email.errors
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message

from gateway.errors import Unparsable
from gateway.evidence.media import EMAIL
from gateway.formats import limits
from gateway.formats.containers.mail_headers import decode_charset, decode_header
from gateway.formats.encoding import decode_text
from gateway.formats.invisible import visible
from gateway.formats.text.htmltext import html_to_text

_GRAVE_DEFECTS = (
    email.errors.NoBoundaryInMultipartDefect,
    email.errors.StartBoundaryNotFoundDefect,
    email.errors.CloseBoundaryNotFoundDefect,
    email.errors.MultipartInvariantViolationDefect,
    email.errors.FirstHeaderLineIsContinuationDefect,
)
_UNNAMED_CHARSETS = frozenset({"", "us-ascii", "ascii", "unknown-8bit", "x-unknown", "default", "unknown", "none"})
_REPORTS = frozenset({"message/delivery-status", "message/disposition-notification", "message/global-delivery-status"})
_LINE_END = re.compile(r"\r\n?")


@dataclass(frozen=True, slots=True)
class Body:
    """Text that a reader of the message sees."""

    text: str
    from_html: bool = False


@dataclass(frozen=True, slots=True)
class Attached:
    """A file: its bytes, or the message that it is."""

    untrusted_name: str
    declared_type: str
    data: bytes
    message: Message | None = None


class PartCounter:
    """Counts the parts of a message and all messages inside it against the limit."""

    def __init__(self) -> None:
        self._parts = 0

    def count(self) -> None:
        self._parts += 1
        if self._parts > limits.MAX_EMAIL_PARTS:
            raise Unparsable(
                "email-too-many-parts",
                f"The message has more than {limits.MAX_EMAIL_PARTS} parts.",
                remedy="Send the attachments as exhibits of their own.",
            )


def leaves(message: Message, counter: PartCounter, depth: int = 0) -> list[Body | Attached]:
    """Bodies and attachments of a message, in order.

    Raises:
        Unparsable: ``email-malformed``, ``email-too-deep``, ``email-too-many-parts``,
            ``email-charset-unknown``, ``email-charset-wrong``, and those of decoding text and HTML.
    """
    counter.count()
    if depth > limits.MAX_EMAIL_DEPTH:
        raise Unparsable(
            "email-too-deep",
            f"The parts of the message nest deeper than {limits.MAX_EMAIL_DEPTH}.",
            remedy="Send the attachments as exhibits of their own.",
        )
    if any(isinstance(defect, _GRAVE_DEFECTS) for defect in message.defects):
        raise malformed("its parts are not properly separated")
    if message.get_content_type() == EMAIL:
        return [_message(message)]
    if message.get_content_maintype() == "multipart":
        children = [leaves(child, counter, depth + 1) for child in _children(message)]
        if message.get_content_subtype() == "alternative":
            children = _preferred(children)
        return [leaf for child in children for leaf in child]
    return list(_leaf(message))


def malformed(reason: str) -> Unparsable:
    """The refusal of a message that readers would understand differently."""
    return Unparsable(
        "email-malformed",
        f"The message is not well-formed: {reason}.",
        remedy="Export it from the mail program again.",
    )


def _children(message: Message) -> list[Message]:
    payload = message.get_payload()
    if not isinstance(payload, list):
        raise malformed("a multipart has no parts")
    return [child for child in payload if isinstance(child, Message)]


def _message(part: Message) -> Attached:
    payload = part.get_payload()
    encoded = str(part.get("Content-Transfer-Encoding", "")).strip().lower() in ("base64", "quoted-printable")
    if encoded or not isinstance(payload, list) or not payload or not isinstance(payload[0], Message):
        raise malformed("a message inside it is encoded, which RFC 2046 forbids")
    return Attached(_file_name(part), EMAIL, b"", payload[0])


def _leaf(part: Message) -> Iterator[Body | Attached]:
    data = _octets(part)
    content_type, name = part.get_content_type(), _file_name(part)
    if name or part.get_content_disposition() == "attachment" or content_type not in ("text/plain", "text/html"):
        yield Attached(name, content_type, data)
        return
    text = _text(part, data)
    text = html_to_text(text) if content_type == "text/html" else _LINE_END.sub("\n", text).rstrip("\n")
    if text.strip():
        yield Body(text, from_html=content_type == "text/html")


def _octets(part: Message) -> bytes:
    raw = part.get_payload()
    if isinstance(raw, list) and part.get_content_type() in _REPORTS:
        # RFC 3464: blocks of fields, which the parser takes for messages. They are read as the text they are.
        return b"\n".join(bytes(block) for block in raw if isinstance(block, Message))
    if not isinstance(raw, str):
        raise malformed("a part has an unexpected structure")
    encoding = str(part.get("Content-Transfer-Encoding", "")).strip().lower()
    if encoding == "base64":
        # Decoded here: the library skips what is not base64, and so would show another content.
        try:
            return base64.b64decode("".join(raw.split()).encode("ascii"), validate=True)
        except (binascii.Error, UnicodeEncodeError):
            raise malformed("a part is not valid base64") from None
    if encoding not in ("", "7bit", "8bit", "binary", "quoted-printable"):
        raise malformed("a part has an encoding that MIME does not know")
    octets = part.get_payload(decode=True)
    if not isinstance(octets, bytes):
        raise malformed("a part cannot be decoded")
    return octets


def _text(part: Message, data: bytes) -> str:
    charset = str(part.get_param("charset", "") or "").strip().lower()
    if charset in _UNNAMED_CHARSETS:
        return decode_text(data)
    text = decode_charset(data, charset)
    if "\x00" in text:
        raise malformed("a text part contains NUL characters")
    return visible(text)


def _file_name(part: Message) -> str:
    raw = part.get_filename("")
    name = decode_header(str(raw)).replace("\\", "/").rsplit("/", 1)[-1].strip()
    return name[:200]


def _preferred(children: list[list[Body | Attached]]) -> list[list[Body | Attached]]:
    bodies = [leaf for child in children for leaf in child if isinstance(leaf, Body)]
    plain = sum(len(body.text.split()) for body in bodies if not body.from_html)
    rich = sum(len(body.text.split()) for body in bodies if body.from_html)
    if plain == 0 or plain < rich / 2:
        return children
    return [[leaf for leaf in child if not (isinstance(leaf, Body) and leaf.from_html)] for child in children]
