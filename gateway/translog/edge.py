"""The growing edge of a tiled tree: takes leaves, gives back the tiles they make, and the root.

Kept are the hashes of the rightmost tile of each level, fewer than 256 each; they are what the
partial tiles of the present size hold, so an edge can be taken up again from those tiles alone. The
sequencer writes what comes out of it; the verifier compares it with what was written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeAlias

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

TileBytes: TypeAlias = tuple[Tile, bytes]


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
            read: Bytes of a tile or bundle. They are not checked here: compare :meth:`root` with
                the checkpoint of that size before relying on the edge.

        Raises:
            InvalidInput: ``log-tile-invalid`` if a tile has not the width its name says.
        """
        edge = cls()
        edge.size = size
        for tile in right_edge(size):
            level = tile.level or 0
            edge._levels += [[] for _ in range(level + 1 - len(edge._levels))]
            edge._levels[level] = decode_hashes(read(tile), tile.width)
        if size % TILE_WIDTH:
            bundle = Tile(None, size // TILE_WIDTH, size % TILE_WIDTH)
            edge._leaves = decode_bundle(read(bundle), bundle.width)
        return edge

    def extend(self, leaves: Iterable[bytes]) -> list[TileBytes]:
        """Append leaf bytes; returns each bundle and tile that got full on the way."""
        full: list[TileBytes] = []
        for leaf in leaves:
            self._leaves.append(leaf)
            self._push(leaf_hash(leaf), full)
            if len(self._leaves) == TILE_WIDTH:
                full.append((Tile(None, self.size // TILE_WIDTH - 1), encode_bundle(self._leaves)))
                self._leaves = []
        return full

    def extend_hashes(self, hashes: Iterable[bytes]) -> list[TileBytes]:
        """Append leaf hashes, for whoever needs no bundles; not to be mixed with :meth:`extend`."""
        full: list[TileBytes] = []
        for digest in hashes:
            self._push(digest, full)
        return full

    def extend_root(self, root: bytes) -> list[TileBytes]:
        """Append 256 leaves at once, by the root over them; only where a tile begins."""
        if self.size % TILE_WIDTH:
            raise ValueError("a whole tile can only be appended where a tile begins")
        full: list[TileBytes] = []
        if not self._levels:
            self._levels.append([])
        self._push(root, full, 1)
        return full

    def _push(self, digest: bytes, full: list[TileBytes], level: int = 0) -> None:
        self.size += 1 << (TILE_HEIGHT * level)
        while True:
            if level == len(self._levels):
                self._levels.append([])
            hashes = self._levels[level]
            hashes.append(digest)
            if len(hashes) < TILE_WIDTH:
                return
            number = (self.size >> (TILE_HEIGHT * level)) // TILE_WIDTH - 1
            full.append((Tile(level, number), encode_hashes(hashes)))
            digest = perfect_root(hashes)
            self._levels[level] = []
            level += 1

    def partials(self) -> list[TileBytes]:
        """The bundle and tiles that are not full at the present size."""
        found: list[TileBytes] = []
        if self._leaves:
            bundle = Tile(None, self.size // TILE_WIDTH, len(self._leaves))
            found.append((bundle, encode_bundle(self._leaves)))
        for level, hashes in enumerate(self._levels):
            if hashes:
                number = (self.size >> (TILE_HEIGHT * level)) // TILE_WIDTH
                found.append((Tile(level, number, len(hashes)), encode_hashes(hashes)))
        return found

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
