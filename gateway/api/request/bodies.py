"""Request bodies: bounded reading, one media type, strict JSON, and no wait without end.

FastAPI does not parse bodies here, because its JSON parser takes duplicate keys, NaN and any depth; and because
nobody's body is read before it is known who asks.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Annotated, Any, Generic, TypeVar

from fastapi import Depends
from fastapi.routing import APIRoute
from starlette.requests import Request

from gateway.api.schema.body import Body, Nothing
from gateway.errors import InvalidInput, TooLarge
from gateway.evidence.canonical import MAX_JSON_BYTES, parse_json

M = TypeVar("M", bound=Body)

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


@dataclass(frozen=True, slots=True)
class JsonBody(Generic[M]):
    """What a route takes: a JSON body that is parsed strictly, and then checked by its model.

    Args:
        example: One that the description shows.
        required: Whether there must be one; none at all is an empty object otherwise.
    """

    model: type[M]
    example: Any = None
    required: bool = True

    async def read(self, request: Request) -> M:
        """Dependency: the body as its model.

        Raises:
            InvalidInput: ``media-type-unsupported``, a ``json-…`` code, or as :meth:`Body.checked`.
            TooLarge: ``body-too-large`` or a ``json-…`` code.
        """
        kind = media_type(request)
        if kind != "application/json" and (kind or self.required):
            raise unsupported("application/json")
        body = await read_body(request)
        if body and not kind:
            raise unsupported("application/json")
        # Of the bytes, for a request that is repeated must be the same (idempotency.py).
        request.state.body = body
        return self.model.checked(parse_json(body) if kind else {})

    def description(self) -> dict[str, Any]:
        """The body in the description of an operation."""
        content: dict[str, Any] = {"schema": {"$ref": f"#/components/schemas/{self.model.__name__}"}}
        if self.example is not None:
            content["example"] = self.example
        return {"required": self.required, "content": {"application/json": content}}


def taken(model: type[Body], example: Any = None, *, required: bool = True) -> Any:
    """In the annotation of a handler's parameter: the JSON body, as the model."""
    return Depends(JsonBody(model, example, required).read)


#: An act that needs no further words.
NoBody = Annotated[Nothing, taken(Nothing, required=False)]


def body_of(route: APIRoute) -> JsonBody[Any] | None:
    """What the route takes, if that is a JSON body with members."""
    for part in route.dependant.dependencies:
        body = getattr(part.call, "__self__", None)
        if isinstance(body, JsonBody) and body.model.model_fields:
            return body
    return None


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
