"""Encrypted bodies, as the steps see them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Protocol


class BlobWriter(Protocol):
    """A blob being written. Nothing is visible under its name before ``commit``."""

    def write(self, data: bytes) -> None: ...
    def commit(self) -> None:
        """Make the bytes durable under the name; only then may a row name them."""
        ...

    def abort(self) -> None: ...


class Blobs(Protocol):
    """Encrypted bodies, by name. A name is written once and its bytes never change."""

    def create(self, name: str) -> BlobWriter: ...
    def size(self, name: str) -> int:
        """Bytes; raises NotFound ``blob-missing``."""
        ...

    def read(self, name: str, start: int = 0, length: int | None = None) -> bytes: ...
    def stream(self, name: str, start: int = 0, length: int | None = None) -> Iterator[bytes]: ...
    def stream_async(self, name: str, start: int = 0, length: int | None = None) -> AsyncIterator[bytes]: ...
    def delete(self, name: str) -> None:
        """Erase; deleting what is not there is not an error (disposal is repeated after a crash)."""
        ...

    def clean(self) -> None:
        """Remove what writers that have died left behind without a name."""
        ...
