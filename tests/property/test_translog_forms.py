"""Whatever parses writes back to the same bytes; canonical JSON is that of the rfc8785 package."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from datetime import UTC, datetime

import rfc8785
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.errors import GatewayError
from gateway.translog.checkpoint import Checkpoint, parse_checkpoint, sign_checkpoint
from gateway.translog.entry import NO_PREVIOUS, VERSION, Entry, format_time, parse_entry, pending, place
from gateway.translog.event import AuditEvent
from gateway.translog.note import parse_note
from gateway.translog.proof import LogProof, parse_proof
from gateway.translog.tiles import Tile, decode_bundle, encode_bundle, parse_path
from gateway.translog.vkey import Ed25519Signer, parse_vkey

names = st.text(st.characters(codec="ascii"), max_size=12)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53 - 1), 2**53 - 1) | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names, inner, max_size=4),
    max_leaves=20,
)
KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))
SIGNER = Ed25519Signer("example.com/log", KEY)


def written(entry: Entry) -> bytes:
    """An entry's one form, by other code than that which places entries."""
    members = {item.name: getattr(entry, item.name) for item in fields(entry)}
    return rfc8785.dumps({**members, "time": format_time(entry.time), "v": VERSION})


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(names, values, max_size=5), st.integers(0, 2**53 - 1), texts)
def test_a_leaf_is_rfc_8785(detail: dict[str, object], seq: int, reason: str) -> None:
    event = AuditEvent(
        action="a.b",
        outcome="done",
        time=datetime(2026, 1, 1, tzinfo=UTC),
        actor={"system": "worker"},
        object={"kind": "k", "id": "i"},
        reason=reason,
        detail=detail,
    )
    entry, leaf = place(pending(event, {}), seq, NO_PREVIOUS)
    assert leaf == rfc8785.dumps(
        {
            "v": 1,
            "seq": seq,
            "prev": NO_PREVIOUS,
            "time": "2026-01-01T00:00:00.000000Z",
            "actor": {"system": "worker"},
            "action": "a.b",
            "object": {"kind": "k", "id": "i"},
            "agreement": {},
            "clause": "",
            "outcome": "done",
            "reason": reason,
            "detail": detail,
            "commitments": {},
        }
    )
    assert parse_entry(leaf) == entry
    assert written(entry) == leaf


def _seeds() -> dict[str, tuple[bytes, Callable[[bytes], bytes]]]:
    event = AuditEvent(
        "a.b",
        "done",
        datetime(2026, 1, 1, tzinfo=UTC),
        {"system": "w"},
        {"kind": "k", "id": "i"},
        detail={"n": [1, "é"]},
    )
    _, leaf = place(pending(event, {}), 7, "ab" * 32)
    checkpoint = Checkpoint(SIGNER.name, 1234, bytes(range(32)), ("extension",))
    note = sign_checkpoint(checkpoint, SIGNER).encode()
    proof = LogProof(5, (bytes(32), bytes([1] * 32)), note, b"extra").encode()

    def bundle(data: bytes) -> bytes:
        return encode_bundle(decode_bundle(data, 3))

    return {
        "entry": (leaf, lambda data: written(parse_entry(data))),
        "note": (note, lambda data: parse_note(data).encode()),
        "checkpoint": (checkpoint.text().encode(), lambda data: parse_checkpoint(data.decode()).text().encode()),
        "proof": (proof, lambda data: parse_proof(data).encode()),
        "bundle": (encode_bundle([b"a", b"", b"ccc"]), bundle),
        "vkey": (SIGNER.vkey.encode().encode(), lambda data: parse_vkey(data.decode()).encode().encode()),
        "path": (Tile(1, 1234067, 5).path.encode(), lambda data: parse_path(data.decode()).path.encode()),
    }


SEEDS = _seeds()


def test_the_seeds_themselves_pass() -> None:
    assert len(SEEDS) == 7
    for seed, rewrite in SEEDS.values():
        assert rewrite(seed) == seed


@settings(max_examples=1500, deadline=None)
@given(st.sampled_from(sorted(SEEDS)), st.data())
def test_mutations_write_back_or_are_refused(kind: str, data: st.DataObject) -> None:
    seed, rewrite = SEEDS[kind]
    start = data.draw(st.integers(0, len(seed)))
    end = data.draw(st.integers(start, min(len(seed), start + 4)))
    mutated = (
        seed[:start] + data.draw(st.binary(max_size=4) | st.sampled_from([b"0", b" ", b"\n", b"=", b"+"])) + seed[end:]
    )
    try:
        written = rewrite(mutated)
    except (GatewayError, UnicodeDecodeError):
        return
    assert written == mutated
