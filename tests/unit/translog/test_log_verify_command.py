"""``log verify`` on folders and zip files, good and bad, and what it needs to run."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from obstore.store import MemoryStore
from typer.testing import CliRunner

from gateway.blobs.log_export import export_log
from gateway.blobs.log_store import LogStore
from gateway.cli.log.app import log_app
from gateway.errors import Conflict, GatewayError, InvalidInput, NotFound
from gateway.translog.checkpoint import Checkpoint, sign_checkpoint
from gateway.translog.edge import Edge
from gateway.translog.entry import NO_PREVIOUS, pending, place
from gateway.translog.event import AuditEvent
from gateway.translog.merkle import leaf_hash
from gateway.translog.vkey import Ed25519Signer

SIGNER = Ed25519Signer("example.com/log", Ed25519PrivateKey.from_private_bytes(bytes([1] * 32)))
runner = CliRunner()


def publish(store: LogStore, size: int) -> None:
    edge, prev = Edge(), NO_PREVIOUS
    for seq in range(size):
        event = AuditEvent("a.b", "done", datetime(2026, 1, 1, tzinfo=UTC), {"system": "w"}, {"kind": "k", "id": "i"})
        _, leaf = place(pending(event, {}), seq, prev)
        store.put_once([(tile.path, data) for tile, data in edge.extend([leaf])])
        prev = leaf_hash(leaf).hex()
    store.put_once([(tile.path, data) for tile, data in edge.partials()])
    store.publish(sign_checkpoint(Checkpoint(SIGNER.name, size, edge.root()), SIGNER).encode())


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    store = LogStore(MemoryStore())
    publish(store, 300)
    assert export_log(store, SIGNER.vkey, tmp_path / "log").size == 300
    return tmp_path / "log"


def test_a_folder_and_a_zip_file(bundle: Path, tmp_path: Path) -> None:
    for prefix in ("", "log/"):
        archive = tmp_path / f"log{len(prefix)}.zip"
        with zipfile.ZipFile(archive, "w") as file:
            for path in bundle.rglob("*"):
                if path.is_file():
                    file.write(path, prefix + str(path.relative_to(bundle)))
    for target in (bundle, tmp_path / "log0.zip", tmp_path / "log4.zip"):
        result = runner.invoke(log_app, ["verify", str(target), "--json"])
        assert result.exit_code == 0, result.output
        answer = json.loads(result.output)
        assert answer["verified"] is True
        assert answer["size"] == 300
        assert answer["origin"] == "example.com/log"
        assert answer["key_from_bundle"] is True
        assert answer["vkey"] == SIGNER.vkey.encode()


def test_in_words(bundle: Path) -> None:
    result = runner.invoke(log_app, ["verify", str(bundle)])
    assert result.exit_code == 0
    assert "verified: 300 entries of example.com/log" in result.output
    assert "compare it" in result.output
    text = (bundle / "README.txt").read_text()
    assert "evidence-gateway log verify ." in text
    assert json.loads(runner.invoke(log_app, ["verify", str(bundle), "--json"]).output)["root"] in text


def test_a_fault_ends_with_1_and_its_place(bundle: Path) -> None:
    path = bundle / "tile/entries/000"
    data = bytearray(path.read_bytes())
    data[1000] ^= 1
    path.write_bytes(data)
    result = runner.invoke(log_app, ["verify", str(bundle), "--json"])
    assert result.exit_code == 1
    answer = json.loads(result.output)
    assert answer["verified"] is False
    assert answer["fault"]["code"] == "log-entry-wrong"
    assert answer["fault"]["where"].startswith("tile/entries/000 entry ")


def test_a_key_and_a_checkpoint_that_one_knows(bundle: Path, tmp_path: Path) -> None:
    key = tmp_path / "key"
    key.write_text(SIGNER.vkey.encode() + "\n")
    kept = tmp_path / "kept"
    kept.write_bytes((bundle / "checkpoint").read_bytes())
    arguments = ["verify", str(bundle), "--vkey", str(key), "--known", str(kept)]
    result = runner.invoke(log_app, arguments)
    assert result.exit_code == 0
    assert "contains the known checkpoint of 300" in result.output
    assert "compare it" not in result.output
    other = Ed25519Signer("example.com/log", Ed25519PrivateKey.from_private_bytes(bytes([2] * 32)))
    assert runner.invoke(log_app, ["verify", str(bundle), "--vkey", other.vkey.encode(), "--json"]).exit_code == 1
    kept.write_bytes(sign_checkpoint(Checkpoint(SIGNER.name, 2, bytes(32)), SIGNER).encode())
    rewritten = runner.invoke(log_app, [*arguments, "--json"])
    assert rewritten.exit_code == 1
    assert json.loads(rewritten.output)["fault"]["code"] == "log-rewritten"


def test_what_is_no_export(tmp_path: Path, bundle: Path) -> None:
    (bundle / "log.vkey").unlink()
    for target in (tmp_path / "nothing", bundle, Path(__file__)):
        result = runner.invoke(log_app, ["verify", str(target)])
        assert isinstance(result.exception, InvalidInput)
        assert result.exception.code == "log-bundle-invalid"
    huge = tmp_path / "huge.zip"
    with zipfile.ZipFile(huge, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("log.vkey", SIGNER.vkey.encode())
        file.writestr("SHA256SUMS", b"\0" * 20_000_000)
    result = runner.invoke(log_app, ["verify", str(huge)])
    assert isinstance(result.exception, GatewayError)
    assert result.exception.code == "log-bundle-file-too-large"


def test_an_export_is_brought_up_to_date_but_takes_no_other_folder(tmp_path: Path) -> None:
    store = LogStore(MemoryStore())
    with pytest.raises(NotFound):
        export_log(store, SIGNER.vkey, tmp_path / "log")
    publish(store, 10)
    export_log(store, SIGNER.vkey, tmp_path / "log")
    publish(store, 20)
    assert export_log(store, SIGNER.vkey, tmp_path / "log").size == 20
    assert runner.invoke(log_app, ["verify", str(tmp_path / "log")]).exit_code == 0
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "file").write_text("mine")
    with pytest.raises(Conflict):
        export_log(store, SIGNER.vkey, tmp_path / "other")


def test_verifying_needs_the_base_installation_only(bundle: Path) -> None:
    code = (
        "import sys\n"
        "for name in ('sqlalchemy', 'obstore', 'psycopg', 'procrastinate', 'fastapi', 'jose', 'yaml', 'spacy'):\n"
        "    sys.modules[name] = None\n"
        "from gateway.cli.log.app import log_app\n"
        f"log_app(['verify', {str(bundle)!r}])\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "verified: 300" in done.stdout
