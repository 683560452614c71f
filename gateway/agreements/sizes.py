"""File sizes as agreements write them: ``50 MB``. Decimal units are powers of 1000 (IEC 80000-13).

A bare number is refused, because nobody can tell whether its author thought of bytes or megabytes.
"""

from __future__ import annotations

import re
from decimal import Decimal

from gateway.errors import InvalidInput
from gateway.evidence.manifest import MAX_EXHIBIT_BYTES

UNITS = {
    "B": 1,
    "kB": 10**3,
    "KB": 10**3,
    "MB": 10**6,
    "GB": 10**9,
    "TB": 10**12,
    "KiB": 2**10,
    "MiB": 2**20,
    "GiB": 2**30,
    "TiB": 2**40,
}

#: The grammar, as the JSON Schema publishes it.
SIZE_PATTERN = rf"^[0-9]{{1,15}}(?:\.[0-9]{{1,6}})? ?(?:{'|'.join(UNITS)})$"
_SIZE = re.compile(rf"([0-9]{{1,15}}(?:\.[0-9]{{1,6}})?) ?({'|'.join(UNITS)})")


def parse_size(text: str) -> int:
    """Bytes for a text such as ``50 MB``.

    Raises:
        InvalidInput: ``agreement-invalid-size`` for the wrong form, ``agreement-size-out-of-range``
            for zero, parts of a byte, or more than any exhibit may have.
    """
    match = _SIZE.fullmatch(text)
    if match is None:
        raise InvalidInput(
            "agreement-invalid-size",
            f"{text[:40]!a} is not a size.",
            remedy=f"Write a number and a unit ({', '.join(UNITS)}), such as 50 MB; MB is a million bytes.",
        )
    size = Decimal(match[1]) * UNITS[match[2]]
    if size != int(size) or not 0 < size <= MAX_EXHIBIT_BYTES:
        raise InvalidInput(
            "agreement-size-out-of-range",
            f"The size {text} is not a whole number of bytes from 1 to {MAX_EXHIBIT_BYTES}.",
            remedy="Write a size that an exhibit can have; the gateway takes at most 16 TiB.",
        )
    return int(size)


def write_size(size_bytes: int) -> str:
    """A size in the largest decimal unit that says it exactly; the inverse of :func:`parse_size`."""
    for unit in ("TB", "GB", "MB", "kB"):
        if size_bytes % UNITS[unit] == 0:
            return f"{size_bytes // UNITS[unit]} {unit}"
    return f"{size_bytes} B"
