"""A problem document (RFC 9457) from the gateway as an error of the right class.

The answer comes over the network, so it is read within limits and nothing in it is trusted further
than to be shown: texts are cut, control characters dropped.
"""

from __future__ import annotations

from typing import Any

import httpx

from gateway import errors
from gateway.evidence.canonical import parse_json

MAX_PROBLEM_BYTES = 262_144
_CLASSES: dict[int, type[errors.GatewayError]] = {
    400: errors.InvalidInput,
    401: errors.Unauthenticated,
    403: errors.Denied,
    404: errors.NotFound,
    408: errors.Unavailable,
    409: errors.Conflict,
    413: errors.TooLarge,
    414: errors.TooLarge,
    422: errors.InvalidInput,
    429: errors.Unavailable,
    431: errors.TooLarge,
}
_CLASSES_BY_CODE: dict[str, type[errors.GatewayError]] = {
    "idempotency-key-reused": errors.Conflict,
    "upload-truncated": errors.DigestMismatch,
    "upload-digest-mismatch": errors.DigestMismatch,
    "manifest-signature-invalid": errors.IntegrityFailure,
    "signature-invalid": errors.IntegrityFailure,
}
_STANDARD = frozenset({"type", "title", "status", "detail", "code", "instance", "remedy", "where"})


def error_from(response: httpx.Response) -> errors.GatewayError:
    """The refusal that the response is; its body must have been read."""
    members = _members(response)
    code = _text(members.get("code") or members.get("error"), 80) or f"http-{response.status_code}"
    # OAuth errors have underscores (RFC 6749 §5.2), all other codes are kebab-case.
    code = code.replace("_", "-")
    kind = _CLASSES_BY_CODE.get(code) or _CLASSES.get(response.status_code)
    if kind is None:
        kind = errors.Unavailable if response.status_code >= 500 else errors.GatewayError
    message = _text(members.get("detail") or members.get("error_description"), 2000)
    return kind(
        code,
        message or f"The gateway answered with status {response.status_code}.",
        remedy=_text(members.get("remedy"), 1000),
        where=_text(members.get("where"), 300) or None,
        **{
            key: value
            for key, value in members.items()
            if key not in _STANDARD and key.isidentifier() and key not in ("message", "self", "error_description")
        },
        instance=_text(members.get("instance"), 80),
    )


def _members(response: httpx.Response) -> dict[str, Any]:
    media_type = response.headers.get("content-type", "").partition(";")[0].strip()
    if media_type not in ("application/problem+json", "application/json") or len(response.content) > MAX_PROBLEM_BYTES:
        return {}
    try:
        value = parse_json(response.content, max_bytes=MAX_PROBLEM_BYTES)
    except errors.InvalidInput:
        return {}
    return value if isinstance(value, dict) else {}


def _text(value: Any, max_chars: int) -> str:
    if not isinstance(value, str):
        return ""
    return "".join(char for char in value if char.isprintable())[:max_chars]
