"""A witness's own key and the logs it watches: one folder, made by ``evidence-gateway witness init``.

witness.key   the Ed25519 key, under a passphrase; used for cosignatures and nothing else
witness.vkey  its public half (type 4), to hand to the operators of logs
logs.txt      the verifier keys of the logs it watches, one a line
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gateway.errors import Conflict, GatewayError, InvalidInput, Misconfigured, Unavailable
from gateway.evidence.canonical import canonical_json, parse_json
from gateway.keyring import private_file, sealed_secret
from gateway.translog.cosignature import Cosigner
from gateway.translog.vkey import ED25519, VerifierKey, parse_vkey

KEY_FILE, VKEY_FILE, LOGS_FILE = "witness.key", "witness.vkey", "logs.txt"


@dataclass(frozen=True)
class WitnessKey:
    """The key of a witness, unlocked."""

    name: str
    private: Ed25519PrivateKey

    def cosigner(self, seconds: int) -> Cosigner:
        """Signs checkpoints as seen at that Unix time."""
        return Cosigner(self.name, self.private, seconds)

    @property
    def vkey(self) -> VerifierKey:
        """The public half, of type 4."""
        return self.cosigner(1).vkey


def create_witness(home: Path, name: str, passphrase: str, *, cost: int = sealed_secret.DEFAULT_COST) -> VerifierKey:
    """Make a new key in a folder.

    Args:
        name: Of the witness, such as ``witness.cnil.fr/w1``; unique among all witnesses.
        cost: Base-two logarithm of scrypt's N; lower it in tests only.

    Raises:
        Conflict: ``key-file-exists``. InvalidInput: ``vkey-invalid``.
        Misconfigured: ``passphrase-too-short``. Unavailable: ``key-file-unwritable``.
    """
    key = WitnessKey(name, Ed25519PrivateKey.generate())
    vkey = key.vkey
    secret = base64.b64encode(key.private.private_bytes_raw()).decode("ascii")
    content = canonical_json({"name": name, "private_key": secret})
    private_file.create(home / KEY_FILE, sealed_secret.seal(content, passphrase, cost=cost))
    _write(home / VKEY_FILE, vkey.encode() + "\n")
    return vkey


def open_witness(home: Path, passphrase: str) -> WitnessKey:
    """Unlock the key.

    Raises:
        Misconfigured: ``key-file-missing``, ``key-file-permissions``, ``key-file-invalid``, ``passphrase-wrong``.
    """
    content = sealed_secret.unseal(private_file.read(home / KEY_FILE), passphrase)
    try:
        members = parse_json(content)
        private = Ed25519PrivateKey.from_private_bytes(base64.b64decode(members["private_key"], validate=True))
        return WitnessKey(members["name"], private)
    except (GatewayError, KeyError, TypeError, ValueError) as error:
        raise Misconfigured(
            "key-file-invalid", "This is not the key file of a witness.", remedy="Name the folder of a witness."
        ) from error


def trust_log(home: Path, vkey: str) -> VerifierKey:
    """Watch one more log; its verifier key comes from its operator, by a way that can be trusted.

    Raises:
        InvalidInput: ``vkey-invalid``. Conflict: ``witness-log-known`` if another key of that name is there.
    """
    key = parse_vkey(vkey)
    if key.algorithm != ED25519:
        raise InvalidInput("vkey-invalid", "This is not the key of a log.", remedy="Give the log's own verifier key.")
    logs = read_logs(home)
    if logs.get(key.name, key) != key:
        raise Conflict(
            "witness-log-known",
            "Another key is known for the log of this name.",
            remedy=f"A log keeps its key; if it really changed, edit {LOGS_FILE} after asking its operator.",
        )
    logs[key.name] = key
    _write(home / LOGS_FILE, "".join(f"{one.encode()}\n" for one in logs.values()))
    return key


def read_logs(home: Path) -> dict[str, VerifierKey]:
    """The logs that are watched, by origin.

    Raises:
        Misconfigured: ``witness-logs-invalid``.
    """
    path = home / LOGS_FILE
    try:
        lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        keys = [parse_vkey(line) for line in lines if line.strip() and not line.startswith("#")]
    except (OSError, ValueError, GatewayError) as error:
        raise Misconfigured(
            "witness-logs-invalid", f"{LOGS_FILE} cannot be read.", remedy="Write one verifier key a line."
        ) from error
    if len({key.name for key in keys}) < len(keys):
        raise Misconfigured(
            "witness-logs-invalid", f"{LOGS_FILE} names a log twice.", remedy="Write one verifier key a log."
        )
    return {key.name: key for key in keys}


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise Unavailable("witness-folder-unwritable", f"{path} cannot be written ({error.strerror}).") from error
