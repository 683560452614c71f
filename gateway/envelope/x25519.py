"""The X25519 recipient of age: wrap a file key for a public key, and open it with the private one.

c2sp.org/age, "The X25519 recipient type". Each stanza has an ephemeral key of its own. A share or
recipient of low order would make the secret known to everybody; the exchange refuses it (RFC 7748
§6.1) and we pass the refusal on.
"""

from __future__ import annotations

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from gateway.envelope import rawbase64
from gateway.envelope.agekey import AgeIdentity, AgeRecipient, share_of
from gateway.envelope.header import Stanza, check_file_key, invalid_header

STANZA_TYPE = "X25519"

_INFO = b"age-encryption.org/v1/X25519"
_SHARE_BYTES = 32
# Safe as a constant only because the wrap key is fresh for each stanza: it encrypts one message.
_NONCE = bytes(12)


class X25519Recipient(AgeRecipient):
    """A public key that releases can be encrypted to: ``age1...``."""

    PREFIX = "age"
    KIND = "an age recipient"
    post_quantum = False

    def __init__(self, public: bytes) -> None:
        if len(public) != _SHARE_BYTES:
            raise self._invalid("it does not hold 32 bytes")
        super().__init__(public)
        self._key = X25519PublicKey.from_public_bytes(public)
        try:
            X25519PrivateKey.generate().exchange(self._key)
        except ValueError:
            raise self._invalid("it is a point of low order, whose secrets anybody can compute") from None

    def wrap(self, file_key: bytes) -> Stanza:
        """A fresh stanza for this recipient."""
        check_file_key(file_key)
        ephemeral = X25519PrivateKey.generate()
        share = ephemeral.public_key().public_bytes_raw()
        key = _wrap_key(ephemeral.exchange(self._key), share, self._public)
        body = ChaCha20Poly1305(key).encrypt(_NONCE, file_key, None)
        return Stanza((STANZA_TYPE, rawbase64.encode(share)), body)


class X25519Identity(AgeIdentity):
    """A private key: ``AGE-SECRET-KEY-1...``."""

    PREFIX = "AGE-SECRET-KEY-"
    KIND = "an age identity"
    MADE_BY = "'keys generate --use receiving' or age-keygen"

    def __init__(self, secret: bytes) -> None:
        super().__init__(secret)
        self._key = X25519PrivateKey.from_private_bytes(secret)
        self._public = self._key.public_key().public_bytes_raw()

    @classmethod
    def generate(cls) -> X25519Identity:
        """A new identity from the system's random numbers."""
        return cls(X25519PrivateKey.generate().private_bytes_raw())

    @property
    def recipient(self) -> X25519Recipient:
        """The public half."""
        return X25519Recipient(self._public)

    def unwrap(self, stanza: Stanza) -> bytes | None:
        """The file key, or None if the stanza is of another type or for another key.

        Raises:
            InvalidInput: ``age-header-invalid``.
        """
        share = share_of(stanza, STANZA_TYPE, _SHARE_BYTES)
        if share is None:
            return None
        try:
            secret = self._key.exchange(X25519PublicKey.from_public_bytes(share))
        except ValueError:
            raise invalid_header("the share of an X25519 stanza is a point of low order") from None
        try:
            return ChaCha20Poly1305(_wrap_key(secret, share, self._public)).decrypt(_NONCE, stanza.body, None)
        except InvalidTag:
            return None


def _wrap_key(shared_secret: bytes, share: bytes, recipient: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=share + recipient, info=_INFO).derive(shared_secret)
