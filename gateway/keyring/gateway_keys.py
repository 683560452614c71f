"""The set of secrets that one gateway holds, as values: made, written to bytes, and read back.

Each secret has one use (keys/README.md): key-encryption keys wrap file keys, one key
signs releases, one the log, one the tokens, and two master secrets feed derivations. How the bytes
are protected is sealed_secret.py's business; what is done with the keys is file_keyring.py's.
"""

from __future__ import annotations

import base64
import re
import secrets
from dataclasses import dataclass, field, replace
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gateway.envelope.signature import load_private_key, private_pem
from gateway.errors import GatewayError, InvalidInput, Misconfigured
from gateway.evidence.canonical import canonical_json, parse_json

SECRET_BYTES = 32
_VERSION = 1
# A key name of a signed note may not hold spaces or "+" (c2sp.org/signed-note); ours is narrower still.
_LOG_ORIGIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._~:/-]{0,199}")


@dataclass(frozen=True, slots=True)
class KeyEncryptionKey:
    """A 32-byte AES key. The id stays through rotations, the version counts them."""

    id: str
    version: int
    key: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class GatewayKeys:
    """All secrets of a gateway. ``keks`` is in order of version; the last one wraps."""

    keks: tuple[KeyEncryptionKey, ...]
    signing: ec.EllipticCurvePrivateKey = field(repr=False)
    token: ec.EllipticCurvePrivateKey = field(repr=False)
    log: Ed25519PrivateKey = field(repr=False)
    log_origin: str
    pseudonym_secret: bytes = field(repr=False)
    field_secret: bytes = field(repr=False)

    @classmethod
    def generate(cls, log_origin: str) -> GatewayKeys:
        """New keys from the system's random numbers.

        Raises:
            InvalidInput: ``log-origin-invalid``.
        """
        if not _LOG_ORIGIN.fullmatch(log_origin):
            raise InvalidInput(
                "log-origin-invalid",
                "The origin of the log is not a name that a checkpoint can carry.",
                remedy="Use a name like evidence.example.org/log: letters, digits and . _ ~ : / - only.",
            )
        return cls(
            keks=(KeyEncryptionKey(f"kek-{secrets.token_hex(4)}", 1, secrets.token_bytes(SECRET_BYTES)),),
            signing=ec.generate_private_key(ec.SECP384R1()),
            token=ec.generate_private_key(ec.SECP256R1()),
            log=Ed25519PrivateKey.generate(),
            log_origin=log_origin,
            pseudonym_secret=secrets.token_bytes(SECRET_BYTES),
            field_secret=secrets.token_bytes(SECRET_BYTES),
        )

    def with_new_kek(self) -> GatewayKeys:
        """The same keys and one more version of the key-encryption key, which wraps from now on."""
        last = self.keks[-1]
        newer = KeyEncryptionKey(last.id, last.version + 1, secrets.token_bytes(SECRET_BYTES))
        return replace(self, keks=(*self.keks, newer))

    def serialise(self) -> bytes:
        """All of it, in the clear: only for sealing."""
        return canonical_json(
            {
                "v": _VERSION,
                "keks": [{"id": kek.id, "version": kek.version, "key": _text(kek.key)} for kek in self.keks],
                "signing": private_pem(self.signing).decode("ascii"),
                "token": private_pem(self.token).decode("ascii"),
                "log": {"origin": self.log_origin, "seed": _text(self.log.private_bytes_raw())},
                "pseudonym_secret": _text(self.pseudonym_secret),
                "field_secret": _text(self.field_secret),
            }
        )

    @classmethod
    def parse(cls, content: bytes) -> GatewayKeys:
        """Read what :meth:`serialise` wrote.

        Raises:
            Misconfigured: ``key-file-invalid``; never quotes the content.
        """
        try:
            return cls._from(parse_json(content))
        except (GatewayError, KeyError, TypeError, ValueError):
            # Without a cause: the chain of errors could show a secret in a traceback.
            raise Misconfigured(
                "key-file-invalid",
                "The content of the key file is not a set of gateway keys of this version.",
                remedy="Restore it from your backup, or use the version that wrote it.",
            ) from None

    @classmethod
    def _from(cls, value: Any) -> GatewayKeys:
        names = {"v", "keks", "signing", "token", "log", "pseudonym_secret", "field_secret"}
        if value.keys() != names or value["v"] != _VERSION or not value["keks"]:
            raise ValueError("unknown version or members")
        keks = tuple(KeyEncryptionKey(kek["id"], int(kek["version"]), _secret(kek["key"])) for kek in value["keks"])
        if [kek.version for kek in keks] != sorted({kek.version for kek in keks}):
            raise ValueError("versions out of order")
        signing = load_private_key(value["signing"].encode("ascii"))
        token = load_private_key(value["token"].encode("ascii"))
        if (signing.curve.name, token.curve.name) != (ec.SECP384R1.name, ec.SECP256R1.name):
            raise ValueError("a key is on another curve")
        return cls(
            keks=keks,
            signing=signing,
            token=token,
            log=Ed25519PrivateKey.from_private_bytes(_secret(value["log"]["seed"])),
            log_origin=str(value["log"]["origin"]),
            pseudonym_secret=_secret(value["pseudonym_secret"]),
            field_secret=_secret(value["field_secret"]),
        )


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _secret(text: str) -> bytes:
    data = base64.b64decode(text, validate=True)
    if len(data) != SECRET_BYTES:
        raise ValueError("a secret has another size")
    return data
