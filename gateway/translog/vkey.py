"""Keys that sign notes, and their text form, the vkey (c2sp.org/signed-note).

A key is known by its name and a short key id that binds name, algorithm and public key. Two
algorithms are spoken: Ed25519 on the note's text (type 1, the log itself) and timestamped
cosignatures (type 4, witnesses). The id is a label, not a proof: four bytes can be made to collide,
and then the signature fails, because the public key is configured, never taken from a note.
Private keys stay with whoever implements :class:`NoteSigner`.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from dataclasses import dataclass
from typing import Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from gateway.errors import InvalidInput

ED25519 = 1
COSIGNATURE = 4
#: Name of the file with the log's vkey in an exported log.
VKEY_FILE = "log.vkey"
_ALGORITHMS = (ED25519, COSIGNATURE)
_MAX_NAME_CHARS = 255


class NoteSigner(Protocol):
    """Signs notes under a name. The log's signer is of type 1: it signs the text as it is."""

    @property
    def name(self) -> str: ...
    @property
    def key_id(self) -> bytes: ...
    def sign(self, data: bytes) -> bytes:
        """The signature over ``data``, without the key id."""
        ...


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A public key that may have signed a note.

    Attributes:
        name: Without white space and plus; for a log, its origin.
        algorithm: :data:`ED25519` or :data:`COSIGNATURE`.
        public_key: 32 bytes (RFC 8032).
    """

    name: str
    public_key: bytes
    algorithm: int = ED25519

    def __post_init__(self) -> None:
        check_name(self.name)
        if self.algorithm not in _ALGORITHMS or len(self.public_key) != 32:
            raise _invalid("it is not an Ed25519 key of type 1 or 4")

    @property
    def key_id(self) -> bytes:
        return key_id(self.name, self.algorithm, self.public_key)

    def encode(self) -> str:
        """``name+hex key id+base64(type || public key)``: the text that is handed to verifiers."""
        material = base64.b64encode(bytes([self.algorithm]) + self.public_key).decode("ascii")
        return f"{self.name}+{self.key_id.hex()}+{material}"

    def verifies(self, data: bytes, signature: bytes) -> bool:
        """Whether the 64-byte Ed25519 signature over ``data`` is by this key."""
        try:
            Ed25519PublicKey.from_public_bytes(self.public_key).verify(signature, data)
        except (InvalidSignature, ValueError):
            return False
        return True


class Ed25519Signer:
    """A :class:`NoteSigner` over a private key in memory, and the public half of it."""

    def __init__(self, name: str, private_key: Ed25519PrivateKey) -> None:
        self._key = private_key
        self.vkey = VerifierKey(name, private_key.public_key().public_bytes_raw())

    @property
    def name(self) -> str:
        return self.vkey.name

    @property
    def key_id(self) -> bytes:
        return self.vkey.key_id

    def sign(self, data: bytes) -> bytes:
        return self._key.sign(data)


def key_id(name: str, algorithm: int, public_key: bytes) -> bytes:
    """SHA-256(name || 0x0A || type || public key), its first four bytes."""
    return hashlib.sha256(name.encode("utf-8") + b"\n" + bytes([algorithm]) + public_key).digest()[:4]


def check_name(name: str) -> str:
    """Return the key name if a note can carry it.

    Raises:
        InvalidInput: ``vkey-invalid``.
    """
    if not 0 < len(name) <= _MAX_NAME_CHARS or "+" in name or any(c.isspace() or ord(c) < 0x20 for c in name):
        raise _invalid("its name is empty, too long, or has white space or a plus in it")
    return name


def parse_vkey(untrusted: str) -> VerifierKey:
    """The key that a vkey text describes; only the canonical spelling is accepted.

    Raises:
        InvalidInput: ``vkey-invalid`` for anything else, a wrong key id included.
    """
    parts = untrusted.split("+", 2) if len(untrusted) <= 2 * _MAX_NAME_CHARS else []
    if len(parts) != 3:
        raise _invalid("it is not name+id+key")
    try:
        material = base64.b64decode(parts[2].encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError) as error:
        raise _invalid("its key is not base64") from error
    if not material:
        raise _invalid("its key is empty")
    key = VerifierKey(parts[0], material[1:], material[0])
    if key.encode() != untrusted:
        raise _invalid("its key id does not belong to its name and key, or it is not in canonical form")
    return key


def _invalid(reason: str) -> InvalidInput:
    return InvalidInput(
        "vkey-invalid",
        f"This is not a verifier key: {reason}.",
        remedy="Copy the whole line as the log's operator published it.",
    )
