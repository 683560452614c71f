"""``agreements as-of`` from the gateway's own database says what it says from the published log."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from typer.testing import CliRunner

from gateway.agreements.signing import PartySignature, statement
from gateway.agreements.text.parsing import parse_agreement
from gateway.bootstrap.gateway import Gateway, open_gateway
from gateway.envelope.signature import public_pem, sign
from gateway.evidence.agency import Agency, RegisteredKey
from gateway.exchange.parties import govern, onboard
from gateway.exchange.ports.audit_query import AuditQuery
from gateway.keyring.file_keyring import FileKeyring
from gateway.main.command import app
from gateway.settings import read_settings
from gateway.storage.log.search import LogSearch
from gateway.storage.log.sequence import LogSequence
from gateway.translog.vkey import parse_vkey
from gateway.workers.sequencer import Sequencer
from tests.fakes.exchange import AGREEMENT_SOURCE, OFFICERS, SUBMITTER


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("EVIDENCE_GATEWAY_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("EVIDENCE_GATEWAY_PASSPHRASE", "a passphrase for this test only")
    return tmp_path / "home"


@pytest.fixture
def gateway(home: Path) -> Iterator[Gateway]:
    settings = read_settings()
    FileKeyring.create(settings.key_path, settings.passphrase, settings.log_origin)
    with open_gateway(settings) as gateway:
        yield gateway


def bring_into_force(gateway: Gateway) -> None:
    agreement, now = parse_agreement(AGREEMENT_SOURCE), gateway.clock()
    with gateway.database.transaction() as tx:
        signatures = []
        for agency, country in (("cnil-fr", "FR"), ("ico-uk", "GB")):
            own = ec.generate_private_key(ec.SECP384R1())
            onboard.add_agency(tx, Agency(agency, agency, country, now))
            pem = public_pem(own.public_key()).decode()
            onboard.register_key(tx, RegisteredKey(f"{agency}.s", agency, None, "signing", pem, now, None), now)
            signature = sign(own, statement(agreement.ref))
            signatures.append(PartySignature(agreement.ref, agency, signature))
        govern.propose(tx, agreement, AGREEMENT_SOURCE.decode(), now)
        for each in signatures:
            govern.sign(tx, each, now)
        for principal in (*OFFICERS, SUBMITTER):
            onboard.put_principal(tx, principal, now)
        person = public_pem(ec.generate_private_key(ec.SECP256R1()).public_key()).decode()
        key = RegisteredKey("k-1", SUBMITTER.agency, SUBMITTER.id, "authentication", person, now, None)
        onboard.register_key(tx, key, now)
        govern.activate(tx, agreement.id, agreement.version, [officer.id for officer in OFFICERS], now)


def sequence(gateway: Gateway) -> None:
    keyring = gateway.keyring
    sequencer = Sequencer(
        LogSequence(gateway.database.engine), gateway.log_store, keyring.log_signer, parse_vkey(keyring.log_vkey)
    )
    try:
        while sequencer.sequence_once():
            pass
    finally:
        sequencer.close()


def leaves(gateway: Gateway) -> list[bytes]:
    with gateway.database.engine.begin() as connection:
        return [entry.leaf for entry in LogSearch(connection).find(AuditQuery(), None, start=0, limit=1000)]


def told(instant: str, *options: str) -> dict[str, Any]:
    answer = CliRunner().invoke(app, ["agreements", "as-of", instant, "--json", *options], catch_exceptions=False)
    assert answer.exit_code == 0, answer.output
    result: dict[str, Any] = json.loads(answer.output)
    return result


def test_database_and_published_log_say_the_same(gateway: Gateway, home: Path) -> None:
    bring_into_force(gateway)
    vkey = gateway.keyring.log_vkey
    sequence(gateway)
    later = (gateway.clock() + timedelta(minutes=1)).isoformat()
    own = told(later, "--home", str(home))
    published = told(later, "--log", str(home / "log"), "--vkey", vkey)
    assert own == published
    assert [agreement["state"] for agreement in own["agreements"]] == ["active"]
    assert [(power["principal"], power["may"]) for power in own["powers"]] == [(SUBMITTER.id, ["push"])]
    assert told("2020-01-01", "--home", str(home))["agreements"] == []
    # Looking is an entry, and waits its turn like any other.
    before = len(leaves(gateway))
    sequence(gateway)
    newest = leaves(gateway)[before:]
    assert len(newest) == 2
    assert all(b'"action":"log.read"' in leaf for leaf in newest)
