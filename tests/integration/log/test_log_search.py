"""The officer's questions, over HTTP on a real database, and what happens when the log cannot be written."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import combinations
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from sqlalchemy import text

from gateway.api.app import create_app
from gateway.evidence.manifest import DeclaredExhibit
from gateway.exchange.ports.audit_query import AuditQuery
from gateway.keyring.file_keyring import FileKeyring
from gateway.keyring.gateway_keys import GatewayKeys
from gateway.storage.database import PostgresDatabase, conninfo
from gateway.storage.log.sequence import LogSequence
from gateway.translog.vkey import parse_vkey
from gateway.workers.sequencer import Sequencer
from tests.fakes import seeds
from tests.unit.api.world import ISSUER, World, served

pytest_plugins = ("tests.fakes.postgres",)

OFFICER = "cnil-fr.officer"
EXHIBIT = "00000000-0000-4000-8000-00000000e001"
START = datetime.now(UTC).replace(microsecond=0) - timedelta(days=3)


@pytest.fixture
def world(tmp_path: Path, postgres_url: str) -> Iterator[World]:
    database = PostgresDatabase(postgres_url, keyring=FileKeyring(GatewayKeys.generate("test.example/log")))
    yield World(tmp_path, database=database)
    database.close()


@pytest.fixture
def http(world: World, tmp_path: Path) -> Iterator[httpx.Client]:
    with (
        served(create_app(world.gateway), tmp_path) as make,
        httpx.Client(transport=make(), base_url=ISSUER) as client,
    ):
        yield client


def sequence(world: World) -> int:
    keyring = world.keyring
    rows = LogSequence(world.gateway.database.engine)
    sequencer = Sequencer(rows, world.gateway.log_store, keyring.log_signer, parse_vkey(keyring.log_vkey))
    try:
        return sequencer.sequence_once()
    finally:
        sequencer.close()


def act(world: World, number: int, **members: Any) -> None:
    defaults: dict[str, Any] = {
        "action": "release.pull",
        "outcome": "permit",
        "time": START + timedelta(minutes=number),
        "actor": {"agency": "cnil-fr", "principal": "cnil-fr.investigator"},
        "object": {"kind": "release", "id": f"r-{number}", "exhibit": EXHIBIT, "case": "c-1", "package": "k-1"},
        "agreement": world.agreement.ref.as_dict(),
        "clause": "/roles/investigator",
    }
    with world.database.transaction() as tx:
        tx.ledger.append(seeds.event(**{**defaults, **members}))


def ask(world: World, http: httpx.Client, path: str, as_: str = OFFICER, **params: Any) -> Any:
    answer = http.get(f"/v1/audit/{path}", params=params, headers=world.bearer(as_))
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_questions_and_who_may_ask(world: World, http: httpx.Client) -> None:
    act(world, 0)
    act(world, 1, outcome="deny", reason="role-may-not-pull")
    act(world, 2, action="report.read", object={"kind": "rendition", "id": "d-1", "exhibit": EXHIBIT})
    # Between strangers: neither the agency nor an agreement that it audits.
    act(world, 3, actor={"agency": "ftc-us", "principal": "ftc-us.submitter"}, agreement={})
    sequence(world)
    found = [json.loads(e["leaf"]) for e in ask(world, http, "entries", exhibit=EXHIBIT)["entries"]]
    assert [(e["action"], e["outcome"]) for e in found] == [
        ("release.pull", "permit"),
        ("release.pull", "deny"),
        ("report.read", "permit"),
    ]
    for filters, count in (
        ({"principal": "cnil-fr.investigator"}, 3),
        ({"agency": "ftc-us"}, 0),
        ({"clause": "/roles/investigator", "outcome": "deny"}, 1),
        ({"reason": "role-may-not-pull"}, 1),
        ({"case": "c-1", "package": "k-1"}, 2),
        ({"agreement": "eu-uk-ai-incidents", "action": "report.read"}, 1),
        ({"exhibit": EXHIBIT, "since": (START + timedelta(minutes=1)).isoformat()}, 2),
        ({"exhibit": EXHIBIT, "until": (START + timedelta(minutes=1)).isoformat()}, 1),
    ):
        assert len(ask(world, http, "entries", **filters)["entries"]) == count, filters
    (reader,) = ask(world, http, f"readers/{EXHIBIT}")["readers"]
    assert (reader["principal"], reader["times"]) == ("cnil-fr.investigator", 2)
    assert ask(world, http, "denials")["denials"] == [{"reason": "role-may-not-pull", "agency": "cnil-fr", "count": 1}]
    assert ask(world, http, "access")["access"] == [{"month": f"{START:%Y-%m}", "agency": "cnil-fr", "pulls": 1}]
    refused = http.get("/v1/audit/entries", headers=world.bearer("cnil-fr.investigator"))
    assert refused.status_code == 403
    for bad in ("outcome=maybe", "colour=red", "since=yesterday", "since=2026-01-01T00:00:00", "reason="):
        assert http.get(f"/v1/audit/entries?{bad}", headers=world.bearer(OFFICER)).status_code == 400, bad
    sequence(world)
    searches = ask(world, http, "entries", action="log.search", agency="cnil-fr")["entries"]
    asked = [json.loads(e["leaf"]) for e in searches]
    assert [e["detail"]["question"] for e in asked if e["outcome"] == "done"][-3:] == ["readers", "denials", "access"]
    assert [e["actor"]["principal"] for e in asked if e["outcome"] == "deny"] == ["cnil-fr.investigator"]


def test_pages_stay_while_the_log_grows(world: World, http: httpx.Client) -> None:
    for number in range(7):
        act(world, number)
    sequence(world)
    first = ask(world, http, "entries", exhibit=EXHIBIT, limit=3)
    act(world, -100)  # earlier by its clock, later in the log
    sequence(world)
    again = ask(world, http, "entries", exhibit=EXHIBIT, limit=3)
    assert again == first
    seen = [e["seq"] for e in first["entries"]]
    following = first["next"]
    while following is not None:
        page = ask(world, http, "entries", exhibit=EXHIBIT, limit=3, start=following)
        seen += [e["seq"] for e in page["entries"]]
        following = page["next"]
    assert seen == sorted(set(seen))
    assert len(seen) == 8


def test_a_period_loses_no_entry_whose_clock_was_wrong(world: World) -> None:
    for number in (5, 1, 9, 2, 8):
        act(world, number)
    sequence(world)
    query = AuditQuery(exhibit=EXHIBIT, since=START + timedelta(minutes=2), until=START + timedelta(minutes=9))
    with world.database.transaction() as tx:
        found = tx.audit.find(query, None, start=0, limit=100)
    assert [json.loads(e.leaf)["object"]["id"] for e in found] == ["r-5", "r-2", "r-8"]


@pytest.mark.parametrize("few", [-1, 2, 2000], ids=["joined", "mixed", "rarest"])
def test_any_two_or_three_filters_find_what_reading_all_finds(
    world: World, monkeypatch: pytest.MonkeyPatch, few: int
) -> None:
    """Whichever way the answer is found: by joining indexes, or by reading what the rarest value has."""
    monkeypatch.setattr("gateway.storage.log.search._FEW", few)
    for number in range(36):
        act(
            world,
            number,
            action=("release.pull", "report.read")[number % 2],
            outcome=("permit", "deny", "failed")[number % 3],
            reason=("", "role-may-not-pull")[number % 4 == 1],
            actor={"agency": "cnil-fr", "principal": f"p-{number % 4}"},
            clause=("", "/roles/investigator")[number % 5 == 0],
            object={"kind": "release", "id": "r", "exhibit": f"e-{number % 6}", "package": "k-1"},
        )
    sequence(world)
    with world.database.transaction() as tx:
        everything = [json.loads(e.leaf) for e in tx.audit.find(AuditQuery(), None, start=0, limit=1000)]
        values: dict[str, tuple[str, Callable[[Any], Any]]] = {
            "principal": ("p-1", lambda e: e["actor"].get("principal")),
            "agency": ("cnil-fr", lambda e: e["actor"].get("agency")),
            "exhibit": ("e-1", lambda e: e["object"].get("exhibit")),
            "package": ("k-1", lambda e: e["object"].get("package")),
            "agreement": (world.agreement.id, lambda e: e["agreement"].get("id")),
            "clause": ("/roles/investigator", lambda e: e["clause"]),
            "action": ("release.pull", lambda e: e["action"]),
            "reason": ("role-may-not-pull", lambda e: e["reason"]),
        }
        since = {"since": START + timedelta(minutes=3)}
        found = 0
        for size in (2, 3):
            for names in combinations([*values, "permit", "deny", "failed"], size):
                outcomes = [name for name in names if name not in values]
                if len(outcomes) > 1 or (size == 3 and not (outcomes and "action" in names)):
                    continue
                filters = {name: values[name][0] for name in names if name in values}
                filters.update(zip(["outcome"], outcomes, strict=False))
                expected = [
                    e["seq"]
                    for e in everything
                    if all(values[n][1](e) == v for n, v in filters.items() if n != "outcome")
                    and filters.get("outcome", e["outcome"]) == e["outcome"]
                ]
                query = AuditQuery(**filters).checked()
                assert [e.seq for e in tx.audit.find(query, None, start=0, limit=1000)] == expected, filters
                page = tx.audit.find(query, None, start=expected[0] + 1 if expected else 0, limit=2)
                assert [e.seq for e in page] == expected[1:3], filters
                assert tx.audit.count(query, None, below=10**6, most=1000) == len(expected), filters
                later = [
                    e["seq"] for e in everything if e["seq"] in expected and e["time"] >= f"{since['since']:%FT%T}"
                ]
                narrowed = AuditQuery(**filters, **since).checked()
                assert [e.seq for e in tx.audit.find(narrowed, None, start=0, limit=1000)] == later, filters
                found += bool(expected)
        assert found > 40


BREAKAGES: dict[str, tuple[str, str]] = {
    "full": (
        "CREATE FUNCTION broken() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = '53100'; END $$; "
        "CREATE TRIGGER broken BEFORE INSERT ON log_pending FOR EACH ROW EXECUTE FUNCTION broken()",
        "DROP TRIGGER broken ON log_pending; DROP FUNCTION broken()",
    ),
    "gone": ("ALTER TABLE log_pending RENAME TO elsewhere", "ALTER TABLE elsewhere RENAME TO log_pending"),
}


@pytest.mark.parametrize("breakage", BREAKAGES)
def test_without_a_log_everything_stops_and_goes_on_by_itself(
    world: World, http: httpx.Client, postgres_url: str, breakage: str
) -> None:
    release = world.release(b"what happened")
    declared = DeclaredExhibit("a.txt", "system-log", "text/plain", 1, "0" * 64)
    forbidden = DeclaredExhibit("a.txt", "weights", "text/plain", 1, "0" * 64)

    def calls() -> dict[str, Callable[[], httpx.Response]]:
        submitter, puller, officer = (
            world.bearer(who) for who in ("ico-uk.submitter", "cnil-fr.investigator", OFFICER)
        )
        return {
            "create": lambda: http.post("/v1/packages", json=world.creation(declared), headers=submitter),
            "denied": lambda: http.post("/v1/packages", json=world.creation(forbidden), headers=submitter),
            "inbox": lambda: http.get("/v1/inbox", headers=puller),
            "describe": lambda: http.get(f"/v1/releases/{release}", headers=puller),
            "pull": lambda: http.get(f"/v1/releases/{release}/content", headers=puller),
            "unknown": lambda: http.get(f"/v1/releases/{EXHIBIT}", headers=puller),
            "entries": lambda: http.get("/v1/log/entries", headers=officer),
            "search": lambda: http.get("/v1/audit/entries", headers=officer),
            "token": lambda: http.post("/oauth/token", data=world.assertion_form("ico-uk.submitter")),
        }

    before = {name: call().status_code for name, call in calls().items()}
    assert before == {
        "create": 201,
        "denied": 403,
        "inbox": 200,
        "describe": 200,
        "pull": 200,
        "unknown": 404,
        "entries": 200,
        "search": 200,
        "token": 200,
    }
    broken, mended = BREAKAGES[breakage]
    count = text("SELECT count(*) FROM packages")
    with world.gateway.database.engine.connect() as connection:
        packages = connection.execute(count).scalar_one()
    with psycopg.connect(conninfo(postgres_url)) as connection:
        connection.execute(broken)  # type: ignore[call-overload]
    try:
        for name, call in calls().items():
            answer = call()
            if name == "token" and answer.status_code == 200:
                continue  # a token by itself releases nothing, and is not an act that the log records
            assert (answer.status_code, answer.json()["code"]) == (503, "log-unavailable"), name
            assert "retry-after" in answer.headers
    finally:
        with psycopg.connect(conninfo(postgres_url)) as connection:
            connection.execute(mended)  # type: ignore[call-overload]
    with world.gateway.database.engine.connect() as connection:
        assert connection.execute(count).scalar_one() == packages
    assert {name: call().status_code for name, call in calls().items()} == before
