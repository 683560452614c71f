"""``audit search --export`` on a gateway that was really set up: proofs, formulas, OCSF, a signed report."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
from typer.testing import CliRunner

from gateway.bootstrap.gateway import Gateway, open_gateway
from gateway.cli.log.audit_app import audit_app
from gateway.envelope.signature import verify
from gateway.errors import GatewayError, IntegrityFailure
from gateway.evidence.package import Principal
from gateway.exchange.record import event
from gateway.keyring.file_keyring import FileKeyring
from gateway.main.command import app
from gateway.settings import read_settings
from gateway.storage.log.sequence import LogSequence
from gateway.translog.proof import parse_proof
from gateway.translog.vkey import parse_vkey
from gateway.workers.sequencer import Sequencer

NOW = datetime(2026, 3, 1, tzinfo=UTC)
EVIL = "=HYPERLINK(1)"
runner = CliRunner()


@pytest.fixture
def gateway(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Gateway]:
    monkeypatch.setenv("EVIDENCE_GATEWAY_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("EVIDENCE_GATEWAY_PASSPHRASE", "a passphrase for this test only")
    settings = read_settings()
    FileKeyring.create(settings.key_path, settings.passphrase, settings.log_origin)
    with open_gateway(settings) as gateway:
        person = Principal("p-7", "ico-uk", frozenset())
        with gateway.database.transaction() as tx:
            for number in range(40):
                outcome: Any = "deny" if number % 7 == 3 else "permit"
                tx.ledger.append(
                    event(
                        "release.pull",
                        outcome,
                        NOW,
                        ("release", f"r-{number}" if number else EVIL),
                        actor=person,
                        reason="role-may-not-pull" if outcome == "deny" else "permitted",
                        clause="/roles/investigator",
                        detail={"view": "<b>standard</b>"},
                    )
                )
        sequence(gateway)
        yield gateway


def sequence(gateway: Gateway) -> None:
    keyring = gateway.keyring
    rows = LogSequence(gateway.database.engine)
    sequencer = Sequencer(rows, gateway.log_store, keyring.log_signer, parse_vkey(keyring.log_vkey))
    try:
        sequencer.sequence_once()
    finally:
        sequencer.close()


def run(*arguments: str) -> str:
    return runner.invoke(audit_app, list(arguments), catch_exceptions=False).output


def test_every_form_of_export(gateway: Gateway, tmp_path: Path) -> None:
    for form in ("jsonl", "csv", "ocsf", "pdf"):
        out = run("search", "--principal", "p-7", "--export", str(tmp_path / f"out.{form}"), "--json")
        assert json.loads(out)["entries"] == 40
        data = (tmp_path / f"out.{form}").read_bytes()
        signature = (tmp_path / f"out.{form}.sig").read_bytes()
        verify(gateway.keyring.signing_key_pem(), data, signature, what="export")
        with pytest.raises(IntegrityFailure):
            verify(gateway.keyring.signing_key_pem(), data + b" ", signature, what="export")

    key = parse_vkey(gateway.keyring.log_vkey)
    lines = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text("utf-8").splitlines()]
    assert len(lines) == 40
    for line in lines:
        proof = parse_proof(line["proof"].encode())
        proof.verify(line["leaf"].encode(), key)
        with pytest.raises(GatewayError):
            proof.verify(line["leaf"].replace("p-7", "p-8").encode(), key)

    with (tmp_path / "out.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 40
    assert rows[0]["object_id"] == "'" + EVIL
    assert not [cell for row in rows for cell in row.values() if cell.startswith(("=", "+", "-", "@"))]

    events = [json.loads(line) for line in (tmp_path / "out.ocsf").read_text("utf-8").splitlines()]
    assert len(events) == 40
    for item in events:
        assert item["type_uid"] == item["class_uid"] * 100 + item["activity_id"]
    assert {(e["status"], e["activity_name"]) for e in events} == {("Success", "Read"), ("Failure", "Read")}

    document = pypdfium2.PdfDocument((tmp_path / "out.pdf").read_bytes())
    words = " ".join(page.get_textpage().get_text_bounded() for page in document)
    for expected in ("Extract of the audit log", "principal = p-7", "40 (6 deny, 34 permit)", "role-may-not-pull"):
        assert expected in words
    assert b"/ETSI.CAdES.detached" in (tmp_path / "out.pdf").read_bytes()
    assert (tmp_path / "out.pdf.checkpoint").read_bytes() == gateway.log_store.read("checkpoint")
    sequence(gateway)
    assert len(json.loads(run("search", "--action", "log.search", "--json"))["entries"]) == 4


def test_overviews(gateway: Gateway) -> None:
    assert json.loads(run("denials", "--since", "2026-02-01", "--until", "2026-03-02", "--json")) == [
        {"reason": "role-may-not-pull", "agency": "ico-uk", "count": 6}
    ]
    assert json.loads(run("access", "--since", "2026-02-01", "--until", "2026-03-02", "--json")) == [
        {"month": "2026-03", "agency": "ico-uk", "pulls": 34}
    ]
    assert run("person", "p-7").count("\n") == 40
    page = json.loads(run("search", "--outcome", "deny", "--limit", "4", "--json"))
    assert (len(page["entries"]), page["next"]) == (4, page["entries"][-1]["seq"] + 1)
    assert "=HYPERLINK" in run("search", "--limit", "1")


def test_webhook_shows_its_secret_once(gateway: Gateway) -> None:
    answer = json.loads(runner.invoke(app, ["audit", "webhook", "https://example.org/x", "--json"]).output)
    assert answer["secret"].startswith("whsec_")
    sequence(gateway)
    (added,) = json.loads(run("search", "--action", "webhook.add", "--json"))["entries"]
    assert added["object"]["id"] == answer["webhook"]
    assert "example.org" not in json.dumps(added)
    refused = runner.invoke(app, ["audit", "webhook", "http://10.0.0.1/x"])
    assert isinstance(refused.exception, GatewayError)
    assert refused.exception.code == "webhook-url-invalid"
