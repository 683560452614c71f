"""Small secrets of the database, wrapped by the key-encryption key: keys of cases, secrets of webhooks.

AES-256-GCM (NIST SP 800-38D) with a random nonce. The associated data is SHA-256 over what the secret
is for and whose it is, length-prefixed, so that a wrapped secret moved to another row, or to another
use, does not open; and since that digest never is one of a policy or exhibit, it cannot pass as a
wrapped file key either (gateway/envelope/wrapping.py). Which key-encryption key is the keyring's matter.
"""

from __future__ import annotations

import hashlib
import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from gateway.errors import IntegrityFailure, InvalidInput

MAX_SECRET_BYTES = 128
_LABEL = b"evidence-gateway/small-secret-v1"
_NONCE_BYTES = 12


def binding(use: str, owner: str) -> bytes:
    """The 32-byte digest that ties a wrapped secret to its use and its row."""
    digest = hashlib.sha256(_LABEL)
    for text in (use, owner):
        data = text.encode("utf-8")
        # Lengths before the parts: ("ab", "c") and ("a", "bc") must not meet.
        digest.update(len(data).to_bytes(4, "big") + data)
    return digest.digest()


def wrap(kek: bytes, secret: bytes, aad: bytes) -> bytes:
    """nonce(12) || ciphertext || tag(16) of a secret of 16 to 128 bytes.

    Raises:
        InvalidInput: ``secret-size-invalid``.
    """
    if not 16 <= len(secret) <= MAX_SECRET_BYTES:
        raise InvalidInput(
            "secret-size-invalid",
            f"A secret of {len(secret)} bytes cannot be wrapped; it must have 16 to {MAX_SECRET_BYTES}.",
            remedy="Use a secret of 32 random bytes.",
        )
    nonce = secrets.token_bytes(_NONCE_BYTES)
    return nonce + AESGCM(kek).encrypt(nonce, secret, aad)


def unwrap(kek: bytes, wrapped: bytes, aad: bytes) -> bytes:
    """The secret.

    Raises:
        IntegrityFailure: ``key-unwrap-failed``: another key, another row, or changed bytes.
    """
    try:
        return AESGCM(kek).decrypt(wrapped[:_NONCE_BYTES], wrapped[_NONCE_BYTES:], aad)
    except (InvalidTag, ValueError):
        raise IntegrityFailure(
            "key-unwrap-failed",
            "A stored secret does not open under its key-encryption key and its place.",
            remedy="Check that the key file belongs to this database; if it does, the database was tampered with.",
        ) from None
