"""What both types of age key have alike: their text, and a stanza of one share and one wrapped file key.

c2sp.org/age, "The X25519 recipient type" and "The MLKEM768-X25519 hybrid post-quantum recipient type".
What is done with the share is each type's own: x25519.py, hybrid.py.
"""

from __future__ import annotations

from typing import ClassVar, Self

from gateway.envelope import bech32, rawbase64
from gateway.envelope.header import Stanza, invalid_header
from gateway.errors import InvalidInput

SECRET_BYTES = 32
WRAPPED_BYTES = 32


class AgeRecipient:
    """A public key as Bech32 text; equal if the bytes are.

    Attributes:
        PREFIX: What its text begins with, before the ``1``.
        KIND: How a refusal calls it.
    """

    PREFIX: ClassVar[str]
    KIND: ClassVar[str]

    def __init__(self, public: bytes) -> None:
        self._public = public

    @classmethod
    def parse(cls, untrusted: str) -> Self:
        """Read the text of a public key.

        Raises:
            InvalidInput: ``age-recipient-invalid``, ``bech32-invalid``.
        """
        prefix, data = bech32.decode(untrusted)
        if prefix != cls.PREFIX:
            raise cls._invalid(f"it does not begin with {cls.PREFIX}1")
        return cls(data)

    def __str__(self) -> str:
        return bech32.encode(self.PREFIX, self._public)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, type(self)) and other._public == self._public

    def __hash__(self) -> int:
        return hash(self._public)

    @classmethod
    def _invalid(cls, reason: str) -> InvalidInput:
        return InvalidInput(
            "age-recipient-invalid",
            f"The receiving key is not {cls.KIND} that can be used: {reason}.",
            remedy=f"Register the public key that begins with {cls.PREFIX}1, as printed when the key was made.",
        )


class AgeIdentity:
    """A private key of 32 bytes as Bech32 text. The text is a secret; ``repr`` does not show it.

    Attributes:
        PREFIX: What its text begins with, before the ``1``.
        KIND: How a refusal calls it.
        MADE_BY: Who writes such keys, for the remedy.
    """

    PREFIX: ClassVar[str]
    KIND: ClassVar[str]
    MADE_BY: ClassVar[str]

    def __init__(self, secret: bytes) -> None:
        if len(secret) != SECRET_BYTES:
            raise self._invalid(f"it does not hold {SECRET_BYTES} bytes")
        self._secret = secret

    @classmethod
    def parse(cls, untrusted: str) -> Self:
        """Read the text of a private key.

        Raises:
            InvalidInput: ``age-identity-invalid``, ``bech32-invalid``; neither quotes the text.
        """
        prefix, data = bech32.decode(untrusted)
        if prefix != cls.PREFIX:
            raise cls._invalid(f"it does not begin with {cls.PREFIX}1")
        return cls(data)

    def secret_text(self) -> str:
        """The secret, as an identity file holds it."""
        return bech32.encode(self.PREFIX.lower(), self._secret).upper()

    @classmethod
    def _invalid(cls, reason: str) -> InvalidInput:
        return InvalidInput(
            "age-identity-invalid",
            f"The private key is not {cls.KIND}: {reason}.",
            remedy=f"Use the file that {cls.MADE_BY} wrote.",
        )


def share_of(stanza: Stanza, stanza_type: str, size_bytes: int) -> bytes | None:
    """The share of a well-formed stanza of this type; None for a stanza of another type.

    Raises:
        InvalidInput: ``age-header-invalid``.
    """
    if stanza.args[0] != stanza_type:
        return None
    if len(stanza.args) != 2:
        raise invalid_header(f"an {stanza_type} stanza must have two arguments")
    try:
        share = rawbase64.decode(stanza.args[1])
    except InvalidInput as error:
        raise invalid_header(f"the share of an {stanza_type} stanza is not canonical base64") from error
    if len(share) != size_bytes:
        raise invalid_header(f"the share of an {stanza_type} stanza does not have {size_bytes} bytes")
    # Checked before decrypting: a longer body could be one that several keys open (a
    # partitioning oracle), and a key of another length is no file key.
    if len(stanza.body) != WRAPPED_BYTES:
        raise invalid_header(f"the body of an {stanza_type} stanza does not have {WRAPPED_BYTES} bytes")
    return share
