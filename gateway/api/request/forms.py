"""Strict ``application/x-www-form-urlencoded`` parsing for the token endpoint.

Few fields, short names, each at most once (RFC 6749 §3.2: "parameters MUST NOT be included more than
once"). Written out here because a general form parser accepts more than a token request may hold;
multipart forms are refused everywhere.
"""

from __future__ import annotations

import re
from urllib.parse import unquote_to_bytes

from gateway.errors import InvalidInput, TooLarge

MAX_FORM_BYTES = 16_384
MAX_FIELDS = 16
MAX_NAME_BYTES = 64

_ESCAPES = re.compile(rb"(?:[^%]|%[0-9A-Fa-f]{2})*")


def parse_form(untrusted: bytes) -> dict[str, str]:
    """Name -> value of a form body.

    Raises:
        TooLarge: ``form-too-large``.
        InvalidInput: ``form-invalid``: a repeated or empty name, a broken escape, not UTF-8, NUL.
    """
    if len(untrusted) > MAX_FORM_BYTES:
        raise TooLarge("form-too-large", f"The form is longer than {MAX_FORM_BYTES} bytes.", remedy="Send less.")
    if not untrusted:
        return {}
    pairs = untrusted.split(b"&", MAX_FIELDS)
    if len(pairs) > MAX_FIELDS:
        raise TooLarge("form-too-large", f"The form has more than {MAX_FIELDS} fields.", remedy="Send fewer fields.")
    fields: dict[str, str] = {}
    for pair in pairs:
        raw_name, equals, raw_value = pair.partition(b"=")
        name, value = _decode(raw_name), _decode(raw_value)
        if not equals or not name or len(raw_name) > MAX_NAME_BYTES:
            raise _invalid("a field has no name, a very long name or no '='")
        if name in fields:
            raise _invalid("a field stands twice")
        fields[name] = value
    return fields


def _decode(raw: bytes) -> str:
    if not _ESCAPES.fullmatch(raw):
        raise _invalid("a percent sign is not followed by two hexadecimal digits")
    try:
        text = unquote_to_bytes(raw.replace(b"+", b" ")).decode("utf-8", errors="strict")
    except UnicodeDecodeError:
        raise _invalid("a value is not UTF-8") from None
    if "\0" in text:
        raise _invalid("a value contains NUL")
    return text


def _invalid(reason: str) -> InvalidInput:
    return InvalidInput(
        "form-invalid", f"The form cannot be parsed: {reason}.", remedy="Send each field once, percent-encoded."
    )
