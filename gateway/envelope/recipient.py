"""Which age recipients and identities we know, and how they are read from text.

Two types: X25519 (classical) and X-Wing (post-quantum), told apart by their prefix. An identity file
is what age-keygen writes: one secret a line, comments that begin with ``#``, empty lines. Plugins, SSH
keys and passphrases are not read.
"""

from __future__ import annotations

from collections.abc import Sequence

from gateway.envelope.header import Identity, Recipient
from gateway.envelope.hybrid import HybridIdentity, HybridRecipient
from gateway.envelope.x25519 import X25519Identity, X25519Recipient
from gateway.errors import InvalidInput, TooLarge

__all__ = ["Identity", "Recipient", "parse_identity", "parse_identity_file", "parse_recipient"]

MAX_IDENTITY_FILE_BYTES = 1 << 20
MAX_IDENTITIES = 1000


def parse_recipient(untrusted: str) -> X25519Recipient | HybridRecipient:
    """The recipient that the text spells: ``age1...`` or ``age1pq1...``.

    Raises:
        InvalidInput: ``age-recipient-invalid``, ``bech32-invalid``.
    """
    if untrusted.startswith(HybridRecipient.PREFIX + "1"):
        return HybridRecipient.parse(untrusted)
    if untrusted.startswith(X25519Recipient.PREFIX + "1"):
        return X25519Recipient.parse(untrusted)
    raise InvalidInput(
        "age-recipient-invalid",
        "The receiving key is not an age recipient.",
        remedy="Give a public key that begins with age1 (X25519) or age1pq1 (post-quantum).",
    )


def parse_identity(untrusted: str) -> X25519Identity | HybridIdentity:
    """The identity that the text spells: ``AGE-SECRET-KEY-1...`` or ``AGE-SECRET-KEY-PQ-1...``.

    Raises:
        InvalidInput: ``age-identity-invalid``, ``bech32-invalid``; neither quotes the text.
    """
    if untrusted.startswith(HybridIdentity.PREFIX + "1"):
        return HybridIdentity.parse(untrusted)
    if untrusted.startswith(X25519Identity.PREFIX + "1"):
        return X25519Identity.parse(untrusted)
    raise InvalidInput(
        "age-identity-invalid",
        "A line of the identity file is not an age private key that can be read here.",
        remedy="Give lines that begin with AGE-SECRET-KEY-1 or AGE-SECRET-KEY-PQ-1, or with # for a comment.",
    )


def parse_identity_file(untrusted: bytes) -> Sequence[Identity]:
    """All identities of an age-keygen file, in order; at least one.

    Raises:
        InvalidInput: ``age-identity-invalid`` or ``bech32-invalid`` with the line number.
        TooLarge: ``age-identity-file-too-large``.
    """
    if len(untrusted) > MAX_IDENTITY_FILE_BYTES:
        raise _too_large()
    try:
        lines = untrusted.decode("utf-8").splitlines()
    except UnicodeDecodeError as error:
        raise InvalidInput(
            "age-identity-invalid",
            "The identity file is not text.",
            remedy="Give the private key file as age-keygen or 'keys generate' wrote it.",
        ) from error
    identities: list[Identity] = []
    for number, line in enumerate(lines, start=1):
        text = line.strip()
        if not text or text.startswith("#"):
            continue
        if len(identities) == MAX_IDENTITIES:
            raise _too_large()
        try:
            identities.append(parse_identity(text))
        except InvalidInput as error:
            error.where = f"line {number}"
            raise
    if not identities:
        raise InvalidInput(
            "age-identity-invalid",
            "The identity file holds no private key.",
            remedy="Give the private key file as age-keygen or 'keys generate' wrote it.",
        )
    return identities


def _too_large() -> TooLarge:
    return TooLarge(
        "age-identity-file-too-large",
        f"The identity file has more than {MAX_IDENTITY_FILE_BYTES} bytes or {MAX_IDENTITIES} keys.",
        remedy="Give a file with only the keys that may open this file.",
    )
