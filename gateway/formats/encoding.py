"""Bytes of a text to characters, by one rule that anyone can repeat.

A byte order mark decides (UTF-8, UTF-16, UTF-32); else the bytes are UTF-8 if they are valid UTF-8;
else windows-1252, but only if the result looks like a Western European language. Anything else is
refused rather than guessed: in mojibake no detector finds a name, and a reader restores it at once.
"""

from __future__ import annotations

import codecs
import re

from gateway.errors import Unparsable
from gateway.formats.invisible import visible

# The UTF-32 little-endian mark begins with that of UTF-16, so it is looked for first.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_LONGEST_MARK = 4
_WESTERN = re.compile("[À-ÖØ-öø-ÿŒœŠšŽžŸ‘’“”„‚…–—€£§°·•«»©®™ªº´¿¡½¼¾²³±×\u00a0]")
_OTHER = re.compile(r"[^\x00-\x7f]")
# Three letters beyond ASCII in a row hardly occur in Western text, and always in other code pages.
_RUN = re.compile("[À-ÖØ-öø-ÿ]{4}")


def decode_text(data: bytes) -> str:
    """The characters of a text file, without byte order mark and invisible characters.

    Raises:
        Unparsable: ``text-encoding-unknown`` or ``text-binary``.
    """
    return visible(_decode(data))


class TextDecoder:
    """The characters of a Unicode text that comes in pieces, invisible ones included.

    What is not Unicode is refused: whether bytes are Western European can only be told from all of them.
    """

    def __init__(self) -> None:
        self._decoder: codecs.IncrementalDecoder | None = None
        self._head = b""
        self._passed = 0

    def feed(self, data: bytes, *, final: bool = False) -> str:
        """The characters that are complete by now.

        Raises:
            Unparsable: ``text-encoding-unknown``, ``text-binary``.
        """
        data = self._head + data
        if self._decoder is None:
            if len(data) < _LONGEST_MARK and not final:
                self._head = data
                return ""
            mark, name = next(((mark, name) for mark, name in _MARKS if data.startswith(mark)), (b"", "utf-8"))
            self._head, data, self._passed = b"", data[len(mark) :], len(mark)
            self._decoder = codecs.getincrementaldecoder(name)("strict")
        try:
            text = self._decoder.decode(data, final)
        except UnicodeDecodeError as error:
            raise _unknown(self._passed + error.start) from None
        self._passed += len(data)
        return _no_nul(text)


def _decode(data: bytes) -> str:
    for mark, name in _MARKS:
        if data.startswith(mark):
            try:
                text = data[len(mark) :].decode(name, errors="strict")
            except UnicodeDecodeError as error:
                raise _unknown(error.start + len(mark)) from None
            return _no_nul(text)
    if b"\x00" in data:
        raise _binary()
    try:
        return data.decode("utf-8", errors="strict")
    except UnicodeDecodeError as error:
        position = error.start
    try:
        text = data.decode("windows-1252", errors="strict")
    except UnicodeDecodeError as error:
        raise _unknown(error.start) from None
    beyond = len(_OTHER.findall(text))
    if beyond > 0.25 * len(text) or len(_WESTERN.findall(text)) < 0.9 * beyond or _RUN.search(text):
        raise _unknown(position)
    return text


def _no_nul(text: str) -> str:
    if "\x00" in text:
        raise _binary()
    return text


def _binary() -> Unparsable:
    return Unparsable(
        "text-binary",
        "The exhibit contains NUL bytes, so it is not text.",
        remedy="Send it under the type that it really has.",
    )


def _unknown(position: int) -> Unparsable:
    return Unparsable(
        "text-encoding-unknown",
        "The encoding of the text is neither Unicode nor Western European.",
        remedy="Save it as UTF-8 and send it again.",
        where=f"byte {position}",
    )
