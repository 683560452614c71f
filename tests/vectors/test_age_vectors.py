"""The C2SP/CCTV vectors for age: what a reader must accept, and how it must refuse the rest.

All binary files with X25519 or X-Wing recipients. Text armor and passphrases are not ours; a test
below pins that such files are refused and not misread.
"""

from __future__ import annotations

import hashlib
import io
import zlib
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from gateway.envelope.body import payload_key
from gateway.envelope.file import decrypt_stream, read_header
from gateway.envelope.recipient import parse_identity
from gateway.errors import GatewayError

CODES = {
    "success": None,
    "header failure": "age-header-invalid",
    "HMAC failure": "age-mac-mismatch",
    "payload failure": "age-payload-invalid",
    "no match": "age-no-match",
}


@dataclass(frozen=True)
class Vector:
    name: str
    members: dict[str, str]
    identities: tuple[str, ...]
    data: bytes

    @property
    def ours(self) -> bool:
        return "armored" not in self.members and "passphrase" not in self.members


def load(path: Path) -> Vector:
    head, _, data = path.read_bytes().partition(b"\n\n")
    members: dict[str, str] = {}
    identities = []
    for line in head.decode().splitlines():
        name, value = line.split(": ", 1)
        members[name] = value
        if name == "identity":
            identities.append(value)
    if members.get("compressed") == "zlib":
        data = zlib.decompress(data)
    return Vector(path.name, members, tuple(identities), data)


@pytest.fixture(scope="module")
def vectors(shared: Path) -> list[Vector]:
    found = [load(path) for path in sorted((shared / "vectors" / "age").iterdir())]
    assert len(found) > 100
    return found


def run(vector: Vector, piece: int = 1 << 20) -> tuple[str | None, bytes]:
    out, source = io.BytesIO(), io.BytesIO(vector.data)
    identities = [parse_identity(text) for text in vector.identities]
    try:
        decrypt_stream(lambda size: source.read(min(size, piece)), out.write, identities)
    except GatewayError as error:
        return error.code, out.getvalue()
    return None, out.getvalue()


def greedy_prefix(vector: Vector) -> bytes:
    """What a reader may release at most: the chunks that authenticate, in order, up to a last one."""
    source = io.BytesIO(vector.data)
    header, rest = read_header(source.read)
    body = rest + source.read()
    aead = ChaCha20Poly1305(payload_key(header.open([parse_identity(vector.identities[0])]), body[:16]))
    released = b""
    for counter, at in enumerate(range(16, len(body), 65552)):
        chunk = body[at : at + 65552]
        plaintext = None
        # Only a last chunk may be short; a full one may be either, and nothing follows a last one.
        for flag in (b"\0", b"\1") if len(chunk) == 65552 else (b"\1",):
            try:
                plaintext = aead.decrypt(counter.to_bytes(11, "big") + flag, chunk, None)
                break
            except (InvalidTag, ValueError):
                continue
        if plaintext is None:
            break
        released += plaintext
        if flag == b"\1":
            break
    return released


def test_each_binary_vector_gives_its_class_of_result(vectors: list[Vector]) -> None:
    ours = [vector for vector in vectors if vector.ours]
    assert len(ours) >= 60
    assert {vector.members["expect"] for vector in ours} == set(CODES)
    wrong = {}
    for vector in ours:
        code, plaintext = run(vector)
        expected = CODES[vector.members["expect"]]
        digest = hashlib.sha256(plaintext).hexdigest()
        if code != expected or (expected is None and digest != vector.members["payload"]):
            wrong[vector.name] = (code, expected)
    assert wrong == {}


def test_hybrid_vectors_are_among_them(vectors: list[Vector]) -> None:
    assert sum(v.ours and v.name.startswith("hybrid") for v in vectors) >= 10


def test_what_a_broken_payload_released_is_a_prefix(vectors: list[Vector]) -> None:
    broken = [v for v in vectors if v.ours and v.members["expect"] == "payload failure"]
    assert len(broken) > 10
    for vector in broken:
        allowed = greedy_prefix(vector)
        # The vectors give the digest of the longest prefix; so our idea of it is theirs.
        assert hashlib.sha256(allowed).hexdigest() == vector.members["payload"], vector.name
        code, released = run(vector)
        assert code == "age-payload-invalid"
        assert allowed.startswith(released), vector.name


def test_small_pieces_change_nothing(vectors: list[Vector]) -> None:
    small = [v for v in vectors if v.ours and len(v.data) < 5000]
    assert len(small) > 20
    for vector in small:
        assert run(vector, piece=7)[0] == run(vector)[0], vector.name


def test_armor_and_passphrases_are_refused_not_misread(vectors: list[Vector]) -> None:
    others = [v for v in vectors if not v.ours]
    assert len(others) > 20
    for vector in others:
        code, plaintext = run(vector)
        assert code in ("age-header-invalid", "age-no-match"), vector.name
        assert plaintext == b""


def test_an_accepted_header_writes_back_to_its_bytes(vectors: list[Vector]) -> None:
    for vector in vectors:
        if vector.ours and vector.members["expect"] == "success":
            source = io.BytesIO(vector.data)
            header, _ = read_header(source.read)
            assert vector.data.startswith(header.serialise()), vector.name


def test_the_file_key_is_the_one_the_vector_names(vectors: list[Vector]) -> None:
    named = [v for v in vectors if v.ours and v.members["expect"] == "success" and "file key" in v.members]
    assert len(named) > 5
    for vector in named:
        header, _ = read_header(io.BytesIO(vector.data).read)
        file_key = header.open([parse_identity(vector.identities[0])])
        assert file_key.hex() == vector.members["file key"]
