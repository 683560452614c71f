"""Processes that are killed: forked, stopped at a named point, waited for."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
import traceback
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import create_engine, text

#: Longer than anything here takes, on a machine that is busy with other things.
HANGS_AFTER_SECONDS = 240.0


class Failed(Exception):
    """A check found something, or the harness itself could not go on; the text says which and where."""


def fork(work: Callable[[], int]) -> int:
    """Run in a forked process, whose exit status is what ``work`` returns; gives its id."""
    child = os.fork()
    if child:
        return child
    code = 1
    try:
        code = work()
    except BaseException:
        # Into a buffer first: writing it may fail as the work did, and must not look like success.
        os.write(2, traceback.format_exc().encode())
    finally:
        # Whatever happened above, the child must not go on as a second parent.
        os._exit(code)


def wait(child: int, options: int = 0) -> int:
    """The wait status of a child; one that hangs is killed, and that is a failure."""
    deadline = time.monotonic() + HANGS_AFTER_SECONDS
    pause = 0.001
    while time.monotonic() < deadline:
        pid, status = os.waitpid(child, options | os.WNOHANG)
        if pid:
            return status
        time.sleep(pause)
        pause = min(pause * 2, 0.02)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    raise Failed(f"a process hung for {HANGS_AFTER_SECONDS:.0f} s")


def must(work: Callable[[], int], what: str, expected: int = 0) -> None:
    """Run in a forked process and insist on its exit status.

    Raises:
        Failed: with the status, or the signal that ended it.
    """
    code = os.waitstatus_to_exitcode(wait(fork(work)))
    if code != expected:
        how = f"signal {-code}" if code < 0 else f"status {code}"
        raise Failed(f"{what}: ended with {how} where {expected} was expected")


def say(line: str) -> None:
    """Tell the person at the terminal."""
    sys.stderr.write(line + "\n")
    sys.stderr.flush()


def acknowledge(folder: Path, *words: str) -> None:
    """Write down what was acknowledged; a process that dies has told nobody else."""
    file = os.open(folder / "acks", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.write(file, (" ".join(words) + "\n").encode())
    os.close(file)


def acknowledged(folder: Path) -> list[list[str]]:
    """All lines of :func:`acknowledge`."""
    file = folder / "acks"
    return [line.split() for line in file.read_text().splitlines()] if file.exists() else []


class Failpoint:
    """Sends this process a signal when it comes to a point for the n-th time."""

    def __init__(self, at: str, hit: int, act: int = signal.SIGKILL) -> None:
        self._at, self._hit, self._act = at, hit, act
        self._lock = threading.Lock()
        self._seen: Counter[str] = Counter()

    def __call__(self, name: str) -> None:
        with self._lock:
            self._seen[name] += 1
            due = name == self._at and self._seen[name] == self._hit
        if due:
            os.kill(os.getpid(), self._act)


def cut_connections(url: str) -> int:
    """End all other sessions of the database, as a network or a server does."""
    with create_engine(url).begin() as connection:
        connection.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE pid <> pg_backend_pid() AND datname = current_database()"
            )
        )
    return 0
