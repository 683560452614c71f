"""Request bodies: bounded reading, one media type, strict JSON, and no wait without end.

FastAPI does not parse bodies here, because its JSON parser takes duplicate keys, NaN and any depth.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import Depends
from starlette.requests import Request

from gateway.errors import InvalidInput, TooLarge
from gateway.evidence.canonical import MAX_JSON_BYTES, parse_json

#: A sender that is silent for this long is taken to be gone.
IDLE_SECONDS = 60.0
#: Nor may a body that is read whole drip in for ever, a byte now and then.
WHOLE_SECONDS = 120.0


async def pieces(request: Request, *, idle_seconds: float = IDLE_SECONDS) -> AsyncIterator[bytes]:
    """The body as it arrives.

    Raises:
        InvalidInput: ``request-timeout`` if nothing came for ``idle_seconds``.
        ClientDisconnect: The sender went away before the end.
    """
    stream = request.stream()
    while True:
        try:
            async with asyncio.timeout(idle_seconds):
                piece = await anext(stream)
        except StopAsyncIteration:
            return
        except TimeoutError:
            raise _too_slow(idle_seconds) from None
        if piece:
            yield piece


async def read_body(
    request: Request, *, max_bytes: int = MAX_JSON_BYTES, whole_seconds: float = WHOLE_SECONDS
) -> bytes:
    """The whole body, at most ``max_bytes``.

    Raises:
        TooLarge: ``body-too-large``, from the declared length before a byte is read, or on the way.
        InvalidInput: ``request-timeout`` if it was not there within ``whole_seconds``.
    """
    declared = declared_length(request)
    if declared is not None and declared > max_bytes:
        raise _too_large(max_bytes)
    body = bytearray()
    try:
        async with asyncio.timeout(whole_seconds):
            async for piece in pieces(request):
                body += piece
                if len(body) > max_bytes:
                    raise _too_large(max_bytes)
    except TimeoutError:
        raise _too_slow(whole_seconds) from None
    return bytes(body)


def declared_length(request: Request) -> int | None:
    """The Content-Length as a number; None where there is none.

    Raises:
        InvalidInput: ``request-invalid`` for anything but plain digits.
    """
    values = request.headers.getlist("content-length")
    if not values:
        return None
    if len(set(values)) > 1 or not values[0].isascii() or not values[0].isdigit() or len(values[0]) > 18:
        raise InvalidInput(
            "request-invalid", "The Content-Length is not one number.", remedy="Send it once, in digits.",
            where="header/content-length",
        )  # fmt: skip
    return int(values[0])


def media_type(request: Request) -> str:
    """The Content-Type without parameters, lower-cased; empty if there is none."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


async def json_body(request: Request) -> Any:
    """Dependency: the body as strictly parsed JSON.

    Raises:
        InvalidInput: ``media-type-unsupported`` or a ``json-…`` code.
        TooLarge: ``body-too-large`` or a ``json-…`` code.
    """
    if media_type(request) != "application/json":
        raise unsupported("application/json")
    body = await read_body(request)
    request.state.body = body
    return parse_json(body)


async def empty_or_json_body(request: Request) -> Any:
    """Dependency: like :func:`json_body`, but no body at all is an empty object."""
    if media_type(request) == "":
        body = await read_body(request)
        if body:
            raise unsupported("application/json")
        request.state.body = b""
        return {}
    return await json_body(request)


Json = Annotated[Any, Depends(json_body)]
JsonOrNothing = Annotated[Any, Depends(empty_or_json_body)]


def unsupported(wanted: str) -> InvalidInput:
    """The refusal of a body of another media type than ``wanted``."""
    return InvalidInput(
        "media-type-unsupported",
        "The body has a media type that this address does not accept.",
        remedy=f"Send Content-Type: {wanted}.",
        where="header/content-type",
    )


def _too_slow(seconds: float) -> InvalidInput:
    return InvalidInput(
        "request-timeout",
        f"The body, or the next byte of it, did not arrive within {seconds:.0f} seconds.",
        remedy="Send the request again over a faster or steadier connection.",
    )


def _too_large(max_bytes: int) -> TooLarge:
    return TooLarge("body-too-large", f"The request body is longer than {max_bytes} bytes.", remedy="Send less.")
