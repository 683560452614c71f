"""Power cuts: database, log and evidence on one disk, of which only what was flushed is left.

The disk is ext4 on a loop device (tests/fakes/disk.py). A process is stopped at a failpoint; the image
is copied, as a power cut would leave it; process and database are killed; the copy is mounted in the
place of the disk, the database recovers, and everything is checked as after any crash. What was
acknowledged is noted elsewhere.
"""

from __future__ import annotations

import os
import signal
from functools import partial
from pathlib import Path

from gateway.storage.embedded.server import start_embedded
from tests.crash.processes import Failed, fork, must, wait
from tests.crash.runs import EvidenceRuns, LogRuns, Runs
from tests.fakes.disk import JournalledDisk


class PowerRuns(Runs):
    """Log and evidence in turn on one disk; counts cuts at each point as deaths."""

    name = "power"
    kinds = {"failpoint": 80, "moment": 20}
    check_every, renew_every = 1_000_000, 1_000_000

    def __init__(self, base: Path, seed: int, disk: JournalledDisk) -> None:
        super().__init__(base, seed)
        self._disk = disk
        self._server = start_embedded(disk.path / "database")
        self._log = LogRuns(base, seed, self._server.url, disk=disk.path)
        self._evidence = EvidenceRuns(base, seed, self._server.url, disk=disk.path)
        self.points = (*self._log.points, *self._evidence.points)

    def close(self) -> None:
        """Stop the database."""
        self._server.stop()

    def selftest(self) -> None:
        """If flushing does nothing, what was acknowledged must be found to be lost.

        Raises:
            Failed: It was not found.
        """
        self._log.begin()
        must(partial(_without_flushing, partial(self._log.work, 1, "", 0)), "self-test of power cuts, work")
        self._disk.keep()
        self._restart()
        must(self._log.look, "self-test of power cuts", expected=1)

    def prepare(self) -> None:
        for runs in (self._log, self._evidence):
            runs.begin()

    def work(self, seed: int, at: str, hit: int, act: int = signal.SIGKILL) -> int:
        raise NotImplementedError

    def look(self) -> int:
        return self._log.look() or self._evidence.look()

    def kill_at(self, at: str, hit: int) -> None:
        runs = self._log if at in self._log.points else self._evidence
        child = fork(partial(runs.work, self._seed(), at, hit, signal.SIGSTOP))
        self._cut(child, at, runs)

    def _moment(self) -> None:
        runs = self._chance.choice([self._log, self._evidence])
        points = [at for at in runs.points if at != "begun"]
        self._cut(fork(partial(runs.work, self._seed(), self._chance.choice(points), 2, signal.SIGSTOP)), "", runs)

    def _cut(self, child: int, at: str, runs: Runs) -> None:
        status = wait(child, os.WUNTRACED)
        self._disk.keep()
        if os.WIFSTOPPED(status):
            self.counts[f"at {at or 'a later point'}"] += 1
            os.kill(child, signal.SIGKILL)
            wait(child)
        elif os.waitstatus_to_exitcode(status) != 0:
            raise Failed(f"a process in {runs.folder} ended by itself before {at}")
        self._restart()
        must(runs.look, f"the check of {runs.folder} after a power cut at {at or 'a later point'}")
        self.counts["checks"] += 1

    def _restart(self) -> None:
        pid = int((self._disk.path / "database/data/postmaster.pid").read_text().split()[0])
        os.kill(pid, signal.SIGKILL)
        self._server.stop()
        self._disk.cut()
        self._server.start()


def _without_flushing(work: partial[int]) -> int:
    os.fsync = lambda descriptor: None
    return work()
