"""JSON Web Keys, as far as tokens need them: public P-256 keys for ES256 (RFC 7517, RFC 7518 §6.2).

Writes our key for the JWKS document, and reads one as strictly as whoever fetches that document should:
private, symmetric and RSA keys, sets, certificates and URLs are refused. (Clients register PEM, not JWK.)
"""

from __future__ import annotations

import base64
import hashlib
import re
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec

from gateway.errors import InvalidInput
from gateway.evidence.canonical import canonical_json

_COORDINATE_BYTES = 32
_ALPHABET = re.compile(r"[A-Za-z0-9_-]*")
_KNOWN = frozenset({"kty", "crv", "x", "y", "use", "key_ops", "alg", "kid"})


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


def parse_public_jwk(untrusted: Any) -> ec.EllipticCurvePublicKey:
    """The key of a parsed JSON value, if it is a public P-256 key that may verify ES256.

    Raises:
        InvalidInput: ``jwk-invalid``.
    """
    if not isinstance(untrusted, dict):
        raise _invalid("it is not an object")
    if "d" in untrusted or "k" in untrusted:
        raise _invalid("it holds a private or secret key, which must be considered exposed")
    unknown = untrusted.keys() - _KNOWN
    if unknown:
        raise _invalid("it has members that are not used here")
    if untrusted.get("kty") != "EC" or untrusted.get("crv") != "P-256":
        raise _invalid("it is not an elliptic-curve key on P-256")
    if untrusted.get("use", "sig") != "sig" or untrusted.get("alg", "ES256") != "ES256":
        raise _invalid("it is meant for another use or algorithm")
    if "key_ops" in untrusted and untrusted["key_ops"] != ["verify"]:
        raise _invalid("it is meant for other operations than to verify")
    try:
        x, y = (decode(untrusted[name]) for name in ("x", "y"))
        if len(x) != _COORDINATE_BYTES or len(y) != _COORDINATE_BYTES:
            raise _invalid("a coordinate does not have 32 bytes")
        numbers = ec.EllipticCurvePublicNumbers(int.from_bytes(x, "big"), int.from_bytes(y, "big"), ec.SECP256R1())
        return numbers.public_key()
    except (KeyError, TypeError, ValueError):
        raise _invalid("its coordinates are not those of a point on the curve") from None


def _required(key: ec.EllipticCurvePublicKey) -> dict[str, str]:
    if not isinstance(key.curve, ec.SECP256R1):
        raise _invalid("it is not an elliptic-curve key on P-256")
    numbers = key.public_numbers()
    return {
        "kty": "EC",
        "crv": "P-256",
        "x": encode(numbers.x.to_bytes(_COORDINATE_BYTES, "big")),
        "y": encode(numbers.y.to_bytes(_COORDINATE_BYTES, "big")),
    }


def _invalid(reason: str) -> InvalidInput:
    return InvalidInput(
        "jwk-invalid",
        f"The JSON Web Key cannot be used: {reason}.",
        remedy="Register the public half of an ES256 key: kty EC, crv P-256, x and y.",
    )
