"""Files that others write and read: pyrage (rage, in Rust), and the stock ``age`` program if installed."""

from __future__ import annotations

import io
import secrets
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pyrage
import pytest

from gateway.envelope.body import BodyEncryptor
from gateway.envelope.file import decrypt_stream
from gateway.envelope.header import new_file_key, write_header
from gateway.envelope.policy import ReleasePolicy, check_policy, policy_stanza
from gateway.envelope.recipient import parse_identity, parse_recipient
from gateway.envelope.x25519 import X25519Identity

SIZES = [0, 5, 65536, 65537, 300_000]
POLICY = ReleasePolicy(
    agreement="eu-uk",
    agreement_version=3,
    agreement_digest="ab" * 32,
    case="case-1",
    view="standard",
    exhibit="0b5e5c9c-59b1-4d2c-9d7a-3f0e0f5a1c11",
    recipient="cnil-fr",
    retain_until=datetime(2026, 12, 31, tzinfo=UTC),
)


def release(identity: X25519Identity, data: bytes) -> bytes:
    file_key = new_file_key()
    encryptor = BodyEncryptor(file_key)
    body = encryptor.start() + encryptor.update(data) + encryptor.finish()
    return write_header(file_key, [identity.recipient], [policy_stanza(POLICY)]) + body


@pytest.mark.parametrize("size", SIZES)
def test_rage_reads_a_release_with_its_policy_stanza(size: int) -> None:
    identity, data = X25519Identity.generate(), secrets.token_bytes(size)
    rage = pyrage.x25519.Identity.from_str(identity.secret_text())
    assert pyrage.decrypt(release(identity, data), [rage]) == data


@pytest.mark.parametrize("size", SIZES)
def test_we_read_what_rage_wrote_to_several(size: int) -> None:
    ours, theirs = pyrage.x25519.Identity.generate(), pyrage.x25519.Identity.generate()
    data = secrets.token_bytes(size)
    file = pyrage.encrypt(data, [theirs.to_public(), ours.to_public()])
    out = io.BytesIO()
    decrypt_stream(io.BytesIO(file).read, out.write, [parse_identity(str(ours))])
    assert out.getvalue() == data


def test_keys_mean_the_same_to_rage() -> None:
    rage = pyrage.x25519.Identity.generate()
    assert str(parse_identity(str(rage)).recipient) == str(rage.to_public())
    assert str(parse_recipient(str(rage.to_public()))) == str(rage.to_public())


def test_a_swapped_policy_breaks_decryption_for_rage_too() -> None:
    identity = X25519Identity.generate()
    file = release(identity, b"evidence")
    digest = policy_stanza(POLICY).args[1].encode()
    other = digest.translate(bytes.maketrans(b"ABCDEFGH", b"BADCFEHG"))
    assert other != digest
    rage = pyrage.x25519.Identity.from_str(identity.secret_text())
    with pytest.raises(pyrage.DecryptError):
        pyrage.decrypt(file.replace(digest, other), [rage])


def test_the_reader_learns_the_policy() -> None:
    identity = X25519Identity.generate()
    header = decrypt_stream(io.BytesIO(release(identity, b"x")).read, lambda data: None, [identity])
    check_policy(header, POLICY)


@pytest.fixture
def age() -> str:
    program = shutil.which("age")
    if program is None:
        pytest.skip("the age program is not installed")
    return program


def test_the_stock_program_reads_a_release(age: str, tmp_path: Path) -> None:
    identity, data = X25519Identity.generate(), secrets.token_bytes(200_000)
    key, file = tmp_path / "key.txt", tmp_path / "exhibit.age"
    key.write_text(f"# ours\n{identity.secret_text()}\n")
    file.write_bytes(release(identity, data))
    done = subprocess.run([age, "-d", "-i", key, file], capture_output=True, check=True)
    assert done.stdout == data


def test_we_read_what_the_stock_program_wrote(age: str) -> None:
    identity, data = X25519Identity.generate(), secrets.token_bytes(200_000)
    done = subprocess.run([age, "-r", str(identity.recipient)], input=data, capture_output=True, check=True)
    out = io.BytesIO()
    decrypt_stream(io.BytesIO(done.stdout).read, out.write, [identity])
    assert out.getvalue() == data
