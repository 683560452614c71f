"""Cycles of death and restart on one kind of work: the log in a folder, the log in a bucket, evidence."""

from __future__ import annotations

import os
import random
import signal
import time
from abc import ABC, abstractmethod
from collections import Counter
from functools import partial
from pathlib import Path

from sqlalchemy import create_engine, make_url, text

from gateway.storage import migrate
from tests.crash import evidence_check, evidence_work, log_check, log_work
from tests.crash.processes import Failed, acknowledged, cut_connections, fork, must, wait
from tests.fakes.bucket import Bucket
from tests.fakes.exchange import World


class Runs(ABC):
    """Kills one kind of work, one cycle after another, on fresh ground every so often, and counts.

    Attributes:
        points: The failpoints that the work passes.
        kinds: Kinds of cycles and how often each is drawn.
        counts: Deaths at each point (``at ...``), cycles of each kind, checks.
    """

    name: str
    points: tuple[str, ...]
    kinds: dict[str, int]
    #: Cycles between two checks, and on the same ground.
    check_every, renew_every = 20, 200
    #: Seconds within which a random moment lies; about as long as the work takes.
    moments = 0.4

    def __init__(self, base: Path, seed: int) -> None:
        self._base = base
        self._chance = random.Random(f"{self.name} {seed}")
        self._number = 0
        self._next = 0
        self._cycles = 0
        self._acknowledged = 0
        self.counts: Counter[str] = Counter()
        self.folder = base

    @abstractmethod
    def selftest(self) -> None:
        """Show that each broken invariant is found."""

    @abstractmethod
    def prepare(self) -> None:
        """Fresh ground in :attr:`folder`."""

    @abstractmethod
    def work(self, seed: int, at: str, hit: int, act: int = signal.SIGKILL) -> int:
        """What is killed, or stopped; runs in a process of its own."""

    @abstractmethod
    def look(self) -> int:
        """What is checked after a restart, likewise; 0 if all holds."""

    @property
    def kills(self) -> int:
        """Processes that died by SIGKILL at a point or a moment."""
        return sum(count for name, count in self.counts.items() if name.startswith("at "))

    @property
    def acknowledgements(self) -> int:
        """How many there were, on all grounds."""
        return self._acknowledged + len(acknowledged(self.folder))

    def begin(self) -> None:
        """Go on, on fresh ground."""
        if self._number:
            self._acknowledged += len(acknowledged(self.folder))
        self._number += 1
        self.folder = self._base / f"{self.name}-{self._number}"
        self.folder.mkdir()
        self.prepare()

    def first(self) -> None:
        """Each point and each kind once."""
        self.begin()
        for at in self.points:
            self.kill_at(at, 1)
        for kind in self.kinds:
            self._cycle(kind)
        self.check()

    def go_on(self, seconds: float) -> None:
        """Cycles until the time is up, then a check."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self._cycles += 1
            self._cycle(self._chance.choices(list(self.kinds), list(self.kinds.values()))[0])
            if self._cycles % self.check_every == 0:
                self.check()
            if self._cycles % self.renew_every == 0:
                # What was never checked must not be left behind.
                self.check()
                self.begin()
        self.check()

    def check(self) -> None:
        """Restart and check."""
        must(self.look, f"the check of {self.folder}")
        self.counts["checks"] += 1

    def kill_at(self, at: str, hit: int) -> None:
        """One process, which dies at that point if it comes there so often."""
        self._ended(self._start(at, hit), at)

    def _cycle(self, kind: str) -> None:
        {"failpoint": self._failpoint, "moment": self._moment, "two": self._two}.get(
            kind, partial(self._special, kind)
        )()
        self.counts[kind] += 1

    def _special(self, kind: str) -> None:
        raise NotImplementedError(kind)

    def _seed(self) -> int:
        return self._chance.randrange(2**32)

    def _start(self, at: str, hit: int) -> int:
        return fork(partial(self.work, self._seed(), at, hit))

    def _ended(self, child: int, at: str) -> None:
        code = os.waitstatus_to_exitcode(wait(child))
        if code == -signal.SIGKILL:
            self.counts[f"at {at}"] += 1
        elif code not in (0, log_work.HEAD_MOVED):
            raise Failed(f"a process in {self.folder} ended by itself with {code}, before {at or 'its end'}")

    def _failpoint(self) -> None:
        at = self.points[self._next % len(self.points)]
        self._next += 1
        self.kill_at(at, self._chance.choice([1, 1, 2, 3, 9]))

    def _moment(self) -> None:
        child = self._start("", 0)
        time.sleep(self._chance.uniform(0.01, self.moments))
        os.kill(child, signal.SIGKILL)
        self._ended(child, "a random moment")

    def _two(self) -> None:
        pair = [(self._chance.choice(self.points), self._chance.choice([1, 2, 5])) for _ in range(2)]
        children = [(self._start(at, hit), at) for at, hit in pair]
        for child, at in children:
            self._ended(child, at)


class LogRuns(Runs):
    """The log, in a folder or in a bucket, on one database that is emptied."""

    def __init__(self, base: Path, seed: int, url: str, bucket: Bucket | None = None, disk: Path | None = None) -> None:
        self.name = "log" if bucket is None else "bucket"
        super().__init__(base, seed)
        self._url, self._bucket, self._disk = url, bucket, disk
        # "begun" comes first, where the log is new.
        steps = ("begun", *(at for at in log_work.STEPS if at != "begun"))
        self.points = steps + (log_work.IN_A_FOLDER if bucket is None else log_work.IN_A_BUCKET)
        self.kinds = {"failpoint": 70, "moment": 12, "two": 10, "paused": 5}
        if bucket is None:
            self.kinds["full"] = 3

    @property
    def _place(self) -> log_work.Place:
        return log_work.Place(self.folder, self._url, self._bucket, self._disk and self._disk / self.folder.name)

    def selftest(self) -> None:
        if self._bucket is None:
            log_check.selftest(self._base, self._url)

    def prepare(self) -> None:
        if self._disk:
            (self._disk / self.folder.name).mkdir()
        must(partial(log_work.prepare, self._url), "tables")

    def first(self) -> None:
        super().first()
        if self._bucket is None:
            # The first write of all, of a log that has no head yet, finds no space.
            self.begin()
            must(partial(log_work.full_disk, self._place, 0), f"a full disk under the new log {self.folder}")
            self.check()

    def work(self, seed: int, at: str, hit: int, act: int = signal.SIGKILL) -> int:
        return log_work.write(self._place, seed, at, hit, act)

    def look(self) -> int:
        return log_check.check(self._place)

    def _special(self, kind: str) -> None:
        if kind == "full":
            limit = self._chance.choice([0, 100, 2000, 20_000])
            must(partial(log_work.full_disk, self._place, limit), f"a full disk ({limit} bytes) in {self.folder}")
        else:
            self._pause()

    def _pause(self) -> None:
        """Stopped after it signed, before the swap; loses its connection; overtaken; wakes up."""
        slow = fork(partial(log_work.write, self._place, self._seed(), "signed", 1, signal.SIGSTOP))
        if not os.WIFSTOPPED(wait(slow, os.WUNTRACED)):
            return
        must(partial(cut_connections, self._url), "cutting connections")
        wait(self._start("", 0))
        os.kill(slow, signal.SIGCONT)
        # Its appends fail with their connection; the sequencer must have seen that the head has moved.
        code = os.waitstatus_to_exitcode(wait(slow))
        self.counts["overtaken leader stepped back"] += code == log_work.HEAD_MOVED


class EvidenceRuns(Runs):
    """Evidence: each ground has a database of its own, copied from one with all tables."""

    name = "evidence"
    points = evidence_work.POINTS
    kinds = {"failpoint": 75, "moment": 12, "two": 10, "full": 3}
    check_every, renew_every = 15, 120
    moments = 1.2

    def __init__(self, base: Path, seed: int, url: str, disk: Path | None = None) -> None:
        super().__init__(base, seed)
        self._server, self._disk = url, disk
        self._template = ""
        self._site = evidence_work.Site(base, url, World())

    def selftest(self) -> None:
        def fresh() -> evidence_work.Site:
            self.begin()
            return self._site

        evidence_check.selftest(fresh)

    def prepare(self) -> None:
        if not self._template:
            template = self._url("evidence_template")
            must(lambda: _create(self._server, template, None), "database")
            must(lambda: migrate.upgrade(template) or 0, "tables")
            self._template = template
        url = self._url(f"evidence_{self._number}")
        must(lambda: _create(self._server, url, self._template), "database")
        place = self._disk / self.folder.name if self._disk else self.folder
        place.mkdir(exist_ok=True)
        self._site = evidence_work.Site(place, url, self._site.keys, self.folder)
        must(partial(evidence_work.onboard, self._site), "onboarding")

    def work(self, seed: int, at: str, hit: int, act: int = signal.SIGKILL) -> int:
        return evidence_work.work(self._site, seed, at, hit, act)

    def look(self) -> int:
        return evidence_check.check(self._site)

    def _special(self, kind: str) -> None:
        limit = self._chance.choice([0, 10, 60])
        must(partial(evidence_work.full_disk, self._site, self._seed(), limit), f"a full disk in {self.folder}")

    def _url(self, name: str) -> str:
        return make_url(self._server).set(database=name).render_as_string(hide_password=False)


def _create(server: str, url: str, template: str | None) -> int:
    names = [make_url(each).database for each in (url, template) if each]
    with create_engine(server, isolation_level="AUTOCOMMIT").connect() as connection:
        connection.execute(text(f"CREATE DATABASE {' TEMPLATE '.join(map(str, names))}"))
    return 0
