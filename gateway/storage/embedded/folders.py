"""Folders of the private PostgreSQL that nobody else may enter: its data, and its socket.

A unix socket is as safe as the folder it lies in, and its path may be 107 bytes long at most. Where
the data folder has a longer path, the socket lies in a short one of its own.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Collection
from pathlib import Path

from gateway.errors import Misconfigured

PORT = 5432
# sun_path holds 108 bytes on Linux, 104 on macOS, with the closing NUL.
_MAX_SOCKET_PATH_BYTES = 103
_PLAIN = re.compile(r"/[\w/. +-]*")


def private_folder(folder: Path, owners: Collection[int]) -> Path:
    """Make the folder if need be, mode 0700, and return it resolved.

    Raises:
        Misconfigured: ``embedded-postgres-folder`` if others may enter it, or it belongs to one.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder = folder.resolve()
    facts = folder.lstat()
    if facts.st_mode & 0o077 or facts.st_uid not in owners:
        raise Misconfigured(
            "embedded-postgres-folder",
            f"The folder of the private PostgreSQL is open to other users, or belongs to one: {folder}.",
            remedy="Give it to the user that runs the gateway, with mode 0700.",
        )
    return folder


def socket_folder(folder: Path, owners: Collection[int]) -> Path:
    """The folder itself, or a short private one if a socket in it could not be reached.

    That is so if its path would be too long, or has characters (a comma, a quote) that mean something
    to PostgreSQL's settings or to a connection string.
    """
    if _PLAIN.fullmatch(str(folder)) and len(os.fsencode(folder / f".s.PGSQL.{PORT}")) <= _MAX_SOCKET_PATH_BYTES:
        return folder
    runtime = os.environ.get("XDG_RUNTIME_DIR", "")
    # Not TMPDIR, which may be long itself.
    base = Path(runtime if runtime and len(runtime) < 40 and Path(runtime).is_dir() else "/tmp")  # noqa: S108 - see below
    # The name can be guessed, so the folder is used only if it is ours and closed; were it another's
    # all the same, both sides check the account of the other (peer, requirepeer).
    name = hashlib.sha256(os.fsencode(folder)).hexdigest()[:16]
    return private_folder(base / f"evidence-gateway-{os.geteuid()}-{name}", owners)
