"""Single byte ranges and conditional requests (RFC 9110 §13 and §14).

One range per request, as the specification allows a server to decide; a header asking for several,
or one that cannot be parsed, is ignored (RFC 9110 §14.2), so the whole representation is sent. The
validator is a strong entity tag, so If-Range is compared strongly (§13.1.5); dates never match.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from gateway.errors import InvalidInput

_RANGE = re.compile(r"bytes=[ \t]*(?:([0-9]{1,18})-([0-9]{1,18})?|-([0-9]{1,18}))[ \t]*", re.IGNORECASE)
_ETAG = re.compile(r'(?:W/)?"[\x21\x23-\x7e]*"')


@dataclass(frozen=True, slots=True)
class ByteRange:
    """What a Range header asks for: ``first`` to ``last`` inclusive, or the final ``suffix`` bytes."""

    first: int | None
    last: int | None
    suffix: int | None = None

    def resolve(self, size_bytes: int) -> tuple[int, int]:
        """Start and length within a representation of that size.

        Raises:
            InvalidInput: ``range-not-satisfiable`` with ``size`` in the detail.
        """
        if self.suffix is not None:
            length = min(self.suffix, size_bytes)
            if length > 0:
                return size_bytes - length, length
        elif self.first is not None and self.first < size_bytes:
            last = size_bytes - 1 if self.last is None else min(self.last, size_bytes - 1)
            return self.first, last - self.first + 1
        raise InvalidInput(
            "range-not-satisfiable",
            f"The range lies outside of the {size_bytes} bytes there are.",
            remedy="Ask for a range that begins before the end.",
            size=size_bytes,
        )


def parse_range(untrusted: str | None) -> ByteRange | None:
    """The range a header asks for, or None where the whole representation is to be sent."""
    if untrusted is None:
        return None
    match = _RANGE.fullmatch(untrusted)
    if match is None:
        return None
    first, last, suffix = match.groups()
    if suffix is not None:
        return ByteRange(None, None, int(suffix))
    asked = ByteRange(int(first), int(last) if last is not None else None)
    # RFC 9110 §14.1.1: a range whose last byte is before its first is invalid, and so ignored.
    if asked.last is not None and asked.first is not None and asked.last < asked.first:
        return None
    return asked


def if_range_matches(untrusted: str | None, etag: str) -> bool:
    """Whether a Range header may be honoured: no If-Range, or the very same strong tag."""
    return untrusted is None or untrusted.strip() == etag


def if_none_match_matches(untrusted: str | None, etag: str) -> bool:
    """Whether the caller's copy is current (weak comparison, RFC 9110 §13.1.2)."""
    if untrusted is None or len(untrusted) > 4096:
        return False
    if untrusted.strip() == "*":
        return True
    return any(tag.removeprefix("W/") == etag for tag in _ETAG.findall(untrusted))
