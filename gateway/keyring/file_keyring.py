"""The keyring in a passphrase-wrapped file: the embedded default of the Keyring port.

Keys are unlocked once, at start, and then live in this process's memory; whoever can read that memory
has them (an HSM is the remedy, behind the same port). Key derivation is HKDF-SHA256 (RFC 5869) with a
label for each use and length-prefixed inputs, so that no two uses or pairs of inputs meet.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from gateway.envelope import signature
from gateway.envelope.wrapping import WrappedKey, unwrap_file_key, wrap_file_key
from gateway.errors import IntegrityFailure, NotFound
from gateway.keyring import private_file, sealed_secret, small_secret
from gateway.keyring.gateway_keys import GatewayKeys
from gateway.translog.vkey import Ed25519Signer


class FileKeyring:
    """The gateway's keys, unlocked. Fulfils ``exchange.ports.keys.Keyring``; safe to share by threads."""

    def __init__(self, keys: GatewayKeys) -> None:
        self._keys = keys
        self._by_version = {(kek.id, kek.version): kek.key for kek in keys.keks}
        self.log_signer = Ed25519Signer(keys.log_origin, keys.log)

    @classmethod
    def create(
        cls, path: Path, passphrase: str, log_origin: str, *, cost: int = sealed_secret.DEFAULT_COST
    ) -> FileKeyring:
        """Make new keys and write them to a new file of mode 0600.

        Args:
            cost: Base-two logarithm of scrypt's N; lower it in tests only.

        Raises:
            Conflict: ``key-file-exists``. Unavailable: ``key-file-unwritable``.
            Misconfigured: ``passphrase-too-short``. InvalidInput: ``log-origin-invalid``.
        """
        keys = GatewayKeys.generate(log_origin)
        private_file.create(path, sealed_secret.seal(keys.serialise(), passphrase, cost=cost))
        return cls(keys)

    @classmethod
    def open(cls, path: Path, passphrase: str) -> FileKeyring:
        """Unlock an existing file.

        Raises:
            Misconfigured: ``key-file-missing``, ``key-file-permissions``, ``key-file-invalid``,
                ``passphrase-wrong``.
        """
        return cls(GatewayKeys.parse(sealed_secret.unseal(private_file.read(path), passphrase)))

    @classmethod
    def rotate(
        cls,
        path: Path,
        passphrase: str,
        *,
        new_passphrase: str | None = None,
        cost: int = sealed_secret.DEFAULT_COST,
    ) -> FileKeyring:
        """Add a version of the key-encryption key to the file; keys wrapped before still open.

        Args:
            new_passphrase: Change the passphrase as well.

        Raises:
            As :meth:`open`, and Unavailable: ``key-file-unwritable``; the old file then stays.
        """
        keys = GatewayKeys.parse(sealed_secret.unseal(private_file.read(path), passphrase)).with_new_kek()
        private_file.replace(path, sealed_secret.seal(keys.serialise(), new_passphrase or passphrase, cost=cost))
        return cls(keys)

    def wrap(self, file_key: bytes, aad: bytes, *, key_id: str, now: datetime) -> WrappedKey:
        """The file key under the newest key-encryption key, bound to the 32-byte digest ``aad``.

        Raises:
            InvalidInput: ``age-file-key-invalid``, ``wrapping-aad-invalid``.
        """
        kek = self._keys.keks[-1]
        return WrappedKey(key_id, wrap_file_key(kek.key, file_key, aad), kek.id, kek.version, aad, now)

    def unwrap(self, key: WrappedKey) -> bytes:
        """The file key.

        Raises:
            NotFound: ``key-destroyed``. IntegrityFailure: ``key-unwrap-failed``.
        """
        if key.destroyed_at is not None or not key.wrapped:
            raise NotFound(
                "key-destroyed",
                "The key of this exhibit was destroyed at the end of its retention; nobody can open it any more.",
                remedy="Ask the sender for a new release, if the agreement allows one.",
            )
        return unwrap_file_key(self._kek_of(key), key.wrapped, key.aad)

    def wrap_secret(self, secret: bytes, *, use: str, owner: str, now: datetime) -> WrappedKey:
        """A small secret of the database (16 to 128 bytes) under the newest key-encryption key.

        Args:
            use: What it is for, such as ``case`` or ``webhook``.
            owner: The id of the row that holds it; it opens in no other.

        Raises:
            InvalidInput: ``secret-size-invalid``.
        """
        kek, aad = self._keys.keks[-1], small_secret.binding(use, owner)
        return WrappedKey(owner, small_secret.wrap(kek.key, secret, aad), kek.id, kek.version, aad, now)

    def unwrap_secret(self, key: WrappedKey, *, use: str) -> bytes:
        """The secret again; ``key.aad`` is not believed but computed from the use and the row's id.

        Raises:
            NotFound: ``key-destroyed``. IntegrityFailure: ``key-unwrap-failed``.
        """
        if key.destroyed_at is not None or not key.wrapped:
            raise NotFound("key-destroyed", "This secret was destroyed.", remedy="It cannot be brought back.")
        return small_secret.unwrap(self._kek_of(key), key.wrapped, small_secret.binding(use, key.id))

    def _kek_of(self, key: WrappedKey) -> bytes:
        kek = self._by_version.get((key.kek_id, key.kek_version))
        if kek is None:
            raise IntegrityFailure(
                "key-unwrap-failed",
                f"The key file does not hold version {key.kek_version} of the key-encryption key.",
                remedy="Use the key file that belongs to this database, or restore it from your backup.",
            )
        return kek

    def sign(self, data: bytes) -> bytes:
        """Detached ECDSA P-384 / SHA-384 signature, DER."""
        return signature.sign(self._keys.signing, data)

    def signing_key_pem(self) -> bytes:
        """SubjectPublicKeyInfo PEM of the release-signing key."""
        return signature.public_pem(self._keys.signing.public_key())

    def pseudonym_key(self, case_id: str, recipient: str) -> bytes:
        """32 bytes, the same for the same case and recipient, unlinkable to any other pair."""
        return _derive(self._keys.pseudonym_secret, "evidence-gateway/pseudonym-v1", case_id, recipient)

    def secret_register_key(self, agency_id: str) -> bytes:
        """32 bytes that an agency's registered secrets are fingerprinted under; no two agencies' are related."""
        return _derive(self._keys.field_secret, "evidence-gateway/secret-register-v1", agency_id)

    @property
    def log_vkey(self) -> str:
        """Verifier key of the log, in the form of c2sp.org/signed-note."""
        return self.log_signer.vkey.encode()

    @property
    def token_key(self) -> ec.EllipticCurvePrivateKey:
        """The P-256 key that access tokens are signed with (gateway.keyring.tokens)."""
        return self._keys.token

    @property
    def kek(self) -> tuple[str, int]:
        """Id and version of the key-encryption key that wraps now."""
        return self._keys.keks[-1].id, self._keys.keks[-1].version


def _derive(secret: bytes, label: str, *inputs: str) -> bytes:
    # Lengths before the inputs: ("ab", "c") and ("a", "bc") must not meet. The secret is uniformly
    # random, so HKDF's extract step is not needed (RFC 5869 §3.3).
    info = label.encode("ascii")
    for text in inputs:
        data = text.encode("utf-8")
        info += len(data).to_bytes(4, "big") + data
    return HKDFExpand(algorithm=SHA256(), length=32, info=info).derive(secret)
