"""Signed notes, verifier keys, checkpoints, cosignatures and offline proofs."""

from __future__ import annotations

import base64
import hashlib

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gateway.errors import GatewayError, IntegrityFailure, InvalidInput
from gateway.translog.checkpoint import Checkpoint, open_checkpoint, parse_checkpoint, sign_checkpoint
from gateway.translog.commitment import commit, opens
from gateway.translog.cosignature import Cosigner, cosigned_at
from gateway.translog.edge import Edge
from gateway.translog.merkle import inclusion_proof
from gateway.translog.note import Note, parse_note, sign_note, verify_note
from gateway.translog.proof import LogProof, parse_proof
from gateway.translog.stage import decode_stage, encode_stage, stage_name, stage_size
from gateway.translog.tiles import Tile, node_reader, parse_path
from gateway.translog.vkey import Ed25519Signer, VerifierKey, parse_vkey

# The example of the signed-note package of the Go checksum database (golang.org/x/mod/sumdb/note):
# a note and its key that were not made by this code.
GO_VKEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
GO_NOTE = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
    "\n"
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
).encode()

SIGNER = Ed25519Signer("example.com/log", Ed25519PrivateKey.from_private_bytes(bytes([1] * 32)))
WITNESS_KEY = Ed25519PrivateKey.from_private_bytes(bytes([2] * 32))
CHECKPOINT = Checkpoint("example.com/log", 3, bytes(range(32)))


def test_a_note_of_the_go_implementation_verifies() -> None:
    key = parse_vkey(GO_VKEY)
    assert key.encode() == GO_VKEY
    note = parse_note(GO_NOTE)
    assert note.encode() == GO_NOTE
    assert verify_note(note, [key]) == (key,)
    with pytest.raises(IntegrityFailure) as caught:
        verify_note(Note(note.text.replace("answer", "ANSWER"), note.signatures), [key])
    assert caught.value.code == "note-signature-invalid"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "name",
        "name+00000000",
        GO_VKEY + "=",
        GO_VKEY.replace("c74f20a3", "C74F20A3"),
        GO_VKEY.replace("c74f20a3", "c74f20a4"),
        GO_VKEY.replace("PeterNeumann", "Peter Neumann"),
        GO_VKEY.replace("PeterNeumann", ""),
        GO_VKEY.replace("ARpc", "AR+c"),
        GO_VKEY[:-4],
        " " + GO_VKEY,
        GO_VKEY + "\n",
        "x" * 10_000,
    ],
)
def test_a_vkey_has_one_spelling(text: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        parse_vkey(text)
    assert caught.value.code == "vkey-invalid"


GOOD = sign_checkpoint(CHECKPOINT, SIGNER).encode()
SIGNATURE_LINE = GOOD[GOOD.index("—".encode()) :]
BAD_NOTES = {
    "empty": b"",
    "no signature": GOOD[: GOOD.index("—".encode())],
    "no empty line": GOOD.replace(b"\n\n", b"\n"),
    "no last newline": GOOD[:-1],
    "carriage return": GOOD.replace(b"\n", b"\r\n"),
    "NUL": GOOD.replace(b"example", b"ex\0mple", 1),
    "not UTF-8": GOOD.replace(b"example", b"ex\xffmple", 1),
    "hyphen for dash": GOOD.replace("—".encode(), b"-"),
    "two spaces": GOOD.replace("— ".encode(), "—  ".encode()),
    "base64 without padding": GOOD.replace(b"=\n", b"\n").replace(
        SIGNATURE_LINE, SIGNATURE_LINE.rstrip(b"=\n") + b"AA\n"
    ),
    "short signature": GOOD.replace(SIGNATURE_LINE, "— example.com/log AAAA\n".encode()),
    "too many signatures": GOOD + SIGNATURE_LINE * 100,
    "text after": GOOD + b"more\n",
    "too long": b"x" * 1_000_001,
}


@pytest.mark.parametrize("name", BAD_NOTES)
def test_a_note_has_one_form(name: str) -> None:
    assert BAD_NOTES[name] != GOOD
    with pytest.raises(InvalidInput) as caught:
        parse_note(BAD_NOTES[name])
    assert caught.value.code == "note-invalid"


def test_unknown_signatures_are_passed_over_and_wrong_ones_are_not() -> None:
    stranger = Ed25519Signer("stranger", Ed25519PrivateKey.from_private_bytes(bytes([3] * 32)))
    note = sign_note("hello\n", stranger, SIGNER)
    assert verify_note(note, [SIGNER.vkey]) == (SIGNER.vkey,)
    assert verify_note(note, [SIGNER.vkey, stranger.vkey]) == (stranger.vkey, SIGNER.vkey)
    with pytest.raises(IntegrityFailure) as caught:
        verify_note(sign_note("hello\n", stranger), [SIGNER.vkey])
    assert caught.value.code == "note-unsigned"
    # A key of the same name but another id is another key.
    namesake = Ed25519Signer("example.com/log", Ed25519PrivateKey.from_private_bytes(bytes([4] * 32)))
    with pytest.raises(IntegrityFailure):
        verify_note(sign_note("hello\n", namesake), [SIGNER.vkey])
    with pytest.raises(InvalidInput):
        sign_note("no newline", SIGNER)


TEXT = CHECKPOINT.text()


@pytest.mark.parametrize(
    "text",
    [
        TEXT.replace("\n3\n", "\n03\n"),
        TEXT.replace("\n3\n", "\n+3\n"),
        TEXT.replace("\n3\n", "\n 3\n"),
        TEXT.replace("\n3\n", "\n3_0\n"),
        TEXT.replace("\n3\n", "\n٣\n"),
        TEXT.replace("\n3\n", "\n\n"),
        TEXT.replace("\n3\n", "\n9223372036854775808\n"),
        TEXT.replace("=\n", "\n"),
        TEXT.replace("Hh8=", "Hh9="),
        TEXT.replace("Hh8=\n", "\n"),
        TEXT + "\n",
        TEXT[:-1],
        "\n" + TEXT,
        "",
    ],
)
def test_a_checkpoint_has_one_spelling(text: str) -> None:
    assert text != TEXT
    with pytest.raises(InvalidInput) as caught:
        parse_checkpoint(text)
    assert caught.value.code == "checkpoint-invalid"


def test_a_checkpoint_belongs_to_one_log() -> None:
    assert open_checkpoint(GOOD, SIGNER.vkey).checkpoint == CHECKPOINT
    with pytest.raises(InvalidInput):
        sign_checkpoint(Checkpoint("another.example/log", 3, bytes(32)), SIGNER)
    foreign = sign_note(Checkpoint("another.example/log", 3, bytes(32)).text(), SIGNER)
    with pytest.raises(IntegrityFailure) as caught:
        open_checkpoint(foreign.encode(), SIGNER.vkey)
    assert caught.value.code == "checkpoint-origin"


def test_a_witness_cosigns() -> None:
    witness = Cosigner("witness.example/w1", WITNESS_KEY, 1_679_315_147)
    note = parse_note(GOOD).signed_also_by(witness)
    assert parse_vkey(witness.vkey.encode()) == witness.vkey
    opened = open_checkpoint(note.encode(), SIGNER.vkey, [witness.vkey])
    assert opened.signed_by == (SIGNER.vkey, witness.vkey)
    value = note.signatures[1].value
    assert cosigned_at(note.text, value, witness.vkey) == 1_679_315_147
    # Another time, another text, or the log's own kind of key: no cosignature.
    assert cosigned_at(note.text, (1).to_bytes(8, "big") + value[8:], witness.vkey) is None
    assert cosigned_at(note.text + "x\n", value, witness.vkey) is None
    assert cosigned_at(note.text, value, SIGNER.vkey) is None
    plain = VerifierKey(witness.name, witness.vkey.public_key)
    assert plain.key_id != witness.key_id
    # A witness alone does not make a checkpoint.
    alone = sign_note(CHECKPOINT.text(), witness).encode()
    with pytest.raises(IntegrityFailure):
        open_checkpoint(alone, SIGNER.vkey, [witness.vkey])
    with pytest.raises(ValueError, match="seconds"):
        Cosigner("w", WITNESS_KEY, 0)


def test_an_offline_proof() -> None:
    leaves = [b"leaf %d" % i for i in range(300)]
    edge = Edge()
    store = dict([*edge.extend(leaves), *edge.partials()])
    note = sign_checkpoint(Checkpoint(SIGNER.name, 300, edge.root()), SIGNER).encode()
    node = node_reader(300, store.__getitem__)
    data = LogProof(257, tuple(inclusion_proof(257, 300, node)), note).encode()
    proof = parse_proof(data)
    assert proof.encode() == data
    assert proof.verify(leaves[257], SIGNER.vkey).checkpoint.size == 300
    for leaf in (leaves[256], b""):
        with pytest.raises(IntegrityFailure):
            proof.verify(leaf, SIGNER.vkey)
    for wrong in (
        data.replace(b"index 257", b"index 0257"),
        data.replace(b"index 257", b"index +257"),
        data.replace(b"proof@v1", b"proof@v2"),
        data.replace(b"\nindex", b"\nextra\nindex"),
        data.replace(b"index 257\n", b"index 257\n\n"),
        data.replace(b"=\n", b"\n", 1),
        data[:-1],
        b"",
    ):
        with pytest.raises(GatewayError):
            parse_proof(wrong).verify(leaves[257], SIGNER.vkey)
    with_extra = LogProof(257, proof.hashes, note, b"context").encode()
    assert with_extra.split(b"\n")[1] == b"extra " + base64.b64encode(b"context")
    assert parse_proof(with_extra).extra == b"context"


@pytest.mark.parametrize(
    ("path", "tile"),
    [
        ("tile/0/000", Tile(0, 0)),
        ("tile/0/x001/x234/067", Tile(0, 1234067)),
        ("tile/1/x273/112.p/17", Tile(1, 273112, 17)),
        ("tile/entries/001.p/255", Tile(None, 1, 255)),
        ("tile/63/999", Tile(63, 999)),
    ],
)
def test_paths_of_tiles(path: str, tile: Tile) -> None:
    assert tile.path == path
    assert parse_path(path) == tile


@pytest.mark.parametrize(
    "path",
    [
        "tile/0/0",
        "tile/0/0000",
        "tile/00/000",
        "tile/64/000",
        "tile/-1/000",
        "tile/0/x000/001",
        "tile/0/001/002",
        "tile/0/000.p/0",
        "tile/0/000.p/256",
        "tile/0/000.p/01",
        "tile/0/000.p/",
        "tile/0/000/",
        "/tile/0/000",
        "tile/0/../000",
        "tile/data/000",
        "tile/0/٠٠٠",
        "tile/0/" + "x001/" * 5000 + "001",
        "tile/0/000\n",
    ],
)
def test_other_spellings_of_paths_are_refused(path: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        parse_path(path)
    assert caught.value.code == "log-path-invalid"


def test_a_stage_is_read_back_or_refused() -> None:
    files = [(Tile(None, 0, 2), b"\0\1a\0\1b"), (Tile(0, 0, 2), bytes(64))]
    blob = encode_stage(files)
    assert decode_stage(blob) == files
    assert stage_size(stage_name(1234, bytes(32))) == 1234
    for place in range(len(blob)):
        broken = blob[:place] + bytes([blob[place] ^ 1]) + blob[place + 1 :]
        with pytest.raises(IntegrityFailure):
            decode_stage(broken)
    for cut in range(len(blob)):
        with pytest.raises(IntegrityFailure):
            decode_stage(blob[:cut])


def test_commitments_bind_field_salt_and_value() -> None:
    salt = bytes(range(32))
    commitment = commit("case_reference", salt, "18403/91")
    written_out = b"evidence-gateway/field-v1\0case_reference\0" + salt + b"18403/91"
    assert commitment == hashlib.sha256(written_out).hexdigest()
    assert opens(commitment, "case_reference", salt, "18403/91")
    assert not opens(commitment, "case_reference", salt, "18403/92")
    assert not opens(commitment, "case_referenc", salt, "e18403/91")
    assert not opens(commitment, "exhibit_name", salt, "18403/91")
    assert not opens(commitment, "case_reference", bytes(32), "18403/91")
    with pytest.raises(InvalidInput):
        commit("case_reference", b"short", "x")
    with pytest.raises(InvalidInput):
        commit("Case\0", salt, "x")
