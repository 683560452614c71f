"""The gateway's own keys, as the steps see them."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from gateway.envelope.wrapping import WrappedKey


class Keyring(Protocol):
    """The gateway's own keys. Private material never leaves it, except unwrapped file keys."""

    def wrap(self, file_key: bytes, aad: bytes, *, key_id: str, now: datetime) -> WrappedKey: ...
    def unwrap(self, key: WrappedKey) -> bytes:
        """The file key. Raises IntegrityFailure ``key-unwrap-failed``, NotFound ``key-destroyed``."""
        ...

    def wrap_secret(self, secret: bytes, *, use: str, owner: str, now: datetime) -> WrappedKey:
        """A small secret of the database, bound to what it is for and to the row that holds it."""
        ...

    def unwrap_secret(self, key: WrappedKey, *, use: str) -> bytes:
        """Raises NotFound ``key-destroyed``; IntegrityFailure ``key-unwrap-failed``."""
        ...

    def sign(self, data: bytes) -> bytes:
        """Detached ECDSA P-384 / SHA-384 signature, DER."""
        ...

    def signing_key_pem(self) -> bytes: ...
    def pseudonym_key(self, case_id: str, recipient: str) -> bytes:
        """32 bytes, the same for the same case and recipient, unlinkable to any other pair."""
        ...

    def secret_register_key(self, agency_id: str) -> bytes:
        """32 bytes that an agency's registered secrets are fingerprinted under."""
        ...
