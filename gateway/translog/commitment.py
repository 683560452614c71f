"""Commitments to values that may have to be forgotten (docs/spec/log.md, "Commitments").

``sha256("evidence-gateway/field-v1" || 0x00 || field || 0x00 || salt(32) || value)``. The salt is 32
random bytes per field and entry, so that a short value (a case number) cannot be found by trying,
and two entries about one value cannot be linked. Whoever is shown salt and value can check them;
once both are erased, the commitment says nothing, and the tree above it stays as it is.
"""

from __future__ import annotations

import hashlib
import hmac
import re

from gateway.errors import InvalidInput

SALT_BYTES = 32
_DOMAIN = b"evidence-gateway/field-v1"
_FIELD = re.compile(r"[a-z][a-z0-9_]{0,63}")


def check_field(field: str) -> str:
    """Return the field name if it is lower-case letters, digits and underscores, else refuse.

    Raises:
        InvalidInput: ``log-entry-invalid``. Such a name cannot contain the separator 0x00.
    """
    if not _FIELD.fullmatch(field):
        raise InvalidInput(
            "log-entry-invalid",
            "The name of an erasable field is not lower-case letters and digits.",
            remedy="See docs/spec/log.md, 'Commitments'.",
        )
    return field


def commit(field: str, salt: bytes, value: str) -> str:
    """The commitment, 64 lower-case hexadecimal digits.

    Args:
        field: Name of the field.
        salt: 32 random bytes, never used twice.
        value: What is committed to; hashed as UTF-8.
    """
    if len(salt) != SALT_BYTES:
        raise InvalidInput(
            "log-entry-invalid",
            f"A commitment's salt has {len(salt)} bytes; it must have 32.",
            remedy="See docs/spec/log.md, 'Commitments'.",
        )
    return hashlib.sha256(b"\0".join((_DOMAIN, check_field(field).encode(), salt + value.encode("utf-8")))).hexdigest()


def opens(commitment: str, field: str, salt: bytes, value: str) -> bool:
    """Whether salt and value are what the commitment was made from."""
    return hmac.compare_digest(commitment.encode(), commit(field, salt, value).encode())
