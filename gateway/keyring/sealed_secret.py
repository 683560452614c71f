"""A secret under a passphrase: a versioned JSON envelope of scrypt and AES-256-GCM.

scrypt (RFC 7914) makes each guess of the passphrase cost time and 128 MiB; AES-256-GCM keeps and
authenticates the content. All parameters of the envelope are associated data, so lowering the cost in
the file makes it unreadable rather than weaker. Opens nothing but what :func:`seal` wrote (version 1).
"""

from __future__ import annotations

import base64
import secrets
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from gateway.errors import GatewayError, Misconfigured
from gateway.evidence.canonical import canonical_json, parse_json

FORMAT = "evidence-gateway/key-file/v1"
#: Base-two logarithm of scrypt's N: 2^17 with r = 8 takes 128 MiB and about half a second.
DEFAULT_COST = 17
#: What an envelope may ask for; more would let a planted file exhaust memory.
MAX_COST = 20
MIN_PASSPHRASE_CHARS = 12

_R, _P = 8, 1
_SALT_BYTES, _NONCE_BYTES = 16, 12


def seal(content: bytes, passphrase: str, *, cost: int = DEFAULT_COST) -> bytes:
    """The envelope, as the bytes of a JSON file.

    Args:
        content: Any bytes.
        passphrase: At least 12 characters.
        cost: Base-two logarithm of scrypt's N. Lower it in tests only.

    Raises:
        Misconfigured: ``passphrase-too-short``.
    """
    if len(passphrase) < MIN_PASSPHRASE_CHARS:
        raise Misconfigured(
            "passphrase-too-short",
            f"The passphrase of the key file must have at least {MIN_PASSPHRASE_CHARS} characters.",
            remedy="Use six random words, or 20 random characters from a password manager.",
        )
    salt, nonce = secrets.token_bytes(_SALT_BYTES), secrets.token_bytes(_NONCE_BYTES)
    parameters = {
        "format": FORMAT,
        "kdf": {"name": "scrypt", "log2_n": cost, "r": _R, "p": _P, "salt": _text(salt)},
        "cipher": {"name": "AES-256-GCM", "nonce": _text(nonce)},
    }
    key = _derive(passphrase, salt, cost)
    ciphertext = AESGCM(key).encrypt(nonce, content, canonical_json(parameters))
    return canonical_json({**parameters, "ciphertext": _text(ciphertext)}) + b"\n"


def unseal(envelope: bytes, passphrase: str) -> bytes:
    """The content of an envelope.

    Raises:
        Misconfigured: ``key-file-invalid`` if it is no such envelope, ``passphrase-wrong`` if the
            passphrase does not open it (or it was changed: the two can't be told apart).
    """
    try:
        value = parse_json(envelope)
        salt, nonce, cost, ciphertext = _read(value)
    except (GatewayError, KeyError, TypeError, ValueError) as error:
        raise Misconfigured(
            "key-file-invalid",
            "The key file is damaged, or was written by another version.",
            remedy="Restore it from your backup.",
        ) from error
    parameters = {name: value[name] for name in ("format", "kdf", "cipher")}
    try:
        return AESGCM(_derive(passphrase, salt, cost)).decrypt(nonce, ciphertext, canonical_json(parameters))
    except InvalidTag:
        raise Misconfigured(
            "passphrase-wrong",
            "The passphrase does not open the key file.",
            remedy="Check EVIDENCE_GATEWAY_PASSPHRASE and the path of the key file; if both are right, "
            "the file was changed: restore it from your backup.",
        ) from None


def _read(value: Any) -> tuple[bytes, bytes, int, bytes]:
    kdf, cipher = value["kdf"], value["cipher"]
    cost = kdf["log2_n"]
    expected = {
        "format": FORMAT,
        "kdf": {"name": "scrypt", "log2_n": cost, "r": _R, "p": _P, "salt": kdf["salt"]},
        "cipher": {"name": "AES-256-GCM", "nonce": cipher["nonce"]},
        "ciphertext": value["ciphertext"],
    }
    salt, nonce, ciphertext = (_bytes(text) for text in (kdf["salt"], cipher["nonce"], value["ciphertext"]))
    # Compared as text, where true is not 1.
    if canonical_json(value) != canonical_json(expected) or len(salt) != _SALT_BYTES or len(nonce) != _NONCE_BYTES:
        raise ValueError("unknown members or sizes")
    if isinstance(cost, bool) or not isinstance(cost, int) or not 1 <= cost <= MAX_COST:
        raise ValueError("cost out of range")
    return salt, nonce, cost, ciphertext


def _derive(passphrase: str, salt: bytes, cost: int) -> bytes:
    return Scrypt(salt=salt, length=32, n=1 << cost, r=_R, p=_P).derive(passphrase.encode("utf-8"))


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _bytes(text: str) -> bytes:
    return base64.b64decode(text, validate=True)
