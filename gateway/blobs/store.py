"""Encrypted bodies in a folder or in an S3-compatible store, by URL (ports.Blobs).

    file:///var/lib/evidence-gateway/blobs
    s3://bucket/prefix       with S3Options for anything but Amazon's own endpoint

Both are read through obstore: pieces of 4 MiB by range, never a whole body in memory. What is written
is invisible until ``commit``, durable after it, and never overwritten. S3 makes an object durable when
its upload completes; it can't refuse an existing name on a multipart upload, so there the name is
looked up before, which is enough for names that hold a fresh UUID.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal
from urllib.parse import unquote, urlsplit

import obstore
from obstore.exceptions import BaseError, NotFoundError
from obstore.store import LocalStore, S3Store

from gateway.blobs.local import LocalWriter, blob_exists, flush_folder, prepare_folder, remove_abandoned, storing
from gateway.blobs.naming import check_blob_name
from gateway.errors import Misconfigured, NotFound, Unavailable
from gateway.exchange.ports.blobs import BlobWriter

PIECE_BYTES = 4 << 20
# A multipart upload has at most 10,000 parts: 16 MiB each allow 160 GiB, four at a time hold 64 MiB.
_PART_BYTES = 16 << 20
_PARTS_AT_ONCE = 4


@dataclass(frozen=True, slots=True)
class S3Options:
    """Where and as whom to speak S3; unset members come from the environment or instance role."""

    endpoint: str | None = None
    region: str | None = None
    access_key_id: str | None = None
    secret_access_key: str | None = field(default=None, repr=False)
    allow_http: bool = False
    addressing: Literal["path", "virtual-hosted"] = "path"


class ObjectBlobs:
    """Blobs in an obstore store; ``folder`` is its root if it is a local folder.

    Args:
        failpoint: Called with a name between the steps of a write or deletion; tests let it kill the process.
    """

    def __init__(
        self,
        store: LocalStore | S3Store,
        folder: Path | None,
        *,
        failpoint: Callable[[str], None] = lambda name: None,
    ) -> None:
        self._store = store
        self._folder = folder
        self._failpoint = failpoint

    def create(self, name: str) -> BlobWriter:
        """Begin a blob.

        Raises:
            InvalidInput: ``blob-name-invalid``.
            Conflict: ``blob-exists``.
            Unavailable: ``blob-store-unavailable``.
        """
        check_blob_name(name)
        if self._exists(name):
            raise blob_exists()
        if self._folder is not None:
            return LocalWriter(self._folder, name, failpoint=self._failpoint)
        return _UploadWriter(self, self._store, name)

    def size(self, name: str) -> int:
        """Bytes; raises NotFound ``blob-missing``."""
        with _reading():
            return int(obstore.head(self._store, check_blob_name(name))["size"])

    def read(self, name: str, start: int = 0, length: int | None = None) -> bytes:
        """Bytes from ``start``, ``length`` of them or to the end; fewer if the blob ends before."""
        return b"".join(self.stream(name, start, length))

    def stream(self, name: str, start: int = 0, length: int | None = None) -> Iterator[bytes]:
        """As :meth:`read`, in pieces of 4 MiB; a missing blob is told before the first piece."""
        return self._pieces(name, start, _end(self.size(name), start, length))

    def _pieces(self, name: str, start: int, end: int) -> Iterator[bytes]:
        for at in range(start, end, PIECE_BYTES):
            with _reading():
                yield bytes(obstore.get_range(self._store, name, start=at, end=min(at + PIECE_BYTES, end)))

    async def stream_async(self, name: str, start: int = 0, length: int | None = None) -> AsyncIterator[bytes]:
        """As :meth:`stream`, for the event loop."""
        with _reading():
            meta = await obstore.head_async(self._store, check_blob_name(name))
        end = _end(int(meta["size"]), start, length)
        for at in range(start, end, PIECE_BYTES):
            with _reading():
                piece = await obstore.get_range_async(self._store, name, start=at, end=min(at + PIECE_BYTES, end))
            yield bytes(piece)

    def delete(self, name: str) -> None:
        """Erase; deleting what is not there is not an error."""
        check_blob_name(name)
        try:
            with _reading():
                obstore.delete(self._store, name)
        except NotFound:
            return
        self._failpoint("blob-unlinked")
        if self._folder is not None:
            with storing():
                flush_folder((self._folder / name).parent)

    def clean(self) -> None:
        """Remove what writers that have died left behind; in a bucket its lifecycle rule does that.

        Raises:
            Unavailable: ``blob-store-unavailable``.
        """
        if self._folder is not None:
            remove_abandoned(self._folder)

    def _exists(self, name: str) -> bool:
        try:
            self.size(name)
        except NotFound:
            return False
        return True


class _UploadWriter:
    """A multipart upload. What is aborted stays invisible; the bucket's lifecycle rule removes its parts."""

    def __init__(self, blobs: ObjectBlobs, store: LocalStore | S3Store, name: str) -> None:
        self._blobs = blobs
        self._name = name
        self._writer: obstore.WritableFile | None = obstore.open_writer(
            store, name, buffer_size=_PART_BYTES, max_concurrency=_PARTS_AT_ONCE
        )

    def write(self, data: bytes) -> None:
        with _reading():
            self._open_writer().write(data)

    def commit(self) -> None:
        writer = self._open_writer()
        self._writer = None
        if self._blobs._exists(self._name):
            raise blob_exists()
        with _reading():
            writer.close()

    def abort(self) -> None:
        self._writer = None

    def _open_writer(self) -> obstore.WritableFile:
        if self._writer is None:
            raise ValueError("the blob writer is closed")
        return self._writer


def open_blobs(
    url: str, s3: S3Options | None = None, *, failpoint: Callable[[str], None] = lambda name: None
) -> ObjectBlobs:
    """The blob store of a URL, ``file:///folder`` or ``s3://bucket/prefix``.

    Raises:
        Misconfigured: ``blob-url-invalid`` or ``blob-folder-unsafe``.
        Unavailable: ``blob-store-unavailable``.
    """
    parts = urlsplit(url)
    if parts.scheme == "file" and not parts.netloc and parts.path.startswith("/"):
        folder = prepare_folder(Path(unquote(parts.path)))
        return ObjectBlobs(LocalStore(folder), folder, failpoint=failpoint)
    if parts.scheme == "s3" and parts.netloc and not parts.query:
        return ObjectBlobs(_s3_store(parts.netloc, parts.path.strip("/"), s3 or S3Options()), None)
    raise Misconfigured(
        "blob-url-invalid",
        "The URL of the blob store is neither of the form file:///folder nor s3://bucket/prefix.",
        remedy="Correct the setting.",
    )


def _s3_store(bucket: str, prefix: str, options: S3Options) -> S3Store:
    given = {
        "endpoint": options.endpoint,
        "region": options.region,
        "access_key_id": options.access_key_id,
        "secret_access_key": options.secret_access_key,
    }
    try:
        return S3Store(
            bucket,
            prefix=prefix or None,
            virtual_hosted_style_request=options.addressing == "virtual-hosted",
            client_options={"allow_http": options.allow_http},
            **{name: value for name, value in given.items() if value is not None},  # type: ignore[arg-type]
        )
    except (BaseError, ValueError) as error:
        raise Misconfigured(
            "blob-url-invalid",
            "The S3 store can't be opened with these settings.",
            remedy="Check bucket, endpoint, region and credentials.",
        ) from error


def _end(size: int, start: int, length: int | None) -> int:
    if start < 0 or (length is not None and length < 0):
        raise ValueError("start and length can't be negative")
    return size if length is None else min(size, start + length)


@contextmanager
def _reading() -> Iterator[None]:
    """What obstore raises within leaves as one of our errors; its texts, which quote paths, don't."""
    try:
        yield
    except (FileNotFoundError, NotFoundError) as error:
        raise NotFound(
            "blob-missing", "There is no such blob.", remedy="It may have been disposed of in the meantime."
        ) from error
    except (BaseError, OSError) as error:
        raise Unavailable(
            "blob-store-unavailable",
            "The store of evidence can't be reached or read now.",
            remedy="Try again shortly; if it persists, the operator must check the store.",
        ) from error
