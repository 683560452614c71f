"""An exhibit on its way in: hashed, measured and encrypted piece by piece, never held in whole.

Plaintext lives only as long as the piece that is being encrypted (architecture, invariant 5). The
body is age's (docs/spec/envelope.md), so that an opaque exhibit can be released without passing the
cipher again.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, field

from gateway.envelope.body import BodyEncryptor
from gateway.errors import DigestMismatch, TooLarge
from gateway.evidence.package import Exhibit
from gateway.exchange.ports.blobs import BlobWriter


@dataclass(frozen=True, slots=True)
class Received:
    """What an intake ends in. ``file_key`` is secret and must be wrapped before it is stored."""

    blob: str
    body_sha256: str
    size_bytes: int
    file_key: bytes = field(repr=False)


class Intake:
    """Takes the bytes of one exhibit. Not for concurrent use; ``abort`` may follow anything.

    Args:
        exhibit: As declared; size and digest are what the bytes must meet.
        writer: Where the encrypted body goes.
        blob: The name under which ``writer`` commits.
        file_key: 16 fresh random bytes.
    """

    def __init__(self, exhibit: Exhibit, writer: BlobWriter, blob: str, file_key: bytes) -> None:
        self._exhibit = exhibit
        self._writer = writer
        self._blob = blob
        self._file_key = file_key
        self._plain = hashlib.sha256()
        self._body = hashlib.sha256()
        self._received = 0
        self._encryptor = BodyEncryptor(file_key)
        self._write(self._encryptor.start())

    def feed(self, data: bytes | bytearray | memoryview) -> None:
        """Take the next piece.

        Raises:
            TooLarge: ``upload-too-long`` as soon as more arrives than was declared.
        """
        self._received += len(data)
        if self._received > self._exhibit.size_bytes:
            raise TooLarge(
                "upload-too-long",
                f"More bytes arrived than the {self._exhibit.size_bytes} that the manifest declares.",
                remedy="Declare the true size and digest in a new package.",
            )
        self._plain.update(data)
        self._write(self._encryptor.update(data))

    def finish(self) -> Received:
        """Check size and digest, make the body durable, and hand over the key.

        Raises:
            DigestMismatch: ``upload-truncated`` or ``upload-digest-mismatch``; nothing was stored.
        """
        if self._received < self._exhibit.size_bytes:
            raise DigestMismatch(
                "upload-truncated",
                f"{self._received} bytes arrived of {self._exhibit.size_bytes} declared.",
                remedy="Upload the exhibit again, in full.",
            )
        if not hmac.compare_digest(self._plain.hexdigest(), self._exhibit.sha256):
            raise DigestMismatch(
                "upload-digest-mismatch",
                "The bytes that arrived do not have the SHA-256 that the manifest declares.",
                remedy="Upload the file that was declared, or declare this one in a new package.",
            )
        self._write(self._encryptor.finish())
        self._writer.commit()
        return Received(self._blob, self._body.hexdigest(), self._received, self._file_key)

    def abort(self) -> None:
        """Leave nothing behind."""
        self._writer.abort()

    def _write(self, ciphertext: bytes) -> None:
        if ciphertext:
            self._body.update(ciphertext)
            self._writer.write(ciphertext)
