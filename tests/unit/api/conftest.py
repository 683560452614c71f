"""Fixtures of the API's tests."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from gateway.api.app import create_app
from tests.unit.api.world import World

Ask = Callable[..., httpx.Response]


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


@pytest.fixture
def app(world: World) -> FastAPI:
    return create_app(world.gateway)


@pytest.fixture
def ask(app: FastAPI, world: World) -> Ask:
    """Send one request to the real application; ``as_`` names the principal whose token goes along."""

    def send(method: str, path: str, *, as_: str | None = None, **members: Any) -> httpx.Response:
        headers = httpx.Headers(members.pop("headers", None))
        if as_ is not None:
            headers["authorization"] = world.bearer(as_)["Authorization"]

        async def run() -> httpx.Response:
            transport = httpx.ASGITransport(app=app)
            async with httpx.AsyncClient(transport=transport, base_url="http://gateway") as client:
                return await client.request(method, path, headers=headers, **members)

        return asyncio.run(run())

    return send
