"""Wycheproof's JWS, JWE and JWK attacks against our verifier: no forged token passes.

Each vector is parsed and verified as :mod:`gateway.keyring.tokens` does it, with the vector's own public
key as the registered one: its bare point, for clients register PEM and no JWK is ever read. We accept
ES256 under a P-256 key only, so every other algorithm's valid vectors must fail as well, and every ES256
one that is valid must pass.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from gateway.errors import GatewayError
from gateway.keyring.compact_jws import MalformedJws, parse_compact
from gateway.keyring.jwk import decode
from gateway.keyring.tokens import TokenAuthority, signed_by

FILES = ("json_web_signature_test.json", "json_web_crypto_test.json", "json_web_key_test.json")


#: Groups whose tokens are signed properly, and wrong only by what the JWK around the point says of itself.
WRONG_BY_THE_JWK = {
    *("ec_key_for_encryption", "invalid_use", "wrong_curve", "wrong_kty"),
    *("invalid_algorithm", "wrong_algorithm"),
}


def cases(shared: Path, name: str) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    document = json.loads((shared / "vectors" / "wycheproof" / name).read_text())
    for group in document["testGroups"]:
        for test in group["tests"]:
            yield group, test


def jwks(group: dict[str, Any]) -> list[Any]:
    """The group's key, or the keys of its set."""
    document = group.get("public", group.get("private"))
    return [document, *document.get("keys", [])] if isinstance(document, dict) else [document]


def registered_keys(group: dict[str, Any]) -> list[ec.EllipticCurvePublicKey]:
    """The points on P-256, whatever the JWK around them says."""
    points = []
    for jwk in jwks(group):
        with contextlib.suppress(KeyError, TypeError, ValueError):
            x, y = (int.from_bytes(decode(jwk[name]), "big") for name in ("x", "y"))
            points.append(ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key())
    return points


def verifies(token: str, keys: list[ec.EllipticCurvePublicKey]) -> bool:
    try:
        jws = parse_compact(token, types={None, "jwt"})
    except MalformedJws:
        return False
    return any(signed_by(token, jws, key) for key in keys)


@pytest.mark.parametrize("name", FILES)
def test_no_forged_token_is_accepted(shared: Path, name: str) -> None:
    seen = accepted = 0
    for group, test in cases(shared, name):
        if group["comment"] in WRONG_BY_THE_JWK:
            continue
        token = test.get("jws", test.get("jwe"))
        token = token if isinstance(token, str) else json.dumps(token)
        seen += 1
        if verifies(token, registered_keys(group)):
            accepted += 1
            assert test["result"] == "valid", (name, test["tcId"], test["comment"])
    assert seen > 20
    if name == "json_web_signature_test.json":
        assert accepted > 0


@pytest.mark.parametrize("name", FILES)
def test_every_valid_es256_token_verifies(shared: Path, name: str) -> None:
    valid = 0
    for group, test in cases(shared, name):
        token = test.get("jws")
        if test["result"] != "valid" or not isinstance(token, str):
            continue
        try:
            header = json.loads(decode(token.split(".")[0]))
        except ValueError:
            continue
        keys = registered_keys(group)
        if header.get("alg") != "ES256" or not keys:
            continue
        valid += 1
        assert verifies(token, keys), (name, test["tcId"], test["comment"])
    if name != "json_web_key_test.json":
        assert valid > 0


def test_none_of_them_is_an_access_token_or_an_assertion(shared: Path) -> None:
    authority = TokenAuthority(ec.generate_private_key(ec.SECP256R1()), "https://gw.example", "https://gw.example")
    now = datetime(2026, 5, 4, tzinfo=UTC)
    seen = 0
    for name in FILES:
        for _, test in cases(shared, name):
            token = test.get("jws", test.get("jwe"))
            token = token if isinstance(token, str) else json.dumps(token)
            seen += 1
            with pytest.raises(GatewayError, match="access token"):
                authority.verify_access_token(token, now)
            with pytest.raises(GatewayError, match="client assertion"):
                TokenAuthority.untrusted_client_id(token)
    assert seen > 400
