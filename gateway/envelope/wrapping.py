"""A file key at rest: wrapped by the key-encryption key, bound to a digest, and destroyable."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


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
