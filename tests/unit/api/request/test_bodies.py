"""A body that is read whole has to be there in time, however steadily it drips."""

from __future__ import annotations

import asyncio

import pytest
from starlette.requests import Request
from starlette.types import Message

from gateway.api.request.bodies import read_body
from gateway.errors import InvalidInput


def test_a_body_that_drips_for_ever_is_given_up() -> None:
    async def drip() -> Message:
        await asyncio.sleep(0)
        return {"type": "http.request", "body": b"x", "more_body": True}

    request = Request({"type": "http", "method": "POST", "path": "/", "headers": []}, drip)
    with pytest.raises(InvalidInput) as refusal:
        asyncio.run(read_body(request, max_bytes=1 << 40, whole_seconds=0.01))
    assert refusal.value.code == "request-timeout"
