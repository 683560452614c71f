"""JSON Web Keys: ours have the members and the thumbprint that others compute, and base64url has one spelling."""

from __future__ import annotations

import hashlib

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from jose import jwk as jose_jwk

from gateway.keyring.jwk import decode, encode, public_jwk, thumbprint

CLIENT_KEY = ec.generate_private_key(ec.SECP256R1())


def test_a_jwk_is_read_by_others() -> None:
    key = CLIENT_KEY.public_key()
    assert load_pem_public_key(jose_jwk.construct(public_jwk(key), "ES256").to_pem()) == key


def test_the_thumbprint_of_rfc_7638() -> None:
    """Members in lexical order, no white space (RFC 7638 §3), for an EC key."""
    jwk = public_jwk(CLIENT_KEY.public_key())
    text = f'{{"crv":"P-256","kty":"EC","x":"{jwk["x"]}","y":"{jwk["y"]}"}}'
    assert thumbprint(CLIENT_KEY.public_key()) == encode(hashlib.sha256(text.encode()).digest())


@pytest.mark.parametrize("text", ["A", "AAAAA", "AB", "AA==", "A+", "A/", "A A", "AA\n", "é"])
def test_base64url_has_one_spelling(text: str) -> None:
    with pytest.raises(ValueError):
        decode(text)
