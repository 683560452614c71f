"""The stage: all files of one growth of the log in one blob, written before its checkpoint counts.

Publishing many files is not atomic; putting one blob in place is. Once the checkpoint of a growth
has been accepted, its files can always be written again from the stage, however often the process
dies on the way (docs/spec/log.md, "Publishing"). Form: ``evidence-gateway/stage-v1``, newline, then
for each file its path, a space, its size, newline and its bytes; at the end SHA-256 of all before.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence

from gateway.errors import IntegrityFailure
from gateway.translog.edge import TileBytes
from gateway.translog.tiles import parse_path

_HEADER = b"evidence-gateway/stage-v1\n"
_DIGEST_BYTES = 32


def stage_name(size: int, root: bytes) -> str:
    """Name of the stage that leads to that tree head."""
    return f"staging/{size}-{root.hex()}"


def stage_size(name: str) -> int:
    """The size of the tree that a stage leads to, from its name."""
    return int(name.removeprefix("staging/").partition("-")[0])


def encode_stage(files: Sequence[TileBytes]) -> bytes:
    """All files of a growth as one blob."""
    parts = [_HEADER]
    for tile, data in files:
        parts += (f"{tile.path} {len(data)}\n".encode("ascii"), data)
    body = b"".join(parts)
    return body + hashlib.sha256(body).digest()


def decode_stage(blob: bytes) -> list[TileBytes]:
    """The files of a stage.

    Raises:
        IntegrityFailure: ``log-stage-invalid`` if it is not, byte for byte, what was written.
        InvalidInput: ``log-path-invalid``.
    """
    body, digest = blob[:-_DIGEST_BYTES], blob[-_DIGEST_BYTES:]
    if not hmac.compare_digest(hashlib.sha256(body).digest(), digest) or not body.startswith(_HEADER):
        raise _invalid()
    files: list[TileBytes] = []
    position = len(_HEADER)
    while position < len(body):
        line_end = body.find(b"\n", position)
        path, _, size = body[position:line_end].partition(b" ")
        if line_end < 0 or not size.isdigit():
            raise _invalid()
        start, position = line_end + 1, line_end + 1 + int(size)
        if position > len(body):
            raise _invalid()
        files.append((parse_path(path.decode("ascii", "replace")), body[start:position]))
    return files


def _invalid() -> IntegrityFailure:
    return IntegrityFailure(
        "log-stage-invalid",
        "The staged files of the log's last growth are damaged.",
        remedy="Do not delete anything. Restore the log store from a copy that is not older.",
    )
