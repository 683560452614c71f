"""Reading the members of a strictly parsed JSON body: known keys only, each of its type."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Collection
from typing import Any

from gateway.errors import InvalidInput

MAX_SIGNATURE_BYTES = 160  # DER of ECDSA P-384 is at most 104 bytes


def members(untrusted: Any, *, required: Collection[str], optional: Collection[str] = ()) -> dict[str, Any]:
    """The object with exactly the keys it may have.

    Raises:
        InvalidInput: ``request-invalid``; ``where`` is a JSON Pointer.
    """
    if not isinstance(untrusted, dict):
        raise invalid("a JSON object is expected", "/")
    for key in untrusted:
        if key not in required and key not in optional:
            raise invalid(f"the key {key[:80]!r} is not known here", f"/{key[:80]}")
    for key in required:
        if key not in untrusted:
            raise invalid(f"the key {key!r} is missing", f"/{key}")
    return untrusted


def text(value: Any, where: str, *, max_chars: int) -> str:
    """A string of at most so many characters."""
    if not isinstance(value, str) or len(value) > max_chars:
        raise invalid(f"a string of at most {max_chars} characters is expected", where)
    return value


def octets(value: Any, where: str, *, max_bytes: int = MAX_SIGNATURE_BYTES) -> bytes:
    """Bytes from standard padded base64, canonical: what does not re-encode to itself is refused."""
    if isinstance(value, str) and len(value) <= (max_bytes + 2) // 3 * 4:
        try:
            decoded = base64.b64decode(value, validate=True)
        except (binascii.Error, ValueError):
            decoded = b""
        if decoded and len(decoded) <= max_bytes and base64.b64encode(decoded).decode() == value:
            return decoded
    raise invalid(f"padded base64 of 1 to {max_bytes} bytes is expected", where)


def signed_document(untrusted: Any, name: str, *, max_bytes: int) -> tuple[bytes, bytes, str]:
    """The document under ``name``, the detached signature over it, and the id of the key that made that."""
    body = members(untrusted, required=(name, "signature", "key_id"))
    document = octets(body[name], f"/{name}", max_bytes=max_bytes)
    return document, octets(body["signature"], "/signature"), text(body["key_id"], "/key_id", max_chars=64)


def invalid(reason: str, where: str) -> InvalidInput:
    """The refusal of a body that is not as described. ``reason`` quotes nothing that may be secret."""
    return InvalidInput(
        "request-invalid",
        f"The request body cannot be accepted: {reason}.",
        remedy="Compare it with /v1/openapi.json.",
        where=where,
    )
