"""The HTTP API on a real PostgreSQL, a real blob folder and a real server: what only then shows.

Twins that race, uploads that overlap, what lies on the disk, what is in the log.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from sqlalchemy import select

from gateway.api.app import create_app
from gateway.blobs.store import open_blobs
from gateway.client import ExhibitFile, GatewayClient
from gateway.evidence.manifest import DeclaredExhibit
from gateway.storage.database import PostgresDatabase
from gateway.storage.schema.log_tables import log_pending
from tests.unit.api.world import ISSUER, World, served

pytest_plugins = ("tests.fakes.postgres",)

SUBMITTER, INVESTIGATOR = "ico-uk.submitter", "cnil-fr.investigator"
MATTER = {"agreement": "eu-uk-ai-incidents", "case": "2026-0042", "purpose": "incident-investigation"}
TEXT = b"The model told the driver that the crossing was free.\n" * 60_000


@pytest.fixture
def world(tmp_path: Path, postgres_url: str) -> Iterator[World]:
    database = PostgresDatabase(postgres_url)
    yield World(tmp_path, database=database, blobs=open_blobs((tmp_path / "blobs").as_uri()))
    database.close()


@pytest.fixture
def transports(world: World, tmp_path: Path) -> Iterator[Callable[[], httpx.HTTPTransport]]:
    with served(create_app(world.gateway), tmp_path) as make:
        yield make


def _all_at_once(
    count: int, send: Callable[[httpx.Client], httpx.Response], make: Callable[[], httpx.HTTPTransport]
) -> list[httpx.Response]:
    answers: list[httpx.Response] = []
    start = threading.Barrier(count)

    def run() -> None:
        with httpx.Client(transport=make(), base_url=ISSUER) as http:
            start.wait()
            answers.append(send(http))

    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def _declared(data: bytes, name: str = "events.txt") -> DeclaredExhibit:
    return DeclaredExhibit(name, "system-log", "text/plain", len(data), hashlib.sha256(data).hexdigest())


def _actions(world: World) -> list[tuple[str, str]]:
    with world.gateway.database.engine.connect() as connection:
        entries = [json.loads(row.event) for row in connection.execute(select(log_pending))]
    return [(entry["action"], entry["outcome"]) for entry in entries]


def test_push_and_pull_through_a_real_server(
    world: World, transports: Callable[[], httpx.HTTPTransport], tmp_path: Path
) -> None:
    path = tmp_path / "events.txt"
    path.write_bytes(TEXT)
    with GatewayClient(world.credentials(SUBMITTER), transport=transports()) as client:
        pushed = client.push([ExhibitFile(path, "system-log")], **MATTER)
        assert client.package(pushed.package["id"])["state"] == "submitted"
    stored = [p for p in (tmp_path / "blobs").rglob("*") if p.is_file()]
    assert len(stored) == 1
    assert b"crossing" not in stored[0].read_bytes()
    path.unlink()
    with world.database.transaction() as tx:
        assert tx.cases.find("eu-uk-ai-incidents", "2026-0042") is not None


def test_twins_under_one_idempotency_key_make_one_package(
    world: World, transports: Callable[[], httpx.HTTPTransport]
) -> None:
    body, headers = world.creation(_declared(TEXT)), {**world.bearer(SUBMITTER), "Idempotency-Key": "twin"}
    answers = _all_at_once(4, lambda http: http.post("/v1/packages", json=body, headers=headers), transports)
    assert [a.status_code for a in answers] == [201] * 4
    assert len({a.content for a in answers}) == 1
    assert sum("idempotency-replayed" in a.headers for a in answers) == 3


def test_twin_uploads_leave_one_blob(
    world: World, transports: Callable[[], httpx.HTTPTransport], tmp_path: Path
) -> None:
    headers = world.bearer(SUBMITTER)
    with httpx.Client(transport=transports(), base_url=ISSUER) as http:
        package = http.post("/v1/packages", json=world.creation(_declared(TEXT)), headers=headers).json()
    address = f"/v1/packages/{package['id']}/exhibits/{package['exhibits'][0]['id']}/content"
    answers = _all_at_once(3, lambda http: http.put(address, content=TEXT, headers=headers), transports)
    assert sorted(a.status_code for a in answers) == [200, 409, 409]
    assert {a.json()["code"] for a in answers if a.status_code == 409} == {"exhibit-already-uploaded"}
    assert len([p for p in (tmp_path / "blobs").rglob("*") if p.is_file()]) == 1


def test_an_assertion_sent_by_many_at_once_buys_one_token(
    world: World, transports: Callable[[], httpx.HTTPTransport]
) -> None:
    form = world.assertion_form(SUBMITTER)
    answers = _all_at_once(4, lambda http: http.post("/oauth/token", data=form), transports)
    assert sorted(a.status_code for a in answers) == [200, 401, 401, 401]


def test_denials_are_in_the_log_although_their_transaction_was_rolled_back(
    world: World, transports: Callable[[], httpx.HTTPTransport]
) -> None:
    with httpx.Client(transport=transports(), base_url=ISSUER, headers=world.bearer(SUBMITTER)) as http:
        nothing = http.post(
            "/v1/packages", json=world.creation(DeclaredExhibit("w", "weights", "text/plain", 1, "0" * 64))
        )
        missing = http.get("/v1/packages/00000000-0000-4000-8000-000000000000")
        closed = http.get("/v1/log/entries")
    assert [r.status_code for r in (nothing, missing, closed)] == [403, 404, 403]
    actions = _actions(world)
    for denial in (("package.create", "deny"), ("package.read", "deny"), ("log.read", "deny")):
        assert denial in actions


def test_a_release_is_pulled_in_parts_and_whole(
    world: World, transports: Callable[[], httpx.HTTPTransport], tmp_path: Path
) -> None:
    release = world.release(TEXT)
    with GatewayClient(world.credentials(INVESTIGATOR), transport=transports()) as client:
        assert [r["id"] for r in client.inbox()] == [release]
        pulled = client.pull(release, tmp_path / "evidence")
        headers = client.connection.authorization()
    assert pulled.exhibit is not None
    assert pulled.exhibit.read_bytes() == TEXT
    whole = pulled.age_file.read_bytes()
    with httpx.Client(transport=transports(), base_url=ISSUER, headers=headers) as http:
        part = http.get(f"/v1/releases/{release}/content", headers={"Range": "bytes=1000000-1999999"})
    assert part.content == whole[1_000_000:2_000_000]
    assert _actions(world).count(("release.pull", "permit")) == 2
