"""When the log can't be written, every call that needs it answers 503 with a clear code; and recovers by itself.

A real PostgreSQL behind a real server: taking no changes, out of space, and stopped.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import psycopg
import pytest

from gateway.api.app import create_app
from gateway.blobs.store import open_blobs
from gateway.evidence.manifest import DeclaredExhibit
from gateway.storage import migrate
from gateway.storage.database import PostgresDatabase, conninfo
from gateway.storage.embedded.server import EmbeddedPostgres, start_embedded
from tests.unit.api.world import ISSUER, World, served

SUBMITTER, INVESTIGATOR, OFFICER = "ico-uk.submitter", "cnil-fr.investigator", "cnil-fr.officer"
TEXT = b"The brake was not applied.\n"
Calls = dict[str, Callable[[], httpx.Response]]


@pytest.fixture(scope="module")
def server() -> Iterator[EmbeddedPostgres]:
    """A server of its own: it is stopped, and told to take no changes."""
    with tempfile.TemporaryDirectory(prefix="egw-") as folder, start_embedded(Path(folder) / "postgres") as server:
        migrate.upgrade(server.url)
        yield server


@pytest.fixture(scope="module")
def world(server: EmbeddedPostgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("capacity")
    database = PostgresDatabase(server.url)
    yield World(folder, database=database, blobs=open_blobs((folder / "blobs").as_uri()))
    database.close()


@pytest.fixture(scope="module")
def release(world: World) -> str:
    return world.release(TEXT)


@pytest.fixture
def calls(world: World, release: str) -> Iterator[Calls]:
    """A call of each kind that writes an entry, with its proof of who asks."""
    headers = {name: world.bearer(name) for name in (SUBMITTER, INVESTIGATOR, OFFICER)}
    declared = DeclaredExhibit("a.txt", "system-log", "text/plain", len(TEXT), hashlib.sha256(TEXT).hexdigest())
    with (
        tempfile.TemporaryDirectory(prefix="egw-") as folder,
        served(create_app(world.gateway), Path(folder)) as make,
        httpx.Client(transport=make(), base_url=ISSUER, timeout=60) as http,
    ):
        package = http.post("/v1/packages", json=world.creation(declared), headers=headers[SUBMITTER]).json()
        content = f"/v1/packages/{package['id']}/exhibits/{package['exhibits'][0]['id']}/content"
        yield {
            "create": lambda: http.post("/v1/packages", json=world.creation(declared), headers=headers[SUBMITTER]),
            "read": lambda: http.get(f"/v1/packages/{package['id']}", headers=headers[SUBMITTER]),
            "denied": lambda: http.get(f"/v1/packages/{package['id']}", headers=headers[INVESTIGATOR]),
            "upload": lambda: http.put(content, content=TEXT, headers=headers[SUBMITTER]),
            "pull": lambda: http.get(f"/v1/releases/{release}/content", headers=headers[INVESTIGATOR]),
            "search": lambda: http.get("/v1/log/entries", headers=headers[OFFICER]),
            "token": lambda: http.post("/oauth/token", data=world.assertion_form(SUBMITTER)),
        }


@contextmanager
def takes_no_changes(server: EmbeddedPostgres) -> Iterator[None]:
    """As a standby, or a server that an operator has locked: transactions may only read."""
    try:
        _execute(server, "ALTER SYSTEM SET default_transaction_read_only = on", "SELECT pg_reload_conf()")
        _await_setting(server, "on")
        yield
    finally:
        _execute(
            server,
            "SET default_transaction_read_only = off",
            "ALTER SYSTEM RESET default_transaction_read_only",
            "SELECT pg_reload_conf()",
        )
        _await_setting(server, "off")


@contextmanager
def has_no_space(server: EmbeddedPostgres) -> Iterator[None]:
    """Appending fails as PostgreSQL says it when its disk is full (SQLSTATE 53100)."""
    _execute(
        server,
        "CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN RAISE 'could not extend file: No space left on device' USING ERRCODE = '53100'; END $$",
        "CREATE TRIGGER full_disk BEFORE INSERT ON log_pending EXECUTE FUNCTION full_disk()",
    )
    try:
        yield
    finally:
        _execute(server, "DROP FUNCTION full_disk CASCADE")


@contextmanager
def is_stopped(server: EmbeddedPostgres) -> Iterator[None]:
    server.stop()
    try:
        yield
    finally:
        server.start()


@pytest.mark.parametrize(
    ("trouble", "codes"),
    [
        (takes_no_changes, {"database-read-only", "log-unavailable"}),
        (has_no_space, {"log-unavailable", "database-unavailable"}),
        (is_stopped, {"database-unavailable"}),
    ],
    ids=["read-only", "full", "stopped"],
)
def test_503_and_then_as_before(
    trouble: Callable[[EmbeddedPostgres], object], codes: set[str], server: EmbeddedPostgres, calls: Calls
) -> None:
    before = _entries(server)
    with trouble(server):  # type: ignore[attr-defined]
        answers = {name: call() for name, call in calls.items()}
    assert {name: answer.status_code for name, answer in answers.items()} == dict.fromkeys(calls, 503)
    for name, answer in answers.items():
        assert answer.json()["code"] in codes, name
        assert answer.json()["remedy"], name
        assert int(answer.headers["Retry-After"]) > 0, name
        assert TEXT not in answer.content, name
    assert _entries(server) == before
    after = {name: call().status_code for name, call in calls.items()}
    expected = {"create": 201, "read": 200, "denied": 404, "upload": 200, "pull": 200, "search": 200, "token": 200}
    assert after == expected
    assert _entries(server) > before


def _execute(server: EmbeddedPostgres, *statements: str) -> None:
    with psycopg.connect(conninfo(server.url), autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement.encode())


def _await_setting(server: EmbeddedPostgres, value: str) -> None:
    """A reload reaches new sessions first; those that are open take it up before their next command."""
    while True:
        with psycopg.connect(conninfo(server.url)) as connection:
            row = connection.execute("SHOW default_transaction_read_only").fetchone()
        if row == (value,):
            return


def _entries(server: EmbeddedPostgres) -> int:
    with psycopg.connect(conninfo(server.url)) as connection:
        row = connection.execute("SELECT (SELECT count(*) FROM log_pending) + (SELECT count(*) FROM log_entries)")
        return int((row.fetchone() or (0,))[0])
