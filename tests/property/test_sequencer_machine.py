"""A state machine: whatever order of appends, rounds, crashes and take-overs, the log is a naive tree's.

The model is a list of leaves and RFC 6962 §2.1 written down literally. Rows are held in memory with
the promises of the real database side (one leader, one transaction a call); sequencer, store and
files are the real ones. Crashes on the real database are in tests/crash.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from obstore.store import MemoryStore

from gateway.blobs.log_store import LogStore
from gateway.errors import IntegrityFailure, Unavailable
from gateway.exchange.log.reader import LogReader
from gateway.exchange.ports.sequencing import CHECKPOINT
from gateway.translog.checkpoint import Checkpoint, open_checkpoint
from gateway.translog.entry import NO_PREVIOUS, pending, place
from gateway.translog.event import AuditEvent
from gateway.translog.merkle import leaf_hash
from gateway.translog.verifier import audit
from gateway.translog.vkey import Ed25519Signer
from gateway.workers.sequencer import Sequencer

SIGNER = Ed25519Signer("machine.example/log", Ed25519PrivateKey.from_private_bytes(bytes([8] * 32)))
STEPS = [
    "begun",
    "recovered",
    "sequenced",
    "staged",
    "signed",
    "swapped",
    "tiles-written",
    "published",
    "stages-dropped",
]


def naive_root(leaves: list[bytes]) -> bytes:
    """RFC 6962 §2.1, word for word."""
    if not leaves:
        return hashlib.sha256().digest()
    if len(leaves) == 1:
        return hashlib.sha256(b"\x00" + leaves[0]).digest()
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return hashlib.sha256(b"\x01" + naive_root(leaves[:k]) + naive_root(leaves[k:])).digest()


class Crash(Exception):
    """The process dies."""


class Database:
    """Committed rows; each call of a :class:`Rows` is one transaction on them."""

    def __init__(self) -> None:
        self.waiting: list[bytes] = []
        self.leaves: list[bytes] = []
        self.leader: Rows | None = None


class Rows:
    """The database side of sequencing, of one process."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def lead(self) -> bool:
        if self._database.leader is None:
            self._database.leader = self
        return self._database.leader is self

    def close(self) -> None:
        if self._database.leader is self:
            self._database.leader = None

    def sequence(self, limit: int) -> int:
        taken = self._database.waiting[:limit]
        for event in taken:
            prev = leaf_hash(self._database.leaves[-1]).hex() if self._database.leaves else NO_PREVIOUS
            self._database.leaves.append(place(event, len(self._database.leaves), prev)[1])
        del self._database.waiting[: len(taken)]
        return len(taken)

    def size(self) -> int:
        return len(self._database.leaves)

    def leaves(self, start: int, limit: int) -> list[tuple[int, bytes, bytes]]:
        found = self._database.leaves[start : start + limit]
        return [(start + i, leaf, leaf_hash(leaf)) for i, leaf in enumerate(found)]


class LogMachine(RuleBasedStateMachine):
    @initialize()
    def begin(self) -> None:
        self.database, self.store = Database(), LogStore(MemoryStore())
        self.appended = 0
        self.heads: list[Checkpoint] = []
        self.files: dict[str, bytes] = {}
        self.backup: list[bytes] | None = None
        self.process = self.start()

    def start(self, failpoint: Callable[[str], None] = lambda name: None) -> Sequencer:
        return Sequencer(Rows(self.database), self.store, SIGNER, SIGNER.vkey, failpoint=failpoint)  # type: ignore[arg-type]

    @rule(count=st.sampled_from([1, 2, 7, 100, 300]))
    def append(self, count: int) -> None:
        for _ in range(count):
            event = AuditEvent(
                "a.b",
                "done",
                datetime(2026, 1, 1, tzinfo=UTC),
                {"system": "w"},
                {"kind": "k", "id": str(self.appended)},
            )
            self.database.waiting.append(pending(event, {}))
            self.appended += 1

    @rule()
    def round(self) -> None:
        self.process.sequence_once()

    @rule(step=st.sampled_from(STEPS))
    def crash(self, step: str) -> None:
        self.process.close()

        def die(name: str) -> None:
            if name == step:
                raise Crash

        dying = self.start(die)
        with suppress(Crash):
            dying.sequence_once()
        # A dead process releases its lock and forgets everything.
        dying.close()
        self.process = self.start()

    @rule(count=st.sampled_from([0, 3, 260]))
    def overtaken(self, count: int) -> None:
        """A leader is paused after it signed; another takes over; the paused one wakes up."""
        self.append(1)
        self.process.close()
        paused: list[str] = []

        def pause(name: str) -> None:
            if name == "signed" and not paused:
                paused.append(name)
                slow.close()
                self.append(count)
                other = self.start()
                other.sequence_once()
                other.close()

        slow = self.start(pause)
        try:
            slow.sequence_once()
        except Unavailable as error:
            moved = error.code
        else:
            moved = ""
        assert moved in ("log-head-moved", "")
        assert moved or not count
        slow.close()
        self.process = self.start()

    @precondition(lambda self: len(self.database.leaves) > 3 and not self.database.waiting)
    @rule(lost=st.integers(1, 3))
    def restored_backup(self, lost: int) -> None:
        """An older database: nothing is signed until it is put right."""
        self.process.sequence_once()
        whole = self.database.leaves
        head = self.store.head()
        self.process.close()
        self.database.leaves = whole[:-lost]
        with pytest.raises(IntegrityFailure) as caught:
            self.start().sequence_once()
        assert caught.value.code == "log-behind"
        assert self.store.head() == head
        self.database.leaves, self.database.leader = whole, None
        self.process = self.start()

    @invariant()
    def every_head_is_of_the_naive_tree(self) -> None:
        head = self.store.head()
        if head is None:
            return
        checkpoint = open_checkpoint(head, SIGNER.vkey).checkpoint
        assert not self.heads or checkpoint.size >= self.heads[-1].size
        if not self.heads or checkpoint != self.heads[-1]:
            assert checkpoint.root == naive_root(self.database.leaves[: checkpoint.size])
            self.heads.append(checkpoint)

    @invariant()
    def no_file_changes(self) -> None:
        for name in self.store.names("tile"):
            data = self.store.read(name)
            assert data is not None
            assert self.files.setdefault(name, data) == data

    def teardown(self) -> None:
        while self.process.sequence_once():
            pass
        assert len(self.database.leaves) == self.appended
        known = [head for head in self.heads if head.size]
        assert audit(self.store.read, SIGNER.vkey, known=known).checkpoint.size == self.appended
        assert self.store.read(CHECKPOINT) == self.store.head()
        prover = LogReader(self.store, SIGNER.vkey).prover()
        for head in known[-3:]:
            assert prover.consistency(head.size).old_root == head.root
        if self.appended:
            assert prover.inclusion(self.appended // 2).leaf == leaf_hash(self.database.leaves[self.appended // 2])
        self.process.close()


LogMachine.TestCase.settings = settings(max_examples=25, stateful_step_count=20, deadline=None)
TestLogMachine = LogMachine.TestCase
