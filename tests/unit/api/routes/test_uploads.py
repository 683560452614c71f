"""Uploads: bytes that are not what was declared, and connections that end, leave nothing behind."""

from __future__ import annotations

import hashlib
import socket
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from fastapi import FastAPI

from gateway.envelope.body import BodyDecryptor
from gateway.evidence.manifest import DeclaredExhibit
from gateway.exchange.receive import original_aad
from tests.unit.api.conftest import Ask
from tests.unit.api.world import World, served

SUBMITTER = "ico-uk.submitter"
DATA = bytes(range(256)) * 12_000  # three mebibytes: several pieces


def _package(ask: Ask, world: World, data: bytes = DATA) -> str:
    """Create a package of one exhibit; its content address."""
    declared = DeclaredExhibit("log.txt", "system-log", "text/plain", len(data), hashlib.sha256(data).hexdigest())
    package = ask("POST", "/v1/packages", as_=SUBMITTER, json=world.creation(declared)).json()
    return f"/v1/packages/{package['id']}/exhibits/{package['exhibits'][0]['id']}/content"


def _nothing_left(world: World) -> bool:
    states = [str(e.state) for e in world.database.state.exhibits.values()]
    return world.blobs.contents == {} and world.database.state.file_keys == {} and states == ["declared"]


def test_what_is_stored_is_ciphertext_of_what_was_sent(ask: Ask, world: World) -> None:
    response = ask("PUT", _package(ask, world), as_=SUBMITTER, content=DATA)
    assert response.status_code == 200
    exhibit = next(iter(world.database.state.exhibits.values()))
    body = world.blobs.contents[str(exhibit.blob)]
    assert DATA[:1000] not in body
    assert hashlib.sha256(body).hexdigest() == exhibit.body_sha256
    key = world.database.state.file_keys[str(exhibit.file_key_id)]
    assert key.aad == original_aad(exhibit.id, exhibit.sha256)
    decryptor = BodyDecryptor(world.keyring.unwrap(key), body[:16])
    assert decryptor.update(body[16:]) + decryptor.finish() == DATA


def test_an_empty_exhibit(ask: Ask, world: World) -> None:
    assert ask("PUT", _package(ask, world, b""), as_=SUBMITTER, content=b"").status_code == 200


async def _chunks(data: bytes) -> AsyncIterator[bytes]:
    for at in range(0, len(data), 100_000):
        yield data[at : at + 100_000]


@pytest.mark.parametrize(
    ("data", "chunked", "status", "code"),
    [
        (DATA[:-1] + b"!", False, 422, "upload-digest-mismatch"),
        (DATA[:-1], False, 422, "upload-truncated"),
        (DATA + b"!", False, 413, "upload-too-long"),
        (DATA[:-1], True, 422, "upload-truncated"),
        (DATA + b"!" * 2_000_000, True, 413, "upload-too-long"),
        (b"", True, 422, "upload-truncated"),
    ],
)
def test_lies_about_size_and_digest(ask: Ask, world: World, data: bytes, chunked: bool, status: int, code: str) -> None:
    address = _package(ask, world)
    response = ask("PUT", address, as_=SUBMITTER, content=_chunks(data) if chunked else data)
    assert (response.status_code, response.json()["code"]) == (status, code)
    assert _nothing_left(world)
    assert ask("PUT", address, as_=SUBMITTER, content=DATA).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Type": "multipart/form-data; boundary=x"},
        {"Content-Type": "application/x-www-form-urlencoded"},
        {"Content-Encoding": "gzip"},
        {"Content-Range": "bytes 0-1/2"},
    ],
)
def test_only_raw_whole_bodies(ask: Ask, world: World, headers: dict[str, str]) -> None:
    response = ask("PUT", _package(ask, world), as_=SUBMITTER, content=DATA, headers=headers)
    assert response.status_code in (400, 415)
    assert response.headers["connection"] == "close"
    assert _nothing_left(world)


def test_a_second_upload_and_a_foreign_one(ask: Ask, world: World) -> None:
    address = _package(ask, world)
    foreign = ask("PUT", address, as_="cnil-fr.investigator", content=DATA)
    assert (foreign.status_code, foreign.json()["code"]) == (404, "package-unknown")
    assert _nothing_left(world)
    assert ask("PUT", address, as_=SUBMITTER, content=DATA).status_code == 200
    again = ask("PUT", address, as_=SUBMITTER, content=DATA)
    assert (again.status_code, again.json()["code"]) == (409, "exhibit-already-uploaded")
    assert len(world.blobs.contents) == 1


def test_an_upload_that_cannot_be_logged_leaves_no_blob(
    ask: Ask, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = _package(ask, world)
    create = world.blobs.create

    def create_then_lose_the_log(name: str) -> object:
        world.database.log_available = False
        return create(name)

    monkeypatch.setattr(world.blobs, "create", create_then_lose_the_log)
    response = ask("PUT", address, as_=SUBMITTER, content=DATA)
    assert (response.status_code, response.json()["code"]) == (503, "log-unavailable")
    assert _nothing_left(world)


def test_a_sender_that_goes_away_leaves_nothing(ask: Ask, app: FastAPI, world: World, tmp_path: Path) -> None:
    address = _package(ask, world)
    aborted: list[bool] = []
    create = world.blobs.create

    def watched(name: str) -> object:
        writer = create(name)
        abort = writer.abort

        def abort_and_tell() -> None:
            abort()
            aborted.append(True)

        writer.abort = abort_and_tell  # type: ignore[method-assign]
        return writer

    world.blobs.create = watched  # type: ignore[assignment, method-assign]
    with served(app, tmp_path):
        line = socket.socket(socket.AF_UNIX)
        line.connect(str(tmp_path / "http.sock"))
        token = world.token(SUBMITTER)
        line.sendall(
            f"PUT {address} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n"
            f"Content-Length: {len(DATA)}\r\n\r\n".encode()
            + DATA[:2_000_000]
        )
        line.close()
        deadline = time.monotonic() + 10
        while not aborted and time.monotonic() < deadline:
            time.sleep(0.01)
    assert aborted == [True]
    assert _nothing_left(world)
