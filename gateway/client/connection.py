"""The client's connection: access tokens, retries, and problems as errors.

A request is repeated only if that is safe: it changes nothing, or it is a PUT, or it carries an
Idempotency-Key. Then connection errors and 5xx are tried again, with growing pauses and jitter, and
never longer than ``Retry-After`` asks within reason. Redirects are not followed: a token goes only to
the address in the credentials.
"""

from __future__ import annotations

import random
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import httpx

from gateway.client.assertion import ASSERTION_TYPE, make_assertion
from gateway.client.credentials import Credentials, is_loopback
from gateway.client.problem import error_from
from gateway.errors import GatewayError, Unauthenticated, Unavailable
from gateway.evidence.canonical import parse_json

MAX_ANSWER_BYTES = 1 << 24
MAX_ATTEMPTS = 5
MAX_PAUSE_SECONDS = 20.0
_TOKEN_MARGIN_SECONDS = 30.0
_TIMEOUT = httpx.Timeout(60.0, connect=10.0)

Content = Callable[[], Iterator[bytes]]


class Connection:
    """Talks to one gateway as one principal. Not for use by several threads at once.

    Args:
        transport: For tests, or a unix socket: any httpx transport.
        sleep: Waits so many seconds between attempts.
    """

    def __init__(
        self,
        credentials: Credentials,
        *,
        transport: httpx.BaseTransport | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.credentials = credentials
        self.sleep = sleep
        self._token = ""
        self._token_ends = 0.0
        self._http = httpx.Client(
            base_url=credentials.gateway.rstrip("/"),
            transport=transport,
            timeout=_TIMEOUT,
            follow_redirects=False,
            # A proxy in the environment is for other machines.
            trust_env=not is_loopback(credentials.gateway),
            headers={"User-Agent": "evidence-gateway-client", "Accept": "application/json, application/problem+json"},
        )

    def close(self) -> None:
        """Close the connections; the token is forgotten."""
        self._token = ""
        self._http.close()

    def forget_token(self) -> None:
        """Fetch a new access token before the next request."""
        self._token = ""

    def get(self, path: str, params: Mapping[str, str | int] | None = None) -> Any:
        """The JSON value at an address."""
        return parse_json(self.get_bytes(path, params), max_bytes=MAX_ANSWER_BYTES)

    def get_bytes(self, path: str, params: Mapping[str, str | int] | None = None) -> bytes:
        """The bytes at an address, as they are."""
        return self._request("GET", path, params=params)

    def post(self, path: str, body: Any) -> Any:
        """POST a JSON value under a fresh Idempotency-Key, so that it may be repeated."""
        key = str(uuid.uuid4())
        answer = self._request("POST", path, json=body, headers={"Idempotency-Key": key})
        return parse_json(answer, max_bytes=MAX_ANSWER_BYTES)

    def put(self, path: str, content: Content, size_bytes: int) -> Any:
        """PUT bytes; ``content`` is called anew for each attempt."""
        headers = {"Content-Length": str(size_bytes), "Content-Type": "application/octet-stream"}
        answer = self._request("PUT", path, content=content, headers=headers)
        return parse_json(answer, max_bytes=MAX_ANSWER_BYTES)

    def put_json(self, path: str, body: Any) -> Any:
        """PUT a JSON value; putting it again changes nothing."""
        return parse_json(self._request("PUT", path, json=body), max_bytes=MAX_ANSWER_BYTES)

    def delete(self, path: str) -> Any:
        """DELETE what is at an address; the gateway answers with what became of it."""
        return parse_json(self._request("DELETE", path), max_bytes=MAX_ANSWER_BYTES)

    @contextmanager
    def stream(self, path: str, headers: Mapping[str, str]) -> Iterator[httpx.Response]:
        """One attempt at a GET whose body is read piece by piece; the caller resumes.

        Raises:
            Unavailable: ``connection-failed``, also while the body is read.
        """
        try:
            request = self._http.build_request("GET", path, headers={**self.authorization(), **headers})
            response = self._http.send(request, stream=True)
            try:
                if response.status_code >= 400:
                    response.read()
                    raise error_from(response)
                yield response
            finally:
                response.close()
        except httpx.TransportError as error:
            raise _connection_failed(error) from error

    def pause_or_raise(self, error: GatewayError, attempt: int) -> None:
        """Wait before the attempt after number ``attempt`` (from 0), or raise the error if that was the last."""
        if attempt + 1 >= MAX_ATTEMPTS:
            raise error
        self.sleep(min(MAX_PAUSE_SECONDS, 0.25 * 2**attempt) * random.uniform(0.5, 1.5))  # noqa: S311 (jitter)

    def _request(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str | int] | None = None,
        json: Any = None,
        content: Content | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> bytes:
        renewed = False
        attempt = 0
        while True:
            authorization = self.authorization()
            try:
                response = self._http.request(
                    method,
                    path,
                    params=params,
                    json=json,
                    content=None if content is None else content(),
                    headers={**authorization, **(headers or {})},
                )
                if response.is_success:
                    return response.content
                raise error_from(response)
            except httpx.TransportError as error:
                self.pause_or_raise(_connection_failed(error), attempt)
            except Unauthenticated:
                # The token may have ended on the way, or the gateway's keys have changed: once anew.
                if renewed:
                    raise
                renewed, self._token = True, ""
            except Unavailable as error:
                self.pause_or_raise(error, attempt)
            attempt += 1

    def authorization(self) -> dict[str, str]:
        """The Authorization header, with a token that still lives for a while."""
        if not self._token or time.monotonic() >= self._token_ends:
            self._fetch_token()
        return {"Authorization": f"Bearer {self._token}"}

    def _fetch_token(self) -> None:
        own = self.credentials
        for attempt in range(MAX_ATTEMPTS):
            # A fresh assertion each time: the gateway may have taken the last one, although we never heard.
            assertion = make_assertion(own.auth_key, own.auth_key_id, own.client_id, own.audience, int(time.time()))
            form = {
                "grant_type": "client_credentials",
                "client_assertion_type": ASSERTION_TYPE,
                "client_assertion": assertion,
            }
            try:
                response = self._http.post("/oauth/token", data=form)
                if not response.is_success:
                    raise error_from(response)
                break
            except httpx.TransportError as error:
                self.pause_or_raise(_connection_failed(error), attempt)
            except Unavailable as error:
                self.pause_or_raise(error, attempt)
        members = parse_json(response.content, max_bytes=65_536)
        token, lifetime = members.get("access_token"), members.get("expires_in")
        if not isinstance(token, str) or not isinstance(lifetime, int) or members.get("token_type") != "Bearer":
            raise Unavailable("token-answer-invalid", "The gateway's token answer is not one.", remedy="Check the URL.")
        self._token = token
        self._token_ends = time.monotonic() + max(0.0, lifetime - _TOKEN_MARGIN_SECONDS)


def _connection_failed(error: httpx.TransportError) -> Unavailable:
    return Unavailable(
        "connection-failed",
        f"The connection to the gateway failed ({type(error).__name__}).",
        remedy="Check the address and the network, then try again.",
    )
