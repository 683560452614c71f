"""Problem documents (RFC 9457) and the one place where errors of the gateway become HTTP statuses.

Inside, errors know nothing of HTTP. Here the *class* of an error decides the status, with a short
list of codes that need another one, and the *code* travels unchanged. What was not foreseen becomes
a 500 with a correlation id and nothing else: no message, no stack, no type name leaves the process.
"""

from __future__ import annotations

import http
import json
import logging
import uuid
from collections.abc import Mapping
from typing import Any

from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from gateway import errors

MEDIA_TYPE = "application/problem+json"
TYPE_PREFIX = "urn:evidence-gateway:problem:"

_log = logging.getLogger(__name__)

#: Class of error -> status; the nearest class in the error's ancestry counts.
STATUS_BY_CLASS: Mapping[type[errors.GatewayError], int] = {
    errors.InvalidInput: 400,
    errors.TooLarge: 413,
    errors.DigestMismatch: 422,
    errors.Unauthenticated: 401,
    errors.Denied: 403,
    errors.NotFound: 404,
    errors.Conflict: 409,
    errors.IntegrityFailure: 500,
    errors.Unparsable: 422,
    errors.DetectionFailed: 500,
    errors.ResidueFound: 500,
    errors.SandboxFailure: 500,
    errors.Unavailable: 503,
    errors.Misconfigured: 500,
    errors.GatewayError: 500,
}

#: Codes whose status differs from that of their class.
STATUS_BY_CODE: Mapping[str, int] = {
    "idempotency-key-reused": 422,
    "media-type-unsupported": 415,
    "method-not-allowed": 405,
    "range-not-satisfiable": 416,
    "request-timeout": 408,
    "headers-too-large": 431,
    "target-too-long": 414,
    "length-required": 411,
    # Signatures and digests that callers send with a request: their fault, not a broken store of ours.
    "signature-invalid": 422,
    "manifest-signature-invalid": 422,
    "acknowledgement-signature-invalid": 422,
}

#: Codes given to statuses that the framework raises by itself.
CODE_BY_STATUS: Mapping[int, tuple[str, str, str]] = {
    400: ("request-invalid", "The request cannot be understood.", "Compare it with the API description."),
    404: ("route-not-found", "There is nothing at this address.", "See /v1/openapi.json for the addresses there are."),
    405: (
        "method-not-allowed",
        "This address does not answer to this method.",
        "The Allow header says which methods it answers to.",
    ),
    413: ("body-too-large", "The request body is larger than this address accepts.", "Send less."),
    415: (
        "media-type-unsupported",
        "This address does not accept bodies of this media type.",
        "See the API description for the type it accepts.",
    ),
}

_GENERIC = ("request-refused", "The request was refused.", "")
_HIDDEN_FROM_CALLERS = (errors.Misconfigured, errors.SandboxFailure)


def status_of(error: errors.GatewayError) -> int:
    """HTTP status for an error of the gateway."""
    if error.code in STATUS_BY_CODE:
        return STATUS_BY_CODE[error.code]
    return next(STATUS_BY_CLASS[kind] for kind in type(error).__mro__ if kind in STATUS_BY_CLASS)


def problem_response(error: errors.GatewayError, *, headers: Mapping[str, str] | None = None) -> Response:
    """The error as a problem document, with the headers its status calls for.

    Args:
        error: What went wrong. Errors of the installation itself are logged, and answered without
            their text, which may name files and settings.
        headers: Further headers of the answer.
    """
    status = status_of(error)
    occurrence = uuid.uuid4()
    if status >= 500:
        _log.error("problem %s: %s %s", occurrence, type(error).__name__, error.code)
    if status == 500:
        # The code helps whoever reports it; the sentence was written for the operator, not for a caller.
        return _internal(occurrence, "internal-error" if isinstance(error, _HIDDEN_FROM_CALLERS) else error.code)
    members: dict[str, Any] = {
        **error.as_dict(),
        "type": TYPE_PREFIX + error.code,
        "title": error.code.replace("-", " ").capitalize(),
        "status": status,
        "detail": error.message,
        "instance": occurrence.urn,
    }
    del members["message"]
    extra = dict(headers or {})
    if status == 401:
        extra.setdefault("WWW-Authenticate", _challenge(error))
    if status == 503:
        extra.setdefault("Retry-After", "2")
    return _render(status, members, extra)


def _challenge(error: errors.Unauthenticated | errors.GatewayError) -> str:
    # RFC 6750 §3.1: no error code where no credential was sent at all.
    if error.code == "token-missing":
        return 'Bearer realm="evidence-gateway"'
    return 'Bearer realm="evidence-gateway", error="invalid_token"'


def _internal(occurrence: uuid.UUID, code: str) -> Response:
    return _render(
        500,
        {
            "type": TYPE_PREFIX + code,
            "title": code.replace("-", " ").capitalize(),
            "status": 500,
            "detail": "The gateway could not complete the request; nothing was released.",
            "code": code,
            "instance": occurrence.urn,
            "remedy": "Try again; if it persists, give the operator the instance identifier.",
        },
        {},
    )


def _render(status: int, members: Mapping[str, Any], headers: Mapping[str, str]) -> Response:
    body = json.dumps(members, ensure_ascii=False, separators=(",", ":")).encode()
    return Response(body, status, headers=dict(headers), media_type=MEDIA_TYPE)


async def on_gateway_error(_request: Request, error: Exception) -> Response:
    """Exception handler for :class:`GatewayError`."""
    assert isinstance(error, errors.GatewayError)
    return problem_response(error)


async def on_http_exception(_request: Request, error: Exception) -> Response:
    """Exception handler for what the framework refuses: unknown routes, methods, oversized bodies."""
    assert isinstance(error, HTTPException)
    code, message, remedy = CODE_BY_STATUS.get(error.status_code, _GENERIC)
    members = {
        "type": TYPE_PREFIX + code,
        "title": http.HTTPStatus(error.status_code).phrase,
        "status": error.status_code,
        "detail": message,
        "code": code,
        "instance": uuid.uuid4().urn,
        **({"remedy": remedy} if remedy else {}),
    }
    return _render(error.status_code, members, error.headers or {})


async def on_validation_error(_request: Request, error: Exception) -> Response:
    """Exception handler for path, query and header parameters that do not fit their type."""
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0] if error.errors() else {"loc": (), "msg": "invalid"}
    where = "/".join(str(part) for part in first.get("loc", ()))
    return problem_response(
        errors.InvalidInput(
            "request-invalid",
            f"A parameter of the request is not acceptable: {str(first.get('msg', 'invalid'))[:200]}.",
            remedy="Correct the parameter; /v1/openapi.json describes it.",
            where=where[:200],
        )
    )


async def on_unexpected(request: Request, error: Exception) -> Response:
    """Last handler: anything not foreseen. Logs type and place under a correlation id, tells nothing."""
    occurrence = uuid.uuid4()
    if isinstance(error, ClientDisconnect):
        return Response(status_code=499)
    # Only the frames are logged: an exception's text may quote a value that must not be written down.
    frames = []
    trace = error.__traceback__
    while trace is not None:
        frames.append(f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}")
        trace = trace.tb_next
    _log.error(
        "problem %s: unexpected %s in %s; %s", occurrence, type(error).__name__, request.method, " < ".join(frames[-8:])
    )
    return _internal(occurrence, "internal-error")
