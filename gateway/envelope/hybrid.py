"""The post-quantum recipient of age: X-Wing (ML-KEM-768 and X25519) through HPKE.

c2sp.org/age, "The MLKEM768-X25519 hybrid post-quantum recipient type": HPKE SealBase (RFC 9180 §6.1)
with KEM MLKEM768-X25519, HKDF-SHA256 and ChaCha20-Poly1305, no AAD. Key encapsulation and HPKE are
cryptography's; ours are the 32-byte seed, expanded as X-Wing says (SHAKE256 to 64 bytes of ML-KEM seed
and 32 of X25519 key), the Bech32 text and the stanza.
"""

from __future__ import annotations

import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey, MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hashes import SHAKE256, Hash
from cryptography.hazmat.primitives.hpke import (
    AEAD,
    KDF,
    KEM,
    MLKEM768X25519PrivateKey,
    MLKEM768X25519PublicKey,
    Suite,
)

from gateway.envelope import rawbase64
from gateway.envelope.agekey import SECRET_BYTES, AgeIdentity, AgeRecipient, share_of
from gateway.envelope.header import Stanza, check_file_key, invalid_header

STANZA_TYPE = "mlkem768x25519"

_INFO = b"age-encryption.org/mlkem768x25519"
_SUITE = Suite(KEM.MLKEM768_X25519, KDF.HKDF_SHA256, AEAD.CHACHA20_POLY1305)
_MLKEM_PUBLIC_BYTES = 1184
_MLKEM_CIPHERTEXT_BYTES = 1088
_X25519_BYTES = 32
_ENC_BYTES = _MLKEM_CIPHERTEXT_BYTES + _X25519_BYTES


class HybridRecipient(AgeRecipient):
    """A public key that a quantum computer does not break: ``age1pq1...``, some 2,000 characters."""

    PREFIX = "age1pq"
    KIND = "a post-quantum age recipient"
    post_quantum = True

    def __init__(self, public: bytes) -> None:
        if len(public) != _MLKEM_PUBLIC_BYTES + _X25519_BYTES:
            raise self._invalid("it does not hold 1216 bytes")
        super().__init__(public)
        try:
            mlkem = MLKEM768PublicKey.from_public_bytes(public[:_MLKEM_PUBLIC_BYTES])
            x25519 = X25519PublicKey.from_public_bytes(public[_MLKEM_PUBLIC_BYTES:])
            X25519PrivateKey.generate().exchange(x25519)
        except ValueError:
            raise self._invalid("it is not a valid X-Wing key") from None
        self._key = MLKEM768X25519PublicKey(mlkem, x25519)

    def wrap(self, file_key: bytes) -> Stanza:
        """A fresh stanza for this recipient."""
        sealed = _SUITE.encrypt(check_file_key(file_key), self._key, _INFO)
        return Stanza((STANZA_TYPE, rawbase64.encode(sealed[:_ENC_BYTES])), sealed[_ENC_BYTES:])


class HybridIdentity(AgeIdentity):
    """A private key: ``AGE-SECRET-KEY-PQ-1...``."""

    PREFIX = "AGE-SECRET-KEY-PQ-"
    KIND = "a post-quantum age identity"
    MADE_BY = "'keys generate --use receiving --post-quantum'"

    def __init__(self, seed: bytes) -> None:
        super().__init__(seed)
        expansion = Hash(SHAKE256(96))
        expansion.update(seed)
        expanded = expansion.finalize()
        mlkem = MLKEM768PrivateKey.from_seed_bytes(expanded[:64])
        self._x25519 = X25519PrivateKey.from_private_bytes(expanded[64:])
        self._key = MLKEM768X25519PrivateKey(mlkem, self._x25519)
        self._public = mlkem.public_key().public_bytes_raw() + self._x25519.public_key().public_bytes_raw()

    @classmethod
    def generate(cls) -> HybridIdentity:
        """A new identity from the system's random numbers."""
        return cls(secrets.token_bytes(SECRET_BYTES))

    @property
    def recipient(self) -> HybridRecipient:
        """The public half."""
        return HybridRecipient(self._public)

    def unwrap(self, stanza: Stanza) -> bytes | None:
        """The file key, or None if the stanza is of another type or for another key.

        Raises:
            InvalidInput: ``age-header-invalid``.
        """
        enc = share_of(stanza, STANZA_TYPE, _ENC_BYTES)
        if enc is None:
            return None
        try:
            # HPKE reports every failure alike; a low-order share is malformed, not somebody else's.
            self._x25519.exchange(X25519PublicKey.from_public_bytes(enc[_MLKEM_CIPHERTEXT_BYTES:]))
        except ValueError:
            raise invalid_header("the share of an mlkem768x25519 stanza is a point of low order") from None
        try:
            return _SUITE.decrypt(enc + stanza.body, self._key, _INFO)
        except (InvalidTag, ValueError):
            return None
