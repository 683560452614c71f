"""Fixtures of the client's tests: the real application in a real server on a unix socket."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from gateway.api.app import create_app
from gateway.client import GatewayClient
from tests.unit.api.world import ISSUER, World, served

Transports = Callable[[], httpx.HTTPTransport]


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


@pytest.fixture
def transports(world: World, tmp_path: Path) -> Iterator[Transports]:
    with served(create_app(world.gateway), tmp_path) as make:
        yield make


@pytest.fixture
def client_of(world: World, transports: Transports) -> Iterator[Callable[[str], GatewayClient]]:
    clients = []

    def make(principal_id: str) -> GatewayClient:
        client = GatewayClient(world.credentials(principal_id, ISSUER), transport=transports())
        client.connection.sleep = lambda seconds: None
        clients.append(client)
        return client

    yield make
    for client in clients:
        client.close()
