"""JSON Web Keys, as far as tokens need them: public P-256 keys for ES256 (RFC 7517, RFC 7518 §6.2).

Writes our key for the JWKS document; none is ever read, for clients register PEM.
"""

from __future__ import annotations

import base64
import hashlib
import re

from cryptography.hazmat.primitives.asymmetric import ec

from gateway.errors import InvalidInput
from gateway.evidence.canonical import canonical_json

_COORDINATE_BYTES = 32
_ALPHABET = re.compile(r"[A-Za-z0-9_-]*")


def encode(data: bytes) -> str:
    """Unpadded base64url (RFC 7515 §2)."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def decode(untrusted: str) -> bytes:
    """Bytes of a canonical, unpadded base64url text.

    Raises:
        ValueError: for any other text.
    """
    if not _ALPHABET.fullmatch(untrusted) or len(untrusted) % 4 == 1:
        raise ValueError("not base64url")
    data = base64.urlsafe_b64decode(untrusted + "=" * (-len(untrusted) % 4))
    if encode(data) != untrusted:
        raise ValueError("not canonical base64url")
    return data


def public_jwk(key: ec.EllipticCurvePublicKey) -> dict[str, str]:
    """The JWK of a P-256 key, with its thumbprint as ``kid``."""
    return {**_required(key), "use": "sig", "alg": "ES256", "kid": thumbprint(key)}


def thumbprint(key: ec.EllipticCurvePublicKey) -> str:
    """SHA-256 thumbprint (RFC 7638), base64url."""
    return encode(hashlib.sha256(canonical_json(_required(key))).digest())


def _required(key: ec.EllipticCurvePublicKey) -> dict[str, str]:
    if not isinstance(key.curve, ec.SECP256R1):
        raise InvalidInput(
            "jwk-invalid",
            "The JSON Web Key cannot be used: it is not an elliptic-curve key on P-256.",
            remedy="Register the public half of an ES256 key: kty EC, crv P-256, x and y.",
        )
    numbers = key.public_numbers()
    return {
        "kty": "EC",
        "crv": "P-256",
        "x": encode(numbers.x.to_bytes(_COORDINATE_BYTES, "big")),
        "y": encode(numbers.y.to_bytes(_COORDINATE_BYTES, "big")),
    }
