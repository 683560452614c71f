"""Base64 as age writes it: the standard alphabet, no padding, canonical or refused.

RFC 4648 §4 without ``=`` (c2sp.org/age, "Conventions"). Python's own decoder skips foreign
characters and ignores stray trailing bits, so one value would have many spellings; whoever compares
or hashes the spelling would be deceived. Padded base64, as signed notes use it, is not read here.
"""

from __future__ import annotations

import base64
import re

from gateway.errors import InvalidInput

_ALPHABET = re.compile(r"[A-Za-z0-9+/]*")


def encode(data: bytes) -> str:
    """Unpadded base64 of the bytes."""
    return base64.b64encode(data).rstrip(b"=").decode("ascii")


def decode(untrusted: str, *, where: str | None = None) -> bytes:
    """Bytes of a canonical, unpadded base64 text.

    Raises:
        InvalidInput: ``base64-not-canonical`` for a foreign character, padding, an impossible length
            or trailing bits that are not zero (RFC 4648 §3.5).
    """
    if _ALPHABET.fullmatch(untrusted) and len(untrusted) % 4 != 1:
        data = base64.b64decode(untrusted + "=" * (-len(untrusted) % 4), validate=True)
        # Writing it back catches the trailing bits: only one spelling of each value passes.
        if encode(data) == untrusted:
            return data
    raise InvalidInput(
        "base64-not-canonical",
        "A base64 value is not in its one canonical, unpadded form.",
        remedy="Encode with the standard alphabet of RFC 4648 §4, without '=' and without line breaks.",
        where=where,
    )
