"""``evidence-gateway decrypt``: open an age v1 file with a private key, streaming.

Reads what anyone encrypted to an X25519 or X-Wing recipient, in binary form. A file that does not
verify leaves no output file. On standard output, authenticated chunks appear as they are verified;
that the file was complete is known at its end, so a pipe must heed the exit code (docs/spec/envelope.md).
Loads only what the base install has, and little of it, so that it starts at once.
"""

from __future__ import annotations

import contextlib
import json
import os
import stat
import sys
import tempfile
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Annotated, BinaryIO

import typer

from gateway.envelope.file import decrypt_stream
from gateway.envelope.header import Header, Identity
from gateway.envelope.policy import policy_digest
from gateway.envelope.recipient import MAX_IDENTITY_FILE_BYTES, parse_identity_file
from gateway.errors import InvalidInput, NotFound, Unavailable


def decrypt(
    identity: Annotated[
        list[Path],
        typer.Option("--identity", "-i", metavar="KEYFILE", help="Private key file as of age-keygen; repeatable."),
    ],
    in_file: Annotated[Path | None, typer.Argument(metavar="IN", help="The .age file; '-' or none: stdin.")] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="OUT", help="Where to write; '-' or none: stdout.")
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Report as JSON: on stdout with -o FILE, otherwise on stderr.")
    ] = False,
) -> None:
    """Decrypt an age file.

    Reads IN or standard input; writes OUT or standard output.
    Any binary age v1 file to an X25519 (age1...) or post-quantum (age1pq1...) key.

    If the file was changed or cut short, OUT is not written.
    On standard output a sound beginning may have appeared by then:
    look at the exit code before using it.

    Exit codes: 1 changed or incomplete; 2 not an age v1 file, or not a key file;
    4 not encrypted to this key; 5 a file cannot be read or written.
    """
    to_stdout = output is None or str(output) == "-"
    try:
        identities = [found for path in identity for found in _read_identities(path)]
        with _source(in_file) as source:
            size, header = _run(source, None if to_stdout else output, identities)
    except BrokenPipeError:
        # The reader of our pipe has gone; what is still buffered would fail again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise typer.Exit(1) from None
    except OSError as error:
        raise _unwritable(Path("standard output"), error) from error
    except InvalidInput as error:
        if error.code == "age-no-match":
            # For a script this is another case than a file that nobody can read: its own exit code.
            raise NotFound(error.code, error.message, remedy=error.remedy) from None
        raise
    if as_json:
        report = {
            "output": None if to_stdout else str(output),
            "size": size,
            "policy_digest": _policy_digest(header),
        }
        typer.echo(json.dumps(report), err=to_stdout)


def _run(source: BinaryIO, output: Path | None, identities: Sequence[Identity]) -> tuple[int, Header]:
    """Decrypt to the file or to stdout; the size of the plaintext in bytes, and the header."""
    size = 0
    with contextlib.nullcontext(sys.stdout.buffer) if output is None else _output_file(output) as sink:

        def write(data: bytes) -> None:
            nonlocal size
            size += len(data)
            sink.write(data)

        header = decrypt_stream(partial(_read, source), write, identities)
        if output is None:
            sink.flush()
    return size, header


def _read(source: BinaryIO, size: int) -> bytes:
    try:
        return source.read(size)
    except OSError as error:
        raise _unreadable(Path(str(source.name)), error) from error


def _policy_digest(header: Header) -> str | None:
    try:
        digest = policy_digest(header)
    except InvalidInput:
        # Decryption owes nothing to our stanza; who needs the policy checks it against the manifest.
        return None
    return digest.hex() if digest else None


def _read_identities(path: Path) -> Sequence[Identity]:
    try:
        with path.open("rb") as file:
            return parse_identity_file(file.read(MAX_IDENTITY_FILE_BYTES + 1))
    except OSError as error:
        raise _unreadable(path, error) from error


@contextlib.contextmanager
def _source(path: Path | None) -> Iterator[BinaryIO]:
    if path is None or str(path) == "-":
        yield sys.stdin.buffer
        return
    try:
        file = path.open("rb")
    except OSError as error:
        raise _unreadable(path, error) from error
    with file:
        yield file


@contextlib.contextmanager
def _output_file(path: Path) -> Iterator[BinaryIO]:
    """A file that gets its name only if the block ends well; mode 0600 from its first byte."""
    try:
        special = path.exists() and not stat.S_ISREG(path.stat().st_mode)
    except OSError as error:
        raise _unwritable(path, error) from error
    if special:
        # A device or a pipe cannot be renamed over; like stdout, it gets authenticated chunks only.
        try:
            with path.open("wb") as file:
                yield file
        except OSError as error:
            raise _unwritable(path, error) from error
        return
    try:
        descriptor, name = tempfile.mkstemp(prefix=f".{path.name[:64]}.", dir=path.parent)
    except OSError as error:
        raise _unwritable(path, error) from error
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield file
            file.flush()
            os.fsync(descriptor)
        temporary.replace(path)
    except OSError as error:
        raise _unwritable(path, error) from error
    finally:
        # After the rename there is nothing under this name; before it, what is there must go.
        temporary.unlink(missing_ok=True)


def _unreadable(path: Path, error: OSError) -> Unavailable:
    return Unavailable(
        "file-unreadable",
        f"{path} cannot be read: {error.strerror}.",
        remedy="Check the path and its permissions.",
        where=str(path),
    )


def _unwritable(path: Path, error: OSError) -> Unavailable:
    return Unavailable(
        "file-unwritable",
        f"{path} cannot be written: {error.strerror}.",
        remedy="Check that its folder exists, is yours and has room.",
        where=str(path),
    )
