"""Acts on an agreement: by whom, from which state, and what becomes of what is under way."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.agreements.model import Agreement, AgreementState
from gateway.agreements.text.parsing import parse_agreement
from gateway.errors import Conflict, Denied, GatewayError
from gateway.evidence.lifecycle import PackageState
from gateway.evidence.package import Principal
from gateway.exchange import deliver, review
from gateway.exchange.parties import govern, onboard
from gateway.policy.stricter import removes_no_more, stricter
from gateway.workers.housekeeping import housekeeping
from tests.fakes.exchange import AGREEMENT_SOURCE, INVESTIGATOR, OFFICERS, REVIEWER, World

FILES = {"report.txt": b"Report by <Ada> about a fee of $500"}
BOTH = [officer.id for officer in OFFICERS]


@pytest.fixture
def world() -> World:
    return World()


def version(number: int, *changes: tuple[str, str]) -> tuple[Agreement, str]:
    source = AGREEMENT_SOURCE.decode().replace("version: 3", f"version: {number}")
    for old, new in changes:
        assert old in source
        source = source.replace(old, new)
    return parse_agreement(source.encode()), source


def supersede(world: World, number: int, *changes: tuple[str, str]) -> Agreement:
    agreement, source = version(number, *changes)
    with world.database.transaction() as tx:
        govern.propose(tx, agreement, source, world.clock())
        for party in agreement.parties:
            govern.sign(tx, world.signature_of(party, agreement), world.clock())
        govern.activate(tx, agreement.id, number, BOTH, world.clock())
    return agreement


def do(world: World, act: Any, *persons: str, number: int = 3) -> None:
    with world.database.transaction() as tx:
        act(tx, world.agreement.id, number, list(persons), world.clock())


def state(world: World, number: int = 3) -> AgreementState:
    return world.database.state.agreements[world.agreement.id, number].state


def approve_all(world: World) -> None:
    with world.database.transaction() as tx:
        for waiting in review.pending(tx, REVIEWER, world.clock()):
            review.approve(tx, REVIEWER, waiting.rendition.id, world.clock())
    world.work()


class TestActs:
    def test_suspended_resumed_ended(self, world: World) -> None:
        with pytest.raises(Conflict):
            do(world, govern.resume, *BOTH)
        do(world, govern.suspend, BOTH[0])
        assert state(world) is AgreementState.SUSPENDED
        with pytest.raises(Denied) as alone:
            do(world, govern.resume, BOTH[0], BOTH[0])
        assert alone.value.code == "two-persons-required"
        do(world, govern.resume, *BOTH)
        assert state(world) is AgreementState.ACTIVE
        do(world, govern.end, BOTH[0])
        assert state(world) is AgreementState.ENDED
        for act in (govern.suspend, govern.resume, govern.end):
            with pytest.raises(Conflict):
                do(world, act, *BOTH)

    def test_only_officers_of_the_parties_ask_for_an_act(self, world: World) -> None:
        for person, code in (
            (INVESTIGATOR.id, "person-not-an-officer"),
            ("garante-it.investigator", "principal-unknown"),
            ("nobody", "principal-unknown"),
        ):
            with pytest.raises(GatewayError) as refusal:
                do(world, govern.suspend, BOTH[0], person)
            assert refusal.value.code == code
        assert state(world) is AgreementState.ACTIVE

    def test_an_agreement_ends_by_itself_when_its_last_day_is_over(self, world: World) -> None:
        world.clock.now = world.clock.now.replace(year=2029, month=12, day=31, hour=23)
        housekeeping(world.gateway)
        assert state(world) is AgreementState.ACTIVE
        world.clock.pass_by(hours=1)
        housekeeping(world.gateway)
        housekeeping(world.gateway)
        assert state(world) is AgreementState.ENDED
        ends = [e for e in world.database.events if e.action == "agreement.end"]
        assert [(e.reason, e.actor) for e in ends] == [("in-force-over", {"system": "worker"})]

    def test_a_suspended_version_gives_way_to_a_new_one(self, world: World) -> None:
        do(world, govern.suspend, BOTH[0])
        supersede(world, 4)
        assert (state(world, 3), state(world, 4)) == (AgreementState.SUPERSEDED, AgreementState.ACTIVE)
        with pytest.raises(Conflict):
            do(world, govern.resume, *BOTH)

    def test_an_export_of_the_log_takes_two_persons_of_each_agreement_that_says_so(self, world: World) -> None:
        stranger = Principal("garante-it.officer", "garante-it", frozenset({"compliance-officer"}))
        with world.database.transaction() as tx:
            onboard.put_principal(tx, stranger, world.clock())
            govern.check_export(tx, [*BOTH, stranger.id])
            for persons in ([], BOTH[:1], BOTH[:1] * 2, [BOTH[0], stranger.id], [BOTH[0], "nobody"]):
                with pytest.raises(Denied) as refusal:
                    govern.check_export(tx, persons)
                assert refusal.value.code == "two-persons-required"

    def test_every_change_says_what_was_before_and_after(self, world: World) -> None:
        do(world, govern.suspend, BOTH[0])
        do(world, govern.resume, *BOTH)
        changes = [e for e in world.database.events if e.action in ("agreement.suspend", "agreement.resume")]
        assert changes[0].detail["before"] == changes[1].detail["after"] != changes[0].detail["after"]


class TestUnderWay:
    def test_it_goes_on_where_both_versions_permit_it(self, world: World) -> None:
        package = world.pushed(FILES)
        supersede(world, 4)
        world.work()
        approve_all(world)
        assert world.package(package.id).state is PackageState.RELEASED

    @pytest.mark.parametrize(
        "change",
        [
            ("incident-report: {media: [pdf, txt, docx, eml], max_size: 50 MB}", "incident-report: forbidden"),
            ("incident-report: {media: [pdf, txt", "incident-report: {media: [pdf"),
            ("purposes: [incident-investigation, joint-enforcement]", "purposes: [joint-enforcement]"),
        ],
    )
    def test_it_stops_where_the_new_version_does_not(self, world: World, change: tuple[str, str]) -> None:
        package = world.pushed(FILES)
        changes = [change]
        if "forbidden" in change[1]:
            changes.append(("  incident-report: {keep: P180D, counted_from: release, after_last_pull: P30D}\n", ""))
        supersede(world, 4, *changes)
        world.work()
        assert world.package(package.id).state is PackageState.QUARANTINED

    def test_the_earlier_end_of_retention_counts(self, world: World) -> None:
        package = world.pushed(FILES)
        supersede(
            world, 4, ("keep: P180D, counted_from: release, after_last_pull: P30D", "keep: P10D, counted_from: release")
        )
        world.work()
        approve_all(world)
        deadlines = {r.deadline for r in world.database.state.releases.values()}
        assert {(d - world.clock()).days for d in deadlines} == {10}
        assert world.package(package.id).agreement.version == 3

    def test_a_view_in_which_the_new_version_removes_more_is_not_released(self, world: World) -> None:
        world.pushed(FILES)
        supersede(world, 4, ("trade_secrets: {default: keep}", "trade_secrets: {default: remove}"))
        world.work()
        approve_all(world)
        assert {r.view for r in world.database.state.releases.values()} == {"standard"}

    @pytest.mark.parametrize("jobs_before", range(4))
    def test_a_suspension_stops_it_at_any_step(self, world: World, jobs_before: int) -> None:
        from gateway.workers.steps import handlers

        steps = handlers(world.gateway)
        package = world.pushed(FILES)
        for step in ("examine", "redact", "seal", "release")[:jobs_before]:
            steps[step](package.id)
            if step == "seal":
                approve_all(world)
                return_to = world.package(package.id).state
                assert return_to in (PackageState.RELEASED, PackageState.SEALED)
        do(world, govern.suspend, BOTH[0])
        world.work()
        housekeeping(world.gateway)
        stopped = world.package(package.id).state
        assert stopped is (PackageState.RELEASED if jobs_before == 3 else PackageState.QUARANTINED)
        for release in world.database.state.releases.values():
            with world.database.transaction() as tx, pytest.raises(Denied):
                deliver.pull(tx, INVESTIGATOR, release.id, world.clock())

    def test_what_waits_for_a_person_stops_too(self, world: World) -> None:
        package = world.pushed(FILES)
        world.work()
        assert world.package(package.id).state is PackageState.IN_REVIEW
        do(world, govern.end, BOTH[0])
        housekeeping(world.gateway)
        assert world.package(package.id).state is PackageState.QUARANTINED


class TestStricter:
    def test_a_version_against_itself_changes_nothing(self) -> None:
        agreement, _ = version(3)
        assert stricter(agreement, agreement) == agreement

    def test_what_either_forbids_is_left_out(self) -> None:
        own, _ = version(3)
        newer, _ = version(
            4,
            (
                "{agency: cnil-fr, jurisdiction: FR, may: [push, pull]}",
                "{agency: cnil-fr, jurisdiction: FR, may: [push]}",
            ),
            ("trade_secrets: {default: keep}", "trade_secrets: {default: remove}"),
            ("approvals: 1", "approvals: 2"),
            ("recipients: classical", "recipients: post-quantum"),
        )
        both = stricter(own, newer)
        assert both.parties["cnil-fr"].may == {"push"}
        assert set(both.views) == {"standard"}
        assert both.review is not None
        assert both.review.approvals == 2
        assert both.recipients == "post-quantum"
        # The other way round, the ring is the newer version's, which keeps more than the older removed.
        assert set(stricter(newer, own).views) == {"standard", "confidentiality-ring"}

    def test_a_looser_view_serves_and_a_stricter_does_not(self) -> None:
        own, _ = version(3)
        standard, ring = own.views["standard"], own.views["confidentiality-ring"]
        assert removes_no_more(ring, standard)
        assert not removes_no_more(standard, ring)
