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

from gateway.envelope import bech32, rawbase64
from gateway.envelope.header import Stanza, check_file_key, invalid_header
from gateway.errors import InvalidInput

STANZA_TYPE = "X25519"
RECIPIENT_PREFIX = "age"
IDENTITY_PREFIX = "AGE-SECRET-KEY-"

_INFO = b"age-encryption.org/v1/X25519"
_WRAPPED_BYTES = 32
# Safe as a constant only because the wrap key is fresh for each stanza: it encrypts one message.
_NONCE = bytes(12)


class X25519Recipient:
    """A public key that releases can be encrypted to: ``age1...``."""

    post_quantum = False

    def __init__(self, public: bytes) -> None:
        if len(public) != 32:
            raise _invalid_recipient("it does not hold 32 bytes")
        self._public = public
        self._key = X25519PublicKey.from_public_bytes(public)
        try:
            X25519PrivateKey.generate().exchange(self._key)
        except ValueError:
            raise _invalid_recipient("it is a point of low order, whose secrets anybody can compute") from None

    @classmethod
    def parse(cls, untrusted: str) -> X25519Recipient:
        """Read an ``age1...`` text.

        Raises:
            InvalidInput: ``age-recipient-invalid``, ``bech32-invalid``.
        """
        prefix, data = bech32.decode(untrusted)
        if prefix != RECIPIENT_PREFIX:
            raise _invalid_recipient("it does not begin with age1")
        return cls(data)

    def __str__(self) -> str:
        return bech32.encode(RECIPIENT_PREFIX, self._public)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, X25519Recipient) and other._public == self._public

    def __hash__(self) -> int:
        return hash(self._public)

    def wrap(self, file_key: bytes) -> Stanza:
        """A fresh stanza for this recipient."""
        check_file_key(file_key)
        ephemeral = X25519PrivateKey.generate()
        share = ephemeral.public_key().public_bytes_raw()
        key = _wrap_key(ephemeral.exchange(self._key), share, self._public)
        body = ChaCha20Poly1305(key).encrypt(_NONCE, file_key, None)
        return Stanza((STANZA_TYPE, rawbase64.encode(share)), body)


class X25519Identity:
    """A private key: ``AGE-SECRET-KEY-1...``. Its text form is a secret; ``repr`` does not show it."""

    def __init__(self, secret: bytes) -> None:
        if len(secret) != 32:
            raise _invalid_identity("it does not hold 32 bytes")
        self._secret = secret
        self._key = X25519PrivateKey.from_private_bytes(secret)
        self._public = self._key.public_key().public_bytes_raw()

    @classmethod
    def generate(cls) -> X25519Identity:
        """A new identity from the system's random numbers."""
        return cls(X25519PrivateKey.generate().private_bytes_raw())

    @classmethod
    def parse(cls, untrusted: str) -> X25519Identity:
        """Read an ``AGE-SECRET-KEY-1...`` text.

        Raises:
            InvalidInput: ``age-identity-invalid``, ``bech32-invalid``; neither quotes the text.
        """
        prefix, data = bech32.decode(untrusted)
        if prefix != IDENTITY_PREFIX:
            raise _invalid_identity("it does not begin with AGE-SECRET-KEY-1")
        return cls(data)

    @property
    def recipient(self) -> X25519Recipient:
        """The public half."""
        return X25519Recipient(self._public)

    def secret_text(self) -> str:
        """The secret, as an identity file holds it."""
        return bech32.encode(IDENTITY_PREFIX.lower(), self._secret).upper()

    def unwrap(self, stanza: Stanza) -> bytes | None:
        """The file key, or None if the stanza is of another type or for another key.

        Raises:
            InvalidInput: ``age-header-invalid``.
        """
        if stanza.args[0] != STANZA_TYPE:
            return None
        if len(stanza.args) != 2:
            raise invalid_header("an X25519 stanza must have two arguments")
        try:
            share = rawbase64.decode(stanza.args[1])
        except InvalidInput as error:
            raise invalid_header("the share of an X25519 stanza is not canonical base64") from error
        if len(share) != 32:
            raise invalid_header("the share of an X25519 stanza does not have 32 bytes")
        # Checked before decrypting: a longer body could be one that several keys open (a
        # partitioning oracle), and a key of another length is no file key.
        if len(stanza.body) != _WRAPPED_BYTES:
            raise invalid_header("the body of an X25519 stanza does not have 32 bytes")
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


def _invalid_recipient(reason: str) -> InvalidInput:
    return InvalidInput(
        "age-recipient-invalid",
        f"The receiving key is not an age recipient that can be used: {reason}.",
        remedy="Register the public key that begins with age1, as printed when the key was made.",
    )


def _invalid_identity(reason: str) -> InvalidInput:
    return InvalidInput(
        "age-identity-invalid",
        f"The private key is not an age identity: {reason}.",
        remedy="Use the file that 'keys generate --use receiving' or age-keygen wrote.",
    )
