"""The key that signs the log's checkpoints: Ed25519, named by the log's origin.

Key id and verifier key follow c2sp.org/signed-note (type 1). What is signed, and in what form a
signature stands in a note, is translog's business.
"""

from __future__ import annotations

import base64
import hashlib

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

_TYPE_ED25519 = b"\x01"


class LogSigner:
    """Signs checkpoints.

    Attributes:
        name: Key name in a signed note: the log's origin.
        key_id: Four bytes: SHA-256(name || 0x0A || 0x01 || public key)[:4].
        vkey: ``name+hex key id+base64(0x01 || public key)``, what verifiers are given.
    """

    def __init__(self, key: Ed25519PrivateKey, name: str) -> None:
        public = _TYPE_ED25519 + key.public_key().public_bytes_raw()
        self._key = key
        self.name = name
        self.key_id = hashlib.sha256(name.encode("utf-8") + b"\n" + public).digest()[:4]
        self.vkey = f"{name}+{self.key_id.hex()}+{base64.b64encode(public).decode('ascii')}"

    def sign(self, message: bytes) -> bytes:
        """64-byte Ed25519 signature (RFC 8032)."""
        return self._key.sign(message)
