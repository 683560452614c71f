"""An end of retention that a newer version sets is logged and certified with that version's reference."""

from __future__ import annotations

import json
from datetime import timedelta

from tests.fakes.exchange import World
from tests.unit.exchange.test_agreement_acts import supersede
from tests.unit.exchange.test_custody import pull, released, releases, time_passes

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
    (event,) = [e for e in world.database.events if e.action == "release.dispose"]
    assert event.clause == CLAUSE
    assert event.agreement == newer.ref.as_dict()
    (certificate,) = world.database.state.certificates.values()
    assert json.loads(certificate.facts)["clauses"] == [f"version 4: {CLAUSE}"]
