"""An exported log as ``log verify`` reads it: a folder or a zip file, from anyone.

Only paths that the audit itself names are looked up, so names in the bundle steer nothing, and each
file is read up to the largest size that its kind can have.
"""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from gateway.errors import InvalidInput, TooLarge
from gateway.translog.entry import MAX_ENTRY_BYTES
from gateway.translog.tiles import TILE_WIDTH

#: The largest entry bundle; every other file is smaller.
MAX_FILE_BYTES = TILE_WIDTH * (MAX_ENTRY_BYTES + 2)


@contextmanager
def open_bundle(path: Path) -> Iterator[Callable[[str], bytes | None]]:
    """A reader of the bundle's files by path; None for what is not there.

    Raises:
        InvalidInput: ``log-bundle-invalid`` if it is neither a folder nor a zip file.
        TooLarge: ``log-bundle-file-too-large``, when such a file is read.
    """
    if path.is_dir():
        yield lambda name: _from_folder(path, name)
        return
    try:
        archive = zipfile.ZipFile(path)
    except (OSError, zipfile.BadZipFile) as error:
        raise InvalidInput(
            "log-bundle-invalid",
            "This is neither a folder nor a zip file with an exported log.",
            remedy="Name what 'evidence-gateway log export' wrote.",
            where=str(path),
        ) from error
    with archive:
        names = set(archive.namelist())
        # Whoever zips a folder often zips it with its name.
        tops = {name.partition("/")[0] for name in names}
        prefix = f"{tops.pop()}/" if len(tops) == 1 and "checkpoint" not in names else ""
        yield lambda name: _from_zip(archive, prefix + name) if prefix + name in names else None


def _from_folder(folder: Path, name: str) -> bytes | None:
    try:
        with (folder / name).open("rb") as file:
            return _limited(file.read(MAX_FILE_BYTES + 1), name)
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return None


def _from_zip(archive: zipfile.ZipFile, name: str) -> bytes:
    try:
        with archive.open(name) as file:
            return _limited(file.read(MAX_FILE_BYTES + 1), name)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError) as error:
        raise InvalidInput(
            "log-bundle-invalid",
            "A file of the zip archive is damaged, encrypted or packed in an unknown way.",
            remedy="Ask for the export again.",
            where=name,
        ) from error


def _limited(data: bytes, name: str) -> bytes:
    if len(data) > MAX_FILE_BYTES:
        raise TooLarge(
            "log-bundle-file-too-large",
            f"A file of the exported log is larger than {MAX_FILE_BYTES} bytes; no file of a log can be.",
            remedy="Ask for the export again.",
            where=name,
        )
    return data
