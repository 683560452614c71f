"""Extracts of the log over HTTP, by the real client from a real server and database."""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from gateway.api.app import create_app
from gateway.client import GatewayClient
from gateway.errors import Denied, GatewayError, InvalidInput, TooLarge, Unavailable
from gateway.exchange.log import extract as log_extract
from gateway.keyring.file_keyring import FileKeyring
from gateway.keyring.gateway_keys import GatewayKeys
from gateway.storage.database import PostgresDatabase
from gateway.storage.log.sequence import LogSequence
from gateway.translog.proof import parse_proof
from gateway.translog.vkey import parse_vkey
from gateway.workers.sequencer import Sequencer
from tests.fakes import seeds
from tests.unit.api.world import ISSUER, World, served

pytest_plugins = ("tests.fakes.postgres",)

OFFICER = "cnil-fr.officer"
START = datetime.now(UTC).replace(microsecond=0) - timedelta(days=3)
ClientOf = Callable[[str], GatewayClient]


@pytest.fixture
def world(tmp_path: Path, postgres_url: str) -> Iterator[World]:
    database = PostgresDatabase(postgres_url, keyring=FileKeyring(GatewayKeys.generate("test.example/log")))
    world = World(tmp_path, database=database)
    with database.transaction() as tx:
        for number in range(25):
            tx.ledger.append(pull(world, number))
        # Between strangers: what the officer may not see.
        tx.ledger.append(pull(world, 99, actor={"agency": "ftc-us", "principal": "ftc-us.submitter"}, agreement={}))
    sequence(world)
    yield world
    database.close()


@pytest.fixture
def client_of(world: World, tmp_path: Path) -> Iterator[ClientOf]:
    clients = []
    with served(create_app(world.gateway), tmp_path) as transports:

        def make(principal_id: str) -> GatewayClient:
            client = GatewayClient(world.credentials(principal_id, ISSUER), transport=transports())
            client.connection.sleep = lambda seconds: None
            clients.append(client)
            return client

        yield make
        for client in clients:
            client.close()


def pull(world: World, number: int, **members: Any) -> Any:
    defaults: dict[str, Any] = {
        "action": "release.pull",
        "outcome": "deny" if number % 5 == 4 else "permit",
        "time": START + timedelta(minutes=number),
        "actor": {"agency": "cnil-fr", "principal": "cnil-fr.investigator"},
        "object": {"kind": "release", "id": f"r-{number}", "case": "c-1"},
        "agreement": world.agreement.ref.as_dict(),
    }
    return seeds.event(**{**defaults, **members})


def sequence(world: World) -> None:
    keyring = world.keyring
    rows = LogSequence(world.gateway.database.engine)
    sequencer = Sequencer(rows, world.gateway.log_store, keyring.log_signer, parse_vkey(keyring.log_vkey))
    try:
        sequencer.sequence_once()
    finally:
        sequencer.close()


def logged(client: GatewayClient, world: World, action: str) -> list[dict[str, Any]]:
    sequence(world)
    return [json.loads(e["leaf"]) for e in client.audit(action=action)["entries"]]


def test_every_form_comes_whole_and_its_digest_is_in_the_log(world: World, client_of: ClientOf, tmp_path: Path) -> None:
    officer = client_of(OFFICER)
    digests = []
    for form in log_extract.FORMS:
        got = officer.audit_extract(tmp_path / f"x.{form}", form, case="c-1")
        data = got.path.read_bytes()
        assert (got.entries, got.sha256) == (25, hashlib.sha256(data).hexdigest())
        digests.append((form, got.sha256, len(data)))
    taken = logged(officer, world, "log.extract")
    assert [(e["detail"]["form"], e["detail"]["sha256"], e["detail"]["bytes"]) for e in taken] == digests
    assert {e["actor"]["principal"] for e in taken} == {OFFICER}
    asked = [e["detail"] for e in logged(officer, world, "log.search") if e["detail"].get("question") == "export"]
    assert [(d["form"], d["returned"], d["filters"]) for d in asked] == [
        (form, 25, {"case": "c-1"}) for form in log_extract.FORMS
    ]

    key = parse_vkey(world.keyring.log_vkey)
    lines = [json.loads(line) for line in (tmp_path / "x.jsonl").read_text("utf-8").splitlines()]
    assert [json.loads(line["leaf"])["object"]["id"] for line in lines] == [f"r-{n}" for n in range(25)]
    for line in lines:
        parse_proof(line["proof"].encode()).verify(line["leaf"].encode(), key)
    with (tmp_path / "x.csv").open(encoding="utf-8", newline="") as file:
        assert [row["object_id"] for row in csv.DictReader(file)] == [f"r-{n}" for n in range(25)]
    assert len((tmp_path / "x.ocsf").read_text("utf-8").splitlines()) == 25
    assert b"/ETSI.CAdES.detached" in (tmp_path / "x.pdf").read_bytes()
    assert not list(tmp_path.glob("*.part"))


def test_who_sees_what(world: World, client_of: ClientOf, tmp_path: Path) -> None:
    officer = client_of(OFFICER)
    assert officer.audit_extract(tmp_path / "all.csv", "csv", action="release.pull").entries == 25
    assert officer.audit_extract(tmp_path / "none.csv", "csv", agency="ftc-us").entries == 0
    with pytest.raises(Denied):
        client_of("cnil-fr.investigator").audit_extract(tmp_path / "no.csv", "csv")
    assert not (tmp_path / "no.csv").exists()
    for filters in ({"colour": "red"}, {"outcome": "maybe"}):
        with pytest.raises(InvalidInput):
            officer.audit_extract(tmp_path / "no.csv", "csv", **filters)
    with pytest.raises(InvalidInput):
        officer.audit_extract(tmp_path / "no.exe", "exe")


def test_limits_and_what_was_asked_meanwhile(
    world: World, client_of: ClientOf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    officer = client_of(OFFICER)
    monkeypatch.setattr(log_extract, "MAX_ENTRIES", 24)
    with pytest.raises(TooLarge) as refusal:
        officer.audit_extract(tmp_path / "x.csv", "csv", case="c-1")
    assert refusal.value.code == "export-too-large"
    assert officer.audit_extract(tmp_path / "x.csv", "csv", case="c-1", outcome="deny").entries == 5
    # Waiting entries are not in the tree yet, so not in an extract either.
    with world.database.transaction() as tx:
        tx.ledger.append(pull(world, 54))
    assert officer.audit_extract(tmp_path / "x.csv", "csv", case="c-1", outcome="deny").entries == 5
    sequence(world)
    assert officer.audit_extract(tmp_path / "x.csv", "csv", case="c-1", outcome="deny").entries == 6


def test_pages_of_one_extract_are_under_one_checkpoint(
    world: World, client_of: ClientOf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log_extract, "MAX_PAGE", 10)
    got = client_of(OFFICER).audit_extract(tmp_path / "x.jsonl", "jsonl", case="c-1")
    assert got.entries == len((tmp_path / "x.jsonl").read_bytes().splitlines()) == 25


def test_a_row_that_is_not_in_the_tree_stops_the_extract(world: World, client_of: ClientOf, tmp_path: Path) -> None:
    with world.gateway.database.engine.begin() as connection:
        connection.execute(
            text(
                "UPDATE log_entries SET leaf = convert_to(replace(convert_from(leaf, 'UTF8'), 'r-7', 'r-8'), 'UTF8') "
                "WHERE object_id = 'r-7'"
            )
        )
    with pytest.raises(GatewayError) as refusal:
        client_of(OFFICER).audit_extract(tmp_path / "x.csv", "csv", case="c-1")
    assert refusal.value.code == "log-proof-invalid"
    assert not (tmp_path / "x.csv").exists()
    assert logged(client_of(OFFICER), world, "log.extract") == []


@pytest.mark.parametrize("piece_bytes", [100, 262_144], ids=["many pieces", "one piece"])
def test_without_the_last_entry_the_answer_breaks_off(
    world: World, client_of: ClientOf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, piece_bytes: int
) -> None:
    monkeypatch.setattr("gateway.api.routes.audit_export._PIECE_BYTES", piece_bytes)

    def cannot(*_: Any, **__: Any) -> None:
        raise Unavailable("log-unavailable", "The audit log cannot be written.")

    monkeypatch.setattr("gateway.exchange.log.audit.exported", cannot)
    with pytest.raises(Unavailable):
        client_of(OFFICER).audit_extract(tmp_path / "x.csv", "csv", case="c-1")
    assert not (tmp_path / "x.csv").exists()


def test_head_gives_no_bytes(world: World, tmp_path: Path) -> None:
    with (
        served(create_app(world.gateway), tmp_path) as transports,
        httpx.Client(transport=transports(), base_url=ISSUER) as http,
    ):
        answer = http.head("/v1/audit/export", params={"form": "csv"}, headers=world.bearer(OFFICER))
    assert (answer.status_code, answer.content) == (200, b"")
