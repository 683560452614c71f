"""``log prove``, ``log consistency``, ``log check-proof`` on a copy of a log, and the audit in several processes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from obstore.store import MemoryStore
from typer.testing import CliRunner

from gateway.blobs.log_export import export_log
from gateway.blobs.log_store import LogStore
from gateway.cli.log import check as bundle_check
from gateway.cli.log.app import log_app
from gateway.cli.log.bundle import open_bundle
from gateway.errors import IntegrityFailure, InvalidInput
from gateway.exchange.ports.sequencing import COSIGNED
from gateway.translog.cosignature import Cosigner
from gateway.translog.note import parse_note
from gateway.translog.proof import parse_proof
from tests.fakes.published_log import SIGNER, PublishedLog

WITNESS = Cosigner("w.example/1", Ed25519PrivateKey.from_private_bytes(bytes([40] * 32)), 1700000000)
runner = CliRunner()


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> tuple[PublishedLog, Path]:
    log = PublishedLog(LogStore(MemoryStore()))
    note = parse_note(log.grow(700)).signed_also_by(WITNESS)
    log.store.publish(note.encode(), COSIGNED)
    log.grow(33)
    folder = tmp_path_factory.mktemp("log") / "log"
    export_log(log.store, SIGNER.vkey, folder)
    return log, folder


def test_prove_and_check(log: tuple[PublishedLog, Path], tmp_path: Path) -> None:
    published, folder = log
    proof, entry = tmp_path / "entry.tlog-proof", tmp_path / "entry.json"
    for cosigned in (False, True):
        arguments = [
            "prove",
            "321",
            "--bundle",
            str(folder),
            "--out",
            str(proof),
            *(["--cosigned"] if cosigned else []),
        ]
        made = runner.invoke(log_app, arguments, catch_exceptions=False)
        assert made.exit_code == 0
        assert parse_proof(proof.read_bytes()).verify(published.leaves[321], SIGNER.vkey).checkpoint.size == (
            700 if cosigned else 733
        )
        for suffix in (b"", b"\n"):
            entry.write_bytes(published.leaves[321] + suffix)
            check = ["check-proof", str(proof), str(entry), "--vkey", SIGNER.vkey.encode()]
            assert "verified: entry 321" in runner.invoke(log_app, check).output
        witnessed = runner.invoke(log_app, [*check, "--witness", WITNESS.vkey.encode(), "--json"])
        assert (witnessed.exit_code == 0) is cosigned
        if not cosigned:
            assert isinstance(witnessed.exception, IntegrityFailure)
            assert witnessed.exception.code == "log-quorum-missed"
    entry.write_bytes(published.leaves[322])
    assert isinstance(runner.invoke(log_app, check).exception, IntegrityFailure)
    text = runner.invoke(log_app, ["prove", "0", "--bundle", str(folder)]).output
    assert text.startswith("c2sp.org/tlog-proof@v1\nindex 0\n")
    assert isinstance(runner.invoke(log_app, ["prove", "733", "--bundle", str(folder)]).exception, InvalidInput)


def test_consistency(log: tuple[PublishedLog, Path]) -> None:
    answer = runner.invoke(log_app, ["consistency", "700", "--bundle", str(log[1]), "--json"])
    assert (json.loads(answer.output)["from"], json.loads(answer.output)["to"]) == (700, 733)
    words = runner.invoke(log_app, ["consistency", "5", "--new", "9", "--bundle", str(log[1])]).output
    assert "grew from 5 to 9 entries" in words


def test_the_audit_in_several_processes(
    log: tuple[PublishedLog, Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The same answer, and the same fault at the same place, as in one."""
    published, folder = log
    monkeypatch.setattr(bundle_check, "PARALLEL_FROM", 1)
    monkeypatch.setattr("gateway.translog.span.SPAN_BUNDLES", 1)
    monkeypatch.setattr("gateway.translog.span._RANGE", range(1))
    progress: list[int] = []
    with open_bundle(folder) as read:
        one = bundle_check.audit_bundle(folder, read, SIGNER.vkey, processes=1)
        two = bundle_check.audit_bundle(
            folder, read, SIGNER.vkey, processes=2, on_progress=lambda done, size: progress.append(done)
        )
    assert one == two
    assert one.checkpoint.size == len(published.leaves)
    assert progress == [256, 512, 733]
    data = bytearray((folder / "tile/entries/001").read_bytes())
    data[77] ^= 1
    (folder / "tile/entries/001").write_bytes(data)
    with open_bundle(folder) as read:
        faults = []
        for processes in (1, 2):
            with pytest.raises(IntegrityFailure) as caught:
                bundle_check.audit_bundle(folder, read, SIGNER.vkey, processes=processes)
            faults.append((caught.value.code, caught.value.where))
    assert faults[0] == faults[1] == ("log-entry-wrong", "tile/entries/001 entry 256")
