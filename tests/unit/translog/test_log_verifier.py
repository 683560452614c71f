"""The full audit: a good log passes, and any byte changed anywhere is found and its place named."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.errors import IntegrityFailure
from gateway.translog.checkpoint import Checkpoint, sign_checkpoint
from gateway.translog.edge import Edge
from gateway.translog.entry import NO_PREVIOUS, pending, place
from gateway.translog.event import AuditEvent
from gateway.translog.merkle import leaf_hash
from gateway.translog.tiles import decode_bundle
from gateway.translog.verifier import Audit, audit
from gateway.translog.vkey import Ed25519Signer

SIGNER = Ed25519Signer("example.com/log", Ed25519PrivateKey.from_private_bytes(bytes([1] * 32)))
START = datetime(2026, 1, 1, tzinfo=UTC)
Files = dict[str, bytes]


def leaves_of(size: int) -> list[bytes]:
    leaves: list[bytes] = []
    prev = NO_PREVIOUS
    for seq in range(size):
        event = AuditEvent(
            "package.create",
            "done",
            START + timedelta(minutes=seq),
            {"system": "worker"},
            {"kind": "package", "id": f"k-{seq}"},
        )
        _, leaf = place(pending(event, {}), seq, prev)
        leaves.append(leaf)
        prev = leaf_hash(leaf).hex()
    return leaves


def log_of(leaves: list[bytes]) -> Files:
    """A whole log over any leaves, right or wrong, with a right tree and signature."""
    edge = Edge()
    files = {tile.path: data for tile, data in [*edge.extend(leaves), *edge.partials()]}
    files["checkpoint"] = sign_checkpoint(Checkpoint(SIGNER.name, edge.size, edge.root()), SIGNER).encode()
    return files


def check(files: Files, **more: object) -> Audit:
    return audit(files.get, SIGNER.vkey, **more)  # type: ignore[arg-type]


def fault(files: Files, **more: object) -> IntegrityFailure:
    with pytest.raises(IntegrityFailure) as caught:
        check(files, **more)
    return caught.value


LEAVES = leaves_of(600)
LOG = log_of(LEAVES)


@pytest.mark.parametrize("size", [0, 1, 2, 255, 256, 257, 512, 600])
def test_a_good_log_passes(size: int) -> None:
    seen: list[int] = []
    result = check(log_of(LEAVES[:size]), on_entry=lambda seq, leaf: seen.append(seq))
    assert result.checkpoint.size == size
    assert seen == list(range(size))
    assert result.as_dict()["signed_by"] == ["example.com/log"]
    if size:
        assert result.first_time == START
        assert result.last_time == START + timedelta(minutes=size - 1)


@settings(max_examples=250, deadline=None)
@given(path=st.sampled_from(sorted(LOG)), place=st.integers(0, 2**20), bit=st.integers(0, 7))
def test_any_bit_of_any_file(path: str, place: int, bit: int) -> None:
    """The fault names that very file, and in a bundle the very entry whose bytes were touched."""
    data = LOG[path]
    at = place % len(data)
    flipped = data[:at] + bytes([data[at] ^ 1 << bit]) + data[at + 1 :]
    found = fault({**LOG, path: flipped})
    assert (found.where or "").startswith(path), (at, found)
    if path.startswith("tile/entries/") and "entry " in (found.where or ""):
        assert found.where == f"{path} entry {entry_at(path, at)}"


def entry_at(path: str, at: int) -> int:
    """The number of the entry whose bytes, or length, lie at an offset of a bundle."""
    seq, end = int(path.split("/")[2][:3]) * 256, 0
    for leaf in decode_bundle(LOG[path], 88 if path.endswith("88") else 256):
        end += 2 + len(leaf)
        if at < end:
            break
        seq += 1
    return seq


@settings(max_examples=60, deadline=None)
@given(path=st.sampled_from(sorted(LOG)), at=st.integers(0, 2**20), data=st.binary(min_size=1, max_size=40))
def test_bytes_inserted_removed_or_moved(path: str, at: int, data: bytes) -> None:
    good = LOG[path]
    at %= len(good)
    rest = good[at + len(data) :]
    for changed in (good[:at] + data + good[at:], good[:at] + rest, rest + good[:at]):
        if changed != good:
            assert (fault({**LOG, path: changed}).where or "").startswith(path)


def test_files_that_changed_places() -> None:
    """Two files of one kind, each with the other's bytes: the first of them is named."""
    assert "tile/0/000" in LOG
    for one, other in (("tile/0/000", "tile/0/001"), ("tile/entries/000", "tile/entries/001")):
        assert (fault({**LOG, one: LOG[other], other: LOG[one]}).where or "").startswith(one)


def test_bytes_cut_off_or_added() -> None:
    for path, data in LOG.items():
        for changed in (data[:-1], data + b"\0", b""):
            assert (fault({**LOG, path: changed}).where or "").startswith(path)


def test_a_missing_file_is_named() -> None:
    for path in LOG:
        found = fault({name: data for name, data in LOG.items() if name != path})
        assert found.code == "log-file-missing"
        assert found.where == path


def edited(number: int, **members: object) -> bytes:
    return json.dumps({**json.loads(LEAVES[number]), **members}, sort_keys=True, separators=(",", ":")).encode()


@pytest.mark.parametrize(
    ("leaves", "code", "place"),
    [
        ([*LEAVES[:10], edited(10, outcome="failed"), *LEAVES[11:20]], "log-chain-broken", "entry 11"),
        ([*LEAVES[:10], *LEAVES[11:20]], "log-chain-broken", "entry 10"),
        ([*LEAVES[:10], LEAVES[11], LEAVES[10], *LEAVES[12:20]], "log-chain-broken", "entry 10"),
        ([*LEAVES[:10], LEAVES[9], *LEAVES[10:20]], "log-chain-broken", "entry 10"),
        ([edited(0, prev="ab" * 32), *LEAVES[1:20]], "log-chain-broken", "entry 0"),
        ([*LEAVES[:19], edited(19, seq=20)], "log-chain-broken", "entry 19"),
        ([*LEAVES[:19], LEAVES[19].replace(b'"v":1', b'"v": 1')], "log-entry-wrong", "entry 19"),
        ([*LEAVES[:5], b"not an entry", *LEAVES[6:20]], "log-entry-wrong", "entry 5"),
    ],
    ids=["changed", "deleted", "swapped", "repeated", "beginning", "number", "form", "garbage"],
)
def test_an_operator_who_builds_a_new_tree_over_changed_entries(leaves: list[bytes], code: str, place: str) -> None:
    """Tree and signature are right, made by whoever holds the key; the chain still tells."""
    found = fault(log_of(leaves))
    assert found.code == code
    assert (found.where or "").endswith(place)


def test_a_rewritten_log_against_a_checkpoint_that_somebody_kept() -> None:
    """A consistent rewriting passes by itself, and fails against any checkpoint from before."""
    kept = [Checkpoint(SIGNER.name, size, _root(LEAVES[:size])) for size in (0, 1, 300, 512, 600)]
    assert check(LOG, known=kept).checkpoint.size == 600
    other = leaves_of(600)
    rewritten: list[bytes] = []
    prev = NO_PREVIOUS
    for seq, leaf in enumerate(other):
        members = {**json.loads(leaf), "prev": prev, "outcome": "failed" if seq == 299 else "done"}
        rewritten.append(json.dumps(members, sort_keys=True, separators=(",", ":")).encode())
        prev = leaf_hash(rewritten[-1]).hex()
    forged = log_of(rewritten)
    assert check(forged).checkpoint.size == 600
    assert check(forged, known=kept[:2]).checkpoint.size == 600
    for checkpoint in kept[2:]:
        assert fault(forged, known=[checkpoint]).code == "log-rewritten"
    assert fault(log_of(LEAVES[:500]), known=[kept[3]]).code == "log-shrunk"


def _root(leaves: list[bytes]) -> bytes:
    edge = Edge()
    edge.extend(leaves)
    return edge.root()


def test_another_key_or_another_log() -> None:
    other = Ed25519Signer("example.com/log", Ed25519PrivateKey.from_private_bytes(bytes([9] * 32)))
    with pytest.raises(IntegrityFailure) as caught:
        audit(LOG.get, other.vkey)
    assert caught.value.code == "log-checkpoint-wrong"
    assert caught.value.where == "checkpoint"


def test_partial_files_that_gave_way_to_full_ones() -> None:
    """A reader with an older checkpoint finds only the full files of today."""
    older = {**log_of(LEAVES[:300])}
    files = {path: data for path, data in LOG.items() if not path.startswith("checkpoint")}
    files = {path: data for path, data in files.items() if ".p/" not in path} | {
        "checkpoint": older["checkpoint"],
        "tile/1/000.p/1": older["tile/1/000.p/1"],
    }
    assert "tile/0/001.p/44" not in files
    assert check(files).checkpoint.size == 300
