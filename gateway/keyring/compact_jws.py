"""A JWS in compact form, taken apart strictly before any library sees it (RFC 7515 §7.1).

Three parts of canonical base64url, a small header without duplicate keys, ES256 and nothing else, no
member that brings a key, a URL, compression or an extension along. What passes has one spelling and
names no key of its own choosing. Whose signature it is and what the claims mean: tokens.py.
"""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass
from typing import Any

from gateway.errors import GatewayError
from gateway.evidence.canonical import parse_json
from gateway.keyring.jwk import decode

MAX_CHARS = 8192
SIGNATURE_BYTES = 64
_MAX_HEADER_BYTES = 1024
# Any other member is refused, ``crit``, ``jwk``, ``jku``, ``x5u``, ``x5c``, ``zip`` and ``b64`` among them:
# each would change what is verified or with which key. ``x5t`` are hints that nothing here follows.
_HEADER_MEMBERS = frozenset({"alg", "typ", "kid", "x5t", "x5t#S256"})


class MalformedJws(Exception):
    """The text is not a JWS that is accepted here; ``reason`` says why, without quoting it."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class CompactJws:
    """The parts of a JWS whose signature nobody has checked yet."""

    untrusted_header: dict[str, Any]
    untrusted_payload: bytes
    signature: bytes


def parse_compact(untrusted: str, *, types: Set[str | None]) -> CompactJws:
    """Take a compact JWS apart.

    Args:
        types: Accepted values of ``typ``, in lower case; None if it may be missing (RFC 8725 §3.11).

    Raises:
        MalformedJws: for anything else than exactly one ES256 JWS of at most 8,192 characters.
    """
    if len(untrusted) > MAX_CHARS:
        raise MalformedJws(f"it has more than {MAX_CHARS} characters")
    parts = untrusted.split(".")
    if len(parts) == 5:
        raise MalformedJws("it is encrypted (JWE), which is not used here")
    if len(parts) != 3 or not all(parts):
        raise MalformedJws("it does not have three parts")
    try:
        header_bytes, payload, signature = (decode(part) for part in parts)
    except ValueError:
        raise MalformedJws("a part is not canonical base64url") from None
    try:
        header = parse_json(header_bytes, max_bytes=_MAX_HEADER_BYTES, max_depth=2)
    except GatewayError:
        raise MalformedJws("its header is not strict JSON") from None
    if not isinstance(header, dict) or not header.keys() <= _HEADER_MEMBERS:
        raise MalformedJws("its header has a member that is not accepted")
    if not all(isinstance(value, str) for value in header.values()):
        raise MalformedJws("a member of its header is not a text")
    if header.get("alg") != "ES256":
        raise MalformedJws("its algorithm is not ES256")
    kind = header.get("typ")
    if (kind.lower() if kind is not None else None) not in types:
        raise MalformedJws("it is of another type")
    if len(signature) != SIGNATURE_BYTES:
        raise MalformedJws("its signature does not have 64 bytes")
    return CompactJws(header, payload, signature)
