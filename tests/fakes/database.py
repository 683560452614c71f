"""A database that behaves like the real one, in memory: atomic, recorded, strict about states.

    db = FakeDatabase()
    with db.transaction() as tx:
        tx.directory.add_agency(agency, event)
    assert db.events[-1].action == "agency.add"

A transaction works on a copy that replaces the state on a clean exit and is dropped on an exception.
Transactions are serialised, so a lock on a row is a lock on everything. ``log_available`` and
``available`` can be set to False to see what a step does then. The contract suite holds this fake
and PostgreSQL to the same assertions.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from gateway.errors import Unavailable
from gateway.exchange.ports.custody import Certificates, Clocks, Duties, Erasures, Holds
from gateway.exchange.ports.database import Transaction
from gateway.exchange.ports.evidence import Cases, FileKeys, Packages, Releases, Renditions, UnfinishedBlobs
from gateway.exchange.ports.log import Ledger
from gateway.exchange.ports.parties import Agreements, Directory
from gateway.exchange.ports.requests import Idempotency, Queue, Replays
from gateway.exchange.ports.secrets import Secrets
from gateway.translog.event import AuditEvent
from tests.fakes.custody import FakeCertificates, FakeClocks, FakeDuties, FakeHolds
from tests.fakes.erasures import FakeErasures
from tests.fakes.evidence import FakeCases, FakePackages, FakeReleases, FakeRenditions
from tests.fakes.parties import FakeAgreements, FakeDirectory
from tests.fakes.secrets import FakeSecrets
from tests.fakes.services import (
    FakeAuditIndex,
    FakeFileKeys,
    FakeIdempotency,
    FakeLedger,
    FakeQueue,
    FakeReplays,
    FakeUnfinishedBlobs,
)
from tests.fakes.state import Job, State


class FakeTransaction:
    """All stores over one working copy."""

    def __init__(self, state: State, *, log_available: bool) -> None:
        self.ledger: Ledger = FakeLedger(state, available=log_available)
        self.audit = FakeAuditIndex(state)
        self.directory: Directory = FakeDirectory(state, self.ledger)
        self.agreements: Agreements = FakeAgreements(state, self.ledger)
        self.cases: Cases = FakeCases(state, self.ledger)
        self.packages: Packages = FakePackages(state, self.ledger)
        self.renditions: Renditions = FakeRenditions(state, self.ledger)
        self.releases: Releases = FakeReleases(state, self.ledger)
        self.file_keys: FileKeys = FakeFileKeys(state, self.ledger)
        self.queue: Queue = FakeQueue(state)
        self.replays: Replays = FakeReplays(state)
        self.unfinished: UnfinishedBlobs = FakeUnfinishedBlobs(state)
        self.idempotency: Idempotency = FakeIdempotency(state)
        self.holds: Holds = FakeHolds(state, self.ledger)
        self.clocks: Clocks = FakeClocks(state, self.ledger)
        self.duties: Duties = FakeDuties(state, self.ledger)
        self.certificates: Certificates = FakeCertificates(state, self.ledger)
        self.erasures: Erasures = FakeErasures(state, self.ledger)
        self.secrets: Secrets = FakeSecrets(state, self.ledger)


class FakeDatabase:
    """Implements ``ports.Database``. ``state`` is what is committed; look at it freely."""

    def __init__(self) -> None:
        self.state = State()
        self.available = True
        self.log_available = True
        self._guard = threading.Lock()
        self._holder: int | None = None

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        if not self.available:
            raise Unavailable("database-unavailable", "The database can't be reached.", remedy="Try again later.")
        if self._holder == threading.get_ident():
            raise RuntimeError("a transaction within a transaction: on PostgreSQL this would be a second connection")
        with self._guard:
            self._holder = threading.get_ident()
            try:
                working = self.state.copy()
                yield FakeTransaction(working, log_available=self.log_available)
                self.state = working
            finally:
                self._holder = None

    @property
    def events(self) -> Sequence[AuditEvent]:
        """All committed audit events, oldest first."""
        return list(self.state.entries.values())

    @property
    def jobs(self) -> Sequence[Job]:
        """All committed jobs, in the order they were enqueued."""
        return list(self.state.jobs.values())

    def take_jobs(self) -> Sequence[Job]:
        """Take all jobs out of the queue, as a worker would."""
        jobs = self.jobs
        self.state.jobs = {}
        return jobs

    def sequence(self) -> None:
        """Give every pending entry its place, as the sequencer would."""
        for entry_id in self.state.entries:
            self.state.positions.setdefault(entry_id, len(self.state.positions))
