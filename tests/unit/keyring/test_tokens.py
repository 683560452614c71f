"""Access tokens and client assertions: what passes, and every forgery that must not."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from gateway.envelope.signature import public_pem
from gateway.errors import InvalidInput, Unauthenticated
from gateway.evidence.agency import RegisteredKey
from gateway.evidence.package import Principal
from gateway.keyring.jwk import encode, public_jwk
from gateway.keyring.tokens import AssertionClaims, TokenAuthority

NOW = datetime(2026, 5, 4, 10, tzinfo=UTC)
ISSUER, AUDIENCE, ENDPOINT = "https://gw.example", "https://gw.example/v1", "https://gw.example/oauth/token"
GATEWAY_KEY = ec.generate_private_key(ec.SECP256R1())
CLIENT_KEY = ec.generate_private_key(ec.SECP256R1())
AUTHORITY = TokenAuthority(GATEWAY_KEY, ISSUER, AUDIENCE)
PRINCIPAL = Principal("cnil-fr.push", "cnil-fr", frozenset({"submitter"}))
REGISTERED = RegisteredKey(
    id="key-1",
    agency="cnil-fr",
    principal=PRINCIPAL.id,
    use="authentication",
    material=public_pem(CLIENT_KEY.public_key()).decode(),
    valid_from=NOW - timedelta(days=1),
    valid_until=None,
)


def part(value: Any) -> str:
    data = value if isinstance(value, bytes) else json.dumps(value, separators=(",", ":")).encode()
    return encode(data)


def raw_signature(key: ec.EllipticCurvePrivateKey, data: bytes) -> bytes:
    r, s = decode_dss_signature(key.sign(data, ec.ECDSA(SHA256())))
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def jws(header: Any, payload: Any, key: ec.EllipticCurvePrivateKey) -> str:
    signed = f"{part(header)}.{part(payload)}"
    return f"{signed}.{encode(raw_signature(key, signed.encode()))}"


ACCESS_HEADER = {"alg": "ES256", "typ": "at+jwt", "kid": AUTHORITY.key_id}


def access_claims(**changes: Any) -> dict[str, Any]:
    seconds = int(NOW.timestamp())
    claims = {
        "iss": ISSUER,
        "sub": PRINCIPAL.id,
        "aud": AUDIENCE,
        "exp": seconds + 600,
        "iat": seconds,
        "jti": "id-1",
        "client_id": PRINCIPAL.id,
        "agency": "cnil-fr",
        "scope": "",
    }
    return {name: value for name, value in {**claims, **changes}.items() if value is not ...}


def assertion_claims(**changes: Any) -> dict[str, Any]:
    seconds = int(NOW.timestamp())
    claims = {
        "iss": PRINCIPAL.id,
        "sub": PRINCIPAL.id,
        "aud": ENDPOINT,
        "exp": seconds + 60,
        "iat": seconds,
        "jti": "id-1",
    }
    return {name: value for name, value in {**claims, **changes}.items() if value is not ...}


def assertion(header: dict[str, Any] | None = None, /, **changes: Any) -> str:
    return jws(header or {"alg": "ES256", "typ": "JWT", "kid": "any"}, assertion_claims(**changes), CLIENT_KEY)


def accept(text: str, *keys: RegisteredKey) -> AssertionClaims:
    return AUTHORITY.verify_client_assertion(text, keys, ENDPOINT, NOW)


def refused(work: Callable[[], object]) -> str:
    with pytest.raises(Unauthenticated) as caught:
        work()
    assert caught.value.remedy
    return caught.value.code


# --- access tokens ---


def test_an_access_token_is_what_rfc_9068_says() -> None:
    token = AUTHORITY.issue_access_token(PRINCIPAL, "push pull", NOW)
    header, payload, signature = token.split(".")
    assert json.loads(base64.urlsafe_b64decode(header + "==")) == ACCESS_HEADER
    claims = json.loads(base64.urlsafe_b64decode(payload + "=="))
    assert claims.pop("jti")
    assert claims == access_claims(scope="push pull", jti=...)
    assert len(base64.urlsafe_b64decode(signature + "==")) == 64
    found = AUTHORITY.verify_access_token(token, NOW)
    assert (found.principal, found.client_id, found.agency) == (PRINCIPAL.id, PRINCIPAL.id, "cnil-fr")
    assert found.scope == {"push", "pull"}
    assert found.expires_at == NOW + timedelta(minutes=10)
    assert json.loads(json.dumps(AUTHORITY.jwks()))["keys"][0]["kid"] == AUTHORITY.key_id


def test_token_ids_differ() -> None:
    tokens = {AUTHORITY.issue_access_token(PRINCIPAL, "", NOW) for _ in range(10)}
    assert len({AUTHORITY.verify_access_token(token, NOW).jti for token in tokens}) == 10


def test_our_own_forger_makes_a_token_that_passes() -> None:
    """The refusals below mean something only because this one, made the same way, is accepted."""
    assert AUTHORITY.verify_access_token(jws(ACCESS_HEADER, access_claims(), GATEWAY_KEY), NOW).jti == "id-1"


@pytest.mark.parametrize("lifetime", [timedelta(0), timedelta(seconds=601), timedelta(seconds=-5)])
def test_a_lifetime_is_at_most_ten_minutes(lifetime: timedelta) -> None:
    with pytest.raises(InvalidInput):
        AUTHORITY.issue_access_token(PRINCIPAL, "", NOW, lifetime)


def test_the_end_of_a_token_is_its_end() -> None:
    token = AUTHORITY.issue_access_token(PRINCIPAL, "", NOW, timedelta(seconds=60))
    AUTHORITY.verify_access_token(token, NOW + timedelta(seconds=59))
    AUTHORITY.verify_access_token(token, NOW - timedelta(seconds=30))
    assert refused(lambda: AUTHORITY.verify_access_token(token, NOW + timedelta(seconds=60))) == "token-expired"
    early = NOW - timedelta(seconds=31)
    assert refused(lambda: AUTHORITY.verify_access_token(token, early)) == "token-not-yet-valid"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        *(({name: ...}, "token-claims-invalid") for name in access_claims()),
        *(({name: 1 if name not in ("exp", "iat") else "1"}, "token-claims-invalid") for name in access_claims()),
        ({"iss": "https://evil.example"}, "token-issuer-wrong"),
        ({"aud": "https://other.example"}, "token-audience-wrong"),
        ({"aud": [AUDIENCE]}, "token-claims-invalid"),
        ({"sub": "other"}, "token-claims-invalid"),
        ({"exp": int(NOW.timestamp()) + 601}, "token-claims-invalid"),
        ({"exp": int(NOW.timestamp())}, "token-claims-invalid"),
        ({"exp": True}, "token-claims-invalid"),
        ({"exp": 1e300}, "token-claims-invalid"),
        ({"exp": -1}, "token-claims-invalid"),
        ({"iat": int(NOW.timestamp()) + 60}, "token-not-yet-valid"),
        ({"iat": int(NOW.timestamp()) - 700, "exp": int(NOW.timestamp()) - 100}, "token-expired"),
        ({"agency": ""}, "token-claims-invalid"),
        ({"jti": "x" * 513}, "token-claims-invalid"),
    ],
)
def test_each_claim_is_required_and_checked(changes: dict[str, Any], code: str) -> None:
    token = jws(ACCESS_HEADER, access_claims(**changes), GATEWAY_KEY)
    assert refused(lambda: AUTHORITY.verify_access_token(token, NOW)) == code


@pytest.mark.parametrize(
    "payload", [b"[]", b"null", b'"x"', b"", b"{", b'{"iss":1,"iss":2}', b"\xff", b"[" * 2000, b'{"a":NaN}']
)
def test_a_payload_that_is_no_strict_json_object_is_refused(payload: bytes) -> None:
    token = jws(ACCESS_HEADER, payload, GATEWAY_KEY)
    code = refused(lambda: AUTHORITY.verify_access_token(token, NOW))
    assert code in ("token-claims-invalid", "token-malformed")


# --- forgeries, for tokens and assertions alike ---

HEADERS: dict[str, Any] = {
    "none": {"alg": "none"},
    "None": {"alg": "None"},
    "HS256": {"alg": "HS256"},
    "RS256": {"alg": "RS256"},
    "ES384": {"alg": "ES384"},
    "es256": {"alg": "es256"},
    "alg list": {"alg": ["ES256"]},
    "alg missing": {"alg": ...},
    "alg null": {"alg": None},
    "other typ": {"typ": "jose"},
    "typ number": {"typ": 1},
    "crit": {"crit": ["exp"]},
    "crit empty": {"crit": []},
    "jwk": {"jwk": public_jwk(CLIENT_KEY.public_key())},
    "jku": {"jku": "https://evil.example/jwks"},
    "x5u": {"x5u": "https://evil.example/cert"},
    "x5c": {"x5c": ["MIIB"]},
    "zip": {"zip": "DEF"},
    "b64": {"b64": False},
    "enc": {"enc": "A256GCM"},
    "unknown": {"whatever": "x"},
    "kid list": {"kid": ["x"]},
}


def header_with(base: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in {**base, **changes}.items() if value is not ...}


@pytest.mark.parametrize("name", HEADERS)
def test_a_header_that_steers_the_verifier_is_refused(name: str) -> None:
    token = jws(header_with(ACCESS_HEADER, HEADERS[name]), access_claims(), GATEWAY_KEY)
    assert refused(lambda: AUTHORITY.verify_access_token(token, NOW)) == "token-malformed"
    forged = assertion(header_with({"alg": "ES256", "typ": "JWT"}, HEADERS[name]))
    for work in (
        lambda: TokenAuthority.untrusted_client_id(forged),
        lambda: accept(forged, REGISTERED),
    ):
        assert refused(work) == "assertion-malformed"


def test_a_public_key_is_never_an_hmac_secret() -> None:
    for secret in (REGISTERED.material.encode(), json.dumps(public_jwk(CLIENT_KEY.public_key())).encode(), b""):
        signed = f"{part({'alg': 'HS256', 'typ': 'JWT'})}.{part(assertion_claims())}"
        forged = f"{signed}.{encode(hmac.digest(secret, signed.encode(), hashlib.sha256))}"
        assert refused(lambda forged=forged: accept(forged, REGISTERED)) == "assertion-malformed"


def spellings(token: str) -> dict[str, str]:
    header, payload, signature = token.split(".")
    raw = base64.urlsafe_b64decode(signature + "==")
    twice = part(b'{"alg":"none","alg":"ES256"}')
    last = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    return {
        "unsigned": f"{header}.{payload}.",
        "two parts": f"{header}.{payload}",
        "four parts": f"{token}.{signature}",
        "five parts": f"{header}.{payload}.{signature}.{signature}.{signature}",
        "empty": "",
        "dots": "..",
        "padded": f"{token}=",
        "space": f"{token} ",
        "newline": f"{token}\n",
        "standard alphabet": f"{header}.{payload}.+{signature[1:]}",
        "trailing bits": token[:-1] + last[last.index(token[-1]) ^ 1],
        "DER": f"{header}.{payload}.{encode(CLIENT_KEY.sign(b'', ec.ECDSA(SHA256())))}",
        "short": f"{header}.{payload}.{encode(raw[:-1])}",
        "long": f"{header}.{payload}.{encode(raw + bytes(1))}",
        "duplicate alg": f"{twice}.{payload}.{signature}",
        "JSON form": json.dumps({"protected": header, "payload": payload, "signature": signature}),
        "non-ASCII": f"é{token}",
        "huge": token + "A" * 10_000,
    }


@pytest.mark.parametrize("name", spellings(assertion()))
def test_other_spellings_are_refused(name: str) -> None:
    forged = spellings(assertion())[name]
    assert refused(lambda: TokenAuthority.untrusted_client_id(forged)) == "assertion-malformed"
    forged = spellings(AUTHORITY.issue_access_token(PRINCIPAL, "", NOW))[name]
    assert refused(lambda: AUTHORITY.verify_access_token(forged, NOW)) == "token-malformed"


@pytest.mark.parametrize("at", [0, 31, 32, 63])
def test_a_changed_signature_is_refused(at: int) -> None:
    header, payload, signature = assertion().split(".")
    raw = bytearray(base64.urlsafe_b64decode(signature + "=="))
    raw[at] ^= 1
    forged = f"{header}.{payload}.{encode(bytes(raw))}"
    assert refused(lambda: accept(forged, REGISTERED)) == "assertion-signature-invalid"


def test_zero_signatures_are_refused() -> None:
    header, payload, _ = assertion().split(".")
    order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
    for r in (0, 1, order - 1, order):
        for s in (0, 1, order - 1, order):
            forged = f"{header}.{payload}.{encode(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}"
            assert refused(lambda f=forged: accept(f, REGISTERED)) == "assertion-signature-invalid"


def test_a_token_of_another_key_or_kind_is_refused() -> None:
    stranger = jws(ACCESS_HEADER, access_claims(), CLIENT_KEY)
    assert refused(lambda: AUTHORITY.verify_access_token(stranger, NOW)) == "token-signature-invalid"
    unknown = jws({**ACCESS_HEADER, "kid": "other"}, access_claims(), GATEWAY_KEY)
    assert refused(lambda: AUTHORITY.verify_access_token(unknown, NOW)) == "token-signature-invalid"
    # Cross-use: an assertion shown as a token, and a token shown as an assertion.
    assert refused(lambda: AUTHORITY.verify_access_token(assertion(), NOW)) == "token-malformed"
    token = AUTHORITY.issue_access_token(PRINCIPAL, "", NOW)
    assert refused(lambda: TokenAuthority.untrusted_client_id(token)) == "assertion-malformed"


# --- assertions ---


@pytest.mark.parametrize(
    "header",
    [
        {"alg": "ES256"},
        {"alg": "ES256", "typ": "jwt"},
        {"alg": "ES256", "typ": "client-authentication+jwt", "kid": "k"},
    ],
)
@pytest.mark.parametrize("changes", [{}, {"aud": ISSUER}, {"aud": [ENDPOINT]}, {"iat": ...}, {"nbf": 0}, {"extra": 1}])
def test_a_client_assertion_passes(header: dict[str, Any], changes: dict[str, Any]) -> None:
    text = assertion(header, **changes)
    assert TokenAuthority.untrusted_client_id(text) == PRINCIPAL.id
    claims = accept(text, REGISTERED)
    assert (claims.client_id, claims.jti, claims.key_id) == (PRINCIPAL.id, "id-1", "key-1")
    assert claims.expires_at == NOW + timedelta(seconds=60)


SECONDS = int(NOW.timestamp())


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        *(({name: ...}, "assertion-claims-invalid") for name in ("iss", "sub", "exp", "jti")),
        ({"aud": ...}, "assertion-audience-wrong"),
        ({"aud": "https://evil.example/token"}, "assertion-audience-wrong"),
        ({"aud": [ENDPOINT, "https://evil.example"]}, "assertion-audience-wrong"),
        ({"aud": []}, "assertion-audience-wrong"),
        ({"aud": [[ENDPOINT]]}, "assertion-audience-wrong"),
        ({"aud": ENDPOINT + "/"}, "assertion-audience-wrong"),
        ({"sub": "somebody-else"}, "assertion-claims-invalid"),
        ({"exp": SECONDS}, "assertion-expired"),
        ({"exp": SECONDS - 1}, "assertion-expired"),
        ({"exp": SECONDS + 301}, "assertion-too-long-lived"),
        ({"exp": 2**52}, "assertion-claims-invalid"),
        ({"exp": "soon"}, "assertion-claims-invalid"),
        ({"exp": True}, "assertion-claims-invalid"),
        ({"iat": SECONDS + 31}, "assertion-not-yet-valid"),
        ({"nbf": SECONDS + 31}, "assertion-not-yet-valid"),
        ({"nbf": None}, "assertion-claims-invalid"),
        ({"iat": SECONDS + 20, "exp": SECONDS + 10}, "assertion-claims-invalid"),
        ({"jti": ""}, "assertion-claims-invalid"),
        ({"jti": 7}, "assertion-claims-invalid"),
        ({"jti": "x" * 1000}, "assertion-claims-invalid"),
        ({"iss": "nobody"}, "assertion-signature-invalid"),
    ],
)
def test_each_claim_of_an_assertion_is_checked(changes: dict[str, Any], code: str) -> None:
    text = assertion(**changes)
    assert refused(lambda: accept(text, REGISTERED)) == code


@pytest.mark.parametrize(
    "key",
    [
        replace(REGISTERED, use="signing"),
        replace(REGISTERED, use="receiving"),
        replace(REGISTERED, principal="cnil-fr.other"),
        replace(REGISTERED, principal=None),
        replace(REGISTERED, revoked_at=NOW),
        replace(REGISTERED, valid_until=NOW),
        replace(REGISTERED, valid_from=NOW + timedelta(seconds=1)),
        replace(REGISTERED, material="not a key"),
        replace(REGISTERED, material=public_pem(ec.generate_private_key(ec.SECP384R1()).public_key()).decode()),
        replace(REGISTERED, material=public_pem(GATEWAY_KEY.public_key()).decode()),
    ],
)
def test_only_a_usable_key_of_the_client_counts(key: RegisteredKey) -> None:
    assert refused(lambda: accept(assertion(), key)) == "assertion-signature-invalid"
    accept(assertion(), key, REGISTERED)


def test_no_key_at_all() -> None:
    assert refused(lambda: accept(assertion())) == "assertion-signature-invalid"


def test_the_machine_clock_has_no_say() -> None:
    """``now`` decides: a token long over by the real clock, or far ahead of it, is judged by ``now`` alone."""
    for now in (datetime(2001, 1, 1, tzinfo=UTC), datetime(2099, 1, 1, tzinfo=UTC)):
        token = AUTHORITY.issue_access_token(PRINCIPAL, "", now)
        assert AUTHORITY.verify_access_token(token, now).issued_at == now


def test_an_error_never_quotes_the_token() -> None:
    for text in (*spellings(assertion()).values(), assertion(jti="")):
        if len(text) > 20:
            with pytest.raises(Unauthenticated) as caught:
                accept(text, REGISTERED)
            assert text[:20] not in str(caught.value.as_dict())


def test_a_token_key_is_on_p256() -> None:
    with pytest.raises(InvalidInput):
        TokenAuthority(ec.generate_private_key(ec.SECP384R1()), ISSUER, AUDIENCE)
