"""A blob store in memory with the manners of the real one: write-once, invisible until committed."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

from gateway.blobs.naming import check_blob_name
from gateway.errors import Conflict, NotFound, Unavailable

_PIECE_BYTES = 1 << 20


class FakeBlobWriter:
    def __init__(self, store: FakeBlobs, name: str) -> None:
        self._store = store
        self._name = name
        self._parts: list[bytes] = []
        self._open = True

    def write(self, data: bytes) -> None:
        if not self._open:
            raise ValueError("the blob writer is closed")
        self._parts.append(bytes(data))

    def commit(self) -> None:
        if not self._open:
            raise ValueError("the blob writer is closed")
        self._open = False
        self._store.check_available()
        self._store.check_free(self._name)
        self._store.contents[self._name] = b"".join(self._parts)

    def abort(self) -> None:
        self._open = False
        self._parts.clear()


class FakeBlobs:
    """Implements ``ports.Blobs``; ``contents`` maps names to committed bytes."""

    def __init__(self) -> None:
        self.contents: dict[str, bytes] = {}
        self.available = True

    def check_available(self) -> None:
        if not self.available:
            raise Unavailable("blob-store-unavailable", "The blob store can't be reached.", remedy="Try again later.")

    def check_free(self, name: str) -> None:
        if name in self.contents:
            raise Conflict(
                "blob-exists", "A blob of this name exists; names are written once.", remedy="Take a new name."
            )

    def create(self, name: str) -> FakeBlobWriter:
        check_blob_name(name)
        self.check_available()
        self.check_free(name)
        return FakeBlobWriter(self, name)

    def size(self, name: str) -> int:
        return len(self._content(name))

    def read(self, name: str, start: int = 0, length: int | None = None) -> bytes:
        content = self._content(name)
        return content[start : None if length is None else start + length]

    def stream(self, name: str, start: int = 0, length: int | None = None) -> Iterator[bytes]:
        data = self.read(name, start, length)
        return (data[at : at + _PIECE_BYTES] for at in range(0, len(data), _PIECE_BYTES))

    async def stream_async(self, name: str, start: int = 0, length: int | None = None) -> AsyncIterator[bytes]:
        for piece in self.stream(name, start, length):
            yield piece

    def delete(self, name: str) -> None:
        check_blob_name(name)
        self.check_available()
        self.contents.pop(name, None)

    def clean(self) -> None:
        """Nothing is left behind: an uncommitted blob lies in its writer."""

    def _content(self, name: str) -> bytes:
        check_blob_name(name)
        self.check_available()
        if name not in self.contents:
            raise NotFound("blob-missing", "There is no such blob.", remedy="It may have been disposed of.")
        return self.contents[name]
