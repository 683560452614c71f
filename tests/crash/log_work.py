"""What is killed, for the log: appending in threads, sequencing beside it; and a disk that is full."""

from __future__ import annotations

import os
import random
import resource
import signal
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from obstore.store import S3Store
from sqlalchemy import Column, MetaData, Table, Text, Uuid, create_engine, insert, text
from sqlalchemy.exc import SQLAlchemyError

from gateway.blobs.log_store import LocalLogStore, LogStore
from gateway.errors import GatewayError, Unavailable
from gateway.exchange.record import event
from gateway.storage.log.ledger import SqlLedger
from gateway.storage.log.sequence import LogSequence
from gateway.storage.schema.log_tables import log_commitments, log_entries, log_pending
from gateway.translog.vkey import Ed25519Signer
from gateway.workers.sequencer import Sequencer
from tests.crash.processes import Failpoint, acknowledge, say
from tests.fakes.bucket import Bucket

STEPS = (
    "appended",  # entry and effect written, not committed
    "committed",  # committed, not acknowledged
    "begun",  # the stage of a new log is there, its head is not
    "leading",  # the lock is taken, nothing is checked
    "recovered",
    "rows-taken",  # removed from those that wait, not committed
    "rows-placed",  # in the log, not committed
    "rows-committed",
    "sequenced",
    "staged",
    "signed",
    "swapped",
    "tiles-written",
    "published",
    "stages-dropped",
    "partials-dropped",
)
#: Within each write of a file: written and not synced, synced, linked, replaced.
IN_A_FOLDER = ("temporary-written", "temporary-synced", "file-linked", "file-replaced")
#: Within each write of an object: created, replaced; and between the look at the head and its swap.
IN_A_BUCKET = ("object-created", "object-replaced", "head-read")
HEAD_MOVED = 7
_KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
effects = Table("crash_effects", MetaData(), Column("id", Uuid(as_uuid=False), primary_key=True), Column("what", Text))
_TABLES = (log_pending, log_entries, log_commitments, effects)


@dataclass(frozen=True)
class Place:
    """Where one log lies: its rows at ``url``, notes of the harness in ``folder``, its files there or elsewhere."""

    folder: Path
    url: str
    bucket: Bucket | None = None
    disk: Path | None = None

    def store(self, failpoint: Failpoint | None = None) -> LogStore:
        """The log store, opened by this process."""
        at = failpoint or (lambda name: None)
        if self.bucket is None:
            return LocalLogStore((self.disk or self.folder) / "log", failpoint=at)
        given = self.bucket.options
        store = S3Store(
            self.bucket.name,
            prefix=self.folder.name,
            endpoint=given.endpoint,
            region=given.region,
            access_key_id=given.access_key_id,
            secret_access_key=given.secret_access_key,
            client_options={"allow_http": True},
        )
        return LogStore(store, failpoint=at)

    def signer(self) -> RecordingSigner:
        """The log's key, the same in every process."""
        return RecordingSigner(self.folder)


class Unrecorded(Exception):
    """The harness itself could not write down what is to be signed, so it was not signed."""


class RecordingSigner(Ed25519Signer):
    """Writes down each text before its signature can be used: whatever was ever signed is known."""

    def __init__(self, folder: Path) -> None:
        super().__init__("crash.example/log", _KEY)
        self._file = os.open(folder / "signed", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def sign(self, data: bytes) -> bytes:
        try:
            os.write(self._file, data + b"\n")
        except OSError as error:
            raise Unrecorded from error
        return super().sign(data)


def prepare(url: str) -> int:
    """Empty tables."""
    with create_engine(url).begin() as connection:
        for table in _TABLES:
            connection.execute(text(f"DROP TABLE IF EXISTS {table.name} CASCADE"))
        for table in _TABLES:
            table.create(connection)
    return 0


def write(place: Place, seed: int, at: str, hit: int, act: int = signal.SIGKILL, rounds: int = 6) -> int:
    """A gateway, in small: appends in threads, sequences in this one, until it is killed or done."""
    chance = random.Random(seed)
    failpoint = Failpoint(at, hit, act)
    engine = create_engine(place.url)
    stop = threading.Event()

    def append() -> None:
        # Whoever loses its connection before the commit is acknowledged has acknowledged nothing.
        with suppress(GatewayError, SQLAlchemyError):
            append_many()

    def append_many() -> None:
        mine = random.Random(chance.random())
        with engine.connect() as connection:
            while not stop.is_set():
                # The clock jumps, back as well: order in the log does not come from it.
                now = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=mine.randrange(-100_000, 100_000))
                for _ in range(mine.randrange(1, 40)):
                    entry_id = SqlLedger(connection).append(
                        event("crash.test", "done", now, ("test", str(mine.random())))
                    )
                    connection.execute(insert(effects), {"id": entry_id, "what": "done"})
                    failpoint("appended")
                    if mine.random() < 0.1:
                        connection.rollback()
                        continue
                    connection.commit()
                    failpoint("committed")
                    acknowledge(place.folder, entry_id)
                stop.wait(0.002)

    threads = [threading.Thread(target=append, daemon=True) for _ in range(2)]
    for thread in threads:
        thread.start()
    signer = place.signer()
    rows = LogSequence(engine, failpoint=failpoint)
    sequencer = Sequencer(rows, place.store(failpoint), signer, signer.vkey, failpoint=failpoint)
    code = 0
    for _ in range(rounds):
        try:
            sequencer.sequence_once()
        except Unavailable as error:
            code = HEAD_MOVED if error.code == "log-head-moved" else code
        stop.wait(0.01)
    stop.set()
    for thread in threads:
        thread.join()
    sequencer.close()
    return code


def full_disk(place: Place, limit: int) -> int:
    """No file may grow beyond ``limit`` bytes: writes fail as on a full disk; nothing may be published."""
    engine = create_engine(place.url)
    with engine.begin() as connection:
        for _ in range(300):
            entry = event("crash.test", "done", datetime.now(UTC), ("test", "x" * 200))
            entry_id = SqlLedger(connection).append(entry)
            connection.execute(insert(effects), {"id": entry_id, "what": "full"})
    signer = place.signer()
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
    try:
        sequencer = Sequencer(LogSequence(engine), place.store(), signer, signer.vkey)
        # 0 while the server still holds the lock for a leader that was killed.
        while not sequencer.sequence_once():
            time.sleep(0.01)
    except (Unavailable, Unrecorded):
        return 0
    finally:
        # What is wrong must get into a report that is a file.
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    say("a full disk was not noticed")
    return 1
