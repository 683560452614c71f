"""The growing edge of a tiled tree: takes leaves, gives back the tiles they make, and the root.

Kept are the hashes of the rightmost tile of each level, fewer than 256 each; they are what the
partial tiles of the present size hold, so an edge can be taken up again from those tiles alone. The
sequencer writes what comes out of it; the verifier compares it with what was written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from gateway.translog.merkle import fold, leaf_hash, perfect_root
from gateway.translog.tiles import (
    TILE_HEIGHT,
    TILE_WIDTH,
    Tile,
    decode_bundle,
    decode_hashes,
    encode_bundle,
    encode_hashes,
    right_edge,
)


class Edge:
    """The right edge of the tree and of its last entry bundle.

    Attributes:
        size: Number of leaves so far.
    """

    __slots__ = ("_leaves", "_levels", "size")

    def __init__(self) -> None:
        self.size = 0
        self._leaves: list[bytes] = []
        self._levels: list[list[bytes]] = []

    @classmethod
    def load(cls, size: int, read: Callable[[Tile], bytes]) -> Edge:
        """Take up an edge from the partial tiles of a tree of ``size`` leaves.

        Args:
            size: A published size.
            read: Bytes of a tile or bundle; whoever calls compares :meth:`root` with a checkpoint.

        Raises:
            InvalidInput: ``log-tile-invalid`` if a tile has not the width its name says.
        """
        edge = cls()
        edge.size = size
        for tile in right_edge(size):
            assert tile.level is not None  # noqa: S101 - right_edge names no bundles; for the type checker
            while len(edge._levels) <= tile.level:
                edge._levels.append([])
            edge._levels[tile.level] = decode_hashes(read(tile), tile.width)
        if size % TILE_WIDTH:
            bundle = Tile(None, size // TILE_WIDTH, size % TILE_WIDTH)
            edge._leaves = decode_bundle(read(bundle), bundle.width)
        return edge

    def extend(self, leaves: Iterable[bytes]) -> Iterator[tuple[Tile, bytes]]:
        """Append leaf bytes; yields each bundle and tile that gets full on the way."""
        for leaf in leaves:
            self._leaves.append(leaf)
            self.size += 1
            if len(self._leaves) == TILE_WIDTH:
                yield Tile(None, self.size // TILE_WIDTH - 1), encode_bundle(self._leaves)
                self._leaves = []
            yield from self._push(0, leaf_hash(leaf))

    def _push(self, level: int, digest: bytes) -> Iterator[tuple[Tile, bytes]]:
        if level == len(self._levels):
            self._levels.append([])
        hashes = self._levels[level]
        hashes.append(digest)
        if len(hashes) == TILE_WIDTH:
            number = (self.size >> (TILE_HEIGHT * level)) // TILE_WIDTH - 1
            yield Tile(level, number), encode_hashes(hashes)
            self._levels[level] = []
            yield from self._push(level + 1, perfect_root(hashes))

    def partials(self) -> Iterator[tuple[Tile, bytes]]:
        """The bundle and tiles that are not full at the present size."""
        if self._leaves:
            yield Tile(None, self.size // TILE_WIDTH, len(self._leaves)), encode_bundle(self._leaves)
        for level, hashes in enumerate(self._levels):
            if hashes:
                number = (self.size >> (TILE_HEIGHT * level)) // TILE_WIDTH
                yield Tile(level, number, len(hashes)), encode_hashes(hashes)

    def root(self) -> bytes:
        """Root of the tree at the present size (RFC 6962 §2.1)."""
        nodes: list[bytes] = []
        for hashes in reversed(self._levels):
            # Within a level the complete subtrees are the bits of its count, largest first.
            start = 0
            for bit in reversed(range(TILE_HEIGHT)):
                if len(hashes) >> bit & 1:
                    nodes.append(perfect_root(hashes[start : start + (1 << bit)]))
                    start += 1 << bit
        return fold(nodes)

    def last_leaf(self) -> bytes | None:
        """Bytes of the last leaf, if its bundle is not full."""
        return self._leaves[-1] if self._leaves else None
