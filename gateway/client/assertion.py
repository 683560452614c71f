"""The client's side of private_key_jwt: a short JWT that proves who asks for a token.

RFC 7523 §3 in compact JWS form (RFC 7515) with ES256 (RFC 7518 §3.4: the raw 64 bytes r || s). Made
here with plain ECDSA, so that agencies need no JOSE library; nothing here verifies tokens. Each
assertion lives a minute and has an id of its own, which the gateway accepts once.
"""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Mapping

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
LIFETIME_SECONDS = 60


def make_assertion(
    key: ec.EllipticCurvePrivateKey, key_id: str, client_id: str, audience: str, now_seconds: int
) -> str:
    """A fresh assertion.

    Args:
        key: P-256 private key that is registered for authentication.
        audience: The gateway's issuer identifier.
        now_seconds: Unix time.
    """
    header = {"alg": "ES256", "typ": "JWT", "kid": key_id}
    claims: dict[str, str | int] = {
        "iss": client_id,
        "sub": client_id,
        "aud": audience,
        "jti": secrets.token_urlsafe(24),
        "iat": now_seconds,
        "exp": now_seconds + LIFETIME_SECONDS,
    }
    signed = f"{_json(header)}.{_json(claims)}"
    r, s = decode_dss_signature(key.sign(signed.encode(), ec.ECDSA(SHA256())))
    return f"{signed}.{_base64url(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}"


def _json(value: Mapping[str, str | int]) -> str:
    return _base64url(json.dumps(value, separators=(",", ":")).encode())


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
