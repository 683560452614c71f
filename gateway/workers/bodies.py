"""Bodies of exhibits as the steps need them: decrypted whole or in pieces, and renditions encrypted as they are made.

Plaintext is in memory only. A rendition's body is written under a name of its own, and no row names it before
all of it is durable.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Iterator
from contextlib import AbstractContextManager
from types import TracebackType

from gateway.bootstrap.gateway import Gateway
from gateway.envelope.body import NONCE_BYTES, BodyDecryptor, BodyEncryptor, body_size
from gateway.envelope.wrapping import WrappedKey
from gateway.errors import IntegrityFailure, NotFound
from gateway.evidence.canonical import canonical_json, sha256_hex
from gateway.evidence.lifecycle import RenditionState
from gateway.evidence.package import Exhibit, Package, Rendition
from gateway.exchange import redact
from gateway.exchange.ports.blobs import BlobWriter
from gateway.exchange.ports.workbench import CleanRendition, Source

#: So much of a long exhibit is decrypted and handed on at a time.
_PIECE_BYTES = 1 << 18


def source_of(gateway: Gateway, exhibit: Exhibit) -> Source:
    """The plaintext of an original, decrypted as it is read.

    Raises, when all of it has been read:
        IntegrityFailure: it is not what was uploaded.
    """

    def read() -> bytes:
        return b"".join(_pieces(gateway, exhibit, body_size(exhibit.size_bytes)))

    return Source(exhibit.size_bytes, read, lambda: _pieces(gateway, exhibit, _PIECE_BYTES))


def _pieces(gateway: Gateway, exhibit: Exhibit, piece_bytes: int) -> Iterator[bytes]:
    # Each is read by itself: between two of them may lie minutes, in which no store keeps a stream open.
    blob, decryptor = _opened(gateway, exhibit)
    digest = hashlib.sha256()
    for start in range(NONCE_BYTES, gateway.blobs.size(blob), piece_bytes):
        if piece := decryptor.update(gateway.blobs.read(blob, start, piece_bytes)):
            digest.update(piece)
            yield piece
    last = decryptor.finish()
    digest.update(last)
    if not hmac.compare_digest(digest.hexdigest(), exhibit.sha256):
        raise IntegrityFailure("exhibit-digest-mismatch", "The stored exhibit is not what was uploaded.")
    if last:
        yield last


def _opened(gateway: Gateway, exhibit: Exhibit) -> tuple[str, BodyDecryptor]:
    if exhibit.blob is None or exhibit.file_key_id is None:
        raise NotFound("blob-missing", "The exhibit has no stored body.")
    with gateway.database.transaction() as tx:
        wrapped = tx.file_keys.get(exhibit.file_key_id)
    if wrapped is None:
        raise NotFound("key-unknown", "The exhibit's file key is not stored.")
    nonce = gateway.blobs.read(exhibit.blob, 0, NONCE_BYTES)
    return exhibit.blob, BodyDecryptor(gateway.keyring.unwrap(wrapped), nonce)


class RenditionBody(AbstractContextManager["RenditionBody"]):
    """The body of one rendition, encrypted as its bytes come. Left without :meth:`finish`, nothing of it stays.

    It is begun in the store with its first bytes: what stops before there are any leaves nothing to clear away.
    """

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._id = gateway.new_id()
        self._blob = f"renditions/{self._id}"
        self._file_key = secrets.token_bytes(16)
        self._encryptor = BodyEncryptor(self._file_key)
        self._plain, self._sealed = hashlib.sha256(), hashlib.sha256()
        self._plain_bytes = self._sealed_bytes = 0
        self._writer: BlobWriter | None = None
        self._finished = False

    def write(self, data: bytes) -> None:
        """More plaintext."""
        self._plain.update(data)
        self._plain_bytes += len(data)
        self._put(self._encryptor.update(data))

    def finish(self, package: Package, exhibit: Exhibit, clean: CleanRendition) -> tuple[Rendition, WrappedKey]:
        """Make the body durable; the rendition and its wrapped key, to be written down."""
        self._put(self._encryptor.finish()).commit()
        self._finished = True
        now = self._gateway.clock()
        key = self._gateway.keyring.wrap(
            self._file_key,
            redact.rendition_aad(package, clean.view, exhibit.id),
            key_id=self._gateway.new_id(),
            now=now,
        )
        report = canonical_json(dict(clean.report))
        rendition = Rendition(
            id=self._id,
            exhibit_id=exhibit.id,
            package_id=package.id,
            view=clean.view,
            audience=clean.audience,
            name=clean.name,
            media_type=clean.media_type,
            size_bytes=self._plain_bytes,
            sha256=self._plain.hexdigest(),
            blob=self._blob,
            body_size_bytes=self._sealed_bytes,
            body_sha256=self._sealed.hexdigest(),
            file_key_id=key.id,
            report=report,
            report_digest=sha256_hex(report),
            lowest_confidence=clean.lowest_confidence,
            state=RenditionState.REDACTED,
            created_at=now,
        )
        return rendition, key

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._writer is not None and not self._finished:
            self._writer.abort()

    def _put(self, sealed: bytes) -> BlobWriter:
        if self._writer is None:
            with self._gateway.database.transaction() as tx:
                tx.unfinished.begin(self._blob, self._gateway.clock())
            self._writer = self._gateway.blobs.create(self._blob)
            sealed = self._encryptor.start() + sealed
        self._sealed.update(sealed)
        self._sealed_bytes += len(sealed)
        self._writer.write(sealed)
        return self._writer
