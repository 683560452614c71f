"""Reading signed JSON documents: canonical bytes only, every member named, nothing extra.

Policies, manifests, receipts and acknowledgements are RFC 8785 JSON and identified by the digest of
their bytes. So a reader accepts only bytes that are canonical, and only members it knows: a member
that was signed but not understood would be a promise that nobody keeps. Each document carries a
``type``, so that a signature over one kind can never be shown as one over another.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Set
from datetime import UTC, datetime
from typing import Any, TypeVar

from gateway.errors import InvalidInput
from gateway.evidence.canonical import canonical_json, parse_json
from gateway.evidence.names import check_identifier

_T = TypeVar("_T")

_HEX64 = re.compile(r"[0-9a-f]{64}")
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{6})?Z")


def format_time(moment: datetime) -> str:
    """RFC 3339 in UTC with ``Z``; microseconds only where there are any, so one instant has one text.

    Raises:
        ValueError: if the time has no zone, which is a fault of the caller.
    """
    if moment.tzinfo is None:
        raise ValueError("a time without a zone cannot be signed")
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def parse_time(untrusted: str) -> datetime:
    """The time that :func:`format_time` spells so.

    Raises:
        ValueError: for any other spelling, or an impossible date.
    """
    if not _TIME.fullmatch(untrusted):
        raise ValueError("not an RFC 3339 time in UTC")
    moment = datetime.fromisoformat(untrusted)
    if format_time(moment) != untrusted:
        raise ValueError("not the canonical text of this time")
    return moment


def parse_canonical(untrusted: bytes, *, what: str) -> Any:
    """The JSON value of bytes that are its RFC 8785 form.

    Raises:
        InvalidInput: ``not-canonical``, or a ``json-`` code. TooLarge: ``json-too-large``, ``json-too-deep``.
    """
    value = parse_json(untrusted)
    if canonical_json(value) != untrusted:
        raise InvalidInput(
            "not-canonical",
            f"The {what} is not in canonical form (RFC 8785), so its digest means nothing.",
            remedy="Pass the bytes exactly as they were signed.",
        )
    return value


class Members:
    """An object of a signed document, with its members checked as they are taken.

    Args:
        untrusted: A parsed JSON value.
        where: JSON Pointer of the value in its document.
        code: Code of the errors that this document gives.
        names: The members it must have; it may have no others.
    """

    def __init__(self, untrusted: Any, where: str, code: str, names: Set[str]) -> None:
        self._where = where
        self._code = code
        if not isinstance(untrusted, dict):
            raise self.error("an object was expected")
        if untrusted.keys() != names:
            raise self.error(f"its members must be exactly {', '.join(sorted(names))}")
        self._members = untrusted

    def error(self, reason: str, name: str = "") -> InvalidInput:
        """The error for this document, pointing at the member ``name``."""
        return InvalidInput(
            self._code,
            f"The signed document cannot be accepted: {reason}.",
            remedy="See docs/spec/envelope.md for its members.",
            where=(f"{self._where}/{name}" if name else self._where) or "/",
        )

    def constant(self, name: str, expected: str) -> None:
        if self._members[name] != expected:
            raise self.error(f"{name} must be {expected!r}", name)

    def text(self, name: str, *, at_most: int, empty: bool = False) -> str:
        value = self._members[name]
        if not isinstance(value, str) or len(value) > at_most or not (value or empty):
            raise self.error(f"a text of at most {at_most} characters was expected", name)
        return value

    def identifier(self, name: str) -> str:
        return self._checked(name, lambda value: check_identifier(value, what=name), "an identifier was expected")

    def integer(self, name: str) -> int:
        value = self._members[name]
        if isinstance(value, bool) or not isinstance(value, int) or value < 0:
            raise self.error("a whole number, zero or more, was expected", name)
        return value

    def sha256(self, name: str) -> str:
        value = self._members[name]
        if not isinstance(value, str) or not _HEX64.fullmatch(value):
            raise self.error("64 lower-case hexadecimal digits were expected", name)
        return value

    def time(self, name: str) -> datetime:
        return self._checked(
            name, lambda value: parse_time(str(value)), "a time like 2026-05-04T10:00:00Z was expected"
        )

    def array(self, name: str, *, at_most: int) -> list[Any]:
        value = self._members[name]
        if not isinstance(value, list) or len(value) > at_most:
            raise self.error(f"an array of at most {at_most} items was expected", name)
        return value

    def value(self, name: str) -> Any:
        """The member unchecked, for a parser of its own."""
        return self._members[name]

    def object(self, name: str, names: Set[str]) -> Members:
        return Members(self._members[name], f"{self._where}/{name}", self._code, names)

    def objects(self, name: str, names: Set[str], *, at_most: int) -> list[Members]:
        return [
            Members(item, f"{self._where}/{name}/{i}", self._code, names)
            for i, item in enumerate(self.array(name, at_most=at_most))
        ]

    def _checked(self, name: str, check: Callable[[Any], _T], expected: str) -> _T:
        try:
            return check(self._members[name])
        except (ValueError, InvalidInput) as error:
            raise self.error(expected, name) from error
