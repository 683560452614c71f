"""Blobs in a local folder: written durably by plain file calls, read through obstore.

obstore neither fsyncs a put nor refuses to overwrite when it streams, and a row of the database must
never name bytes that a power cut could take back. So a blob is written to a staging file, flushed to
the disk, *linked* to its name (which fails if the name is taken) and its folder flushed too; only
then does ``commit`` return. A staging file is locked while its writer lives, so an abandoned one can be
told and removed, at a start and by housekeeping; until then it may be a second name of an erased blob.
"""

from __future__ import annotations

import errno
import fcntl
import os
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from gateway.errors import Conflict, Misconfigured, Unavailable

_STAGING = ".staging"
# A file younger than this may belong to a writer that has not locked it yet.
_ABANDONED_AFTER_SECONDS = 60


class LocalWriter:
    """A blob being written. Implements ``ports.BlobWriter``; one thread at a time.

    Args:
        failpoint: Called with a name between the steps; tests let it kill the process.
    """

    def __init__(self, root: Path, name: str, *, failpoint: Callable[[str], None] = lambda name: None) -> None:
        self._failpoint = failpoint
        self._target = root / name
        self._staged = root / _STAGING / secrets.token_hex(16)
        with storing():
            self._file: int | None = os.open(self._staged, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            fcntl.flock(self._file, fcntl.LOCK_EX)
        self._failpoint("blob-begun")

    def write(self, data: bytes) -> None:
        """Raises Unavailable ``blob-store-full`` or ``blob-store-unavailable``; then abort."""
        file = self._open_file()
        with storing():
            view = memoryview(data)
            while view:
                view = view[os.write(file, view) :]

    def commit(self) -> None:
        """Make the bytes durable under the name.

        Raises:
            Conflict: ``blob-exists``; the bytes that are there stay.
            Unavailable: ``blob-store-full`` or ``blob-store-unavailable``.
        """
        file = self._open_file()
        try:
            with storing():
                self._failpoint("blob-written")
                os.fsync(file)
                self._failpoint("blob-synced")
                self._make_folders()
                try:
                    os.link(self._staged, self._target)
                except FileExistsError:
                    raise blob_exists() from None
                self._failpoint("blob-linked")
                flush_folder(self._target.parent)
            self._failpoint("blob-durable")
        finally:
            self.abort()

    def abort(self) -> None:
        """Drop what was written; after ``commit`` this does nothing."""
        if self._file is not None:
            with suppress(OSError):
                self._staged.unlink(missing_ok=True)
            os.close(self._file)
            self._file = None

    def __del__(self) -> None:
        # A writer that was forgotten (its request died) must not keep its bytes.
        if getattr(self, "_file", None) is not None:
            self.abort()

    def _open_file(self) -> int:
        if self._file is None:
            raise ValueError("the blob writer is closed")
        return self._file

    def _make_folders(self) -> None:
        missing = []
        folder = self._target.parent
        while not folder.is_dir():
            missing.append(folder)
            folder = folder.parent
        for folder in reversed(missing):
            folder.mkdir(mode=0o700, exist_ok=True)
            flush_folder(folder.parent)


def prepare_folder(root: Path) -> Path:
    """Make the folder with its staging area, private to this user; remove abandoned staging files.

    Raises:
        Misconfigured: ``blob-folder-unsafe`` if other users may enter the folder.
        Unavailable: ``blob-store-unavailable``.
    """
    with storing():
        staging = root / _STAGING
        staging.mkdir(mode=0o700, parents=True, exist_ok=True)
        if [path.name for path in root.iterdir()] == [_STAGING]:
            root.chmod(0o700)  # it holds nothing yet, so it is ours to close
        if root.stat().st_mode & 0o077:
            raise Misconfigured(
                "blob-folder-unsafe",
                f"Other users can enter the folder of the blobs: {root}.",
                remedy="Give the folder the mode 0700.",
            )
    remove_abandoned(root)
    return root


def remove_abandoned(root: Path) -> None:
    """Remove the staging files of writers that have died; those of the living are locked.

    Raises:
        Unavailable: ``blob-store-unavailable``.
    """
    with storing():
        for path in (root / _STAGING).iterdir():
            _remove_abandoned(path)


def _remove_abandoned(path: Path) -> None:
    try:
        file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    try:
        if time.time() - os.fstat(file).st_mtime > _ABANDONED_AFTER_SECONDS:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            path.unlink(missing_ok=True)
    except BlockingIOError:
        pass  # its writer lives, perhaps in another process
    finally:
        os.close(file)


def flush_folder(folder: Path) -> None:
    """Make the names in a folder durable: what was linked stays, what was unlinked stays away."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def blob_exists() -> Conflict:
    """The error for a name that is taken."""
    return Conflict(
        "blob-exists",
        "A blob of this name exists; names are written once.",
        remedy="Write the bytes under a new name.",
    )


@contextmanager
def storing() -> Iterator[None]:
    """What the operating system refuses within leaves as one of our errors; paths are not quoted."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise Unavailable(
                "blob-store-full",
                "There is no space left for evidence.",
                remedy="The operator has to make room; nothing was stored.",
            ) from error
        raise Unavailable(
            "blob-store-unavailable",
            "The store of evidence can't be reached or written now.",
            remedy="Try again shortly; if it persists, the operator must check the store.",
        ) from error
