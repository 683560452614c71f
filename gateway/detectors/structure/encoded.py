"""Text within text: base64, hexadecimal and percent-coded runs are decoded and read like any other text.

A log line may carry a whole customer record that no pattern sees. What decodes to readable text is laid out
as a document of its own, one segment a run; a run in which anything is found is redacted whole, as what was
found in it. Runs that decode to bytes are left: a digest or key has no reader. Decoding is repeated once, for
what was encoded twice.

Source: RFC 4648 (both alphabets, padding optional, line breaks allowed).
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Iterator
from urllib.parse import unquote

from gateway.redaction.document import CanonicalText, Finding, Segment

_BASE64 = re.compile(r"(?<![A-Za-z0-9+/_=-])[A-Za-z0-9+/_-]{12,}(?:\r?\n[A-Za-z0-9+/_-]{4,}){0,2000}={0,2}")
_HEX = re.compile(r"(?<![0-9A-Za-z])(?:0x)?(?P<digits>[0-9A-Fa-f]{2}(?:[ :]?[0-9A-Fa-f]{2}){7,})(?![0-9A-Za-z])")
_PERCENT = re.compile(r"(?:[\w.~+-]{0,100}%[0-9A-Fa-f]{2}){2,}[\w.~+-]{0,100}")
_SHORTEST_TEXT = 6
_READABLE = 0.9

Reader = Callable[[CanonicalText], list[Finding]]


def find_encoded(text: str, read: Reader) -> Iterator[Finding]:
    """Findings that cover encoded runs in which ``read`` finds something.

    Args:
        read: Detects in a text; is called at most once, on all decoded runs together.
    """
    runs = [(start, end, plain) for start, end, plain in _runs(text) if len(plain) >= _SHORTEST_TEXT]
    if not runs:
        return
    segments: list[Segment] = []
    position = 0
    for _, _, plain in runs:
        segments.append(Segment(position, position + len(plain), "encoded"))
        position += len(plain) + 2
    inside = CanonicalText("\n\n".join(plain for _, _, plain in runs), tuple(segments), "encoded", "1")
    number = 0
    for finding in read(inside):
        while segments[number].end <= finding.start:
            number += 1
        start, end, _ = runs[number]
        yield Finding(start, end, finding.entity, f"encoded/{finding.rule}", finding.confidence)


def _runs(text: str) -> Iterator[tuple[int, int, str]]:
    for match in _BASE64.finditer(text):
        if (plain := _readable(_from_base64(match.group()))) is not None:
            yield match.start(), match.end(), plain
    for match in _HEX.finditer(text):
        digits = re.sub(r"[ :]", "", match["digits"])
        if (plain := _readable(binascii.unhexlify(digits))) is not None:
            yield match.start(), match.end(), plain
    for match in _PERCENT.finditer(text):
        yield match.start(), match.end(), unquote(match.group(), errors="replace")


def _from_base64(run: str) -> bytes:
    letters = re.sub(r"[\r\n=]", "", run).replace("-", "+").replace("_", "/")
    letters = letters[: len(letters) - (len(letters) % 4 == 1)]
    return base64.b64decode(letters + "=" * (-len(letters) % 4))


def _readable(data: bytes) -> str | None:
    """The text of the bytes if they are one; words of ordinary text decode to bytes that are none."""
    for encoding in ("utf-8", "utf-16-le"):
        try:
            plain = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        latin = sum((char.isprintable() and char < "\u0250") or char in "\r\n\t" for char in plain)
        if plain and latin >= _READABLE * len(plain):
            return plain
    return None
