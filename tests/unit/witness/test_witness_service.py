"""A witness answers as c2sp.org/tlog-witness says, remembers before it signs, and writes forks down."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from obstore.store import MemoryStore
from typer.testing import CliRunner

from gateway.blobs.log_store import LogStore
from gateway.bootstrap.witness_folder import create_witness, open_witness, read_logs, trust_log
from gateway.cli.witness import witness_app
from gateway.errors import Conflict, InvalidInput, Misconfigured, Unavailable
from gateway.exchange.log.reader import LogReader
from gateway.translog.checkpoint import Checkpoint, open_checkpoint, sign_checkpoint
from gateway.translog.note import parse_note
from gateway.translog.vkey import Ed25519Signer
from gateway.translog.witness import AddCheckpoint, origin_id, parse_add_checkpoint, read_cosignature
from gateway.witness.memory import Memory
from tests.fakes.published_log import SIGNER, PublishedLog
from tests.fakes.witness_world import NOW, Direct, OneWitness

Post = Callable[[bytes], httpx.Response]


@pytest.fixture
def log() -> PublishedLog:
    return PublishedLog(LogStore(MemoryStore()))


@pytest.fixture
def witness(tmp_path: Path) -> OneWitness:
    return OneWitness(tmp_path / "w", "w.example/a", SIGNER.vkey)


@pytest.fixture
def post(witness: OneWitness) -> Post:
    transport = Direct()
    transport.apps["w"] = witness.app
    http = httpx.Client(transport=transport)
    return lambda body: http.post("http://w/add-checkpoint", content=body)


def request(log: PublishedLog, old: int) -> bytes:
    prover = LogReader(log.store, SIGNER.vkey).prover()
    return AddCheckpoint(old, prover.consistency(old).hashes, prover.note).encode()


def other(size: int, root: bytes = bytes(32)) -> bytes:
    return sign_checkpoint(Checkpoint(SIGNER.name, size, root), SIGNER).encode()


def test_it_cosigns_what_grows(log: PublishedLog, witness: OneWitness, post: Post) -> None:
    old = 0
    for count in (0, 3, 300, 1):
        note = log.grow(count)
        answer = post(request(log, old))
        assert answer.status_code == 200
        signature, seconds = read_cosignature(answer.content, parse_note(note), witness.key.vkey)
        assert (signature.name, seconds) == ("w.example/a", NOW)
        assert witness.memory.known(SIGNER.name) == note
        old = len(log.leaves)
    again = post(request(log, old))
    assert again.status_code == 200
    assert [head.size for head, _ in witness.memory.history(SIGNER.name)] == [0, 3, 303, 304]


def test_409_with_the_known_size(log: PublishedLog, post: Post) -> None:
    log.grow(5)
    unknown = post(request(log, 3))
    assert (unknown.status_code, unknown.text) == (409, "0\n")
    assert unknown.headers["content-type"].startswith("text/x.tlog.size")
    assert post(request(log, 0)).status_code == 200
    log.grow(5)
    stale = post(request(log, 0))
    assert (stale.status_code, stale.text) == (409, "5\n")
    assert post(request(log, 5)).status_code == 200


def test_422_for_another_root_at_the_same_size_and_the_fork_is_written_down(
    log: PublishedLog, witness: OneWitness, post: Post
) -> None:
    first = log.grow(5)
    post(request(log, 0))
    forged = other(5)
    assert post(AddCheckpoint(5, (), forged).encode()).status_code == 422
    assert witness.memory.known(SIGNER.name) == first
    (evidence,) = witness.memory.fork_files(SIGNER.name)
    data = evidence.read_bytes()
    assert first in data
    assert forged in data
    # An earlier size, which the protocol answers with 409, is no less a fork.
    log.grow(5)
    assert post(request(log, 5)).status_code == 200
    assert post(AddCheckpoint(0, (), other(5, bytes([7] * 32))).encode()).status_code == 409
    assert len(witness.memory.fork_files(SIGNER.name)) == 2


def test_422_for_a_proof_that_does_not_verify(log: PublishedLog, witness: OneWitness, post: Post) -> None:
    log.grow(5)
    post(request(log, 0))
    log.grow(5)
    good = parse_add_checkpoint(request(log, 5))
    bad = [
        AddCheckpoint(5, good.proof[:-1], good.checkpoint),
        AddCheckpoint(5, (*good.proof, bytes(32)), good.checkpoint),
        AddCheckpoint(5, (bytes(32), *good.proof[1:]), good.checkpoint),
        AddCheckpoint(5, good.proof, other(11)),
    ]
    for body in bad:
        assert post(body.encode()).status_code == 422
    assert open_checkpoint(witness.memory.known(SIGNER.name) or b"", SIGNER.vkey).checkpoint.size == 5
    assert post(good.encode()).status_code == 200


def test_403_404_400(log: PublishedLog, post: Post) -> None:
    log.grow(5)
    thief = Ed25519Signer(SIGNER.name, Ed25519PrivateKey.from_private_bytes(bytes([3] * 32)))
    stranger = Ed25519Signer("elsewhere.example/log", Ed25519PrivateKey.from_private_bytes(bytes([3] * 32)))
    unsigned = sign_checkpoint(Checkpoint(thief.name, 5, bytes(32)), thief).encode()
    assert post(AddCheckpoint(0, (), unsigned).encode()).status_code == 403
    broken = bytearray(request(log, 0))
    broken[-10] ^= 1
    assert post(bytes(broken)).status_code in (400, 403)
    unknown = sign_checkpoint(Checkpoint(stranger.name, 5, bytes(32)), stranger).encode()
    assert post(AddCheckpoint(0, (), unknown).encode()).status_code == 404
    good = request(log, 0)
    for body in (
        b"",
        b"old 0\n",
        good.replace(b"old 0", b"old 00"),
        good.replace(b"old 0", b"old -1"),
        good.replace(b"old 0\n", b"old 0\r\n"),
        good.replace(b"old 0\n", b"old 0\n" + b"A" * 44 + b"\n" * 64),
        good.replace(b"old 0", b"old 6"),
        b"old 0\n" + b"x" * 70_000 + b"\n\n" + good,
        b"old 0\n" + (b"A" * 43 + b"=\n") * 64 + b"\n" + log.checkpoint(),
    ):
        assert post(body).status_code == 400, body[:60]
    assert post(good).status_code == 200


def test_503_when_it_cannot_remember(log: PublishedLog, witness: OneWitness, post: Post) -> None:
    log.grow(5)
    post(request(log, 0))
    log.grow(5)
    folder = witness.folder / "logs" / origin_id(SIGNER.name)
    (folder / "history").unlink()
    (folder / "history").mkdir()
    assert post(request(log, 5)).status_code == 503
    (folder / "history").rmdir()
    assert post(request(log, 5)).status_code == 200


def test_a_clock_that_goes_back_cosigns_nothing(log: PublishedLog, witness: OneWitness, post: Post) -> None:
    log.grow(5)
    assert post(request(log, 0)).status_code == 200
    first = log.grow(5)
    body = request(log, 5)
    witness.now = NOW - 30
    answer = post(body)
    assert (answer.status_code, "30 s behind" in answer.text) == (503, True)
    assert witness.memory.known(SIGNER.name) != first
    # A process that starts anew knows it too.
    with pytest.raises(Unavailable) as caught:
        Memory(witness.folder).accept(parse_add_checkpoint(body), SIGNER.vkey, NOW - 1)
    assert caught.value.code == "witness-clock-behind"
    witness.now = NOW
    signed = post(body)
    assert signed.status_code == 200
    _, seconds = read_cosignature(signed.content, parse_note(first), witness.key.vkey)
    assert seconds == NOW
    (witness.folder / "logs" / origin_id(SIGNER.name) / "time").write_bytes(b"soon\n")
    assert post(request(log, 10)).status_code == 503


def test_what_it_knows_can_be_fetched(log: PublishedLog, witness: OneWitness) -> None:
    transport = Direct()
    transport.apps["w"] = witness.app
    http = httpx.Client(transport=transport)
    address = f"http://w/checkpoint/{origin_id(SIGNER.name)}"
    assert http.get(address).status_code == 404
    note = log.grow(5)
    http.post("http://w/add-checkpoint", content=request(log, 0))
    assert http.get(address).content == note
    assert http.get("http://w/checkpoint/x").status_code == 404
    assert http.get("http://w/healthz").text == f"{witness.key.vkey.encode()}\n"


STEPS = ["judged", "history-written", "temporary-written", "replaced", "remembered"]


@pytest.mark.parametrize("step", STEPS)
def test_killed_at_any_step_it_never_signs_what_it_could_forget(step: str, log: PublishedLog, tmp_path: Path) -> None:
    log.grow(5)
    first = parse_add_checkpoint(request(log, 0))
    Memory(tmp_path).accept(first, SIGNER.vkey, NOW)
    log.grow(5)
    second = parse_add_checkpoint(request(log, 5))
    child = os.fork()
    if child == 0:
        Memory(tmp_path, failpoint=lambda name: os.kill(os.getpid(), signal.SIGKILL) if name == step else None).accept(
            second, SIGNER.vkey, NOW + 1
        )
        os._exit(0)
    _, status = os.waitpid(child, 0)
    assert os.WTERMSIG(status) == signal.SIGKILL
    memory = Memory(tmp_path)
    # It died before it answered: it holds the old one or the new one, whole, and goes on from there.
    note = memory.known(SIGNER.name)
    assert note in (first.checkpoint, second.checkpoint)
    if step in ("replaced", "remembered"):
        assert note == second.checkpoint
        with pytest.raises(Conflict):
            memory.accept(second, SIGNER.vkey, NOW + 1)
        assert memory.accept(AddCheckpoint(10, (), second.checkpoint), SIGNER.vkey, NOW + 1).size == 10
    else:
        assert memory.accept(second, SIGNER.vkey, NOW + 1).size == 10
    assert memory.known(SIGNER.name) == second.checkpoint
    assert {head.size for head, _ in memory.history(SIGNER.name)} == {5, 10}


def test_a_torn_history_loses_only_what_was_torn(log: PublishedLog, tmp_path: Path) -> None:
    memory = Memory(tmp_path)
    log.grow(5)
    memory.accept(parse_add_checkpoint(request(log, 0)), SIGNER.vkey, NOW)
    with (tmp_path / "logs" / origin_id(SIGNER.name) / "history").open("ab") as file:
        file.write(b"\n\n\nexample.com/log\n7\nAAAA")
    log.grow(5)
    memory.accept(parse_add_checkpoint(request(log, 5)), SIGNER.vkey, NOW)
    assert [head.size for head, _ in memory.history(SIGNER.name)] == [5, 10]


def test_requests_read_back_as_written(log: PublishedLog) -> None:
    log.grow(300)
    body = request(log, 7)
    assert parse_add_checkpoint(body).encode() == body
    for position in range(0, len(body), 5):
        altered = bytearray(body)
        altered[position] ^= 2
        with suppress(InvalidInput):
            assert parse_add_checkpoint(bytes(altered)).encode() == bytes(altered)


def test_setting_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    vkey = create_witness(tmp_path / "w", "w.example/a", "a passphrase of a witness", cost=8)
    assert open_witness(tmp_path / "w", "a passphrase of a witness").vkey == vkey
    with pytest.raises(Misconfigured):
        open_witness(tmp_path / "w", "another passphrase, wrong")
    with pytest.raises(Conflict):
        create_witness(tmp_path / "w", "w.example/a", "a passphrase of a witness", cost=8)
    trust_log(tmp_path / "w", SIGNER.vkey.encode())
    trust_log(tmp_path / "w", SIGNER.vkey.encode())
    assert read_logs(tmp_path / "w") == {SIGNER.name: SIGNER.vkey}
    other_key = Ed25519Signer(SIGNER.name, Ed25519PrivateKey.from_private_bytes(bytes([3] * 32))).vkey
    for wrong in (other_key.encode(), vkey.encode(), "x"):
        with pytest.raises((Conflict, InvalidInput)):
            trust_log(tmp_path / "w", wrong)

    monkeypatch.setenv("EVIDENCE_WITNESS_HOME", str(tmp_path / "cli"))
    monkeypatch.setenv("EVIDENCE_WITNESS_PASSPHRASE", "a passphrase of a witness")
    runner = CliRunner()
    made = runner.invoke(witness_app, ["init", "--name", "w.example/b", "--log", SIGNER.vkey.encode()])
    assert made.exit_code == 0
    assert made.output.startswith("w.example/b+")
    assert "nothing seen yet" in runner.invoke(witness_app, ["show"]).output
