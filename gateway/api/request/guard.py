"""The outermost layer: limits on what every request may be, and headers on every answer.

Plain ASGI, so that streamed bodies pass through untouched. It bounds the request target and the
headers before any routing, answers HEAD wherever GET is answered, closes a connection whose request
body was refused unread (rather than swallow gigabytes politely), and sets the security headers. No
CORS headers are ever sent: no browser page of another origin has business here.
"""

from __future__ import annotations

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.api.problems import on_unexpected, problem_response
from gateway.errors import GatewayError, InvalidInput, TooLarge

MAX_TARGET_BYTES = 4096
MAX_HEADERS = 64
MAX_HEADER_BYTES = 16_384

#: Scope key that tells a handler that the request came as HEAD.
HEAD = "evidence_gateway.head"

_SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; sandbox",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "Cache-Control": "no-store",
}
_HSTS = "max-age=63072000; includeSubDomains"


class Guard:
    """Wraps the application; see the module's description."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            if scope["type"] == "websocket":
                # None of our addresses speaks WebSocket; refuse before any handler runs.
                await send({"type": "websocket.close", "code": 1008})
                return
            await self._app(scope, receive, send)
            return
        exchange = _Exchange(scope, receive, send)
        refusal = _refusal(scope)
        if refusal is not None:
            await problem_response(refusal)(scope, exchange.receive, exchange.send)
            return
        if scope["method"] == "HEAD":
            scope = {**scope, "method": "GET", HEAD: True}
        try:
            await self._app(scope, exchange.receive, exchange.send)
        except Exception as error:
            if exchange.started:
                # Half an answer is out: only closing the connection tells the receiver it is not whole.
                raise
            from starlette.requests import Request

            await (await on_unexpected(Request(scope), error))(scope, exchange.receive, exchange.send)


class _Exchange:
    """One request and its answer, watched on the way through."""

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = scope["headers"]
        self._receive, self._send = receive, send
        self._secure = scope.get("scheme") == "https"
        self._head = scope["method"] == "HEAD"
        self._body_unread = any(
            name == b"transfer-encoding" or (name == b"content-length" and value != b"0") for name, value in headers
        )
        self.started = False

    async def receive(self) -> Message:
        message = await self._receive()
        if message["type"] == "http.request" and not message.get("more_body", False):
            self._body_unread = False
        return message

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.started = True
            headers = MutableHeaders(raw=message.setdefault("headers", []))
            for name, value in _SECURITY_HEADERS.items():
                headers.setdefault(name, value)
            if self._secure:
                headers.setdefault("Strict-Transport-Security", _HSTS)
            if self._body_unread:
                headers["Connection"] = "close"
        elif message["type"] == "http.response.body" and self._head:
            if message.get("more_body", False):
                return
            message = {"type": "http.response.body", "body": b"", "more_body": False}
        await self._send(message)


def _refusal(scope: Scope) -> GatewayError | None:
    target = scope.get("raw_path") or scope["path"].encode()
    query = scope.get("query_string", b"")
    if len(target) + len(query) > MAX_TARGET_BYTES:
        return TooLarge(
            "target-too-long", f"The request target is longer than {MAX_TARGET_BYTES} bytes.", remedy="Shorten it."
        )
    headers = scope["headers"]
    if len(headers) > MAX_HEADERS or sum(len(n) + len(v) for n, v in headers) > MAX_HEADER_BYTES:
        return TooLarge(
            "headers-too-large",
            f"There are more than {MAX_HEADERS} header fields, or more than {MAX_HEADER_BYTES} bytes of them.",
            remedy="Send fewer and shorter header fields.",
        )
    if "\0" in scope["path"]:
        return InvalidInput("request-invalid", "The path contains NUL.", remedy="Remove it.", where="path")
    return None
