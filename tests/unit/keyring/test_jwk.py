"""JSON Web Keys: ours come back, and what is not a public P-256 key for ES256 is refused."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from gateway.errors import InvalidInput
from gateway.keyring.jwk import decode, encode, parse_public_jwk, public_jwk, thumbprint

CLIENT_KEY = ec.generate_private_key(ec.SECP256R1())


def test_a_jwk_comes_back() -> None:
    key = CLIENT_KEY.public_key()
    assert parse_public_jwk(public_jwk(key)).public_numbers() == key.public_numbers()


def test_the_thumbprint_of_rfc_7638() -> None:
    """Members in lexical order, no white space (RFC 7638 §3), for an EC key."""
    jwk = public_jwk(CLIENT_KEY.public_key())
    text = f'{{"crv":"P-256","kty":"EC","x":"{jwk["x"]}","y":"{jwk["y"]}"}}'
    assert thumbprint(CLIENT_KEY.public_key()) == encode(hashlib.sha256(text.encode()).digest())


@pytest.mark.parametrize(
    "changes",
    [
        {"kty": "oct", "k": "AAAA"},
        {"kty": "RSA"},
        {"crv": "P-384"},
        {"use": "enc"},
        {"alg": "ES384"},
        {"key_ops": ["sign"]},
        {"key_ops": ["verify", "sign"]},
        {"d": "AAAA"},
        {"x5c": []},
        {"x": "AAAA"},
        {"x": ...},
        {"y": 5},
        {"y": encode(bytes(32))},
    ],
)
def test_jwks_that_are_refused(changes: dict[str, Any]) -> None:
    jwk = {**public_jwk(CLIENT_KEY.public_key()), **changes}
    jwk = {name: value for name, value in jwk.items() if value is not ...}
    with pytest.raises(InvalidInput) as caught:
        parse_public_jwk(jwk)
    assert caught.value.code == "jwk-invalid"


@pytest.mark.parametrize("value", [None, [], "x", 1, {}, {"keys": []}])
def test_other_values_are_refused(value: Any) -> None:
    with pytest.raises(InvalidInput):
        parse_public_jwk(value)


@pytest.mark.parametrize("text", ["A", "AAAAA", "AB", "AA==", "A+", "A/", "A A", "AA\n", "é"])
def test_base64url_has_one_spelling(text: str) -> None:
    with pytest.raises(ValueError):
        decode(text)
