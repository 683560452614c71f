"""What is killed, for evidence: a push, the steps of a package up to its release, a pull, its disposal.

Everything is real but the workbench, which knows plain text only: PostgreSQL with all tables, the folder
of blobs, the log. The queue's rows are taken here by hand, at least once each, so that all happens in one
thread; that jobs of dead workers are taken over is shown in tests/integration/storage/test_storage_queue.py.
"""

from __future__ import annotations

import copy
import random
import resource
import signal
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from sqlalchemy import Engine, text

from gateway.blobs.log_store import LocalLogStore
from gateway.blobs.store import open_blobs
from gateway.errors import Conflict, GatewayError, Unavailable
from gateway.exchange import deliver, review
from gateway.exchange.ports.database import Transaction
from gateway.storage.database import PostgresDatabase
from gateway.storage.log.sequence import LogSequence
from gateway.storage.requests.queue import PostgresQueue
from gateway.translog.vkey import parse_vkey
from gateway.workers.housekeeping import housekeeping
from gateway.workers.sequencer import Sequencer
from gateway.workers.steps import handlers
from tests.crash.processes import Failpoint, acknowledge, say
from tests.fakes.exchange import INVESTIGATOR, REVIEWER, World

#: Within each write of a blob, and after its name is removed.
OF_BLOBS = ("blob-begun", "blob-written", "blob-synced", "blob-linked", "blob-durable", "blob-unlinked")
#: The work whose transactions are cut off: all is written and not committed; committed and no more done.
WORK = ("create", "upload", "submit", "examine", "redact", "review", "seal", "release", "pull")
END = ("housekeeping", "dispose", "erase", "certify")
POINTS = (*OF_BLOBS, *(f"{name}-{when}" for name in (*WORK, *END) for when in ("written", "committed")))
_LIFETIME_DAYS = 200
_CLAIM = text(
    "UPDATE procrastinate_jobs SET status = 'doing' WHERE id = (SELECT id FROM procrastinate_jobs"
    " WHERE status = 'todo' ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED)"
    " RETURNING id, task_name, args->>'package_id' AS package"
)
_DOING = text("SELECT id, task_name, args->>'package_id' AS package FROM procrastinate_jobs WHERE status = 'doing'")
_FINISH = text("DELETE FROM procrastinate_jobs WHERE id = :id")


class WatchedDatabase:
    """The database with a failpoint at both sides of each commit, named by ``doing``."""

    def __init__(self, real: PostgresDatabase, failpoint: Failpoint) -> None:
        self._real = real
        self._failpoint = failpoint
        self.doing = ""

    @property
    def engine(self) -> Engine:
        return self._real.engine

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        with self._real.transaction() as tx:
            yield tx
            self._failpoint(f"{self.doing}-written")
        self._failpoint(f"{self.doing}-committed")


@dataclass(frozen=True)
class Site:
    """One gateway: its database, its folder, and the keys of everybody, which outlive its processes."""

    folder: Path
    url: str
    keys: World
    #: Where the harness notes what was acknowledged, if not there: a power cut must not reach it.
    notes_in: Path | None = None

    @property
    def notes(self) -> Path:
        return self.notes_in or self.folder

    def start(self, failpoint: Failpoint | None = None) -> Process:
        """The gateway in this process."""
        return Process(self, failpoint or Failpoint("", 0))


class Process:
    """The gateway as one process has it open."""

    def __init__(self, site: Site, failpoint: Failpoint) -> None:
        self.site = site
        self.database = WatchedDatabase(PostgresDatabase(site.url, keyring=site.keys.keyring), failpoint)
        self.blobs = open_blobs((site.folder / "blobs").as_uri(), failpoint=failpoint)
        self.log_store = LocalLogStore(site.folder / "log")
        self.vkey = parse_vkey(site.keys.keyring.log_vkey)
        world = copy.copy(site.keys)
        world.database, world.blobs = cast(Any, self.database), cast(Any, self.blobs)
        world.clock = copy.copy(world.clock)
        world.new_id = lambda: str(uuid.uuid4())
        self.world = world
        self._steps = handlers(world.gateway)
        signer = world.keyring.log_signer
        self.sequencer = Sequencer(LogSequence(self.database.engine), self.log_store, signer, self.vkey)

    def push(self, case: str) -> str:
        """A package of two exhibits; what is acknowledged is written down."""
        world, folder = self.world, self.site.notes
        files = {f"{name}.txt": f"{case} <Ada> met <{name}> about $500".encode() for name in ("Bob", "Cyd")}
        self.database.doing = "create"
        package, exhibits = world.create(files, case=case)
        for exhibit, data in zip(exhibits, files.values(), strict=True):
            self.database.doing = "upload"
            world.upload(package, exhibit, data)
            acknowledge(folder, "upload", exhibit.id)
        self.database.doing = "submit"
        world.submit(package)
        acknowledge(folder, "submit", package.id)
        return package.id

    def leave_open(self, case: str) -> None:
        """A package that is begun and never submitted; it is abandoned after a day."""
        files = {"left.txt": f"{case} <Ada>".encode()}
        self.database.doing = "create"
        package, (exhibit,) = self.world.create(files, case=case)
        self.database.doing = "upload"
        self.world.upload(package, exhibit, files["left.txt"])
        acknowledge(self.site.notes, "upload", exhibit.id)

    def settle(self, rounds: int = 40) -> None:
        """Run what the queue holds, sequencing the log in between, and approve what waits for a person."""
        for _ in range(rounds):
            worked = self._work()
            self.database.doing = "sequencing"
            self.sequencer.sequence_once()
            if not self._approve() and not worked:
                return

    def pull(self, package_id: str) -> None:
        """Read what the package released, as the receiver does."""
        self.database.doing = "pull"
        with self.database.transaction() as tx:
            releases = [r for r in tx.releases.of_package(package_id) if r.view == "standard"]
        for release in releases:
            with suppress(Conflict), self.database.transaction() as tx:
                deliver.pull(tx, INVESTIGATOR, release.id, self.world.clock())
            acknowledge(self.site.notes, "pull", release.id)

    def grow_old(self, days: int = _LIFETIME_DAYS) -> None:
        """Let retention end, keep house, and do what that brings about."""
        self.world.clock.pass_by(days=days)
        self.database.doing = "housekeeping"
        housekeeping(self.world.gateway)
        self.settle()

    def take_over(self) -> None:
        """Put back what dead processes were doing, as the queue does once their hearts have stopped."""
        with self.database.engine.begin() as connection:
            for job in connection.execute(_DOING).all():
                connection.execute(_FINISH, {"id": job.id})
                PostgresQueue(connection).enqueue(job.task_name, job.package)

    def _work(self) -> bool:
        worked = False
        while True:
            with self.database.engine.begin() as connection:
                job = connection.execute(_CLAIM).one_or_none()
            if job is None:
                return worked
            self.database.doing = job.task_name
            again = False
            try:
                self._steps[job.task_name](job.package)
            except GatewayError:
                again = True  # somebody else does the same, or something is away: again, as the queue does
            with self.database.engine.begin() as connection:
                connection.execute(_FINISH, {"id": job.id})
                waits = connection.execute(
                    text("SELECT 1 FROM procrastinate_jobs WHERE queueing_lock = :lock AND status = 'todo'"),
                    {"lock": f"{job.task_name}:{job.package}"},
                ).first()
                if again:
                    PostgresQueue(connection).enqueue(job.task_name, job.package)
            worked = True
            if again or waits is not None:
                return worked

    def _approve(self) -> bool:
        self.database.doing = "review"
        with suppress(GatewayError), self.database.transaction() as tx:
            waiting = [pending.rendition.id for pending in review.pending(tx, REVIEWER, self.world.clock())]
            for rendition_id in waiting:
                review.approve(tx, REVIEWER, rendition_id, self.world.clock())
            return bool(waiting)
        return True


def onboard(site: Site) -> int:
    """Write agencies and agreement into an empty database."""
    site.start().world.onboard()
    return 0


def work(site: Site, seed: int, at: str, hit: int, act: int = signal.SIGKILL) -> int:
    """A life of a package, until the process is killed or done."""
    chance = random.Random(seed)
    process = site.start(Failpoint(at, hit, act))
    process.take_over()
    package_id = process.push(f"case-{seed}")
    process.leave_open(f"case-{seed}-left")
    process.settle()
    process.pull(package_id)
    if chance.random() < 0.7 or at.startswith(("blob-unlinked", *END)):
        process.grow_old()
    return 0


def full_disk(site: Site, seed: int, limit: int) -> int:
    """No file may grow beyond ``limit`` bytes; the push must be refused, and nothing acknowledged."""
    process = site.start()
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
    try:
        process.push(f"case-{seed}")
    except Unavailable:
        return 0
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    say("a full disk was not noticed")
    return 1
