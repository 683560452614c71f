"""Governing on a real PostgreSQL: holds against disposal, certificates placed by the real sequence, as-of.

The smaller sister of tests/unit/exchange/log/test_two_years.py, with real locks, migrations and log rows.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from gateway.agreements.model import AgreementState
from gateway.agreements.text.parsing import parse_agreement
from gateway.envelope.certificate import parse_certificate
from gateway.envelope.signature import verify
from gateway.errors import Conflict
from gateway.evidence.canonical import sha256_hex
from gateway.evidence.hold import HoldScope
from gateway.evidence.lifecycle import PackageState
from gateway.exchange import deliver, review
from gateway.exchange.custody import dispose, hold
from gateway.exchange.custody.hold import Target
from gateway.exchange.log.as_of import AsOf, reconstruct
from gateway.exchange.parties import govern
from gateway.exchange.ports.audit_query import AuditQuery
from gateway.storage.database import PostgresDatabase
from gateway.storage.log.search import LogSearch
from gateway.storage.log.sequence import LogSequence
from gateway.storage.schema.log_tables import log_commitments
from gateway.translog.entry import parse_entry
from gateway.workers.housekeeping import housekeeping
from gateway.workers.steps import handlers
from tests.fakes.exchange import INVESTIGATOR, OFFICERS, REVIEWER, World
from tests.unit.exchange.parties.test_agreement_acts import supersede

pytest_plugins = ("tests.fakes.postgres",)

FILES = {"report.txt": b"Report by <Ada> about a fee of $500"}
CNIL, ICO = OFFICERS


@pytest.fixture
def world(postgres_url: str) -> Iterator[World]:
    plain = World()
    database = PostgresDatabase(postgres_url, keyring=plain.keyring)
    yield World(database=database, keyring=plain.keyring)  # type: ignore[arg-type]
    database.close()


def engine_of(world: World) -> object:
    return world.database.engine  # type: ignore[attr-defined]


def sequence(world: World) -> None:
    rows = LogSequence(engine_of(world))  # type: ignore[arg-type]
    assert rows.lead()
    while rows.sequence(1000):
        pass
    rows.close()


def told(world: World, moment: object) -> AsOf:
    sequence(world)
    with world.database.engine.begin() as connection:  # type: ignore[attr-defined]
        entries = LogSearch(connection).find(AuditQuery(), None, start=0, limit=1000)
    return reconstruct((e.leaf for e in entries), moment, parse_agreement)  # type: ignore[arg-type]


def released(world: World) -> str:
    steps = handlers(world.gateway)
    package, exhibits = world.create(FILES)
    world.upload(package, exhibits[0], FILES["report.txt"])
    world.submit(package)
    for step in ("examine", "redact", "seal"):
        steps[step](package.id)
    with world.database.transaction() as tx:
        for waiting in review.pending(tx, REVIEWER, world.clock()):
            review.approve(tx, REVIEWER, waiting.rendition.id, world.clock())
    steps["seal"](package.id)
    sequence(world)
    steps["release"](package.id)
    return package.id


def state_of(world: World, package_id: str) -> PackageState:
    with world.database.transaction() as tx:
        package = tx.packages.get(package_id)
    assert package is not None
    return package.state


def run_housekeeping(world: World, package_id: str) -> None:
    """Housekeeping, and the jobs that it enqueues for the package, as a worker would."""
    steps = handlers(world.gateway)
    housekeeping(world.gateway)
    sequence(world)
    for step in ("dispose", "erase", "certify"):
        steps[step](package_id)


def test_a_shorter_life_of_an_agreement(world: World) -> None:
    package_id = released(world)
    with world.database.transaction() as tx:
        (standard,) = (r for r in tx.releases.of_package(package_id) if r.view == "standard")
        deliver.pull(tx, INVESTIGATOR, standard.id, world.clock())
        target = Target(HoldScope.PACKAGE, package_id)
        held = hold.place(tx, CNIL, target, "order of the court", None, world.new_id(), world.clock())
    in_force = world.clock()
    world.clock.pass_by(days=181)
    run_housekeeping(world, package_id)
    assert state_of(world, package_id) is PackageState.RELEASED
    with world.database.transaction() as tx:
        govern.suspend(tx, world.agreement.id, 3, [CNIL.id], world.clock())
    suspended = world.clock()
    world.clock.pass_by(days=1)
    for officer in OFFICERS:
        with world.database.transaction() as tx:
            hold.lift(tx, officer, held.id, world.clock())
    run_housekeeping(world, package_id)
    assert state_of(world, package_id) is PackageState.DISPOSED
    assert world.blobs.contents == {}
    with world.database.transaction() as tx:
        (certificate,) = tx.certificates.of_package(package_id)
        (duty,) = tx.duties.concerning("ico-uk", after=None, limit=9)
        lifted = tx.holds.get(held.id)
    assert lifted is not None
    assert lifted.reason == ""
    assert certificate.document is not None
    assert certificate.signature is not None
    verify(world.keyring.signing_key_pem(), certificate.document, certificate.signature)
    members = parse_certificate(certificate.document)
    with world.database.engine.begin() as connection:  # type: ignore[attr-defined]
        entries = {e.seq: e.leaf for e in LogSearch(connection).find(AuditQuery(), None, start=0, limit=1000)}
        of_case = log_commitments.c.case_id == certificate.case_id
        values = connection.execute(select(func.count()).select_from(log_commitments).where(of_case)).scalar_one()
    assert b'"disposal.record"' in entries[members["log_position"]]
    assert sha256_hex(certificate.facts).encode() in entries[members["log_position"]]
    assert values == 0
    assert duty.releases == (standard.id,)
    world.clock.pass_by(days=31)
    run_housekeeping(world, package_id)
    run_housekeeping(world, package_id)
    key = (world.agreement.id, 3)
    assert told(world, in_force).versions[key].state is AgreementState.ACTIVE
    assert [h.id for h in told(world, in_force).active_holds()] == [held.id]
    assert told(world, suspended).versions[key].state is AgreementState.SUSPENDED
    now = told(world, world.clock())
    assert now.active_holds() == []
    assert now.versions[key].agreement == world.agreement
    with world.database.engine.begin() as connection:  # type: ignore[attr-defined]
        overdue = LogSearch(connection).find(AuditQuery(action="attestation.overdue"), None, start=0, limit=100)
    assert len(overdue) == 1


def test_a_hold_and_a_disposal_at_the_same_moment_do_not_overtake_each_other(world: World) -> None:
    package_id = released(world)
    world.clock.pass_by(days=181)
    now = world.clock()
    start = threading.Barrier(2)
    outcome: list[str] = []

    def place() -> None:
        start.wait()
        try:
            with world.database.transaction() as tx:
                target = Target(HoldScope.PACKAGE, package_id)
                hold.place(tx, CNIL, target, "at the last moment", None, world.new_id(), now)
            outcome.append("held")
        except Conflict as refusal:
            outcome.append(refusal.code)

    def destroy() -> None:
        start.wait()
        with world.database.transaction() as tx:
            dispose.dispose_due(tx, now + timedelta(seconds=1))

    threads = [threading.Thread(target=run) for run in (place, destroy)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    # Whoever came first has it whole: a held package lost nothing, a disposed one could not be held.
    with world.database.transaction() as tx:
        releases = tx.releases.of_package(package_id)
        destroyed = [tx.file_keys.get(r.file_key_id) for r in tx.renditions.of_package(package_id)]
    gone = [key is not None and key.destroyed_at is not None for key in destroyed]
    if outcome == ["held"]:
        assert state_of(world, package_id) is PackageState.RELEASED
        assert not any(gone)
    else:
        assert outcome == ["already-disposed"]
        assert state_of(world, package_id) is PackageState.DISPOSED
        assert all(gone)
    assert releases


def test_a_newer_version_that_keeps_less_ends_what_nobody_pulled(world: World) -> None:
    package_id = released(world)
    keep = "incident-report: {keep: P180D, counted_from: release, after_last_pull: P30D}"
    newer = supersede(world, 4, (keep, "incident-report: {keep: P5D, counted_from: release}"))
    for _ in range(2):
        run_housekeeping(world, package_id)
    with world.database.transaction() as tx:
        for release in tx.releases.of_package(package_id):
            assert release.deadline == release.sealed_at + timedelta(days=5)
    world.clock.pass_by(days=6)
    run_housekeeping(world, package_id)
    assert state_of(world, package_id) is PackageState.DISPOSED
    sequence(world)
    with world.database.engine.begin() as connection:  # type: ignore[attr-defined]
        leaves = [parse_entry(e.leaf) for e in LogSearch(connection).find(AuditQuery(), None, start=0, limit=1000)]
    for action in ("release.shorten", "release.dispose"):
        found = [entry for entry in leaves if entry.action == action]
        assert len(found) == 2, action
        assert {(e.clause, e.agreement["version"]) for e in found} == {
            ("/retention/incident-report/keep", newer.version)
        }
