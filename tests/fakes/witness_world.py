"""Witnesses in this process: the real service, reached through httpx without a socket."""

from __future__ import annotations

import asyncio
from pathlib import Path

import httpx
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from starlette.applications import Starlette

from gateway.bootstrap.witness_folder import WitnessKey
from gateway.translog.vkey import VerifierKey
from gateway.witness.memory import Memory
from gateway.witness.service import create_witness_app

NOW = 1_770_000_000


class Direct(httpx.BaseTransport):
    """Requests to ``http://<name>/...`` go to the application of that name; others fail to connect."""

    def __init__(self) -> None:
        self.apps: dict[str, Starlette] = {}
        self.asked: list[str] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(f"{request.method} {request.url.host}{request.url.path}")
        app = self.apps.get(request.url.host)
        if app is None:
            raise httpx.ConnectError("nobody there", request=request)

        async def run() -> httpx.Response:
            async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app)) as http:
                answer = await http.request(request.method, str(request.url), content=request.read())
                return httpx.Response(answer.status_code, headers=answer.headers, content=iter([answer.content]))

        return asyncio.run(run())


class OneWitness:
    """A witness with its memory in a folder."""

    def __init__(self, folder: Path, name: str, log_key: VerifierKey, seed: int = 50) -> None:
        self.folder = folder
        self.key = WitnessKey(name, Ed25519PrivateKey.from_private_bytes(bytes([seed] * 32)))
        self.memory = Memory(folder)
        self.now = NOW
        self.app = create_witness_app(self.key, {log_key.name: log_key}, self.memory, clock=lambda: self.now)
