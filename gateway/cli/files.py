"""Files that a command is given: read within a limit, written or printed."""

from __future__ import annotations

from pathlib import Path

import typer

from gateway.errors import InvalidInput, Unavailable


def read_file(path: Path, limit: int | None = None) -> bytes:
    """The bytes of a file, at most one more than the limit, so that the reader sees that it is too much.

    Args:
        path: The file.
        limit: In bytes; that of agreement files if it is left out.

    Raises:
        InvalidInput: ``file-unreadable``.
    """
    from gateway.agreements.text.source_text import MAX_BYTES

    try:
        with path.open("rb") as stream:
            return stream.read((limit or MAX_BYTES) + 1)
    except OSError as error:
        raise InvalidInput(
            "file-unreadable", f"{path.name} can't be read: {error.strerror}.", remedy="Check the path and its rights."
        ) from error


def write_file(path: Path, data: bytes) -> None:
    """Write a file.

    Raises:
        Unavailable: ``file-unwritable``.
    """
    try:
        path.write_bytes(data)
    except OSError as error:
        raise Unavailable(
            "file-unwritable", f"{path.name} can't be written: {error.strerror}.", remedy="Choose another place."
        ) from error


def write_text(path: Path | None, text: str) -> None:
    """Write a text to a file as UTF-8, or to standard output if there is none."""
    if path is None:
        typer.echo(text, nl=False)
    else:
        write_file(path, text.encode("utf-8"))
