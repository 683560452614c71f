"""Invariant 1: what changes anything writes one audit entry, and without the entry nothing changes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import get_type_hints

import pytest
from sqlalchemy import func, select, text

from gateway.agreements.model import AgreementState
from gateway.agreements.text.parsing import parse_agreement
from gateway.errors import Unavailable
from gateway.exchange.ports.database import Database, Transaction
from gateway.exchange.ports.parties import AgreementRecord, AgreementSignature
from gateway.storage.database import PostgresDatabase
from gateway.storage.schema.all_tables import log_pending
from gateway.translog.event import AuditEvent
from tests.contract import world
from tests.fakes import seeds
from tests.fakes.database import FakeDatabase

pytest_plugins = ("tests.fakes.postgres",)

Mutator = Callable[[Transaction, "Scene"], None]


class Scene:
    """A world in which every mutator has something to change."""

    def __init__(self, database: Database) -> None:
        self.here = world.build(database)
        newer = self.here.source.replace(f"version: {self.here.agreement.version}", "version: 90")
        newest = self.here.source.replace(f"version: {self.here.agreement.version}", "version: 91")
        self.proposed, self.proposed_source = parse_agreement(newer.encode()), newer
        self.unknown, self.unknown_source = parse_agreement(newest.encode()), newest
        self.party = sorted(self.here.agreement.parties)[0]
        self.key = seeds.file_key()
        with database.transaction() as tx:
            world.propose(tx, self.proposed, self.proposed_source)
            self.rendition = world.add_rendition(tx, self.here.exhibits[0])
            self.reviewed = world.add_rendition(tx, self.here.exhibits[0], view="other")
            tx.renditions.move(self.reviewed.id, "await-review", seeds.event("rendition.await-review"))
            recipient = next(a for a in self.here.agreement.parties if a != self.here.package.agency)
            self.release = seeds.release(self.rendition, self.here.package, recipient)
            tx.releases.add(self.release, seeds.event("release.seal"))
            tx.file_keys.add(self.key)
            self.hold = seeds.hold(self.here.package)
            tx.holds.place(self.hold, seeds.event("hold.place"))
            self.secret = seeds.secret(self.here.package, "blue")
            tx.secrets.add(self.secret, seeds.event("secret.register"))
            self.unclocked = seeds.package(self.here.case, self.here.agreement.ref, agency=self.here.package.agency)
            self.unclocked = replace(self.unclocked, submitter=self.here.package.submitter)
            tx.packages.add(self.unclocked, (), seeds.event("package.create"))
            tx.clocks.start(seeds.clock(self.here.package), seeds.event("deadline.start"))
            self.duty = seeds.duty(self.here.package, self.release)
            tx.duties.add(self.duty, seeds.event("attestation.require"))
            self.certificate = seeds.certificate(self.here.package)
            tx.certificates.add(self.certificate, seeds.event("disposal.record"))
            self.erasure = seeds.erasure(self.here.case)
            tx.erasures.ask(self.erasure, seeds.event("erasure.ask"))


def _of(action: str = "test.act") -> AuditEvent:
    return seeds.event(action)


MUTATORS: dict[str, Mutator] = {
    "Directory.add_agency": lambda tx, s: tx.directory.add_agency(seeds.agency("new", "DE"), _of()),
    "Directory.put_principal": lambda tx, s: tx.directory.put_principal(seeds.principal("new", s.party), _of()),
    "Directory.add_key": lambda tx, s: tx.directory.add_key(seeds.key("new", s.party), _of()),
    "Directory.revoke_key": lambda tx, s: tx.directory.revoke_key(f"{s.party}-signing", seeds.NOW, _of()),
    "Agreements.propose": lambda tx, s: tx.agreements.propose(
        AgreementRecord(s.unknown, s.unknown_source, AgreementState.PROPOSED, frozenset(), seeds.NOW), _of()
    ),
    "Agreements.sign": lambda tx, s: tx.agreements.sign(
        s.proposed.id, 90, AgreementSignature(s.party, f"{s.party}-signing", b"s", seeds.NOW), _of()
    ),
    "Agreements.set_state": lambda tx, s: tx.agreements.set_state(
        s.proposed.id, 90, AgreementState.ENDED, seeds.NOW, _of()
    ),
    "Cases.open": lambda tx, s: tx.cases.open(seeds.case(reference="new"), _of()),
    "Packages.add": lambda tx, s: tx.packages.add(replace(s.here.package, id=seeds.new_id()), (), _of()),
    "Packages.move": lambda tx, s: (
        tx.packages.move(s.here.package.id, "submit", seeds.NOW, _of("package.submit")) and None
    ),
    "Packages.move_exhibit": lambda tx, s: (
        tx.packages.move_exhibit(
            s.here.exhibits[0].id,
            "upload",
            _of("exhibit.upload"),
            blob="originals/1",
            file_key_id=s.key.id,
        )
        and None
    ),
    "Renditions.add": lambda tx, s: tx.renditions.add(
        seeds.rendition(s.here.exhibits[1], s.key, audience="someone"), _of()
    ),
    "Renditions.move": lambda tx, s: tx.renditions.move(s.rendition.id, "approve", _of("rendition.approve")) and None,
    "Renditions.approve": lambda tx, s: tx.renditions.approve(
        s.reviewed.id, s.here.package.submitter, seeds.NOW, _of()
    ),
    "Releases.add": lambda tx, s: (
        tx.releases.add(seeds.release(s.reviewed, s.here.package, s.release.recipient), _of()) and None
    ),
    "Releases.move": lambda tx, s: tx.releases.move(s.release.id, "dispose", _of("release.dispose")) and None,
    "Releases.touch": lambda tx, s: tx.releases.touch(s.release.id, _of(), last_pull_at=seeds.NOW),
    "FileKeys.add": lambda tx, s: tx.file_keys.add(seeds.file_key(), _of()),
    "Cases.close": lambda tx, s: tx.cases.close(s.here.case.id, seeds.NOW, _of()),
    "Holds.place": lambda tx, s: tx.holds.place(seeds.hold(s.here.package), _of()),
    "Holds.ask_lift": lambda tx, s: tx.holds.ask_lift(s.hold.id, s.here.package.submitter, _of()),
    "Holds.lift": lambda tx, s: tx.holds.lift(s.hold.id, seeds.NOW, _of()),
    "Secrets.add": lambda tx, s: tx.secrets.add(seeds.secret(s.here.package, "green"), _of()),
    "Secrets.retire": lambda tx, s: tx.secrets.retire(s.secret.id, seeds.NOW, _of()),
    "Clocks.start": lambda tx, s: tx.clocks.start(seeds.clock(s.unclocked), _of()),
    "Clocks.answer": lambda tx, s: tx.clocks.answer(s.here.package.id, seeds.NOW, _of()),
    "Clocks.warn": lambda tx, s: tx.clocks.warn(s.here.package.id, seeds.NOW, _of()),
    "Clocks.breach": lambda tx, s: tx.clocks.breach(s.here.package.id, seeds.NOW, _of()),
    "Duties.add": lambda tx, s: tx.duties.add(seeds.duty(s.here.package, s.release), _of()),
    "Duties.attest": lambda tx, s: tx.duties.attest(
        s.duty.id, seeds.NOW, b"{}", b"signature", f"{s.party}-signing", _of()
    ),
    "Duties.mark_overdue": lambda tx, s: tx.duties.mark_overdue(s.duty.id, seeds.NOW, _of()),
    "Certificates.add": lambda tx, s: tx.certificates.add(seeds.certificate(s.here.package), _of()) and None,
    "Certificates.issue": lambda tx, s: tx.certificates.issue(s.certificate.id, b"{}", b"signature", seeds.NOW, _of()),
    "Erasures.ask": lambda tx, s: tx.erasures.ask(seeds.erasure(s.here.case), _of()),
    "Erasures.confirm": lambda tx, s: tx.erasures.confirm(
        replace(s.erasure, confirmed_by="cnil-fr.officer", confirmed_at=seeds.NOW), _of()
    ),
    "FileKeys.destroy": lambda tx, s: tx.file_keys.destroy(s.key.id, seeds.NOW, _of()),
}

#: Stores that change nothing about evidence or parties: their rows are about requests and work.
UNRECORDED = {"Queue", "Replays", "Idempotency", "UnfinishedBlobs", "Ledger"}
#: Of no step, so without a fake; its one event is looked for in tests/integration/log/test_alerts.py.
UNRECORDED |= {"AlertStore"}


def entries(database: Database) -> int:
    if isinstance(database, FakeDatabase):
        return len(database.events)
    assert isinstance(database, PostgresDatabase)
    with database.engine.begin() as connection:
        return connection.execute(select(func.count()).select_from(log_pending)).scalar_one()


@contextmanager
def broken_log(database: Database) -> Iterator[None]:
    if isinstance(database, FakeDatabase):
        database.log_available = False
        yield
        return
    assert isinstance(database, PostgresDatabase)

    def rename(old: str, new: str) -> None:
        with database.engine.begin() as connection:
            connection.execute(text(f"ALTER TABLE {old} RENAME TO {new}"))

    rename("log_pending", "log_pending_away")
    try:
        yield
    finally:
        rename("log_pending_away", "log_pending")


def snapshot(database: Database) -> object:
    if isinstance(database, FakeDatabase):
        return database.state.copy()
    assert isinstance(database, PostgresDatabase)
    tables = ("agencies", "principals", "keys", "agreements", "agreement_signatures", "cases", "packages")
    tables += ("exhibits", "renditions", "reviews", "releases", "file_keys")
    tables += ("holds", "clocks", "duties", "certificates", "log_erasures", "secrets")
    with database.engine.begin() as connection:
        return {
            name: sorted(map(str, connection.execute(text(f"SELECT * FROM {name}")).all()))  # noqa: S608 - our names
            for name in tables
        }


def test_every_method_of_a_port_that_takes_an_event_is_tried_here() -> None:
    mutators = {
        f"{store.__name__}.{name}"
        for store in get_type_hints(Transaction).values()
        if store.__name__ not in UNRECORDED
        for name, method in vars(store).items()
        if "event" in getattr(method, "__annotations__", {})
    }
    assert mutators == set(MUTATORS)


@pytest.mark.parametrize("name", MUTATORS)
def test_a_change_writes_exactly_one_entry(database: Database, name: str) -> None:
    scene = Scene(database)
    before = entries(database)
    with database.transaction() as tx:
        MUTATORS[name](tx, scene)
    assert entries(database) == before + 1


@pytest.mark.parametrize("name", MUTATORS)
def test_nothing_changes_while_the_log_cannot_be_written(database: Database, name: str) -> None:
    scene = Scene(database)
    before = snapshot(database)
    with broken_log(database), pytest.raises(Unavailable) as refusal, database.transaction() as tx:
        MUTATORS[name](tx, scene)
    assert refusal.value.code == "log-unavailable"
    assert snapshot(database) == before
