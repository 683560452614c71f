"""What a witness remembers of each log: the checkpoint it last cosigned, all before it, and forks.

A folder a log, below ``logs/<hex SHA-256 of its origin>/``:

    checkpoint   the latest, whole as the log signed it
    history      every one that was ever accepted, each after two empty lines
    time         Unix seconds of the latest cosignature; no later one bears an earlier time
    forks/       one file a fork: two checkpoints that the log signed and that cannot both be true

Deciding and storing are one step under a file lock, which the system releases if the process dies.
Bytes are durable before :meth:`accept` returns, so nothing is cosigned that could be forgotten: the
history first, then the latest, then the time. Dying in between leaves the history one ahead, which
harms nothing.
"""

from __future__ import annotations

import fcntl
import os
import re
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from gateway.errors import GatewayError, IntegrityFailure, Unavailable
from gateway.translog.checkpoint import Checkpoint, open_checkpoint, parse_checkpoint
from gateway.translog.note import parse_note
from gateway.translog.vkey import VerifierKey
from gateway.translog.witness import AddCheckpoint, forks, judge, origin_id

_MAX_FORK_FILES = 1000


class Memory:
    """The memory of one witness.

    Args:
        folder: Created if missing, for the owner only.
        failpoint: Called with a name between the steps; tests let it kill the process.
    """

    def __init__(self, folder: Path, *, failpoint: Callable[[str], None] = lambda name: None) -> None:
        self._folder = folder / "logs"
        self._failpoint = failpoint
        with _storing():
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)

    def known(self, origin: str) -> bytes | None:
        """The latest checkpoint of a log, whole, or None.

        Raises:
            Unavailable: ``witness-memory-unavailable``.
        """
        with _storing():
            return _read(self._folder / origin_id(origin) / "checkpoint")

    def accept(self, request: AddCheckpoint, log_key: VerifierKey, now: int) -> Checkpoint:
        """Check the request against what is known, and remember its checkpoint, as one step.

        Args:
            now: Unix seconds that the cosignature will bear.

        Returns:
            The checkpoint, which may now be cosigned.

        Raises:
            InvalidInput, IntegrityFailure: ``note-…``, ``checkpoint-…`` if the log has not signed it.
            InvalidInput, Conflict, IntegrityFailure: As :func:`judge`; after a fork was written down.
            IntegrityFailure: ``witness-memory-damaged``, ``witness-time-damaged``.
            Unavailable: ``witness-memory-unavailable``, ``witness-clock-behind``; nothing may be cosigned then.
        """
        head = open_checkpoint(request.checkpoint, log_key).checkpoint
        folder = self._folder / origin_id(head.origin)
        with _storing(), _locked(folder):
            note = _read(folder / "checkpoint")
            known = None if note is None else _own(note, log_key)
            if known is not None and head.size <= known.size:
                # A larger one can't be in the history yet.
                self._look_for_fork(folder, head, request.checkpoint)
            judge(request, head, known)
            latest = _latest_time(folder)
            if now < latest:
                raise _clock_behind(latest - now)
            self._failpoint("judged")
            if known != head:
                with (folder / "history").open("ab") as file:
                    # The empty lines first: what a crash tore off must not run into this one.
                    file.write(b"\n\n\n" + request.checkpoint)
                    file.flush()
                    os.fsync(file.fileno())
                self._failpoint("history-written")
                _replace(folder / "checkpoint", request.checkpoint, self._failpoint)
            if now > latest:
                _replace(folder / "time", f"{now}\n".encode(), self._failpoint)
            self._failpoint("remembered")
        return head

    def fork_files(self, origin: str) -> list[Path]:
        """The evidence of forks of a log."""
        return sorted((self._folder / origin_id(origin) / "forks").glob("*.txt"))

    def history(self, origin: str) -> Iterator[tuple[Checkpoint, bytes]]:
        """All checkpoints of a log that were accepted, oldest first; a torn one is left out."""
        data = _read(self._folder / origin_id(origin) / "history") or b""
        # Within a checkpoint there is never more than one empty line.
        for record in data.split(b"\n\n\n"):
            note = record.strip(b"\n") + b"\n"
            try:
                yield parse_checkpoint(parse_note(note).text), note
            except GatewayError:
                continue

    def _look_for_fork(self, folder: Path, head: Checkpoint, note: bytes) -> None:
        for earlier, earlier_note in self.history(head.origin):
            if forks(earlier, head):
                self._write_fork(folder / "forks", head, earlier, (earlier_note, note))
                return

    def _write_fork(self, folder: Path, head: Checkpoint, earlier: Checkpoint, notes: tuple[bytes, bytes]) -> None:
        folder.mkdir(exist_ok=True, mode=0o700)
        path = folder / f"{head.size}-{earlier.root.hex()[:16]}-{head.root.hex()[:16]}.txt"
        if path.exists() or sum(1 for _ in folder.iterdir()) >= _MAX_FORK_FILES:
            return
        text = (
            f"Evidence that the log {head.origin} has two histories.\n"
            f"It signed these two checkpoints of {head.size} entries, with different roots. No log that only\n"
            "grows can sign both. Each is whole; check its signature with the verifier key of the log.\n\n"
        )
        _replace(path, text.encode() + notes[0] + b"\n" + notes[1], self._failpoint)


def _own(note: bytes, log_key: VerifierKey) -> Checkpoint:
    try:
        return open_checkpoint(note, log_key).checkpoint
    except GatewayError as error:
        raise IntegrityFailure(
            "witness-memory-damaged",
            "The checkpoint that this witness remembers is damaged, or signed with another key of the log.",
            remedy="Do not delete it: restore it from the history beside it.",
        ) from error


def _latest_time(folder: Path) -> int:
    data = _read(folder / "time") or b"0\n"
    if not re.fullmatch(rb"[0-9]{1,12}\n", data):
        raise IntegrityFailure(
            "witness-time-damaged",
            "The time of the latest cosignature that this witness remembers is damaged.",
            remedy="Write the Unix time of its latest cosignature into the file 'time', and a newline.",
        )
    return int(data)


def _clock_behind(seconds: int) -> Unavailable:
    return Unavailable(
        "witness-clock-behind",
        f"The clock of the witness is {seconds} s behind its latest cosignature; nothing was cosigned.",
        remedy="Set its clock. If the clock was ahead before, docs/spec/witness.md says what to do.",
    )


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None


def _replace(path: Path, data: bytes, failpoint: Callable[[str], None]) -> None:
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    with temporary.open("xb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    failpoint("temporary-written")
    temporary.replace(path)
    failpoint("replaced")
    _sync(path.parent)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    if not folder.is_dir():
        folder.mkdir(exist_ok=True, mode=0o700)
        _sync(folder.parent)
    descriptor = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        for left in (*folder.glob(".checkpoint.*"), *folder.glob(".time.*")):
            left.unlink()
        yield
    finally:
        os.close(descriptor)


@contextmanager
def _storing() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise Unavailable(
            "witness-memory-unavailable",
            f"What the witness remembers cannot be read or written ({error.strerror}); nothing was cosigned.",
            remedy="Check space and permissions of its folder.",
        ) from error
