"""The verifier that travels with an export: alone, it judges as the full one does, byte for byte."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st
from obstore.store import MemoryStore
from typer.testing import CliRunner

from gateway.blobs import standalone_verifier
from gateway.blobs.log_export import export_log
from gateway.blobs.log_store import LogStore
from gateway.cli.log.app import log_app
from gateway.errors import GatewayError
from gateway.exchange.ports.sequencing import COSIGNED
from gateway.translog.bundle import WitnessPolicy
from gateway.translog.checkpoint import Checkpoint, sign_checkpoint
from gateway.translog.cosignature import Cosigner
from gateway.translog.entry import NO_PREVIOUS
from gateway.translog.merkle import leaf_hash
from gateway.translog.note import parse_note
from gateway.translog.vkey import VerifierKey
from tests.fakes.published_log import SIGNER, PublishedLog

WITNESSES = [
    Cosigner(f"w.example/{i}", Ed25519PrivateKey.from_private_bytes(bytes([9 + i] * 32)), 1700000000 + i)
    for i in range(3)
]
POLICY = WitnessPolicy(2, tuple(witness.vkey for witness in WITNESSES))
runner = CliRunner()


def cosign(note: bytes, *by: Cosigner) -> bytes:
    parsed = parse_note(note)
    for witness in by:
        parsed = parsed.signed_also_by(witness)
    return parsed.encode()


def make(folder: Path, *sizes: int) -> PublishedLog:
    """An export of a log that grew in steps, cosigned by two of three witnesses after the first."""
    log = PublishedLog(LogStore(MemoryStore()))
    for step, size in enumerate(sizes):
        note = log.grow(size)
        if step == 0:
            log.store.publish(cosign(note, WITNESSES[0], WITNESSES[2]), COSIGNED)
    export_log(log.store, SIGNER.vkey, folder, POLICY)
    return log


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("whole") / "log"
    make(folder, 500, 100)
    return folder


def alone(folder: Path, *arguments: str) -> tuple[int, dict[str, object]]:
    """Run the copy in the bundle as a stranger would: another process, no site packages, no gateway."""
    done = subprocess.run(
        [sys.executable, "-I", "-S", str(folder / "verify.py"), str(folder), "--json", *arguments],
        capture_output=True,
        text=True,
        check=False,
        cwd="/",
    )
    assert done.stdout, done.stderr
    return done.returncode, json.loads(done.stdout)


def full(folder: Path, *arguments: str) -> tuple[int, dict[str, object]]:
    result = runner.invoke(log_app, ["verify", str(folder), "--json", *arguments])
    if result.exception is not None and isinstance(result.exception, GatewayError):
        return 2, {"verified": False, "fault": result.exception.as_dict()}
    return result.exit_code, json.loads(result.output)


def place(answer: dict[str, object]) -> tuple[str, str]:
    fault = answer["fault"]
    assert isinstance(fault, dict)
    return fault["code"], fault["where"]


def test_a_good_export(whole: Path) -> None:
    code, answer = alone(whole)
    assert (code, answer["verified"], answer["size"]) == (0, True, 600)
    assert (answer["cosigned_size"], answer["cosignatures"]) == (500, 2)
    code, checked = full(whole)
    assert (code, checked["verified"], checked["root"]) == (0, True, answer["root"])
    assert checked["cosigned"] == {"size": 500, "by": ["w.example/0", "w.example/2"]}
    assert subprocess.run(["sha256sum", "-c", "--quiet", "SHA256SUMS"], cwd=whole, check=False).returncode == 0


@pytest.mark.parametrize("size", [0, 1, 2, 255, 256, 257])
def test_sizes_at_the_edges(size: int, tmp_path: Path) -> None:
    make(tmp_path / "log", size)
    assert standalone_verifier.verify(tmp_path / "log")["size"] == size
    assert full(tmp_path / "log")[0] == 0


def test_it_shares_nothing_with_us(whole: Path) -> None:
    text = (whole / "verify.py").read_text()
    assert "import gateway" not in text
    assert "from gateway" not in text
    assert text.startswith("#!/usr/bin/env python3\n")


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("small") / "log"
    make(folder, 2, 1)
    return folder


def names(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


#: Each file of both exports; which one a test means, Hypothesis says by number.
Bytes = tuple[int, int, int]
ANY_BIT = st.tuples(st.integers(0, 63), st.integers(0, 2**20), st.integers(0, 7))


def judged(folder: Path, which: Bytes) -> None:
    """Flip one bit: both verifiers name the same fault, and the file it is in. The file is then as before."""
    found = names(folder)
    name = found[which[0] % len(found)]
    path = folder / name
    good = path.read_bytes()
    at = which[1] % len(good)
    path.write_bytes(good[:at] + bytes([good[at] ^ 1 << which[2]]) + good[at + 1 :])
    try:
        with pytest.raises(standalone_verifier.Fault) as fault:
            standalone_verifier.verify(folder)
        code, answer = full(folder)
        assert code == 1, (name, at)
        assert place(answer) == (fault.value.code, fault.value.where), (name, at)
        assert name in fault.value.where, (name, at)
    finally:
        path.write_bytes(good)


@pytest.fixture(scope="module")
def quick_signatures() -> Iterator[None]:
    """openssl costs 10 ms a signature; what it would say is tested by itself."""

    def verifies(public_key: bytes, message: bytes, signature: bytes) -> bool:
        return VerifierKey("any", public_key).verifies(message, signature)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(standalone_verifier, "ed25519", verifies)
        yield


@settings(max_examples=120, deadline=None)
@given(which=ANY_BIT)
def test_any_bit_of_a_small_export(which: Bytes, small: Path, quick_signatures: None) -> None:
    judged(small, which)
    assert len(names(small)) == 9


@settings(max_examples=50, deadline=None)
@given(which=ANY_BIT)
def test_any_bit_of_a_larger_export(which: Bytes, whole: Path, quick_signatures: None) -> None:
    judged(whole, which)


@settings(max_examples=8, deadline=None)
@given(which=ANY_BIT, name=st.sampled_from(["checkpoint", "checkpoint-cosigned"]))
def test_any_bit_of_what_is_signed_as_openssl_judges(which: Bytes, name: str, small: Path) -> None:
    """With SHA256SUMS made to fit, so that only the signatures stand between."""
    good, sums = (small / name).read_bytes(), (small / "SHA256SUMS").read_bytes()
    at = which[1] % len(good)
    bad = good[:at] + bytes([good[at] ^ 1 << which[2]]) + good[at + 1 :]
    (small / name).write_bytes(bad)
    digests = (hashlib.sha256(data).hexdigest().encode() for data in (good, bad))
    (small / "SHA256SUMS").write_bytes(sums.replace(*digests))
    try:
        for judge in (full, alone):
            code, answer = judge(small)
            assert code == 1, (judge, at)
            assert place(answer)[1] == name
    finally:
        (small / name).write_bytes(good)
        (small / "SHA256SUMS").write_bytes(sums)


def test_a_missing_file_is_named(whole: Path, tmp_path: Path) -> None:
    folder = tmp_path / "log"
    shutil.copytree(whole, folder)
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        data = path.read_bytes()
        path.unlink()
        name = path.relative_to(folder).as_posix()
        with pytest.raises(standalone_verifier.Fault) as fault:
            standalone_verifier.verify(folder)
        code, answer = full(folder)
        if name == "log.vkey":
            assert code == 2  # nothing to verify with
        else:
            assert code == 1
            assert place(answer) == (fault.value.code, fault.value.where)
        assert name in fault.value.where
        path.write_bytes(data)


def rewritten(folder: Path, change: Callable[[list[bytes]], list[bytes]], *, chain: bool) -> None:
    """What an operator with the log's key can do: other leaves, a tree that fits them, signed again."""
    log = PublishedLog(LogStore(MemoryStore()))
    log.grow(40)
    leaves = change(list(log.leaves))
    store = LogStore(MemoryStore())
    forged = PublishedLog(store)
    prev = NO_PREVIOUS
    from gateway.translog.edge import Edge

    edge, placed = Edge(), []
    for seq, leaf in enumerate(leaves):
        if chain:
            members = json.loads(leaf)
            members.update(seq=seq, prev=prev)
            leaf = json.dumps(members, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
        placed.append(leaf)
        prev = leaf_hash(leaf).hex()
    edge.extend(placed)
    store.put_once([(tile.path, data) for tile, data in edge.partials()])
    store.publish(sign_checkpoint(Checkpoint(SIGNER.name, len(placed), edge.root()), SIGNER).encode())
    assert forged.store is store
    export_log(store, SIGNER.vkey, folder)


@pytest.mark.parametrize("change", ["delete", "reorder", "insert", "change"])
def test_rows_deleted_reordered_or_inserted(change: str, tmp_path: Path) -> None:
    """Without care for the chain both name the entry; with it, only a kept checkpoint can tell."""
    log = PublishedLog(LogStore(MemoryStore()))
    known = log.grow(30)
    (tmp_path / "kept").write_bytes(known)

    def altered(leaves: list[bytes]) -> list[bytes]:
        if change == "delete":
            del leaves[7]
        elif change == "reorder":
            leaves[7], leaves[8] = leaves[8], leaves[7]
        elif change == "insert":
            leaves.insert(7, leaves[20])
        else:
            leaves[7] = leaves[7].replace(b'"deny"', b'"done"')
        return leaves

    rewritten(tmp_path / "careless", altered, chain=False)
    code, answer = full(tmp_path / "careless")
    assert code == 1
    assert place(answer)[0] == "log-chain-broken"
    assert place(answer)[1].endswith("entry 8" if change == "change" else "entry 7")
    assert alone(tmp_path / "careless")[1]["fault"] == {
        **alone(tmp_path / "careless")[1]["fault"],
        "where": place(answer)[1],
    }  # type: ignore[dict-item]

    rewritten(tmp_path / "careful", altered, chain=True)
    assert full(tmp_path / "careful")[0] == alone(tmp_path / "careful")[0] == 0
    arguments = ("--known", str(tmp_path / "kept"))
    for judge in (full, alone):
        code, answer = judge(tmp_path / "careful", *arguments)
        assert (code, place(answer)[0]) == (1, "log-rewritten")


def test_witnesses_that_the_verifier_names(whole: Path) -> None:
    two = ["--witness", WITNESSES[0].vkey.encode(), "--witness", WITNESSES[2].vkey.encode()]
    absent = ["--witness", WITNESSES[1].vkey.encode()]
    for judge in (full, alone):
        assert judge(whole, *two)[0] == 0
        code, answer = judge(whole, *absent)
        assert (code, *place(answer)) == (1, "log-quorum-missed", "checkpoint-cosigned")
        assert judge(whole, *two, *absent, "--quorum", "2")[0] == 0
        assert place(judge(whole, *two, *absent, "--quorum", "3")[1])[0] == "log-quorum-missed"


def test_a_quorum_where_nothing_is_cosigned(tmp_path: Path) -> None:
    log = PublishedLog(LogStore(MemoryStore()))
    log.grow(3)
    export_log(log.store, SIGNER.vkey, tmp_path / "log")
    for judge in (full, alone):
        assert judge(tmp_path / "log")[0] == 0
        code, answer = judge(tmp_path / "log", "--witness", WITNESSES[1].vkey.encode())
        assert (code, *place(answer)) == (1, "log-file-missing", "checkpoint-cosigned")


def test_a_key_that_one_knows(whole: Path) -> None:
    from gateway.translog.vkey import Ed25519Signer

    other = Ed25519Signer("example.com/log", Ed25519PrivateKey.from_private_bytes(bytes([2] * 32)))
    for judge in (full, alone):
        assert judge(whole, "--vkey", SIGNER.vkey.encode())[1]["key_from_bundle"] is False
        assert judge(whole, "--vkey", other.vkey.encode())[0] == 1


def test_what_is_no_export(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, standalone_verifier.__file__, str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
