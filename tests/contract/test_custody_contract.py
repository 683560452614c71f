"""Holds, Clocks, Duties, Certificates, closing of cases: the same assertions on the fake and on PostgreSQL."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from gateway.errors import Conflict, NotFound
from gateway.evidence.hold import HoldScope
from gateway.evidence.lifecycle import PackageState
from gateway.exchange.ports.database import Database, Transaction
from gateway.exchange.ports.requests import StoredAnswer
from tests.contract import world
from tests.fakes import seeds

pytest_plugins = ("tests.fakes.postgres",)

DAY = timedelta(days=1)


def _released(tx: Transaction, here: world.World, index: int = 0) -> str:
    rendition = world.add_rendition(tx, here.exhibits[index])
    recipient = next(a for a in here.agreement.parties if a != here.package.agency)
    release = seeds.release(rendition, here.package, recipient)
    tx.releases.add(release, seeds.event("release.seal"))
    return release.id


def test_a_hold_comes_back_and_is_lifted_once(database: Database) -> None:
    here = world.build(database)
    hold = seeds.hold(here.package, expires_at=seeds.NOW + DAY)
    person = here.package.submitter
    with database.transaction() as tx:
        tx.holds.place(hold, seeds.event("hold.place"))
        with pytest.raises(Conflict) as twice:
            tx.holds.place(hold, seeds.event("hold.place"))
        with pytest.raises(NotFound):
            tx.holds.place(replace(seeds.hold(here.package), case_id="nothing"), seeds.event("hold.place"))
    with database.transaction() as tx:
        assert tx.holds.get(hold.id, lock=True) == hold
        assert list(tx.holds.of_case(here.case.id)) == [hold]
        assert list(tx.holds.of_agreements([hold.agreement])) == [hold]
        assert list(tx.holds.of_agreements(["other"])) == []
        assert list(tx.holds.expired(seeds.NOW, 9)) == []
        assert list(tx.holds.expired(seeds.NOW + DAY, 9)) == [hold]
        tx.holds.ask_lift(hold.id, person, seeds.event("hold.ask-lift"))
        tx.holds.ask_lift(hold.id, person, seeds.event("hold.ask-lift"))
        tx.holds.lift(hold.id, seeds.NOW, seeds.event("hold.lift"))
        with pytest.raises(Conflict) as over:
            tx.holds.lift(hold.id, seeds.NOW, seeds.event("hold.lift"))
    with database.transaction() as tx:
        assert tx.holds.get(hold.id) == replace(hold, lift_asked_by=(person,), lifted_at=seeds.NOW)
        assert list(tx.holds.of_agreements([hold.agreement])) == []
        assert list(tx.holds.expired(seeds.NOW + DAY, 9)) == []
    assert (twice.value.code, over.value.code) == ("hold-exists", "hold-settled")


@pytest.mark.parametrize("scope", HoldScope)
def test_what_is_held_is_not_due(database: Database, scope: HoldScope) -> None:
    here = world.build(database)
    later = seeds.NOW + 91 * DAY
    object_id = {"case": here.case.id, "package": here.package.id, "exhibit": here.exhibits[0].id}[scope.value]
    with database.transaction() as tx:
        held, other = _released(tx, here, 0), _released(tx, here, 1)
        hold = seeds.hold(here.package, scope=scope, object_id=object_id, expires_at=later + DAY)
        tx.holds.place(hold, seeds.event("hold.place"))
    with database.transaction() as tx:
        expected = {other} if scope is HoldScope.EXHIBIT else set()
        assert {r.id for r in tx.releases.due(later, 9)} == expected
        assert {r.id for r in tx.releases.due(later + DAY, 9)} == {held, other}
        tx.holds.lift(hold.id, later, seeds.event("hold.lift"))
        assert {r.id for r in tx.releases.due(later, 9)} == {held, other}
        assert {r.id for r in tx.releases.of_case(here.case.id)} == {held, other}


def test_a_clock_is_answered_or_missed_once(database: Database) -> None:
    here = world.build(database)
    clock = seeds.clock(here.package)
    near, late = clock.due_from + timedelta(seconds=1), clock.due_at + timedelta(seconds=1)
    with database.transaction() as tx:
        tx.clocks.start(clock, seeds.event("deadline.start"))
        with pytest.raises(Conflict):
            tx.clocks.start(clock, seeds.event("deadline.start"))
        _released(tx, here)
    recipient = next(a for a in here.agreement.parties if a != here.package.agency)
    with database.transaction() as tx:
        assert tx.clocks.get(here.package.id, lock=True) == clock
        for agency in (here.package.agency, recipient):
            assert list(tx.clocks.concerning(agency, after=None, limit=9)) == [(clock, PackageState.OPEN)]
        assert list(tx.clocks.concerning("stranger", after=None, limit=9)) == []
        assert list(tx.clocks.due_soon(clock.due_from, 9)) == []
        assert list(tx.clocks.due_soon(near, 9)) == list(tx.clocks.due_soon(clock.due_at, 9)) == [clock]
        assert list(tx.clocks.due_soon(late, 9)) == []
        tx.clocks.warn(here.package.id, near, seeds.event("deadline.due"))
        assert list(tx.clocks.due_soon(near, 9)) == []
        with pytest.raises(Conflict) as again:
            tx.clocks.warn(here.package.id, near, seeds.event("deadline.due"))
        assert again.value.code == "clock-settled"
        clock = replace(clock, warned_at=near)
        assert list(tx.clocks.overdue(clock.due_at, 9)) == []
        assert list(tx.clocks.overdue(late, 9)) == [clock]
        tx.clocks.breach(here.package.id, late, seeds.event("deadline.breached"))
        assert list(tx.clocks.overdue(late, 9)) == []
        tx.clocks.answer(here.package.id, late, seeds.event("deadline.answer"))
        with pytest.raises(Conflict) as twice:
            tx.clocks.answer(here.package.id, late, seeds.event("deadline.answer"))
        assert twice.value.code == "clock-settled"
        assert list(tx.clocks.concerning(recipient, after=None, limit=9)) == []
        answered = replace(clock, breached_at=late, answered_at=late)
        assert list(tx.clocks.concerning(recipient, late=True, after=None, limit=9)) == [(answered, PackageState.OPEN)]
        assert list(tx.clocks.concerning("stranger", late=True, after=None, limit=9)) == []
    with database.transaction() as tx:
        assert tx.clocks.get(here.package.id) == replace(clock, breached_at=late, answered_at=late)


def test_clocks_are_listed_in_pages(database: Database) -> None:
    here = world.build(database)
    due = [3, 1, 1, 2, 5]
    with database.transaction() as tx:
        for days in due:
            package = seeds.package(
                here.case, here.agreement.ref, agency=here.package.agency, submitter=here.package.submitter
            )
            tx.packages.add(package, (seeds.exhibit(package, 0),), seeds.event("package.create"))
            clock = replace(seeds.clock(package), due_at=seeds.NOW + days * DAY)
            tx.clocks.start(clock, seeds.event("deadline.start"))
    with database.transaction() as tx:
        whole = [clock for clock, _ in tx.clocks.concerning(here.package.agency, after=None, limit=9)]
        assert [(clock.due_at - seeds.NOW).days for clock in whole] == sorted(due)
        paged, after = [], None
        # An answer between two pages moves nothing.
        for _ in range(4):
            page = [clock for clock, _ in tx.clocks.concerning(here.package.agency, after=after, limit=2)]
            paged += page
            if page:
                after = page[-1].package_id
                tx.clocks.answer(after, seeds.NOW, seeds.event("deadline.answer"))
        assert paged == whole
        assert list(tx.clocks.concerning(here.package.agency, after="unknown", limit=9)) == []


def test_a_withdrawn_package_misses_no_deadline(database: Database) -> None:
    here = world.build(database)
    with database.transaction() as tx:
        clock = seeds.clock(here.package)
        tx.clocks.start(clock, seeds.event("deadline.start"))
        tx.packages.move(here.package.id, "withdraw", seeds.NOW, seeds.event("package.withdraw"))
        assert list(tx.clocks.due_soon(clock.due_at, 9)) == []
        assert list(tx.clocks.overdue(seeds.NOW + 99 * DAY, 9)) == []
        assert list(tx.clocks.concerning(here.package.agency, after=None, limit=9)) == []


def test_a_duty_is_attested_once_and_found_by_both_sides(database: Database) -> None:
    here = world.build(database)
    with database.transaction() as tx:
        release = tx.releases.get(_released(tx, here))
        assert release is not None
        first = seeds.duty(here.package, release)
        second = seeds.duty(here.package, release, created_at=seeds.NOW + DAY, due_at=seeds.NOW + 31 * DAY)
        tx.duties.add(first, seeds.event("attestation.require"))
        tx.duties.add(second, seeds.event("attestation.require"))
        with pytest.raises(Conflict):
            tx.duties.add(first, seeds.event("attestation.require"))
    with database.transaction() as tx:
        for agency in (here.package.agency, release.recipient):
            assert list(tx.duties.concerning(agency, after=None, limit=9)) == [second, first]
            assert list(tx.duties.concerning(agency, after=second.id, limit=9)) == [first]
        assert list(tx.duties.concerning("stranger", after=None, limit=9)) == []
        assert list(tx.duties.overdue(first.due_at, 9)) == []
        late = first.due_at + timedelta(seconds=1)
        assert list(tx.duties.overdue(late, 9)) == [first]
        tx.duties.mark_overdue(first.id, late, seeds.event("attestation.overdue"))
        assert list(tx.duties.overdue(late, 9)) == []
        key = f"{release.recipient}-signing"
        tx.duties.attest(second.id, late, b"{}", b"signature", key, seeds.event("attestation.give"))
        with pytest.raises(Conflict) as twice:
            tx.duties.attest(second.id, late, b"{}", b"signature", key, seeds.event("attestation.give"))
        assert twice.value.code == "duty-settled"
        assert list(tx.duties.overdue(late + 9 * DAY, 9)) == []
    with database.transaction() as tx:
        assert tx.duties.get(first.id) == replace(first, overdue_at=late)
        expected = replace(second, attested_at=late, attestation=b"{}", signature=b"signature", key_id=key)
        assert tx.duties.get(second.id, lock=True) == expected


def test_a_certificate_waits_for_its_signature_and_is_then_found_by_both_sides(database: Database) -> None:
    here = world.build(database)
    certificate = seeds.certificate(here.package)
    with database.transaction() as tx:
        release = tx.releases.get(_released(tx, here))
        assert release is not None
        entry = tx.certificates.add(certificate, seeds.event("disposal.record"))
        with pytest.raises(Conflict):
            tx.certificates.add(certificate, seeds.event("disposal.record"))
    with database.transaction() as tx:
        assert tx.certificates.entry(certificate.id) == entry
        with pytest.raises(NotFound):
            tx.certificates.entry("nothing")
        assert list(tx.certificates.pending(after="", limit=9)) == [here.package.id]
        assert list(tx.certificates.pending(after=here.package.id, limit=9)) == []
        assert list(tx.certificates.of_package(here.package.id)) == [certificate]
        assert list(tx.certificates.concerning(here.package.agency, after=None, limit=9)) == []
        tx.certificates.issue(certificate.id, b"{}", b"signature", seeds.NOW, seeds.event("certificate.issue"))
        with pytest.raises(Conflict) as twice:
            tx.certificates.issue(certificate.id, b"{}", b"s", seeds.NOW, seeds.event("certificate.issue"))
        assert twice.value.code == "certificate-settled"
    issued = replace(certificate, document=b"{}", signature=b"signature", issued_at=seeds.NOW)
    with database.transaction() as tx:
        assert tx.certificates.get(certificate.id, lock=True) == issued
        assert list(tx.certificates.pending(after="", limit=9)) == []
        for agency in (here.package.agency, release.recipient):
            assert list(tx.certificates.concerning(agency, after=None, limit=9)) == [issued]
        assert list(tx.certificates.concerning("stranger", after=None, limit=9)) == []


def test_a_case_closes_once(database: Database) -> None:
    here = world.build(database)
    with database.transaction() as tx:
        tx.cases.close(here.case.id, seeds.NOW, seeds.event("case.close"))
        with pytest.raises(Conflict) as twice:
            tx.cases.close(here.case.id, seeds.NOW + DAY, seeds.event("case.close"))
        with pytest.raises(NotFound):
            tx.cases.close("nothing", seeds.NOW, seeds.event("case.close"))
    with database.transaction() as tx:
        assert tx.cases.get(here.case.id, lock=True) == replace(here.case, closed_at=seeds.NOW)
    assert twice.value.code == "case-closed"


def test_packages_are_paged_by_id_and_found_by_case(database: Database) -> None:
    here = world.build(database)
    more = [
        seeds.package(
            here.case, here.agreement.ref, agency=here.package.agency, submitter=here.package.submitter,
            state=PackageState.QUARANTINED,
        )
        for _ in range(3)
    ]  # fmt: skip
    with database.transaction() as tx:
        for package in more:
            tx.packages.add(package, (), seeds.event("package.create"))
    ids = sorted(package.id for package in more)
    with database.transaction() as tx:
        states = (PackageState.QUARANTINED, PackageState.WITHDRAWN)
        assert [p.id for p in tx.packages.in_states(states, after="", limit=2)] == ids[:2]
        assert [p.id for p in tx.packages.in_states(states, after=ids[1], limit=2)] == ids[2:]
        assert {p.id for p in tx.packages.of_case(here.case.id)} == {here.package.id, *ids}


def test_unknown_clients_are_counted_by_window_and_taken_once(database: Database) -> None:
    windows = [seeds.NOW, seeds.NOW + DAY, seeds.NOW, seeds.NOW]
    for window in windows:
        with database.transaction() as tx:
            tx.replays.count_unknown(window)
    with database.transaction() as tx:
        assert list(tx.replays.take_unknown(seeds.NOW)) == []
        assert list(tx.replays.take_unknown(seeds.NOW + DAY)) == [(seeds.NOW, 3)]
    with database.transaction() as tx:
        assert list(tx.replays.take_unknown(seeds.NOW + 2 * DAY)) == [(seeds.NOW + DAY, 1)]
        assert list(tx.replays.take_unknown(seeds.NOW + 2 * DAY)) == []


def test_old_token_ids_and_answers_are_forgotten(database: Database) -> None:
    answer = StoredAnswer(seeds.digest("request"), 201, b"{}")
    with database.transaction() as tx:
        tx.replays.first_use("someone", "old", seeds.NOW)
        tx.replays.first_use("someone", "new", seeds.NOW + DAY)
        tx.idempotency.store("someone", "old", answer, seeds.NOW)
        tx.idempotency.store("someone", "new", answer, seeds.NOW + DAY)
    with database.transaction() as tx:
        assert tx.replays.forget(seeds.NOW + DAY) == 1
        assert tx.idempotency.forget(seeds.NOW + DAY) == 1
        assert not tx.replays.first_use("someone", "new", seeds.NOW)
        assert tx.idempotency.find("someone", "old") is None
        assert tx.idempotency.find("someone", "new") == answer
