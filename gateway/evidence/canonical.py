"""Strict JSON in, canonical JSON out.

Everything that is hashed, signed or compared goes through here. Output is RFC 8785 (JCS). Input is
parsed strictly: UTF-8 only, no duplicate keys (RFC 8259 §4 leaves their meaning open, an attacker
uses that), no NaN or Infinity, no lone surrogates, bounded depth and size. Integers beyond 2^53-1
are refused because RFC 8785 numbers are IEEE 754 doubles.
"""

from __future__ import annotations

import hashlib
import json
from abc import ABC, abstractmethod
from typing import Any

import rfc8785

from gateway.errors import InvalidInput, TooLarge

MAX_DEPTH = 32
MAX_JSON_BYTES = 1 << 20
_MAX_SAFE_INTEGER = 2**53 - 1


def canonical_json(value: Any) -> bytes:
    """RFC 8785 serialisation of a JSON value, UTF-8 bytes.

    Raises:
        InvalidInput: ``not-canonicalisable`` if the value has no RFC 8785 form.
    """
    try:
        return rfc8785.dumps(value)
    except (rfc8785.CanonicalizationError, RecursionError, UnicodeEncodeError) as error:
        raise InvalidInput(
            "not-canonicalisable",
            f"This value has no canonical JSON form: {error}.",
            remedy="Use only strings, finite numbers, booleans, null, arrays and objects.",
        ) from error


def sha256_hex(data: bytes) -> str:
    """Lower-case hexadecimal SHA-256 of the bytes, 64 characters."""
    return hashlib.sha256(data).hexdigest()


def canonical_digest(value: Any) -> str:
    """SHA-256 (hex) of the RFC 8785 form: how agreements, policies and reports are identified."""
    return sha256_hex(canonical_json(value))


class CanonicalDocument(ABC):
    """A document that is signed, or named by its digest, in its RFC 8785 form."""

    __slots__ = ()

    @abstractmethod
    def as_dict(self) -> dict[str, Any]:
        """The JSON members, as they are hashed and signed."""

    def canonical(self) -> bytes:
        """RFC 8785 bytes: what a signature covers."""
        return canonical_json(self.as_dict())

    def digest(self) -> str:
        """SHA-256 of the canonical bytes, hex."""
        return sha256_hex(self.canonical())


def parse_json(untrusted: bytes, *, max_bytes: int = MAX_JSON_BYTES, max_depth: int = MAX_DEPTH) -> Any:
    """Parse JSON from an outsider, strictly.

    Args:
        untrusted: The bytes as received.
        max_bytes: Refuse anything longer before parsing.
        max_depth: Deepest allowed nesting of arrays and objects.

    Raises:
        TooLarge: ``json-too-large`` or ``json-too-deep``.
        InvalidInput: ``json-invalid``, ``json-duplicate-key``, ``json-number-out-of-range``.
    """
    if len(untrusted) > max_bytes:
        raise TooLarge(
            "json-too-large",
            f"The JSON document has {len(untrusted)} bytes; at most {max_bytes} are accepted.",
            remedy="Send a smaller document.",
        )
    try:
        text = untrusted.decode("utf-8", errors="strict")
    except UnicodeDecodeError as error:
        raise InvalidInput(
            "json-invalid",
            "The JSON document is not UTF-8.",
            remedy="Encode the document as UTF-8 without a byte order mark.",
            where=f"byte {error.start}",
        ) from error
    _check_depth(text, max_depth)
    try:
        value = json.loads(text, object_pairs_hook=_unique_keys, parse_constant=_no_constant, parse_int=_parse_integer)
    except json.JSONDecodeError as error:
        raise InvalidInput(
            "json-invalid",
            f"The document is not valid JSON: {error.msg}.",
            remedy="Correct the syntax and send it again.",
            where=f"line {error.lineno} column {error.colno}",
        ) from error
    _check_scalars(value)
    return value


def _check_depth(text: str, max_depth: int) -> None:
    # Counted on the text, before json.loads, whose recursion an attacker would otherwise exhaust.
    depth = 0
    in_string = escaped = False
    for char in text:
        if in_string:
            if escaped:
                escaped = False
            elif char == "\\":
                escaped = True
            elif char == '"':
                in_string = False
        elif char == '"':
            in_string = True
        elif char in "[{":
            depth += 1
            if depth > max_depth:
                raise TooLarge(
                    "json-too-deep",
                    f"The JSON document nests deeper than {max_depth} levels.",
                    remedy="Flatten the document.",
                )
        elif char in "]}":
            depth -= 1


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for key, value in pairs:
        if key in result:
            raise InvalidInput(
                "json-duplicate-key",
                f"The key {key[:80]!r} stands twice in one object.",
                remedy="Keep one of the two.",
                where=key[:80],
            )
        result[key] = value
    return result


def _no_constant(name: str) -> Any:
    raise InvalidInput("json-invalid", f"{name} is not a JSON number.", remedy="Use a finite number or null.")


def _parse_integer(digits: str) -> int:
    if len(digits) > 17 or abs(int(digits)) > _MAX_SAFE_INTEGER:
        raise InvalidInput(
            "json-number-out-of-range",
            "An integer is larger than 2^53-1 and would not survive canonicalisation.",
            remedy="Write the number as a string.",
        )
    return int(digits)


def _check_scalars(value: Any) -> None:
    stack = [value]
    while stack:
        item = stack.pop()
        if isinstance(item, dict):
            stack.extend(item.keys())
            stack.extend(item.values())
        elif isinstance(item, list):
            stack.extend(item)
        elif isinstance(item, str):
            if any(0xD800 <= ord(char) <= 0xDFFF for char in item):
                raise InvalidInput(
                    "json-invalid",
                    "A string contains a lone surrogate, which is not a Unicode character.",
                    remedy="Send well-formed Unicode.",
                )
        elif isinstance(item, float) and (item != item or item in (float("inf"), float("-inf"))):
            raise InvalidInput(
                "json-number-out-of-range",
                "A number is too large for a double.",
                remedy="Write the number as a string.",
            )
