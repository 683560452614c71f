"""Tiles and entry bundles: how the tree lies in files (c2sp.org/tlog-tiles).

A tile holds up to 256 hashes of one level, 32 bytes each; level 0 are leaf hashes, and each hash of
level L+1 is the root over one *full* tile of level L. An entry bundle holds the leaves under one
level-0 tile. A file is named by what it holds, so a path is written once and never changes. Names
and bytes only; where they are stored is no matter here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from gateway.errors import InvalidInput
from gateway.translog.entry import MAX_ENTRY_BYTES
from gateway.translog.merkle import HASH_BYTES, NodeReader, perfect_root

TILE_WIDTH = 256
TILE_HEIGHT = 8
MAX_LEVEL = 63

#: Path -> bytes, or None if there is no such file.
PathReader: TypeAlias = Callable[[str], bytes | None]

_PATH = re.compile(r"tile/(entries|0|[1-9]\d?)/((?:x\d{3}/)*\d{3})(?:\.p/([1-9]\d{0,2}))?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Tile:
    """The name of a tile, or of an entry bundle where ``level`` is None.

    Attributes:
        index: Position in its level, from 0.
        width: Hashes or entries in it, 1 to 256; below 256 it is partial.
    """

    level: int | None
    index: int
    width: int = TILE_WIDTH

    @property
    def path(self) -> str:
        """``tile/<L>/<N>[.p/<W>]`` with N in groups of three digits, all but the last with ``x``."""
        digits = str(self.index)
        digits = digits.rjust(-(-len(digits) // 3) * 3, "0")
        groups = [digits[i : i + 3] for i in range(0, len(digits), 3)]
        number = "/".join([*(f"x{group}" for group in groups[:-1]), groups[-1]])
        level = "entries" if self.level is None else str(self.level)
        partial = f".p/{self.width}" if self.width < TILE_WIDTH else ""
        return f"tile/{level}/{number}{partial}"

    @property
    def whole(self) -> Tile:
        """The full tile that this one is, or will grow into."""
        return Tile(self.level, self.index)


def parse_path(untrusted: str) -> Tile:
    """The tile that a path names; only the one canonical spelling is accepted.

    Raises:
        InvalidInput: ``log-path-invalid``.
    """
    match = _PATH.fullmatch(untrusted) if len(untrusted) <= 100 else None
    if match:
        level, number, width = match.groups()
        index = int(number.replace("x", "").replace("/", ""))
        tile = Tile(None if level == "entries" else int(level), index, int(width) if width else TILE_WIDTH)
        # Writing it again refuses leading groups of zeros and widths of 256 and more.
        if tile.path == untrusted and (tile.level is None or tile.level <= MAX_LEVEL):
            return tile
    raise InvalidInput(
        "log-path-invalid",
        "This is not the path of a tile or entry bundle.",
        remedy="See c2sp.org/tlog-tiles: tile/<level>/<number>, with .p/<width> for a partial one.",
    )


def tiles_of_growth(old: int, new: int) -> Iterator[Tile]:
    """Entry bundles and tiles that a growth from ``old`` to ``new`` entries makes, bundles first.

    Of each tile only the last state is named: full if it is filled, else the partial one of the new
    size. From 0, these are all the tiles of a tree of that size.
    """
    yield from _of_level(None, old, new)
    level = 0
    while new >> (TILE_HEIGHT * level):
        yield from _of_level(level, old >> (TILE_HEIGHT * level), new >> (TILE_HEIGHT * level))
        level += 1


def _of_level(level: int | None, old: int, new: int) -> Iterator[Tile]:
    if new == old:
        return
    for index in range(old // TILE_WIDTH, -(-new // TILE_WIDTH)):
        yield Tile(level, index, min(TILE_WIDTH, new - index * TILE_WIDTH))


def right_edge(size: int) -> list[Tile]:
    """The partial tiles of a tree of that size, level 0 first; they determine its root."""
    edge = []
    level = 0
    while size >> (TILE_HEIGHT * level):
        count = size >> (TILE_HEIGHT * level)
        if count % TILE_WIDTH:
            edge.append(Tile(level, count // TILE_WIDTH, count % TILE_WIDTH))
        level += 1
    return edge


def tile_of(level: int, index: int, size: int) -> Tile:
    """The tile of a tree of ``size`` entries that has the hash ``index`` of that tile level."""
    count = size >> (TILE_HEIGHT * level)
    number = index // TILE_WIDTH
    return Tile(level, number, min(TILE_WIDTH, count - number * TILE_WIDTH))


def encode_hashes(hashes: Sequence[bytes]) -> bytes:
    return b"".join(hashes)


def decode_hashes(data: bytes, width: int) -> list[bytes]:
    """The hashes of a tile.

    Raises:
        InvalidInput: ``log-tile-invalid`` if it has not exactly ``width`` hashes.
    """
    if len(data) != width * HASH_BYTES:
        raise _invalid(f"it has {len(data)} bytes; {width} hashes have {width * HASH_BYTES}")
    return [data[i : i + HASH_BYTES] for i in range(0, len(data), HASH_BYTES)]


def encode_bundle(leaves: Sequence[bytes]) -> bytes:
    """Each leaf with its length before it as a big-endian 16-bit number."""
    parts: list[bytes] = []
    for leaf in leaves:
        if len(leaf) > MAX_ENTRY_BYTES:
            raise _invalid("an entry is longer than 65,535 bytes")
        parts += (len(leaf).to_bytes(2, "big"), leaf)
    return b"".join(parts)


def decode_bundle(data: bytes, width: int) -> list[bytes]:
    """The leaves of an entry bundle.

    Raises:
        InvalidInput: ``log-tile-invalid`` unless there are exactly ``width`` leaves and no rest.
    """
    leaves: list[bytes] = []
    position = 0
    while position < len(data) and len(leaves) < width:
        start = position + 2
        position = start + int.from_bytes(data[position:start], "big")
        if start > len(data) or position > len(data):
            raise _invalid(f"entry {len(leaves)} of the bundle is cut short")
        leaves.append(data[start:position])
    if len(leaves) != width or position != len(data):
        raise _invalid(f"it has not exactly {width} entries")
    return leaves


def fetch(tile: Tile, read: PathReader) -> bytes | None:
    """The bytes of a tile or bundle, or None if they are not there.

    A partial file may be gone once the full one is there (tlog-tiles, "Partial Tiles"); then they
    are the beginning of the full one.
    """
    data = read(tile.path)
    if data is not None or tile.width == TILE_WIDTH:
        return data
    full = read(tile.whole.path)
    if full is None:
        return None
    if tile.level is not None:
        return full[: tile.width * HASH_BYTES]
    end = 0
    for _ in range(tile.width):
        end += 2 + int.from_bytes(full[end : end + 2], "big")
    return full[:end]


def node_reader(size: int, read: Callable[[Tile], bytes]) -> NodeReader:
    """Nodes of a tree of ``size`` entries, from its tiles; each tile is read once.

    Args:
        size: A size that a checkpoint was published for, so that its tiles exist.
        read: Bytes of a tile. The bytes are not checked here; the proof's verifier does that.
    """
    known: dict[Tile, list[bytes]] = {}

    def node(level: int, index: int) -> bytes:
        tile_level, height = divmod(level, TILE_HEIGHT)
        first = index << height
        tile = tile_of(tile_level, first, size)
        if tile not in known:
            known[tile] = decode_hashes(read(tile), tile.width)
        offset = first % TILE_WIDTH
        return perfect_root(known[tile][offset : offset + (1 << height)])

    return node


def _invalid(reason: str) -> InvalidInput:
    return InvalidInput(
        "log-tile-invalid",
        f"The tile or entry bundle is not well-formed: {reason}.",
        remedy="Fetch the file again; if it stays so, the copy of the log is damaged.",
    )
