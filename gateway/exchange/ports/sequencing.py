"""The two sides of the log that its sequencer joins: rows of the database, and the files that are published."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from gateway.translog.bundle import CHECKPOINT_FILE, COSIGNED_FILE

#: The files that change; tiles never do. The first two are public, and in every export too; what the
#: gateway knows of its witnesses is not (log/witness_report.py).
CHECKPOINT, COSIGNED, HEAD, WITNESSES = CHECKPOINT_FILE, COSIGNED_FILE, "head", "witnesses"


class LogRows(Protocol):
    """Entries in the database, as their one leader gives them their places. Raises Unavailable ``log-unavailable``."""

    def lead(self) -> bool:
        """Become the leader, or find out that one still is; False if another process leads."""
        ...

    def close(self) -> None:
        """Stop leading."""
        ...

    def sequence(self, limit: int) -> int:
        """Give up to ``limit`` pending rows their places, in one durable transaction; how many there were.

        Raises:
            IntegrityFailure: ``log-pending-invalid``: a waiting row is not what was appended.
        """
        ...

    def size(self) -> int:
        """Number of entries that have a place."""
        ...

    def leaves(self, start: int, limit: int) -> Sequence[tuple[int, bytes, bytes]]:
        """Committed rows from ``start`` on: seq, leaf bytes, leaf hash."""
        ...


class LogFiles(Protocol):
    """The published log; bytes are durable when a call returns. Raises Unavailable ``log-store-unavailable``."""

    def read(self, path: str) -> bytes | None:
        """The bytes of a file, or None if there is none; raises InvalidInput ``blob-name-invalid``."""
        ...

    def put_once(self, files: Sequence[tuple[str, bytes]]) -> None:
        """Write files; one that is there already must have the same bytes. After a failure, repeat the whole call.

        Raises:
            IntegrityFailure: ``log-file-conflict``: a path would change its bytes.
        """
        ...

    def publish(self, checkpoint: bytes, name: str = CHECKPOINT) -> None:
        """Replace the public checkpoint, or another of the few files that change."""
        ...

    def head(self) -> bytes | None:
        """The last checkpoint that was accepted, published or not."""
        ...

    def swap_head(self, expected: bytes | None, new: bytes) -> bool:
        """Move the head if it still is ``expected`` (None: there is none); False if somebody else has moved it."""
        ...

    def names(self, prefix: str) -> list[str]:
        """Paths of the files under a folder, sorted."""
        ...

    def delete(self, paths: Sequence[str]) -> None:
        """Remove files; what is not there is no error."""
        ...

    def clean(self) -> None:
        """Remove what a writer that died left behind. For the leader only: it may be in use."""
        ...
