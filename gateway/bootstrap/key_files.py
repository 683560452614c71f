"""Key files, made and opened: the gateway's own, and private keys of agencies. Needs the base installation only."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec

from gateway.envelope.signature import private_pem, public_pem
from gateway.errors import Misconfigured
from gateway.keyring import private_file
from gateway.keyring.file_keyring import FileKeyring
from gateway.keyring.jwk import public_jwk
from gateway.settings import Settings


def create_keyring(settings: Settings, passphrase: str) -> FileKeyring:
    """Make the gateway's keys and write them to its key file, once; as :meth:`FileKeyring.create`."""
    return FileKeyring.create(settings.key_path, passphrase, settings.log_origin)


def rotate_keyring(settings: Settings, passphrase: str) -> FileKeyring:
    """Add a version of the key-encryption key; as :meth:`FileKeyring.rotate`."""
    return FileKeyring.rotate(settings.key_path, passphrase)


def open_keyring(settings: Settings, passphrase: str | None = None) -> FileKeyring:
    """Open the key file, with the passphrase of the settings if no other is given.

    Raises:
        Misconfigured: ``passphrase-missing``, ``key-file-missing``, ``passphrase-wrong``.
    """
    passphrase = passphrase or settings.passphrase
    if not passphrase:
        raise Misconfigured(
            "passphrase-missing",
            "There is no passphrase for the key file.",
            remedy="Set EVIDENCE_GATEWAY_PASSPHRASE or EVIDENCE_GATEWAY_PASSPHRASE_FILE.",
        )
    return FileKeyring.open(settings.key_path, passphrase)


def public_parts(keyring: FileKeyring, settings: Settings) -> dict[str, Any]:
    """What an operator hands out of a key file, and which key wraps now."""
    kek_id, kek_version = keyring.kek
    return {
        "key_file": str(settings.key_path),
        "release_signing_key": keyring.signing_key_pem().decode("ascii").strip(),
        "log_vkey": keyring.log_vkey,
        "jwks": {"keys": [public_jwk(keyring.token_key.public_key())]},
        "key_encryption_key": {"id": kek_id, "version": kek_version},
    }


def create_key_pair(use: str, path: Path, *, post_quantum: bool = False) -> tuple[str, dict[str, Any]]:
    """Make a key pair for an agency: the private half into a new file of mode 0600, not encrypted.

    Args:
        use: ``receiving``, ``signing`` or ``authentication``.
        post_quantum: For ``receiving``.

    Returns:
        The public half, and for ``authentication`` its ``jwk`` too.

    Raises:
        Conflict: ``key-file-exists``. Unavailable: ``key-file-unwritable``.
    """
    private, public, further = _receiving(post_quantum) if use == "receiving" else _elliptic(use)
    private_file.create(path, private)
    return public, further


def _receiving(post_quantum: bool) -> tuple[bytes, str, dict[str, Any]]:
    # Here, for whoever only opens the gateway's keys needs neither.
    from gateway.envelope.hybrid import HybridIdentity
    from gateway.envelope.x25519 import X25519Identity

    identity = HybridIdentity.generate() if post_quantum else X25519Identity.generate()
    public = str(identity.recipient)
    created = datetime.now(UTC).isoformat(timespec="seconds")
    text = f"# created: {created}\n# public key: {public}\n{identity.secret_text()}\n"
    return text.encode("ascii"), public, {}


def _elliptic(use: str) -> tuple[bytes, str, dict[str, Any]]:
    key = ec.generate_private_key(ec.SECP384R1() if use == "signing" else ec.SECP256R1())
    further = {"jwk": public_jwk(key.public_key())} if use == "authentication" else {}
    return private_pem(key), public_pem(key.public_key()).decode("ascii").strip(), further
