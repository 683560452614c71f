"""Cosignature/v1: a witness says that it saw a checkpoint at a time (c2sp.org/tlog-cosignature).

The signature of a note line of type 4 is ``uint64be seconds || Ed25519 signature(64)`` over
``cosignature/v1``, the time and the note's text. It means: of all checkpoints of this origin that I
have seen this is the largest, and it is consistent with the ones before. Which witnesses to ask and
how many must have signed is decided elsewhere.
"""

from __future__ import annotations

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gateway.translog.vkey import COSIGNATURE, VerifierKey

SIGNATURE_BYTES = 8 + 64
_MAX_SECONDS = 2**63 - 1


def signed_message(text: str, seconds: int) -> bytes:
    """What a cosignature signs: header line, time line, and the whole text of the note."""
    return f"cosignature/v1\ntime {seconds}\n{text}".encode()


class Cosigner:
    """Signs checkpoints as a witness, at one time; a :class:`~gateway.translog.vkey.NoteSigner`.

    Args:
        name: Of the witness.
        private_key: Used for nothing but cosignatures: the message does not say who signs it.
        seconds: Unix time of the observation, not 0.
    """

    def __init__(self, name: str, private_key: Ed25519PrivateKey, seconds: int) -> None:
        if not 0 < seconds <= _MAX_SECONDS:
            raise ValueError("the time of a cosignature lies between 1 and 2^63-1 seconds")
        self._key = private_key
        self._seconds = seconds
        self.vkey = VerifierKey(name, private_key.public_key().public_bytes_raw(), COSIGNATURE)

    @property
    def name(self) -> str:
        return self.vkey.name

    @property
    def key_id(self) -> bytes:
        return self.vkey.key_id

    def sign(self, data: bytes) -> bytes:
        message = signed_message(data.decode("utf-8"), self._seconds)
        return self._seconds.to_bytes(8, "big") + self._key.sign(message)


def cosigned_at(text: str, value: bytes, key: VerifierKey) -> int | None:
    """Unix seconds at which the witness signed the text, or None if it did not.

    Args:
        text: Text of the note.
        value: The bytes of the signature line after the key id.
        key: Of type 4.
    """
    if key.algorithm != COSIGNATURE or len(value) != SIGNATURE_BYTES:
        return None
    seconds = int.from_bytes(value[:8], "big")
    if seconds > _MAX_SECONDS or not key.verifies(signed_message(text, seconds), value[8:]):
        return None
    return seconds
