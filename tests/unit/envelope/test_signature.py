"""Detached signatures: made and checked with stock OpenSSL as well."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from gateway.envelope.signature import load_private_key, load_public_key, private_pem, public_pem, sign, verify
from gateway.errors import IntegrityFailure, InvalidInput

DATA = b'{"manifest":1}'
P384 = ec.generate_private_key(ec.SECP384R1())
P256 = ec.generate_private_key(ec.SECP256R1())


@pytest.mark.parametrize("key", [P384, P256], ids=["P-384", "P-256"])
def test_a_signature_verifies_by_key_object_and_by_pem(key: ec.EllipticCurvePrivateKey) -> None:
    public = key.public_key()
    for form in (public, public_pem(public), public_pem(public).decode()):
        verify(form, DATA, sign(key, DATA))


@pytest.mark.parametrize("key", [P384, P256], ids=["P-384", "P-256"])
def test_anything_else_does_not(key: ec.EllipticCurvePrivateKey) -> None:
    good = sign(key, DATA)
    flipped = bytearray(good)
    flipped[-1] ^= 1
    other = ec.generate_private_key(key.curve).public_key()
    for public, data, signature in [
        (key.public_key(), DATA + b" ", good),
        (key.public_key(), DATA, bytes(flipped)),
        (key.public_key(), DATA, good + b"\0"),
        (key.public_key(), DATA, good[:-1]),
        (key.public_key(), DATA, b""),
        (key.public_key(), DATA, bytes(10_000)),
        (other, DATA, good),
    ]:
        with pytest.raises(IntegrityFailure) as caught:
            verify(public, data, signature)
        assert caught.value.code == "signature-invalid"


def test_the_hash_follows_the_curve() -> None:
    from cryptography.hazmat.primitives.hashes import SHA256

    weaker = P384.sign(DATA, ec.ECDSA(SHA256()))
    with pytest.raises(IntegrityFailure):
        verify(P384.public_key(), DATA, weaker)


def test_other_keys_are_refused() -> None:
    spki = (Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    for pem in (
        ec.generate_private_key(ec.SECP521R1()).public_key().public_bytes(*spki),
        ed25519.Ed25519PrivateKey.generate().public_key().public_bytes(*spki),
        rsa.generate_private_key(65537, 2048).public_key().public_bytes(*spki),
        private_pem(P256),
        b"",
        b"-----BEGIN PUBLIC KEY-----\nnonsense\n-----END PUBLIC KEY-----\n",
        public_pem(P256.public_key()) * 100,
    ):
        with pytest.raises(InvalidInput) as caught:
            load_public_key(pem)
        assert caught.value.code == "public-key-invalid"
    for pem in (public_pem(P256.public_key()), b"", private_pem(P256) * 100):
        with pytest.raises(InvalidInput) as caught:
            load_private_key(pem)
        assert caught.value.code == "private-key-invalid"


def test_private_keys_come_back() -> None:
    assert load_private_key(private_pem(P384)).private_numbers() == P384.private_numbers()


@pytest.fixture
def openssl() -> str:
    program = shutil.which("openssl")
    if program is None:
        pytest.skip("openssl is not installed")
    return program


@pytest.mark.parametrize(("key", "digest"), [(P384, "-sha384"), (P256, "-sha256")], ids=["P-384", "P-256"])
def test_openssl_verifies_ours_and_we_its(
    openssl: str, tmp_path: Path, key: ec.EllipticCurvePrivateKey, digest: str
) -> None:
    pem, private, signature, data = (
        tmp_path / name for name in ("gateway.pem", "key.pem", "manifest.sig", "manifest.json")
    )
    pem.write_bytes(public_pem(key.public_key()))
    private.write_bytes(private_pem(key))
    data.write_bytes(DATA)
    signature.write_bytes(sign(key, DATA))
    command = [openssl, "dgst", digest, "-verify", pem, "-signature", signature, data]
    assert b"Verified OK" in subprocess.run(command, capture_output=True, check=True).stdout
    theirs = subprocess.run([openssl, "dgst", digest, "-sign", private, data], capture_output=True, check=True)
    verify(key.public_key(), DATA, theirs.stdout)
