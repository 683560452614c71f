"""Evidence on a disk that is really full, out of names, or read-only; and the database on a full disk.

A push answers 503 with a code, leaves nothing half-done, and succeeds as soon as there is space.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import httpx
import pytest

from gateway.api.app import create_app
from gateway.blobs.store import open_blobs
from gateway.evidence.lifecycle import ExhibitState
from gateway.evidence.manifest import DeclaredExhibit
from gateway.storage import migrate
from gateway.storage.database import PostgresDatabase
from gateway.storage.embedded.server import start_embedded
from gateway.workers.housekeeping import housekeeping
from gateway.workers.steps import Steps
from tests.fakes.disk import MountRefused, SmallDisk, small_disk
from tests.unit.api.world import ISSUER, World, served

pytest_plugins = ("tests.fakes.postgres",)

SUBMITTER = "ico-uk.submitter"
TEXT = bytes(range(256)) * 2000
Trouble = Callable[[SmallDisk], AbstractContextManager[None]]


@contextmanager
def mounted(path: Path, kilobytes: int) -> Iterator[SmallDisk]:
    try:
        with small_disk(path, kilobytes) as disk:
            yield disk
    except MountRefused as reason:
        pytest.skip(f"no small disk can be mounted here: {reason}")


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    with mounted(tmp_path / "disk", kilobytes=4096) as disk:
        yield disk


@pytest.fixture
def world(disk: SmallDisk, postgres_url: str, tmp_path: Path) -> Iterator[World]:
    database = PostgresDatabase(postgres_url)
    yield World(tmp_path / "home", database=database, blobs=open_blobs(disk.path.as_uri()))
    database.close()


@contextmanager
def full(disk: SmallDisk) -> Iterator[None]:
    """No space at all."""
    disk.fill()
    yield
    disk.free()


@contextmanager
def full_midway(disk: SmallDisk) -> Iterator[None]:
    """Space for the beginning of the exhibit."""
    disk.fill(len(TEXT) // 2)
    yield
    disk.free()


@contextmanager
def out_of_names(disk: SmallDisk) -> Iterator[None]:
    """Space, but not for another file."""
    disk.take_all_names()
    yield
    disk.free()


@contextmanager
def read_only(disk: SmallDisk) -> Iterator[None]:
    """As after errors that made the kernel stop writing."""
    with disk.read_only():
        yield


@contextmanager
def calling(world: World, folder: Path) -> Iterator[httpx.Client]:
    with (
        tempfile.TemporaryDirectory(prefix="egw-") as sockets,
        served(create_app(world.gateway), Path(sockets)) as make,
        httpx.Client(transport=make(), base_url=ISSUER, timeout=60, headers=world.bearer(SUBMITTER)) as http,
    ):
        yield http


def files(disk: SmallDisk) -> list[str]:
    return sorted(str(path.relative_to(disk.path)) for path in disk.path.rglob("*") if path.is_file())


def declared() -> DeclaredExhibit:
    return DeclaredExhibit("a.txt", "system-log", "text/plain", len(TEXT), hashlib.sha256(TEXT).hexdigest())


@pytest.mark.parametrize(
    ("trouble", "code"),
    [
        (full, "blob-store-full"),
        (full_midway, "blob-store-full"),
        (out_of_names, "blob-store-full"),
        (read_only, "blob-store-unavailable"),
    ],
    ids=["full", "midway", "names", "read-only"],
)
def test_an_upload_is_refused_whole_and_succeeds_later(
    trouble: Trouble, code: str, disk: SmallDisk, world: World, tmp_path: Path
) -> None:
    with calling(world, tmp_path) as http:
        package = http.post("/v1/packages", json=world.creation(declared())).json()
        exhibit = package["exhibits"][0]["id"]
        content = f"/v1/packages/{package['id']}/exhibits/{exhibit}/content"
        with trouble(disk):
            answer = http.put(content, content=TEXT)
            assert answer.status_code == 503
            assert answer.json()["code"] == code
            assert answer.json()["remedy"]
            assert int(answer.headers["Retry-After"]) > 0
            assert files(disk) == []
            assert http.post(f"/v1/packages/{package['id']}/submit").status_code == 409
        with world.database.transaction() as tx:
            stored = tx.packages.exhibit(exhibit)
        assert stored is not None
        assert (stored.state, stored.blob, stored.file_key_id) == (ExhibitState.DECLARED, None, None)
        assert http.put(content, content=TEXT).status_code == 200
        assert len(files(disk)) == 1
        assert http.post(f"/v1/packages/{package['id']}/submit").status_code == 200


@pytest.mark.parametrize("trouble", [read_only])
def test_what_cannot_be_erased_now_is_erased_later(
    trouble: Trouble, disk: SmallDisk, world: World, tmp_path: Path
) -> None:
    with calling(world, tmp_path) as http:
        package = http.post("/v1/packages", json=world.creation(declared())).json()
        content = f"/v1/packages/{package['id']}/exhibits/{package['exhibits'][0]['id']}/content"
        assert http.put(content, content=TEXT).status_code == 200
        assert http.post(f"/v1/packages/{package['id']}/withdraw").status_code == 200
    steps = Steps(world.gateway)
    steps.dispose(package["id"])
    with world.database.transaction() as tx:
        exhibit = tx.packages.exhibits(package["id"])[0]
        assert exhibit.file_key_id is not None
        key = tx.file_keys.get(exhibit.file_key_id)
    assert key is not None
    assert key.wrapped == b""
    with trouble(disk):
        with pytest.raises(Exception, match="store of evidence"):
            steps.erase(package["id"])
        with pytest.raises(Exception, match="store of evidence"):
            housekeeping(world.gateway)
        assert len(files(disk)) == 1
    housekeeping(world.gateway)
    assert files(disk) == []


def test_the_database_on_a_full_disk(tmp_path: Path) -> None:
    """What was acknowledged is there, what was refused is not, and all goes on by itself once there is space."""
    with (
        tempfile.TemporaryDirectory(prefix="egw-") as short,
        mounted(Path(short) / "disk", kilobytes=256 << 10) as disk,
        start_embedded(disk.path / "postgres") as server,
    ):
        migrate.upgrade(server.url)
        database = PostgresDatabase(server.url)
        world = World(tmp_path / "home", database=database, blobs=open_blobs((tmp_path / "blobs").as_uri()))
        acknowledged: list[str] = []
        with calling(world, tmp_path) as http:

            def create() -> httpx.Response:
                answer = http.post("/v1/packages", json=world.creation(declared()))
                if answer.status_code == 201:
                    acknowledged.append(answer.json()["id"])
                return answer

            assert create().status_code == 201
            disk.fill()
            # Pages that have room are still written to, so it takes a few.
            refused = next(answer for answer in (create() for _ in range(2000)) if answer.status_code != 201)
            assert refused.status_code == 503
            assert refused.json()["code"] in ("log-unavailable", "database-unavailable")
            assert refused.json()["remedy"]
            disk.free()
            assert create().status_code == 201
        with database.engine.begin() as connection:
            stored = set(connection.exec_driver_sql("SELECT id FROM packages").scalars())
            entries = connection.exec_driver_sql(
                "SELECT convert_from(event, 'UTF8')::jsonb->'object'->>'id' FROM log_pending"
                " WHERE convert_from(event, 'UTF8')::jsonb->>'action' = 'package.create'"
            ).scalars()
            assert stored == set(acknowledged) == set(entries)
        database.close()
