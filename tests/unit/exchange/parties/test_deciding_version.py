"""An end of retention that a newer version sets is logged and certified with that version's reference."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from gateway.errors import Denied
from gateway.evidence.lifecycle import PackageState, ReleaseState
from gateway.exchange import deliver
from gateway.workers.housekeeping import housekeeping
from tests.fakes.exchange import INVESTIGATOR, World
from tests.unit.exchange.custody.test_custody import pull, released, releases, time_passes
from tests.unit.exchange.parties.test_agreement_acts import supersede

OLDER = "incident-report: {keep: P180D, counted_from: release, after_last_pull: P30D}"
NEWER = "incident-report: {keep: P20D, counted_from: release, views: {standard: {keep: P5D, counted_from: release}}}"
CLAUSE = "/retention/incident-report/views/standard/keep"


def test_a_clause_of_a_newer_version_is_logged_and_certified_as_its_own() -> None:
    world = World()
    package_id = released(world)
    newer = supersede(world, 4, (OLDER, NEWER))
    world.database.sequence()
    release = releases(world, package_id)[0]
    pull(world, release)
    assert world.database.state.releases[release.id].deadline == release.sealed_at + timedelta(days=5)
    time_passes(world, days=6)
    disposals = [e for e in world.database.events if e.action == "release.dispose"]
    assert len(disposals) == 2  # the one that nobody pulled too
    assert all((e.clause, e.agreement) == (CLAUSE, newer.ref.as_dict()) for e in disposals)
    (certificate,) = world.database.state.certificates.values()
    assert json.loads(certificate.facts)["clauses"] == [f"version 4: {CLAUSE}"]


def test_a_release_that_nobody_pulled_ends_as_the_newer_version_says() -> None:
    world = World()
    package_id = released(world)
    before = {release.id: release.deadline for release in releases(world, package_id)}
    newer = supersede(world, 4, (OLDER, NEWER))
    for _ in range(2):  # held against it once
        housekeeping(world.gateway)
    shortened = [e for e in world.database.events if e.action == "release.shorten"]
    standard = {release.id for release in releases(world, package_id)}
    assert {e.object["id"] for e in shortened} >= standard
    assert len(shortened) == len({e.object["id"] for e in shortened}) == len(world.database.state.releases)
    for event in shortened:
        if event.object["id"] in standard:
            assert (event.reason, event.clause) == ("agreement-superseded", CLAUSE)
            assert event.agreement == newer.ref.as_dict()
    for release in releases(world, package_id):
        assert release.deadline == release.sealed_at + timedelta(days=5) < before[release.id]
    time_passes(world, days=6)
    assert {release.state for release in releases(world, package_id)} == {ReleaseState.DISPOSED}
    assert world.package(package_id).state is PackageState.RELEASED  # the other view has 20 days
    time_passes(world, days=15)
    assert world.package(package_id).state is PackageState.DISPOSED
    assert world.blobs.contents == {}


def test_a_version_that_keeps_longer_lengthens_nothing() -> None:
    world = World()
    package_id = released(world)
    supersede(world, 4, (OLDER, "incident-report: {keep: P2Y, counted_from: release}"))
    housekeeping(world.gateway)
    assert "release.shorten" not in world.actions()
    time_passes(world, days=181)
    assert world.package(package_id).state is PackageState.DISPOSED


def test_a_pull_that_comes_too_late_by_the_newer_version_is_told_its_clause() -> None:
    world = World()
    release = releases(world, released(world))[0]
    newer = supersede(world, 4, (OLDER, NEWER))
    world.clock.pass_by(days=6)  # the housekeeping has not looked yet
    with world.database.transaction() as tx, pytest.raises(Denied) as refusal:
        deliver.pull(tx, INVESTIGATOR, release.id, world.clock())
    assert (refusal.value.code, refusal.value.detail["clause"]) == ("retention-over", CLAUSE)
    assert "version 4" in refusal.value.message
    assert refusal.value.audit is not None
    assert (refusal.value.audit.clause, refusal.value.audit.agreement) == (CLAUSE, newer.ref.as_dict())


def test_what_only_the_newer_version_refuses_is_logged_as_its_clause() -> None:
    world = World()
    release = releases(world, released(world))[0]
    purposes = "purposes: [incident-investigation, joint-enforcement]"
    newer = supersede(world, 4, (purposes, "purposes: [joint-enforcement]"))
    with world.database.transaction() as tx, pytest.raises(Denied) as refusal:
        deliver.pull(tx, INVESTIGATOR, release.id, world.clock())
    assert refusal.value.audit is not None
    assert (refusal.value.audit.clause, refusal.value.audit.agreement) == ("/purposes", newer.ref.as_dict())
