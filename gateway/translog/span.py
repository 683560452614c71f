"""One span of an audit: up to 256 entry bundles, checked by themselves; see verifier.py for the whole.

A span says what the rest of the audit must fit to: the link it begins with and ends with, and the
hashes that the tree above needs. Spans know nothing of each other, so several processes can check
some each; joining them is the verifier's work.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from gateway.errors import GatewayError, IntegrityFailure
from gateway.translog.checkpoint import Checkpoint
from gateway.translog.entry import NO_PREVIOUS
from gateway.translog.entry_scan import scan_entry
from gateway.translog.merkle import HASH_BYTES, leaf_hash, perfect_root, tree_root
from gateway.translog.tiles import TILE_WIDTH, PathReader, Tile, decode_bundle, fetch, node_reader, tile_of

#: Bundles in a span: those under one tile of level 1.
SPAN_BUNDLES = TILE_WIDTH


@dataclass(frozen=True, slots=True)
class Span:
    """What to check: bundles ``first`` to ``stop - 1`` of the log with this head.

    Attributes:
        keep: Numbers of the bundles whose leaf hashes are wanted, besides that of a partial one.
    """

    head: Checkpoint
    first: int
    stop: int
    keep: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class SpanReport:
    """What a span without fault holds.

    Attributes:
        prev: The link of its first entry.
        last: Hex leaf hash of its last entry.
        roots: Root of each full level-0 tile, in order.
        hashes: Leaf hashes of the bundles that were to be kept, and of a partial one.
        first_time, last_time: Least and greatest time of an entry, as text.
    """

    span: Span
    prev: str
    last: str
    roots: tuple[bytes, ...]
    first_time: str
    last_time: str
    hashes: Mapping[int, tuple[bytes, ...]] = field(default_factory=dict)


def spans_of(head: Checkpoint, keep: frozenset[int]) -> list[Span]:
    """The spans that make up a log."""
    bundles = -(-head.size // TILE_WIDTH)
    return [
        Span(head, first, min(first + SPAN_BUNDLES, bundles), frozenset(n for n in keep if n - first in _RANGE))
        for first in range(0, bundles, SPAN_BUNDLES)
    ]


_RANGE = range(SPAN_BUNDLES)


def check_span(span: Span, read: PathReader, on_entry: Callable[[int, bytes], None] | None = None) -> SpanReport:
    """Steps 1 to 3 of the audit, as far as they concern the span alone.

    Args:
        on_entry: Called with the number and the bytes of each entry that has passed.

    Raises:
        IntegrityFailure: The first fault, as for the whole audit.
    """
    begin, last = "", ""
    first_time, last_time = "~", ""
    roots: list[bytes] = []
    kept: dict[int, tuple[bytes, ...]] = {}
    for number in range(span.first, span.stop):
        start = number * TILE_WIDTH
        width = min(TILE_WIDTH, span.head.size - start)
        bundle, tile = Tile(None, number, width), Tile(0, number, width)
        leaves = _leaves(bundle, read)
        stored = bytes_of(tile, read)
        if len(stored) != width * HASH_BYTES:
            raise fault("log-tile-wrong", f"The tile has {len(stored)} bytes, not {width * HASH_BYTES}", tile.path)
        hashes = [leaf_hash(leaf) for leaf in leaves]
        if b"".join(hashes) != stored:
            raise _other_hash(span.head, bundle, tile, hashes, stored, read)
        for seq, leaf in enumerate(leaves, start):
            try:
                entry = scan_entry(leaf)
            except GatewayError as error:
                raise fault("log-entry-wrong", error.message.rstrip("."), f"{bundle.path} entry {seq}") from error
            if entry.seq != seq:
                raise fault("log-chain-broken", f"Entry {seq} says it is {entry.seq}", f"{bundle.path} entry {seq}")
            if not begin:
                begin = entry.prev
                if seq == 0 and begin != NO_PREVIOUS:
                    raise broken_link(seq, span.head.size)
            elif entry.prev != last:
                raise broken_link(seq, span.head.size)
            last = hashes[seq - start].hex()
            first_time, last_time = min(first_time, entry.time), max(last_time, entry.time)
            if on_entry is not None:
                on_entry(seq, leaf)
        if width == TILE_WIDTH:
            roots.append(perfect_root(hashes))
        if width < TILE_WIDTH or number in span.keep:
            kept[number] = tuple(hashes)
    return SpanReport(span, begin, last, tuple(roots), first_time, last_time, kept)


def broken_link(seq: int, size: int) -> IntegrityFailure:
    """The fault of an entry that does not name the hash of the one before it."""
    start = seq // TILE_WIDTH * TILE_WIDTH
    bundle = Tile(None, seq // TILE_WIDTH, min(TILE_WIDTH, size - start))
    return fault("log-chain-broken", f"Entry {seq} does not follow on entry {seq - 1}", f"{bundle.path} entry {seq}")


def bytes_of(tile: Tile, read: PathReader) -> bytes:
    """The bytes of a tile or bundle.

    Raises:
        IntegrityFailure: ``log-file-missing``.
    """
    data = fetch(tile, read)
    if data is None:
        raise fault("log-file-missing", "A file of the log is missing", tile.path)
    return data


def fault(code: str, message: str, where: str) -> IntegrityFailure:
    """A fault of the log at a place."""
    return IntegrityFailure(
        code,
        f"{message}.",
        remedy="Keep these files as they are; compare with another copy and with the witnesses.",
        where=where,
    )


def _leaves(bundle: Tile, read: PathReader) -> list[bytes]:
    data = bytes_of(bundle, read)
    try:
        return decode_bundle(data, bundle.width)
    except GatewayError as error:
        raise fault("log-entry-wrong", error.message.rstrip("."), bundle.path) from error


def _other_hash(
    head: Checkpoint, bundle: Tile, tile: Tile, hashes: list[bytes], stored: bytes, read: PathReader
) -> IntegrityFailure:
    """Which of the two is wrong where they differ: the entry, or the tile?"""
    offset = next(i for i, digest in enumerate(hashes) if stored[i * HASH_BYTES : (i + 1) * HASH_BYTES] != digest)
    seq = bundle.index * TILE_WIDTH + offset
    if _vouched(head, tile, stored, read):
        return fault("log-entry-wrong", f"Entry {seq} is not the one in the tree", f"{bundle.path} entry {seq}")
    return fault("log-tile-wrong", f"The hash of entry {seq} is not the one in the tile", f"{tile.path} hash {offset}")


def _vouched(head: Checkpoint, tile: Tile, stored: bytes, read: PathReader) -> bool:
    """Whether the tree above stands by the tile: then the entry is at fault, not the tile."""
    try:
        if tile.width == TILE_WIDTH:
            parent = tile_of(1, tile.index, head.size)
            offset = tile.index % TILE_WIDTH * HASH_BYTES
            return bytes_of(parent, read)[offset : offset + HASH_BYTES] == perfect_root(
                [stored[i : i + HASH_BYTES] for i in range(0, len(stored), HASH_BYTES)]
            )
        return tree_root(head.size, node_reader(head.size, lambda found: bytes_of(found, read))) == head.root
    except GatewayError:
        return False
