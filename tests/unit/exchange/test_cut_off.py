"""Uploads and steps that are cut off: their blobs are erased after a day, and nothing else is."""

from __future__ import annotations

import pytest

from gateway.errors import Conflict, Unavailable
from gateway.evidence.lifecycle import ExhibitState, PackageState
from gateway.exchange import receive
from gateway.exchange.intake import Intake, Received
from gateway.workers.housekeeping import housekeeping
from gateway.workers.steps import handlers
from tests.fakes.exchange import SUBMITTER, World

FILES = {"report.txt": b"Report by <Ada>"}


def begun(world: World) -> tuple[str, str, Received]:
    """An upload whose body is durable and not recorded: package, exhibit, body."""
    package, (exhibit,) = world.create(FILES)
    blob = f"originals/{world.new_id()}"
    with world.database.transaction() as tx:
        receive.begin_upload(tx, SUBMITTER, package.id, exhibit.id, blob, world.clock())
    intake = Intake(exhibit, world.blobs.create(blob), blob, b"k" * 16)
    intake.feed(FILES["report.txt"])
    return package.id, exhibit.id, intake.finish()


def test_a_body_that_no_row_names_is_erased_after_a_day_not_before() -> None:
    world = World()
    _, _, received = begun(world)
    world.clock.pass_by(hours=23)
    housekeeping(world.gateway)
    assert received.blob in world.blobs.contents
    world.clock.pass_by(hours=2)
    housekeeping(world.gateway)
    assert world.blobs.contents == {}
    assert world.database.state.unfinished == {}


def test_a_body_that_was_given_up_cannot_become_evidence_any_more() -> None:
    world = World()
    package_id, exhibit_id, received = begun(world)
    day_later = world.clock.now.replace(day=world.clock.now.day + 2)
    with world.database.transaction() as tx:
        assert tx.unfinished.give_up(day_later, day_later, 10) == [received.blob]
    with pytest.raises(Conflict) as refusal, world.database.transaction() as tx:
        receive.complete_upload(
            tx, world.keyring, SUBMITTER, package_id, exhibit_id, received, world.new_id, world.clock()
        )
    assert refusal.value.code == "blob-given-up"
    assert world.database.state.exhibits[exhibit_id].state is ExhibitState.DECLARED


def test_what_became_evidence_stays() -> None:
    world = World()
    world.pushed(FILES)
    world.work()
    before = dict(world.blobs.contents)
    assert len(before) > 1
    assert world.database.state.unfinished == {}
    world.clock.pass_by(days=2)
    housekeeping(world.gateway)
    assert world.blobs.contents == before


def test_what_is_disposed_of_is_erased_even_if_its_job_was_given_up() -> None:
    world = World()
    package = world.pushed(FILES)
    world.clock.pass_by(days=400)
    housekeeping(world.gateway)
    steps = handlers(world.gateway)
    for step in ("examine", "dispose"):
        steps[step](package.id)
    assert world.package(package.id).state is PackageState.DISPOSED
    assert world.blobs.contents
    world.database.take_jobs()
    world.blobs.available = False
    with pytest.raises(Unavailable):
        steps["erase"](package.id)
    world.blobs.available = True
    housekeeping(world.gateway)
    assert world.blobs.contents == {}
    assert world.database.state.unfinished == {}


def test_renditions_of_a_step_that_died_are_erased_and_made_again() -> None:
    world = World()
    package = world.pushed(FILES)
    job = world.database.take_jobs()
    assert [(j.step, j.package_id) for j in job] == [("examine", package.id)]
    world.blobs.contents["renditions/lost"] = b"half a step"
    with world.database.transaction() as tx:
        tx.unfinished.begin("renditions/lost", world.clock())
        tx.queue.enqueue("examine", package.id)
    world.work()
    world.clock.pass_by(days=2)
    housekeeping(world.gateway)
    assert "renditions/lost" not in world.blobs.contents
    named = {r.blob for r in world.database.state.renditions.values()}
    assert named
    assert named <= set(world.blobs.contents)
