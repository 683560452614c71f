"""Files that hold secrets: created whole, never overwritten by accident, readable by their owner only.

Nothing here knows what a secret means or how it is encrypted; that is sealed_secret.py. A file is made
under a temporary name, made durable, and then given its name in one step, so that a crash leaves
either nothing or the whole.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import stat
from pathlib import Path

from gateway.errors import Conflict, Misconfigured, Unavailable

MAX_BYTES = 64 * 1024
_MODE = 0o600


def create(path: Path, content: bytes) -> None:
    """Write a new file of mode 0600 under ``path``; its folder is made (0700) if it is missing.

    Raises:
        Conflict: ``key-file-exists``. What is there is left untouched.
        Unavailable: ``key-file-unwritable``.
    """
    temporary = _write_beside(path, content)
    try:
        # A link, unlike a rename, fails if the name is taken: no race between look and write.
        os.link(temporary, path)
    except FileExistsError:
        raise Conflict(
            "key-file-exists",
            f"{path} exists already and is not overwritten; what is encrypted under its keys would be lost.",
            remedy="Choose another file, or move the old one to a safe place first.",
            where=str(path),
        ) from None
    except OSError as error:
        raise _unwritable(path, error) from error
    finally:
        temporary.unlink(missing_ok=True)
    _sync_folder(path)


def replace(path: Path, content: bytes) -> None:
    """Put new content in place of the old, in one step. Only for content that contains the old keys.

    Raises:
        Unavailable: ``key-file-unwritable``; the old content is then still there.
    """
    temporary = _write_beside(path, content)
    try:
        temporary.replace(path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise _unwritable(path, error) from error
    _sync_folder(path)


def read(path: Path) -> bytes:
    """The content, if nobody but the owner can read or write the file.

    Raises:
        Misconfigured: ``key-file-missing``, ``key-file-permissions``, ``key-file-invalid``.
    """
    try:
        # Permissions are asked of the open file, so that it can't be exchanged in between.
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError as error:
        raise Misconfigured(
            "key-file-missing",
            f"The key file {path} cannot be opened: {error.strerror}.",
            remedy="Make one with 'evidence-gateway keys init', or correct its path.",
            where=str(path),
        ) from error
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode) or status.st_size > MAX_BYTES:
            raise Misconfigured(
                "key-file-invalid",
                f"{path} is not a key file.",
                remedy="Give the path of the file that 'evidence-gateway keys init' wrote.",
                where=str(path),
            )
        if status.st_mode & 0o077 or status.st_uid not in (os.geteuid(), 0):
            raise Misconfigured(
                "key-file-permissions",
                f"The key file {path} belongs to, or is open to, others than the user who runs this.",
                remedy=f"Run: chmod 600 {path} (and chown it); if others may have read it, replace the keys.",
                where=str(path),
            )
        return os.read(descriptor, MAX_BYTES)
    finally:
        os.close(descriptor)


def _write_beside(path: Path, content: bytes) -> Path:
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, _MODE)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise _unwritable(path, error) from error
    return temporary


def _sync_folder(path: Path) -> None:
    # Without this a crash could take the new name away again.
    descriptor = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _unwritable(path: Path, error: OSError) -> Unavailable:
    return Unavailable(
        "key-file-unwritable",
        f"The key file {path} cannot be written: {error.strerror}.",
        remedy="Check that the folder exists, belongs to you and has room.",
        where=str(path),
    )
