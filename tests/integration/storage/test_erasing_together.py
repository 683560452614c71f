"""Erasures that two officers make over HTTP, each with a login: of a case, and of one entry's field."""

# ruff: noqa: F811 - fixtures of another module

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from gateway.api.app import create_app
from gateway.blobs.log_store import LocalLogStore
from gateway.client import GatewayClient
from gateway.errors import Conflict, Denied, InvalidInput, NotFound
from gateway.evidence.lifecycle import PackageState
from gateway.exchange.custody import erasure_requests
from gateway.translog.verifier import audit
from gateway.translog.vkey import parse_vkey
from tests.fakes import seeds
from tests.integration.log.test_log_erasure import (  # noqa: F401 - fixtures
    BASIS,
    NAME,
    NOTE,
    REFERENCE,
    everything,
    keyring,
    make_case,
    sequence,
    world,
)
from tests.unit.api.world import ISSUER, World, served

pytest_plugins = ("tests.fakes.postgres",)

FIRST, SECOND = "cnil-fr.officer", "ico-uk.officer"


@pytest.fixture
def clients(world: World, tmp_path: Path) -> Iterator[Any]:
    world.auth[SECOND] = ec.generate_private_key(ec.SECP256R1())
    made = []
    with served(create_app(world.gateway), tmp_path) as transports:

        def of(who: str) -> GatewayClient:
            client = GatewayClient(world.credentials(FIRST, ISSUER), transport=transports())
            client.connection._token, client.connection._token_ends = world.token(who), float("inf")
            made.append(client)
            return client

        yield of
        for client in made:
            client.close()


def test_one_field_of_one_entry(
    world: World,
    clients: Any,
    keyring: Any,
    postgres_url: str,
    tmp_path: Path,
) -> None:
    case_id, entry_id = make_case(world, PackageState.OPEN)
    sequence(world, keyring)
    key, store = parse_vkey(keyring.log_vkey), LocalLogStore(tmp_path / "log")
    before = audit(store.read, key)
    with world.database.transaction() as tx:
        seq = tx.ledger.position(entry_id)
        ((salt, note),) = tx.ledger.values(entry_id).values()
    assert note == NOTE
    asked = clients(FIRST).ask_erasure(BASIS, entry=seq, fields=["note"])
    assert (asked["case"], asked["confirmed_at"]) == (case_id, None)
    with world.database.transaction() as tx:
        assert tx.ledger.values(entry_id)  # nothing yet
    assert [e["id"] for e in clients(SECOND).erasures()] == [asked["id"]]
    with pytest.raises(Denied) as alone:
        clients(FIRST).confirm_erasure(asked["id"])
    assert alone.value.code == "two-persons-required"
    done = clients(SECOND).confirm_erasure(asked["id"])
    assert (done["values"], done["confirmed_by"]) == (1, SECOND)
    sequence(world, keyring)
    after = everything(postgres_url, tmp_path / "log")
    assert NOTE.encode() not in after
    assert salt not in after
    audit(store.read, key, known=[before.checkpoint])
    with world.database.transaction() as tx:
        assert tx.ledger.values(entry_id) == {}
    with pytest.raises(Conflict):
        clients(SECOND).confirm_erasure(asked["id"])
    with pytest.raises(NotFound):
        clients(FIRST).ask_erasure(BASIS, entry=seq)


def test_a_case(world: World, clients: Any, keyring: Any, postgres_url: str, tmp_path: Path) -> None:
    case_id, _ = make_case(world)
    sequence(world, keyring)
    asked = clients(FIRST).ask_erasure(BASIS, case=case_id)
    assert clients(SECOND).confirm_erasure(asked["id"])["values"] == 3
    after = everything(postgres_url, tmp_path / "log")
    assert not [word for word in (REFERENCE, NAME, NOTE) if word.encode() in after]


def test_who_may_not_and_what_is_too_late(world: World, clients: Any) -> None:
    case_id, _ = make_case(world)
    for who, kind in (("cnil-fr.investigator", Denied), ("ftc-us.submitter", NotFound)):
        with pytest.raises(kind):
            clients(who).ask_erasure(BASIS, case=case_id)
    with pytest.raises(InvalidInput):
        clients(FIRST).ask_erasure("because\nI say so", case=case_id)
    asked = clients(FIRST).ask_erasure(BASIS, case=case_id)
    with pytest.raises(NotFound):
        clients("ftc-us.submitter").confirm_erasure(asked["id"])
    with world.database.transaction() as tx:
        second = tx.directory.principal(SECOND)
    assert second is not None
    with pytest.raises(Conflict) as late, world.database.transaction() as tx:
        erasure_requests.confirm(tx, second, asked["id"], datetime.now(UTC) + timedelta(days=15))
    assert late.value.code == "erasure-expired"
    with world.database.transaction() as tx:
        (package,) = tx.packages.of_case(case_id)
        hold = seeds.hold(package, placed_at=world.now())
        tx.holds.place(hold, seeds.event("hold.place"))
    with pytest.raises(Conflict) as held:
        clients(SECOND).confirm_erasure(asked["id"])
    assert held.value.code == "case-held"


def test_bodies_that_name_nothing_or_too_much(world: World, tmp_path: Path) -> None:
    with (
        served(create_app(world.gateway), tmp_path) as transports,
        httpx.Client(transport=transports(), base_url=ISSUER, headers=world.bearer(FIRST)) as http,
    ):
        for body in ({}, {"case": seeds.new_id(), "entry": 1}, {"entry": "1"}, {"entry": True}, {"fields": ["note"]}):
            assert http.post("/v1/audit/erasures", json={**body, "legal_basis": BASIS}).status_code == 400, body
