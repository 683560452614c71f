"""Kill the log's writers with SIGKILL, again and again, restart, and check that nothing was lost or forked.

    .venv/bin/python -m tests.crash.harness --seconds 600 [--seed 1] [--out docs/crash-results.json]

Each cycle forks a real process that appends (an entry and its business effect in one transaction,
acknowledged only after the commit) and sequences into a folder, on a real PostgreSQL. It dies by its
own SIGKILL at a named failpoint, or by ours at a random moment; two run at once; one is paused and
overtaken; one finds the disk full. Their clocks go back. After some cycles a fresh process restarts,
finishes what was left, and checks the invariants (:func:`check`):

1. every acknowledged entry is in the log exactly once;
2. a business effect exists if and only if its entry does;
3. numbers are dense, the chain holds, and database and files say the same;
4. any checkpoint ever signed, published or not, is a beginning of the log there is now;
5. the published checkpoint has all its tiles, and they are right (a full audit);
6. no path ever changed its bytes.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import resource
import signal
import sys
import tempfile
import threading
import time
import traceback
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Column, Engine, MetaData, Table, Text, Uuid, create_engine, insert, select, text
from sqlalchemy.exc import SQLAlchemyError

from gateway.blobs.log_store import LocalLogStore
from gateway.errors import GatewayError, Unavailable
from gateway.exchange.record import event
from gateway.storage.embedded import start_embedded
from gateway.storage.log_ledger import SqlLedger
from gateway.storage.log_sequence import LogSequence
from gateway.storage.log_tables import log_commitments, log_entries, log_pending
from gateway.translog.checkpoint import parse_checkpoint
from gateway.translog.tiles import TILE_WIDTH, Tile, decode_bundle, fetch
from gateway.translog.verifier import audit
from gateway.translog.vkey import Ed25519Signer
from gateway.workers.sequencer import Sequencer

FAILPOINTS = (
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
    "temporary-written",  # and not synced
    "temporary-synced",
    "file-linked",
    "file-replaced",
)
HEAD_MOVED = 7
_KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
_effects = Table("crash_effects", MetaData(), Column("id", Uuid(as_uuid=False), primary_key=True), Column("what", Text))
_TABLES = (log_pending, log_entries, log_commitments, _effects)


class Unrecorded(Exception):
    """The harness itself could not write down what is to be signed, so it was not signed."""


class RecordingSigner(Ed25519Signer):
    """Writes down each text before its signature can be used: whatever was ever signed is known."""

    def __init__(self, folder: Path) -> None:
        super().__init__("crash.example/log", _KEY)
        self._file = os.open(folder / "signed", os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def sign(self, data: bytes) -> bytes:
        try:
            os.write(self._file, data + b"\n")
        except OSError as error:
            raise Unrecorded from error
        return super().sign(data)


def fork(work: Callable[[], int]) -> int:
    """Run in a forked process; returns its id."""
    child = os.fork()
    if child:
        return child
    code = 1
    try:
        code = work()
    except BaseException:
        traceback.print_exc()
        sys.stderr.flush()
    finally:
        # Whatever happened above, the child must not go on as a second parent.
        os._exit(code)


def writer(folder: Path, url: str, seed: int, at: str, hit: int, *, act: int = signal.SIGKILL, rounds: int = 6) -> int:
    """A gateway, in small: appends in threads, sequences in this one, until it is killed or done."""
    chance = random.Random(seed)
    lock = threading.Lock()
    seen: Counter[str] = Counter()

    def failpoint(name: str) -> None:
        with lock:
            seen[name] += 1
            due = name == at and seen[name] == hit
        if due:
            os.kill(os.getpid(), act)

    engine = create_engine(url)
    acks = os.open(folder / "acks", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
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
                        event("crash.test", "done", now, object_kind="test", object_id=str(mine.random()))
                    )
                    connection.execute(insert(_effects), {"id": entry_id, "what": "done"})
                    failpoint("appended")
                    if mine.random() < 0.1:
                        connection.rollback()
                        continue
                    connection.commit()
                    failpoint("committed")
                    os.write(acks, f"{entry_id}\n".encode())
                stop.wait(0.002)

    threads = [threading.Thread(target=append, daemon=True) for _ in range(2)]
    for thread in threads:
        thread.start()
    signer = RecordingSigner(folder)
    store = LocalLogStore(folder / "log", failpoint=failpoint)
    rows = LogSequence(engine, failpoint=failpoint)
    sequencer = Sequencer(rows, store, signer, signer.vkey, failpoint=failpoint)
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


def full_disk(folder: Path, url: str, seed: int, limit: int) -> int:
    """No file may grow beyond ``limit`` bytes: writes fail as on a full disk; nothing may be published."""
    engine = create_engine(url)
    with engine.begin() as connection:
        for _ in range(300):
            entry = event("crash.test", "done", datetime.now(UTC), object_kind="test", object_id="x" * 200)
            entry_id = SqlLedger(connection).append(entry)
            connection.execute(insert(_effects), {"id": entry_id, "what": "full"})
    signer = RecordingSigner(folder)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
    try:
        sequencer = Sequencer(LogSequence(engine), LocalLogStore(folder / "log"), signer, signer.vkey)
        # 0 while the server still holds the lock for a leader that was killed.
        while not sequencer.sequence_once():
            time.sleep(0.01)
    except (Unavailable, Unrecorded):
        return 0
    finally:
        # What is wrong must get into a report that is a file.
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    sys.stderr.write("a full disk was not noticed\n")
    return 1


def check(folder: Path, url: str) -> int:
    """Restart, finish, and check the invariants; prints what is broken. 0 if nothing is."""
    engine = create_engine(url)
    signer, store = RecordingSigner(folder), LocalLogStore(folder / "log")
    sequencer = Sequencer(LogSequence(engine), store, signer, signer.vkey)
    # The server takes a moment to see that a killed leader is gone.
    while sequencer.sequence_once() or not sequencer.leads:
        time.sleep(0.01)
    sequencer.close()
    with engine.begin() as connection:
        rows = connection.execute(
            select(log_entries.c.seq, log_entries.c.entry_id, log_entries.c.leaf).order_by(log_entries.c.seq)
        ).all()
        effects = set(connection.execute(select(_effects.c.id)).scalars())
        waiting = connection.execute(select(log_pending.c.id)).scalars().all()
    broken: list[str] = []
    ids = [row.entry_id for row in rows]
    acknowledged = (folder / "acks").read_text().split() if (folder / "acks").exists() else []
    if waiting or [row.seq for row in rows] != list(range(len(rows))):
        broken.append("numbers are not dense, or entries still wait")
    if len(set(ids)) != len(ids) or not set(acknowledged) <= set(ids):
        broken.append("an acknowledged entry is missing, or one is there twice")
    if set(ids) != effects:
        broken.append("effects and entries differ")
    signed = (folder / "signed").read_text().split("\n\n")[:-1]
    known = [parse_checkpoint(part + "\n") for part in set(signed)]
    try:
        result = audit(store.read, signer.vkey, known=known)
    except GatewayError as error:
        broken.append(f"audit: {error.code} {error.where}")
    else:
        if result.checkpoint.size != len(rows):
            broken.append("not all entries are published")
        for start in range(0, len(rows), TILE_WIDTH):
            bundle = Tile(None, start // TILE_WIDTH, min(TILE_WIDTH, len(rows) - start))
            leaves = decode_bundle(fetch(bundle, store.read) or b"", bundle.width)
            if leaves != [bytes(row.leaf) for row in rows[start : start + TILE_WIDTH]]:
                broken.append(f"database and files differ in {bundle.path}")
    digests = folder / "digests.json"
    before = json.loads(digests.read_text()) if digests.exists() else {}
    now = {name: hashlib.sha256(store.read(name) or b"").hexdigest() for name in store.names("tile")}
    broken += [f"{name} changed its bytes" for name in now.keys() & before.keys() if now[name] != before[name]]
    digests.write_text(json.dumps({**before, **now}))
    for line in broken:
        sys.stderr.write(f"BROKEN: {line}\n")
    return 1 if broken else 0


def prepare(url: str) -> int:
    """Empty tables."""
    engine: Engine = create_engine(url)
    with engine.begin() as connection:
        for table in _TABLES:
            connection.execute(text(f"DROP TABLE IF EXISTS {table.name} CASCADE"))
        for table in _TABLES:
            table.create(connection)
    return 0


class Harness:
    """Runs cycles on one database, a fresh log every so often, and counts."""

    def __init__(self, base: Path, url: str, seed: int) -> None:
        self._base, self._url = base, url
        self._chance = random.Random(seed)
        self._number = 0
        self._points = 0
        self.counts: Counter[str] = Counter()
        self.entries = 0
        self.folder = base

    def begin(self) -> None:
        """A new, empty log."""
        self._number += 1
        self.folder = self._base / f"log{self._number}"
        self.folder.mkdir()
        self._must(fork(lambda: prepare(self._url)))

    def cycle(self) -> None:
        """One death, of one kind or another."""
        kind = self._chance.choices(["failpoint", "moment", "two", "paused", "full"], [70, 12, 10, 5, 3])[0]
        getattr(self, f"_{kind}")()
        self.counts[kind] += 1

    def check(self) -> None:
        """Restart and check."""
        self._must(fork(lambda: check(self.folder, self._url)))
        self.counts["checks"] += 1
        if (self.folder / "acks").exists():
            self.entries = max(self.entries, (self.folder / "acks").read_text().count("\n"))

    def _write(self, at: str, hit: int, act: int = signal.SIGKILL) -> int:
        seed, folder, url = self._chance.randrange(2**32), self.folder, self._url
        return fork(lambda: writer(folder, url, seed, at, hit, act=act))

    def _failpoint(self) -> None:
        at = FAILPOINTS[self._points % len(FAILPOINTS)]
        self._points += 1
        self._one(at)

    def _one(self, at: str, hit: int | None = None) -> None:
        _, status = os.waitpid(self._write(at, hit or self._chance.choice([1, 1, 2, 3, 9])), 0)
        if os.WIFSIGNALED(status):
            self.counts[f"at {at}"] += 1
        elif status:
            raise SystemExit(f"a writer failed (status {status}) at {at}")

    def _moment(self) -> None:
        child = self._write("", 0)
        time.sleep(self._chance.uniform(0.01, 0.25))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)

    def _two(self) -> None:
        children = [self._write(self._chance.choice(FAILPOINTS), self._chance.choice([1, 2, 5])) for _ in range(2)]
        for child in children:
            os.waitpid(child, 0)

    def _paused(self) -> None:
        """Stopped after it signed, before the swap; loses its connection; overtaken; wakes up."""
        slow = self._write("signed", 1, signal.SIGSTOP)
        _, status = os.waitpid(slow, os.WUNTRACED)
        if not os.WIFSTOPPED(status):
            return
        self._must(fork(lambda: _cut_connections(self._url)))
        os.waitpid(self._write("", 0), 0)
        os.kill(slow, signal.SIGCONT)
        _, status = os.waitpid(slow, 0)
        # Its appends fail with their connection; the sequencer must have seen that the head has moved.
        self.counts["overtaken leader stepped back"] += os.WIFEXITED(status) and os.WEXITSTATUS(status) == HEAD_MOVED

    def _full(self) -> None:
        seed, folder, url = self._chance.randrange(2**32), self.folder, self._url
        limit = self._chance.choice([0, 100, 2000, 20_000])
        self._must(fork(lambda: full_disk(folder, url, seed, limit)))

    def _must(self, child: int) -> None:
        _, status = os.waitpid(child, 0)
        if status:
            raise SystemExit(f"a check failed (status {status}) in {self.folder}, after {dict(self.counts)}")


def _cut_connections(url: str) -> int:
    with create_engine(url).begin() as connection:
        connection.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE pid <> pg_backend_pid() AND datname = current_database()"
            )
        )
    return 0


def run(base: Path, url: str, *, seconds: float, seed: int, check_every: int = 20, renew_every: int = 200) -> Harness:
    """Cycles until the time is up; every failpoint at least once."""
    harness = Harness(base, url, seed)
    harness.begin()
    end = time.monotonic() + seconds
    # Once each, "begun" first, where the log is new.
    for at in ("begun", *(name for name in FAILPOINTS if name != "begun")):
        harness._one(at, 1)
    for kind in ("paused", "full", "two", "moment"):
        getattr(harness, f"_{kind}")()
        harness.counts[kind] += 1
    harness.check()
    done = 0
    while time.monotonic() < end:
        done += 1
        harness.cycle()
        if done % check_every == 0:
            harness.check()
        if done % renew_every == 0:
            harness.begin()
    harness.check()
    return harness


def selftest(base: Path, url: str) -> None:
    """Break each invariant on purpose: the check must find it, or it could not fail at all."""

    def lone_effect(folder: Path) -> int:
        with create_engine(url).begin() as connection:
            connection.execute(insert(_effects), {"id": "0" * 32, "what": "lone"})
        return 0

    def lost_acknowledgement(folder: Path) -> int:
        with (folder / "acks").open("a") as file:
            file.write("00000000-0000-4000-8000-000000000000\n")
        return 0

    def changed_tile(folder: Path) -> int:
        path = next(p for p in sorted((folder / "log/tile/entries").rglob("*")) if p.is_file())
        data = bytearray(path.read_bytes())
        data[10] ^= 1
        path.write_bytes(data)
        return 0

    def other_history_signed(folder: Path) -> int:
        with (folder / "signed").open("a") as file:
            file.write("crash.example/log\n1\n" + "A" * 43 + "=\n\n")
        return 0

    def must(work: Callable[[], int], expected: int) -> None:
        _, status = os.waitpid(fork(work), 0)
        if os.waitstatus_to_exitcode(status) != expected:
            raise SystemExit("the self-test failed: the harness does not find what it looks for")

    for damage in (lone_effect, lost_acknowledgement, changed_tile, other_history_signed):
        folder = base / damage.__name__
        folder.mkdir()
        must(partial(prepare, url), 0)
        must(partial(writer, folder, url, 1, "", 0), 0)
        must(partial(check, folder, url), 0)
        must(partial(damage, folder), 0)
        must(partial(check, folder, url), 1)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seconds", type=float, default=600.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, help="write the counts there, as JSON")
    parser.add_argument("--selftest", action="store_true", help="first show that each broken invariant is found")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="crash-") as name, start_embedded(Path(name) / "database") as server:
        if arguments.selftest:
            selftest(Path(name), server.url)
        harness = run(Path(name), server.url, seconds=arguments.seconds, seed=arguments.seed)
    kills = sum(count for name, count in harness.counts.items() if name.startswith("at ")) + harness.counts["moment"]
    report = {
        "seconds": arguments.seconds,
        "seed": arguments.seed,
        "entries": harness.entries,
        "kills": kills,
        **dict(sorted(harness.counts.items())),
    }
    sys.stdout.write(json.dumps(report, indent=1) + "\n")
    if arguments.out:
        arguments.out.write_text(json.dumps(report, indent=1) + "\n")


if __name__ == "__main__":
    main()
