"""The log's folder on a disk that is really full, at every step of publishing, or takes no writes at all.

Nothing is acknowledged that is not in the database; nothing half-done is published; no file changes; and
as soon as there is space the log goes on by itself.
"""

from __future__ import annotations

import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gateway.api.app import create_app
from gateway.blobs.log_store import LocalLogStore
from gateway.errors import Unavailable
from gateway.exchange.record import event
from gateway.storage.database import PostgresDatabase
from gateway.storage.log.sequence import LogSequence
from gateway.translog.checkpoint import parse_checkpoint
from gateway.translog.verifier import Audit, audit
from gateway.translog.vkey import Ed25519Signer
from gateway.workers.sequencer import Sequencer
from tests.fakes.disk import PAGE_BYTES, MountRefused, SmallDisk, small_disk
from tests.unit.api.world import ISSUER, World, served

pytest_plugins = ("tests.fakes.postgres",)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    try:
        with small_disk(tmp_path / "disk", kilobytes=16 << 10) as disk:
            yield disk
    except MountRefused as reason:
        pytest.skip(f"no small disk can be mounted here: {reason}")


@pytest.fixture
def database(postgres_url: str) -> Iterator[PostgresDatabase]:
    database = PostgresDatabase(postgres_url)
    yield database
    database.close()


class Recording(Ed25519Signer):
    """Keeps each text that was ever signed."""

    def __init__(self) -> None:
        super().__init__("full.example/log", Ed25519PrivateKey.from_private_bytes(bytes(range(32))))
        self.texts: list[bytes] = []

    def sign(self, data: bytes) -> bytes:
        self.texts.append(data)
        return super().sign(data)


@contextmanager
def read_only(disk: SmallDisk) -> Iterator[None]:
    with disk.read_only():
        yield


@contextmanager
def full(disk: SmallDisk) -> Iterator[None]:
    disk.fill()
    yield
    disk.free()


def append(database: PostgresDatabase, count: int) -> None:
    with database.transaction() as tx:
        for number in range(count):
            tx.ledger.append(event("disk.test", "done", datetime.now(UTC), ("test", f"{number} " + "x" * 300)))


def tiles(store: LocalLogStore) -> dict[str, bytes | None]:
    return {name: store.read(name) for name in store.names("tile")}


def test_a_disk_that_fills_up_at_any_step_of_publishing(disk: SmallDisk, database: PostgresDatabase) -> None:
    signer = Recording()

    def check(store: LocalLogStore) -> Audit:
        known = [parse_checkpoint(text.decode()) for text in signer.texts]
        return audit(store.read, signer.vkey, known=known)

    store = LocalLogStore(disk.path / "log")
    sequencer = Sequencer(LogSequence(database.engine), store, signer, signer.vkey)
    append(database, 300)
    assert sequencer.sequence_once() == 300
    # From no space at all to enough for everything: each page more lets it come a step further.
    failures = 0
    for pages in range(200):
        before = tiles(store)
        append(database, 7)
        disk.fill(pages * PAGE_BYTES)
        refused: Unavailable | None = None
        try:
            sequencer.sequence_once()
        except Unavailable as error:
            refused = error
        # What is published is whole, and is either the old log or already the new one.
        assert audit(store.read, signer.vkey).checkpoint.size in (300 + 7 * pages, 307 + 7 * pages)
        assert {name: data for name, data in tiles(store).items() if name in before} == before
        disk.free()
        if refused is None:
            break
        failures += 1
        assert refused.code == "log-store-unavailable"
        # By itself, in the next round; it may have published all in the round that failed.
        sequencer.sequence_once()
        assert check(store).checkpoint.size == 307 + 7 * pages
    assert failures >= 5
    assert not list((disk.path / "log" / "tmp").iterdir())
    sequencer.close()


@pytest.mark.parametrize("trouble", [full, read_only])
def test_readiness_says_so_entries_wait_in_the_database_and_it_goes_on_by_itself(
    trouble: Callable[[SmallDisk], AbstractContextManager[None]],
    disk: SmallDisk,
    database: PostgresDatabase,
    tmp_path: Path,
) -> None:
    world = World(tmp_path / "home", database=database)
    store = LocalLogStore(disk.path / "log")
    signer = Recording()
    sequencer = Sequencer(LogSequence(database.engine), store, signer, signer.vkey)
    stop = threading.Event()
    thread = threading.Thread(target=sequencer.run, args=(stop,))
    app = create_app(world.gateway)
    app.state.sequencer = sequencer

    def until(holds: Callable[[], bool]) -> None:
        while not holds():
            assert thread.is_alive()
            time.sleep(0.02)

    def published() -> int:
        data = store.read("checkpoint")
        return 0 if data is None else int(data.split(b"\n")[1])

    def placed() -> int:
        with database.engine.begin() as connection:
            query = "SELECT (SELECT count(*) FROM log_entries) + (SELECT count(*) FROM log_pending)"
            return int(connection.exec_driver_sql(query).scalar_one())

    thread.start()
    try:
        with (
            tempfile.TemporaryDirectory(prefix="egw-") as folder,
            served(app, Path(folder)) as make,
            httpx.Client(transport=make(), base_url=ISSUER, timeout=60) as http,
        ):
            until(lambda: published() == placed())
            assert http.get("/readyz").status_code == 200
            with trouble(disk):
                before = published(), tiles(store)
                append(database, 5)
                until(lambda: sequencer.refusal is not None)
                answer = http.get("/readyz")
                assert answer.status_code == 503
                assert answer.json()["checks"]["sequencer"] == "unavailable"
                assert sequencer.refusal is not None
                assert sequencer.refusal.code == "log-store-unavailable"
                assert sequencer.refusal.remedy
                assert (published(), tiles(store)) == before
            until(lambda: published() == placed() and sequencer.refusal is None)
            assert http.get("/readyz").status_code == 200
            assert audit(store.read, signer.vkey).checkpoint.size == placed()
    finally:
        stop.set()
        thread.join()
