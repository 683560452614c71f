"""The upload's pipeline: order kept, never two feeds at a time, none after the end."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator

import pytest

from gateway.api.routes.uploads import feed_overlapping


async def _source(*pieces: bytes, then: BaseException | None = None) -> AsyncIterator[bytes]:
    for piece in pieces:
        await asyncio.sleep(0)
        yield piece
    if then is not None:
        raise then


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 100])
def test_what_is_fed_is_what_came_in_pieces_of_one_size(size: int) -> None:
    fed: list[bytes] = []
    asyncio.run(
        feed_overlapping(_source(b"ab", b"cd", b"", b"e", b"fghij", b"k"), lambda p: fed.append(bytes(p)), size)
    )
    assert b"".join(fed) == b"abcdefghijk"
    assert all(len(piece) == size for piece in fed[:-1])


def test_nothing_is_fed_of_nothing() -> None:
    asyncio.run(feed_overlapping(_source(), lambda piece: pytest.fail("there was nothing to feed")))


def test_feeds_in_order_and_one_at_a_time() -> None:
    fed: list[bytes] = []
    busy = threading.Lock()

    def feed(piece: memoryview) -> None:
        assert busy.acquire(blocking=False)
        before = bytes(piece)
        time.sleep(0.002)
        assert bytes(piece) == before
        fed.append(before)
        busy.release()

    pieces = [b"%x" % i for i in range(16)]
    asyncio.run(feed_overlapping(_source(*pieces), feed, 1))
    assert fed == pieces


def test_an_error_of_the_feed_comes_out_and_ends_the_reading() -> None:
    def feed(piece: memoryview) -> None:
        if piece == b"2":
            raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        asyncio.run(feed_overlapping(_source(*[b"%d" % i for i in range(10)]), feed, 1))


def test_a_running_feed_has_ended_when_the_source_fails() -> None:
    state = {"running": False, "fed": 0}

    def feed(_piece: memoryview) -> None:
        state["running"] = True
        time.sleep(0.05)
        state["fed"] += 1
        state["running"] = False

    with pytest.raises(ConnectionError):
        asyncio.run(feed_overlapping(_source(b"1", then=ConnectionError()), feed, 1))
    assert state == {"running": False, "fed": 1}


def test_a_running_feed_has_ended_when_the_request_is_cancelled() -> None:
    state = {"running": False, "fed": 0}
    began = threading.Event()

    def feed(_piece: memoryview) -> None:
        state["running"] = True
        began.set()
        time.sleep(0.05)
        state["fed"] += 1
        state["running"] = False

    async def never() -> AsyncIterator[bytes]:
        yield b"1"
        await asyncio.Event().wait()

    async def run() -> None:
        task = asyncio.create_task(feed_overlapping(never(), feed, 1))
        while not began.is_set():
            await asyncio.sleep(0.001)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert state == {"running": False, "fed": 1}

    asyncio.run(run())
