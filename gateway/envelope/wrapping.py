"""A file key at rest: wrapped by the key-encryption key, bound to a digest, and destroyable.

AES-256-GCM (NIST SP 800-38D) over the 16-byte file key; the digest of the policy or exhibit that the
key serves is the associated data, so that a wrapped key moved to another row does not open. Nonces
are random: by SP 800-38D §8.3 one key-encryption key may wrap at most 2^32 keys, then it is rotated.
Where the key-encryption key comes from is the keyring's business.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from gateway.envelope.header import FILE_KEY_BYTES, check_file_key
from gateway.errors import IntegrityFailure, InvalidInput

AAD_BYTES = 32
_NONCE_BYTES = 12
_TAG_BYTES = 16
WRAPPED_BYTES = _NONCE_BYTES + FILE_KEY_BYTES + _TAG_BYTES


@dataclass(frozen=True, slots=True)
class WrappedKey:
    """AES-256-GCM ciphertext of a 16-byte file key.

    Attributes:
        wrapped: nonce(12) || ciphertext || tag(16); empty once destroyed.
        aad: The 32-byte digest that the wrapping is bound to (policy digest or exhibit digest).
    """

    id: str
    wrapped: bytes
    kek_id: str
    kek_version: int
    aad: bytes
    created_at: datetime
    destroyed_at: datetime | None = None


def wrap_file_key(kek: bytes, file_key: bytes, aad: bytes) -> bytes:
    """nonce(12) || ciphertext(16) || tag(16) of the file key under a 32-byte key-encryption key.

    Raises:
        InvalidInput: ``age-file-key-invalid``, ``wrapping-aad-invalid``.
    """
    check_file_key(file_key)
    if len(aad) != AAD_BYTES:
        raise InvalidInput(
            "wrapping-aad-invalid",
            "A wrapped key must be bound to a SHA-256 digest of 32 bytes.",
            remedy="Pass the digest of the release policy or of the exhibit.",
        )
    nonce = secrets.token_bytes(_NONCE_BYTES)
    return nonce + AESGCM(kek).encrypt(nonce, file_key, aad)


def unwrap_file_key(kek: bytes, wrapped: bytes, aad: bytes) -> bytes:
    """The file key.

    Raises:
        IntegrityFailure: ``key-unwrap-failed``: another key-encryption key, another digest, or
            changed bytes; which of them is not told.
    """
    if len(wrapped) == WRAPPED_BYTES:
        try:
            return AESGCM(kek).decrypt(wrapped[:_NONCE_BYTES], wrapped[_NONCE_BYTES:], aad)
        except InvalidTag:
            pass
    raise IntegrityFailure(
        "key-unwrap-failed",
        "A stored file key does not open under its key-encryption key and digest.",
        remedy="Check that the key file belongs to this database; if it does, treat the database as tampered with.",
    )
