"""Disposal is finished on a real PostgreSQL whatever becomes of its jobs, and no stored answer outlives it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from sqlalchemy import func, select, text

from gateway.api.app import create_app
from gateway.errors import Unavailable
from gateway.evidence.lifecycle import PackageState
from gateway.evidence.manifest import DeclaredExhibit
from gateway.evidence.package import Exhibit, Package
from gateway.exchange import sent_packages
from gateway.storage.database import PostgresDatabase
from gateway.storage.requests.queue import PostgresQueue
from gateway.storage.schema.all_tables import idempotency
from gateway.storage.worker_queue import MAX_ATTEMPTS
from gateway.workers.housekeeping import housekeeping
from gateway.workers.steps import handlers
from tests.fakes import seeds
from tests.fakes.draining import drain
from tests.fakes.exchange import SUBMITTER, World
from tests.unit.api import world as api

pytest_plugins = ("tests.fakes.postgres",)

FILES = {"report.txt": b"Report by <Ada> about a fee of $500"}
WAITING = text("SELECT args->>'package_id' FROM procrastinate_jobs WHERE task_name = :step AND status = 'todo'")


@pytest.fixture
def database(postgres_url: str) -> Iterator[PostgresDatabase]:
    database = PostgresDatabase(postgres_url, keyring=World().keyring)
    yield database
    database.close()


def jobs(database: PostgresDatabase, step: str) -> list[str]:
    with database.engine.connect() as connection:
        return sorted(connection.execute(WAITING, {"step": step}).scalars())


def give_up(database: PostgresDatabase, url: str, package: Package) -> None:
    """Let the last attempt of the package's erasure fail, as after a long outage of the store."""

    def fails(_: str) -> None:
        raise Unavailable("blob-store-unavailable", "The blob store can't be reached.")

    with database.engine.begin() as connection:
        PostgresQueue(connection).enqueue_attempt("erase", package.id, attempt=MAX_ATTEMPTS - 1, delay=None)
    drain(url, {"erase": fails})
    assert jobs(database, "erase") == []


def run(world: World, database: PostgresDatabase, url: str) -> None:
    """Run what waits, also for later."""
    with database.engine.begin() as connection:
        connection.execute(text("UPDATE procrastinate_jobs SET scheduled_at = NULL WHERE status = 'todo'"))
    drain(url, {"erase": handlers(world.gateway)["erase"]})


def withdrawn(world: World, package: Package) -> None:
    with world.database.transaction() as tx:
        sent_packages.withdraw_package(tx, SUBMITTER, package.id, world.clock())
    handlers(world.gateway)["dispose"](package.id)
    with world.database.transaction() as tx:
        found = tx.packages.get(package.id)
    assert found is not None
    assert found.state is PackageState.DISPOSED


def reference(world: World, package: Package) -> str:
    with world.database.transaction() as tx:
        case = tx.cases.get(package.case_id)
    assert case is not None
    return case.reference


def test_what_a_given_up_job_left_is_erased_and_a_live_package_of_the_case_changes_nothing(
    database: PostgresDatabase, postgres_url: str
) -> None:
    plain = World()
    world = World(database=database, keyring=plain.keyring)  # type: ignore[arg-type]
    first, second = world.pushed(FILES), world.pushed({"other.txt": b"<Bob> called"})
    (kept,) = {exhibit.blob for exhibit in exhibits(world, second)}
    assert len(world.blobs.contents) == 2
    withdrawn(world, first)
    give_up(database, postgres_url, first)
    assert len(world.blobs.contents) == 2
    housekeeping(world.gateway)
    assert set(world.blobs.contents) == {kept}
    assert jobs(database, "erase") == []  # the case goes on
    withdrawn(world, second)
    give_up(database, postgres_url, second)
    assert reference(world, first) == "case-1"
    for _ in range(2):  # one job, however often
        housekeeping(world.gateway)
        assert jobs(database, "erase") == [min(first.id, second.id)]
    run(world, database, postgres_url)
    assert world.blobs.contents == {}
    assert reference(world, first).startswith("ERASED ")
    housekeeping(world.gateway)
    assert jobs(database, "erase") == []


def exhibits(world: World, package: Package) -> list[Exhibit]:
    with world.database.transaction() as tx:
        return list(tx.packages.exhibits(package.id))


def test_a_hundred_cases_that_are_stuck_keep_no_other_waiting(database: PostgresDatabase) -> None:
    plain = World()
    world = World(database=database, keyring=plain.keyring)  # type: ignore[arg-type]
    over = []
    with database.transaction() as tx:
        for number in range(203):
            case = seeds.case(world.agreement.id, f"case-{number}", opened_by=SUBMITTER.agency)
            package = seeds.package(
                case, world.agreement.ref, agency=SUBMITTER.agency, submitter=SUBMITTER.id, state=PackageState.DISPOSED
            )
            tx.cases.open(case, seeds.event("case.open"))
            tx.packages.add(package, (), seeds.event("package.create"))
            over.append(package.id)
    housekeeping(world.gateway)
    assert jobs(database, "erase") == sorted(over)


def test_a_hundred_packages_that_stand_still_keep_no_other_waiting() -> None:
    world = World()
    for _ in range(101):
        world.pushed({"report.txt": b"Report"})
    world.database.take_jobs()  # lost
    housekeeping(world.gateway)
    assert "examine" not in {job.step for job in world.database.take_jobs()}
    world.clock.pass_by(minutes=11)
    housekeeping(world.gateway)
    assert sum(job.step == "examine" for job in world.database.take_jobs()) == 101


def test_a_hundred_bodies_that_cannot_be_erased_keep_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()
    stuck = [f"originals/stuck-{number:03}" for number in range(100)]
    for name in (*stuck, "originals/young"):
        writer = world.blobs.create(name)
        writer.write(b"x")
        writer.commit()
    with world.database.transaction() as tx:
        tx.unfinished.abandon(stuck, world.clock() - timedelta(days=1))
        tx.unfinished.abandon(["originals/young"], world.clock())
    delete = world.blobs.delete

    def refusing(name: str) -> None:
        if name in stuck:
            raise Unavailable("blob-store-unavailable", "This one can't be erased.")
        delete(name)

    monkeypatch.setattr(world.blobs, "delete", refusing)
    for _ in range(2):
        world.clock.pass_by(minutes=1)
        with pytest.raises(Unavailable):
            housekeeping(world.gateway)
    assert set(world.blobs.contents) == set(stuck)
    monkeypatch.setattr(world.blobs, "delete", delete)
    housekeeping(world.gateway)
    assert world.blobs.contents == {}


def test_no_answer_that_is_stored_to_be_repeated_outlives_its_package(
    database: PostgresDatabase, tmp_path: Path
) -> None:
    world = api.World(tmp_path, database=database)
    name = "Moreau, Camille.txt"
    data = b"x"

    def create(http: httpx.Client, case: str) -> httpx.Response:
        declared = DeclaredExhibit(
            name=name, evidence_type="incident-report", media_type="text/plain", size_bytes=len(data),
            sha256=seeds.digest("x"),
        )  # fmt: skip
        headers = {**world.bearer("ico-uk.submitter"), "Idempotency-Key": f"key-of-{case}"}
        return http.post(
            "/v1/packages", json=bodies.setdefault(case, world.creation(declared, case=case)), headers=headers
        )

    bodies: dict[str, dict[str, object]] = {}
    with (
        api.served(create_app(world.gateway), tmp_path) as transports,
        httpx.Client(transport=transports(), base_url=api.ISSUER) as http,
    ):
        first = create(http, "2026-0001")
        assert first.status_code == 201
        repeated = create(http, "2026-0001")
        assert (repeated.content, repeated.headers.get("idempotency-replayed")) == (first.content, "true")
        assert name in answers(database)
        world.clock_offset = timedelta(days=2)  # given up after a day; answers are forgotten only after seven
        other = create(http, "2026-0002")
        assert other.status_code == 201
        housekeeping(world.gateway)
        for step in ("dispose", "erase"):
            handlers(world.gateway)[step](first.json()["id"])
        left = answers(database)
        assert first.json()["id"] not in left
        assert other.json()["id"] in left
        again = create(http, "2026-0001")
    # Decided anew, in a case of its own: nothing of the first answer was left to be repeated.
    assert "idempotency-replayed" not in again.headers
    assert again.json()["id"] != first.json()["id"]


def answers(database: PostgresDatabase) -> str:
    with database.engine.connect() as connection:
        assert connection.execute(select(func.count()).select_from(idempotency)).scalar_one()
        return b"\n".join(connection.execute(select(idempotency.c.body)).scalars()).decode()
