"""Mail header fields: which are kept, how they are read (RFC 2047) and written.

Kept are the fields that say who wrote to whom, when and about what. All others (routes, servers,
clients, signatures, message identifiers) are dropped: they are full of addresses and prove nothing
once the message has been rebuilt. Values are read leniently and laid out on one line; fields that
occur twice are kept twice, so that no reader sees one that redaction has not.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable
from email.message import Message

from gateway.errors import Unparsable
from gateway.formats.invisible import visible

#: In the order in which they are written.
KEPT = ("From", "Sender", "Reply-To", "To", "Cc", "Bcc", "Date", "Subject")

_WORD = re.compile(r"=\?([A-Za-z0-9_.:-]{1,40})(?:\*[A-Za-z0-9-]{0,20})?\?([bBqQ])\?([^?\s]*)\?=")
_BETWEEN_WORDS = re.compile(r"(\?=)[ \t\r\n]+(?==\?[A-Za-z0-9_.:*-]{1,60}\?[bBqQ]\?[^?\s]*\?=)")
_MAX_LINE = 76
_MAX_WORD_BYTES = 39  # 52 base64 digits and the frame of an encoded word stay below 75 characters


def kept_headers(message: Message) -> Iterable[tuple[str, str]]:
    """Names and decoded values of the kept fields.

    Raises:
        Unparsable: ``email-charset-unknown``.
    """
    for name in KEPT:
        # raw_items: the other accessors replace bytes beyond ASCII.
        for field, value in message.raw_items():
            if field.lower() == name.lower() and (text := decode_header(str(value))):
                yield name, text


def decode_header(raw: str) -> str:
    """The readable value of a field, on one line.

    Raises:
        Unparsable: ``email-charset-unknown``.
    """
    raw = _octets(raw)
    raw = _BETWEEN_WORDS.sub(r"\1", raw)
    return " ".join(visible(_WORD.sub(_decode_word, raw)).split())


def _octets(raw: str) -> str:
    # The parser keeps bytes beyond ASCII as surrogates; RFC 6532 makes them UTF-8.
    data = raw.encode("ascii", errors="surrogateescape") if _has_surrogates(raw) else None
    if data is None:
        return raw
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("windows-1252", errors="replace")


def _has_surrogates(raw: str) -> bool:
    return any("\udc80" <= char <= "\udcff" for char in raw) and all(c.isascii() or c >= "\udc80" for c in raw)


def _decode_word(match: re.Match[str]) -> str:
    charset, encoding, payload = match.groups()
    try:
        if encoding in "bB":
            data = base64.b64decode(payload + "=" * (-len(payload) % 4), validate=True)
        else:
            data = binascii.a2b_qp(payload.encode("ascii", errors="replace"), header=True)
    except (binascii.Error, ValueError):
        return match.group()  # not an encoded word after all; shown as it stands
    return decode_charset(data, charset, lenient=True)


def decode_charset(data: bytes, charset: str, *, lenient: bool = False) -> str:
    """Bytes in a named charset as text.

    Args:
        lenient: Put U+FFFD for bytes the charset does not have (a header cut in the middle of one).

    Raises:
        Unparsable: ``email-charset-unknown`` or ``email-charset-wrong``.
    """
    name = {"us-ascii": "windows-1252", "ascii": "windows-1252", "iso-8859-1": "windows-1252",
            "latin-1": "windows-1252", "gb2312": "gb18030", "gbk": "gb18030"}.get(charset.lower(), charset)  # fmt: skip
    try:
        return data.decode(name, errors="replace" if lenient else "strict")
    except LookupError:
        raise Unparsable(
            "email-charset-unknown",
            "A part of the message names a character set that is not known here.",
            remedy="Save the message as UTF-8 and send it again.",
        ) from None
    except UnicodeError:
        raise Unparsable(
            "email-charset-wrong",
            "A part of the message is not in the character set that it names.",
            remedy="Save the message as UTF-8 and send it again.",
        ) from None


def encode_header(name: str, value: str) -> str:
    """One field as it is written, folded, with its line end; reads back to the same value."""
    words: list[str] = []
    for token in value.split(" "):
        plain = token.isascii() and token.isprintable() and "=?" not in token and len(token) < 900
        if plain or not words or not words[-1].startswith("\x00"):
            words.append(token if plain else "\x00" + token)
        else:
            # Neighbours that need encoding are encoded together: the space between belongs to the text.
            words[-1] += " " + token
    pieces: list[str] = []
    for word in words:
        pieces += _encoded(word[1:]) if word.startswith("\x00") else [word]
    lines, line = [], f"{name}:"
    for piece in pieces:
        if len(line) + 1 + len(piece) > _MAX_LINE and line != f"{name}:":
            lines.append(line)
            line = ""
        line += " " + piece
    return "\r\n".join([*lines, line]) + "\r\n"


def _encoded(text: str) -> list[str]:
    words, chunk = [], b""
    for char in text:
        encoded = char.encode("utf-8")
        if len(chunk) + len(encoded) > _MAX_WORD_BYTES:
            words.append(chunk)
            chunk = b""
        chunk += encoded
    words.append(chunk)
    return [f"=?utf-8?b?{base64.b64encode(word).decode('ascii')}?=" for word in words]
