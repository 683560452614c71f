"""Retries: what is tried again, what is not, and that a creation happens once."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

import httpx
import pytest

from gateway.client import GatewayClient
from gateway.client.connection import MAX_ATTEMPTS
from gateway.client.problem import error_from
from gateway.errors import Conflict, Denied, DigestMismatch, GatewayError, Unavailable
from gateway.evidence.manifest import DeclaredExhibit
from tests.unit.api.world import ISSUER, World


class _Unreliable(httpx.BaseTransport):
    """Delivers every request, and loses the first answers to those that ``lose`` names."""

    def __init__(self, inner: httpx.BaseTransport, lose: tuple[str, str], times: int) -> None:
        self._inner, self._lose, self._times = inner, lose, times
        self.sent: list[tuple[str, str]] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        response = self._inner.handle_request(request)
        self.sent.append((request.method, request.url.path))
        if (request.method, request.url.path) == self._lose and self._times > 0:
            self._times -= 1
            response.read()
            response.close()
            raise httpx.ReadError("the answer was lost")
        return response

    def close(self) -> None:
        self._inner.close()


def _client(world: World, transport: httpx.BaseTransport) -> tuple[GatewayClient, list[float]]:
    pauses: list[float] = []
    client = GatewayClient(world.credentials("ico-uk.submitter", ISSUER), transport=transport)
    client.connection.sleep = pauses.append
    return client, pauses


def test_a_creation_whose_answer_was_lost_happens_once(
    world: World, transports: Callable[[], httpx.HTTPTransport]
) -> None:
    transport = _Unreliable(transports(), ("POST", "/v1/packages"), 3)
    client, pauses = _client(world, transport)
    declared = DeclaredExhibit("a.txt", "system-log", "text/plain", 1, hashlib.sha256(b"a").hexdigest())
    with client:
        package = client.connection.post("/v1/packages", world.creation(declared))
    assert list(world.database.state.packages) == [package["id"]]
    assert transport.sent.count(("POST", "/v1/packages")) == 4
    assert len(pauses) == 3
    assert pauses[0] < pauses[2]


def test_a_dead_line_ends_after_some_attempts(world: World, transports: Callable[[], httpx.HTTPTransport]) -> None:
    transport = _Unreliable(transports(), ("GET", "/v1/inbox"), 100)
    client, pauses = _client(world, transport)
    with client, pytest.raises(Unavailable):
        list(client.inbox())
    assert transport.sent.count(("GET", "/v1/inbox")) == MAX_ATTEMPTS
    assert len(pauses) == MAX_ATTEMPTS - 1


def test_a_gateway_without_its_log_is_tried_again(world: World, transports: Callable[[], httpx.HTTPTransport]) -> None:
    transport = _Unreliable(transports(), ("", ""), 0)
    client, _ = _client(world, transport)
    with client:
        assert list(client.inbox()) == []
        world.database.log_available = False

        def repair(seconds: float) -> None:
            world.database.log_available = True

        client.connection.sleep = repair
        assert list(client.inbox()) == []
    assert transport.sent.count(("GET", "/v1/inbox")) == 3


def test_refusals_are_not_tried_again(world: World, transports: Callable[[], httpx.HTTPTransport]) -> None:
    transport = _Unreliable(transports(), ("", ""), 0)
    client, pauses = _client(world, transport)
    with client, pytest.raises(Denied):
        client.log_entries()
    assert transport.sent.count(("GET", "/v1/log/entries")) == 1
    assert pauses == []


@pytest.mark.parametrize(
    ("status", "body", "kind", "code"),
    [
        (403, b'{"code":"role-missing","detail":"No."}', Denied, "role-missing"),
        (409, b'{"code":"state-conflict","detail":"No."}', Conflict, "state-conflict"),
        (422, b'{"code":"upload-digest-mismatch","detail":"No."}', DigestMismatch, "upload-digest-mismatch"),
        (503, b'{"code":"log-unavailable","detail":"No."}', Unavailable, "log-unavailable"),
        (502, b"<html>bad gateway", Unavailable, "http-502"),
        (302, b"", GatewayError, "http-302"),
        (403, b"[" * 10_000, Denied, "http-403"),
        (403, b'{"code":{"a":1},"detail":["x"],"message":1,"self":2,"remedy":null}', Denied, "http-403"),
    ],
)
def test_whatever_the_answer_is_it_becomes_an_error(
    status: int, body: bytes, kind: type[GatewayError], code: str
) -> None:
    error = error_from(httpx.Response(status, content=body, headers={"content-type": "application/problem+json"}))
    assert type(error) is kind
    assert error.code == code
    assert error.message


def test_control_characters_from_a_server_do_not_reach_a_terminal() -> None:
    body = b'{"code":"x","detail":"\\u001b[2Jcleared\\u202e"}'
    error = error_from(httpx.Response(403, content=body, headers={"content-type": "application/problem+json"}))
    assert error.message == "[2Jcleared"
