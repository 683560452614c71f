"""``log show`` and ``log export`` on a gateway that was really set up, then ``log verify`` of the export."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from gateway.bootstrap.gateway import Gateway, open_gateway
from gateway.cli.log.app import log_app
from gateway.evidence.package import Principal
from gateway.exchange.record import event
from gateway.keyring.file_keyring import FileKeyring
from gateway.settings import read_settings
from gateway.storage.log.sequence import LogSequence
from gateway.translog.vkey import parse_vkey
from gateway.workers.sequencer import Sequencer

NOW = datetime(2026, 3, 1, tzinfo=UTC)
runner = CliRunner()


@pytest.fixture
def gateway(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Gateway]:
    monkeypatch.setenv("EVIDENCE_GATEWAY_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("EVIDENCE_GATEWAY_PASSPHRASE", "a passphrase for this test only")
    settings = read_settings()
    FileKeyring.create(settings.key_path, settings.passphrase, settings.log_origin)
    with open_gateway(settings) as gateway:
        yield gateway


def sequence(gateway: Gateway) -> int:
    sequencer = Sequencer(
        LogSequence(gateway.database.engine),
        gateway.log_store,
        gateway.keyring.log_signer,
        parse_vkey(gateway.keyring.log_vkey),
    )
    try:
        return sequencer.sequence_once()
    finally:
        sequencer.close()


def test_show_export_and_verify(gateway: Gateway, tmp_path: Path) -> None:
    person = Principal("p-7", "ico-uk", frozenset())
    with gateway.database.transaction() as tx:
        for number in range(3):
            tx.ledger.append(event("package.create", "done", NOW, ("package", f"k-{number}"), actor=person))
        tx.ledger.append(event("release.pull", "deny", NOW, ("release", "[red]r"), actor=person, package="k-1"))
    assert sequence(gateway) == 4

    shown = runner.invoke(log_app, ["show", "--package", "k-1", "--json"], catch_exceptions=False)
    assert [(e["action"], e["outcome"]) for e in json.loads(shown.output)["entries"]] == [
        ("package.create", "done"),
        ("release.pull", "deny"),
    ]
    words = runner.invoke(log_app, ["show", "--outcome", "deny"], catch_exceptions=False)
    assert "[red]r" in words.output

    # Both looks, and the export itself, are entries.
    assert sequence(gateway) == 2
    exported = runner.invoke(log_app, ["export", "--out", str(tmp_path / "log"), "--json"], catch_exceptions=False)
    assert json.loads(exported.output)["size"] == 6
    assert sequence(gateway) == 1
    verified = runner.invoke(
        log_app, ["verify", str(tmp_path / "log"), "--vkey", gateway.keyring.log_vkey, "--json"], catch_exceptions=False
    )
    assert verified.exit_code == 0
    assert json.loads(verified.output)["size"] == 6
    seen = runner.invoke(log_app, ["show", "--start", "4", "--json"], catch_exceptions=False)
    assert [e["action"] for e in json.loads(seen.output)["entries"]] == ["log.read", "log.read", "log.export"]
