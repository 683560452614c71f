"""The claims of a token or assertion (RFC 7519 §4), each checked as it is taken, against a given time.

Strict: the payload is JSON without duplicate keys, a claim that is asked for must be there and of its
type, times are compared with the ``now`` that is passed in. Whether the signature is good is for
tokens.py, which may read a claim before only to find the key.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from gateway.errors import GatewayError, Unauthenticated
from gateway.evidence.canonical import parse_json

Noun = Literal["token", "assertion"]

#: How far another machine's clock may run ahead of ours. Never extends the end of a token.
CLOCK_SKEW = timedelta(seconds=30)
GET_ANOTHER = "Get a new token at /oauth/token."

_MAX_CLAIMS_BYTES = 6144
_MAX_TEXT_CHARS = 512
_LAST_SECOND = 253_402_300_799  # of the year 9999: later is a mistake or an attack


class Claims:
    """The members of a JWT payload.

    Args:
        payload: As decoded from the JWS.
        noun: What it is of; begins the codes of the errors, all of them :class:`Unauthenticated`.
    """

    def __init__(self, payload: bytes, noun: Noun) -> None:
        self._noun = noun
        try:
            value = parse_json(payload, max_bytes=_MAX_CLAIMS_BYTES, max_depth=4)
        except GatewayError:
            raise self.invalid("has a payload that is not strict JSON") from None
        if not isinstance(value, dict):
            raise self.invalid("has a payload that is not a JSON object")
        self._members: dict[str, Any] = value

    def invalid(self, what: str) -> Unauthenticated:
        return refuse(self._noun, "claims-invalid", what, "Make a new one with all the claims that docs/api.md lists.")

    def has(self, name: str) -> bool:
        return name in self._members

    def text(self, name: str, *, empty: bool = False) -> str:
        value = self._members.get(name)
        if not isinstance(value, str) or len(value) > _MAX_TEXT_CHARS or not (value or empty):
            raise self.invalid(f"lacks the claim '{name}', or it is not a text of at most {_MAX_TEXT_CHARS} characters")
        return value

    def time(self, name: str) -> datetime:
        value = self._members.get(name)
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= _LAST_SECOND:
            raise self.invalid(f"lacks the claim '{name}', or it is not a number of seconds")
        return datetime.fromtimestamp(value, UTC)

    def expect(self, name: str, expected: str, code: str, what: str) -> None:
        if self.text(name) != expected:
            raise refuse(self._noun, code, what, GET_ANOTHER)

    def expect_audience(self, accepted: tuple[str, ...]) -> None:
        value = self._members.get("aud")
        # An array is lawful, but an assertion for several services is one that each can pass on.
        audience = value[0] if isinstance(value, list) and len(value) == 1 else value
        if not isinstance(audience, str) or audience not in accepted:
            raise refuse(
                self._noun,
                "audience-wrong",
                "is not meant for this token endpoint alone",
                "Set aud to the URL of the token endpoint, as the metadata document gives it.",
            )

    def check_begun(self, begins: datetime, now: datetime) -> None:
        if begins > now + CLOCK_SKEW:
            raise refuse(self._noun, "not-yet-valid", "is dated in the future", "Set your clock (NTP) and try again.")

    def check_not_over(self, expires: datetime, now: datetime) -> None:
        if expires <= now:
            remedy = GET_ANOTHER if self._noun == "token" else "Make a new assertion for each request."
            raise refuse(self._noun, "expired", "is over", remedy)


def refuse(noun: Noun, code: str, what: str, remedy: str) -> Unauthenticated:
    """The error ``<noun>-<code>``; ``what`` completes the sentence that begins with the noun."""
    subject = "access token" if noun == "token" else "client assertion"
    return Unauthenticated(f"{noun}-{code}", f"The {subject} {what}.", remedy=remedy)
