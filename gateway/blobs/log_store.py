"""Where the published log lies: tiles, checkpoint, and the head that only moves forward.

Two kinds of store, one code over obstore: a local folder, and an S3-compatible bucket. What is
promised: bytes are durable when a call returns; a tile's path is written once and never changes;
the head moves by compare-and-swap. Locally, bytes are written under a temporary name, synced, and
only then linked to their own (a power cut cannot leave a half file under a final name); the head is
guarded by a file lock. In a bucket, conditional puts do both. The head is deliberately not in the
database: restoring that from a backup must not bring an old head back.

Names: ``checkpoint``, ``checkpoint-cosigned`` and ``tile/...`` are public; ``head``, ``witnesses``,
``staging/...`` and ``tmp/...`` are not.
"""

from __future__ import annotations

import fcntl
import os
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError, NotFoundError, PreconditionError
from obstore.store import LocalStore, ObjectStore, S3Store

from gateway.blobs.naming import check_blob_name
from gateway.errors import IntegrityFailure, Misconfigured, Unavailable
from gateway.exchange.ports.sequencing import CHECKPOINT, HEAD

if TYPE_CHECKING:  # types without a runtime counterpart
    from obstore import ObjectMeta, UpdateVersion

# obstore raises the built-in error for a missing file, and its own where a store has no files.
_MISSING = (NotFoundError, FileNotFoundError)


class LogStore:
    """Implements ``ports.LogFiles`` in a bucket; :class:`LocalLogStore` in a folder.

    Args:
        store: An obstore store that supports conditional puts (``create`` and ``e_tag``).
        failpoint: Called with a name between the steps of a write; tests let it kill the process.
    """

    def __init__(self, store: ObjectStore, *, failpoint: Callable[[str], None] = lambda name: None) -> None:
        self._store = store
        self._failpoint = failpoint

    def read(self, path: str) -> bytes | None:
        check_blob_name(path)
        with _storing():
            try:
                return bytes(obstore.get(self._store, path).bytes())
            except _MISSING:
                return None

    def put_once(self, files: Sequence[tuple[str, bytes]]) -> None:
        for path, data in files:
            if not self._create(check_blob_name(path), data):
                self._must_equal(path, data)

    def publish(self, checkpoint: bytes, name: str = CHECKPOINT) -> None:
        with _storing():
            obstore.put(self._store, name, checkpoint)
        self._failpoint("object-replaced")

    def head(self) -> bytes | None:
        return self.read(HEAD)

    def swap_head(self, expected: bytes | None, new: bytes) -> bool:
        with _storing():
            try:
                if expected is None:
                    obstore.put(self._store, HEAD, new, mode="create")
                    return True
                found = obstore.get(self._store, HEAD)
                if bytes(found.bytes()) != expected:
                    return False
                self._failpoint("head-read")
                # The condition is on the version just read: a swap in between makes the put fail.
                obstore.put(self._store, HEAD, new, mode=_version_of(found.meta))
            except (AlreadyExistsError, PreconditionError, *_MISSING):
                return False
            return True

    def names(self, prefix: str) -> list[str]:
        with _storing():
            found = [item["path"] for page in obstore.list(self._store, prefix=prefix) for item in page]
        return sorted(found)

    def delete(self, paths: Sequence[str]) -> None:
        with _storing():
            for path in paths:
                try:
                    obstore.delete(self._store, path)
                except _MISSING:
                    continue

    def clean(self) -> None:
        pass  # a put that was cut off leaves nothing

    def _create(self, path: str, data: bytes) -> bool:
        with _storing():
            try:
                obstore.put(self._store, path, data, mode="create")
            except (AlreadyExistsError, PreconditionError):
                return False
        self._failpoint("object-created")
        return True

    def _must_equal(self, path: str, data: bytes) -> None:
        if self.read(path) != data:
            raise IntegrityFailure(
                "log-file-conflict",
                "A file of the log exists already with other bytes; it was not changed.",
                remedy="Keep both versions and audit the log: either the store or the database was altered.",
                where=path,
            )


class LocalLogStore(LogStore):
    """Files of the log in a folder of this machine.

    Args:
        folder: Created if missing, readable by the owner only.
        failpoint: Called with a name between the steps of a write; tests let it kill the process.
    """

    def __init__(self, folder: Path, *, failpoint: Callable[[str], None] = lambda name: None) -> None:
        with _storing():
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            super().__init__(LocalStore(prefix=folder), failpoint=failpoint)
            self._folder = folder
            #: Folders whose own names are known to be durable.
            self._durable: set[Path] = {folder}
            _sync(folder)

    def clean(self) -> None:
        self.delete(self.names("tmp"))

    def put_once(self, files: Sequence[tuple[str, bytes]]) -> None:
        touched: set[Path] = set()
        for path, data in files:
            if not self._create(check_blob_name(path), data):
                self._must_equal(path, data)
            touched.add((self._folder / path).parent)
        with _storing():
            for folder in touched:
                self._sync_folder(folder)

    def publish(self, checkpoint: bytes, name: str = CHECKPOINT) -> None:
        with _storing():
            self._replace(name, checkpoint)

    def swap_head(self, expected: bytes | None, new: bytes) -> bool:
        with _storing(), self._lock():
            if self.read(HEAD) != expected:
                return False
            self._replace(HEAD, new)
            return True

    def delete(self, paths: Sequence[str]) -> None:
        super().delete(paths)
        for folder in {(self._folder / path).parent for path in paths}:
            if folder.name.endswith(".p"):
                # Of partial tiles; never used again once the tile is full.
                with suppress(OSError):
                    folder.rmdir()

    def _create(self, path: str, data: bytes) -> bool:
        with _storing():
            temporary = self._write_temporary(data)
            try:
                # Without overwrite this is a hard link: it fails, atomically, if the name is taken.
                obstore.rename(self._store, temporary, path, overwrite=False)
            except AlreadyExistsError:
                obstore.delete(self._store, temporary)
                return False
            self._failpoint("file-linked")
            return True

    def _replace(self, path: str, data: bytes) -> None:
        temporary = self._write_temporary(data)
        obstore.rename(self._store, temporary, path)
        self._failpoint("file-replaced")
        _sync(self._folder)

    def _write_temporary(self, data: bytes) -> str:
        name = f"tmp/{uuid.uuid4().hex}"
        obstore.put(self._store, name, data)
        self._failpoint("temporary-written")
        _sync(self._folder / name)
        self._failpoint("temporary-synced")
        return name

    def _sync_folder(self, folder: Path) -> None:
        _sync(folder)
        named: set[Path] = set()
        while folder not in self._durable:
            named.add(folder)
            folder = folder.parent
            _sync(folder)
        # Only now: if a flush fails, the call is repeated, and all of it with it.
        self._durable |= named

    @contextmanager
    def _lock(self) -> Iterator[None]:
        descriptor = os.open(self._folder / "head.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            # Released by the system if the process dies, so a dead leader blocks nobody.
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)


def open_log_store(url: str) -> LogStore:
    """The log store at ``file:///folder`` or ``s3://bucket/prefix``.

    Credentials and endpoint of a bucket come from the ``AWS_...`` variables of the environment.

    Raises:
        Misconfigured: ``log-url-invalid``.
        Unavailable: ``log-store-unavailable``.
    """
    parts = urlsplit(url)
    if parts.scheme == "file" and parts.netloc in ("", "localhost") and parts.path not in ("", "/"):
        return LocalLogStore(Path(unquote(parts.path)))
    if parts.scheme == "s3" and parts.netloc:
        with _storing():
            return LogStore(S3Store.from_url(url))
    raise Misconfigured(
        "log-url-invalid",
        "The log store's URL is neither that of a folder nor of a bucket.",
        remedy="Write file:///absolute/folder or s3://bucket/prefix.",
    )


def _version_of(meta: ObjectMeta) -> UpdateVersion:
    e_tag, version = meta["e_tag"], meta["version"]
    if e_tag is None:
        raise Misconfigured(
            "log-store-unfit",
            "The log store gives no entity tags, so its head could be overwritten unseen.",
            remedy="Use a bucket with conditional writes, or a local folder.",
        )
    return {"e_tag": e_tag} if version is None else {"e_tag": e_tag, "version": version}


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _storing() -> Iterator[None]:
    try:
        yield
    except (BaseError, OSError) as error:
        raise Unavailable(
            "log-store-unavailable",
            f"The store of the log cannot be read or written ({type(error).__name__}).",
            remedy="Check space, permissions and connection; nothing moves until it works again.",
        ) from error
