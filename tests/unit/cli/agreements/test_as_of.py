"""``agreements as-of`` over an exported log: verified first, then told."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from typer.testing import CliRunner

from gateway.envelope.signature import public_pem
from gateway.errors import GatewayError, InvalidInput
from gateway.evidence.agency import RegisteredKey
from gateway.exchange.parties import govern, onboard
from gateway.main.command import app
from gateway.translog.checkpoint import Checkpoint, sign_checkpoint
from gateway.translog.edge import Edge
from gateway.translog.vkey import VKEY_FILE, Ed25519Signer
from tests.fakes.exchange import OFFICERS, SUBMITTER, World
from tests.fakes.leaves import leaves_of

SIGNER = Ed25519Signer("example.com/log", Ed25519PrivateKey.from_private_bytes(bytes([7] * 32)))


@pytest.fixture
def world() -> World:
    world = World()
    pem = public_pem(ec.generate_private_key(ec.SECP256R1()).public_key()).decode()
    key = RegisteredKey("k-1", "cnil-fr", SUBMITTER.id, "authentication", pem, world.clock(), None)
    with world.database.transaction() as tx:
        onboard.register_key(tx, key, world.clock())
    world.clock.pass_by(days=10)
    with world.database.transaction() as tx:
        govern.suspend(tx, world.agreement.id, 3, [OFFICERS[0].id], world.clock())
    return world


def exported(world: World, folder: Path) -> Path:
    leaves, edge = leaves_of(world.database), Edge()
    files = {tile.path: data for tile, data in [*edge.extend(leaves), *edge.partials()]}
    head = Checkpoint(SIGNER.name, len(leaves), edge.root())
    files["checkpoint"] = sign_checkpoint(head, SIGNER).encode()
    files[VKEY_FILE] = (SIGNER.vkey.encode() + "\n").encode()
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return folder


def told(folder: Path, instant: str) -> dict[str, object]:
    answer = CliRunner().invoke(
        app, ["agreements", "as-of", instant, "--log", str(folder), "--json"], catch_exceptions=False
    )
    assert answer.exit_code == 0, answer.output
    result: dict[str, object] = json.loads(answer.output)
    return result


def test_it_tells_what_was_when(world: World, tmp_path: Path) -> None:
    folder = exported(world, tmp_path)
    before, after = told(folder, "2026-11-25"), told(folder, "2026-12-24T00:00:00+01:00")
    states = [[a["state"] for a in found["agreements"]] for found in (before, after)]  # type: ignore[attr-defined]
    assert states == [["active"], ["suspended"]]
    assert [(p["principal"], p["may"]) for p in before["powers"]] == [(SUBMITTER.id, ["push"])]  # type: ignore[attr-defined]
    assert after["powers"] == []
    assert told(folder, "2020-01-01")["agreements"] == []
    shown = CliRunner().invoke(app, ["agreements", "as-of", "2026-11-25", "--log", str(folder)])
    assert SUBMITTER.id in shown.output


def test_a_changed_log_tells_nothing(world: World, tmp_path: Path) -> None:
    folder = exported(world, tmp_path)
    bundle = next(p for p in (folder / "tile" / "entries").rglob("*") if p.is_file())
    bundle.write_bytes(bundle.read_bytes().replace(b"compliance-officer", b"compliance-0fficer"))
    with pytest.raises(GatewayError):
        told(folder, "2026-11-25")


def test_what_is_no_time_is_refused(world: World, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput) as refusal:
        told(exported(world, tmp_path), "yesterday")
    assert refusal.value.code == "time-invalid"
