"""The full audit of a log, offline: entries, chain, tree, tiles and checkpoint all agree, or not.

Steps, in this order, streaming over one entry bundle at a time (memory does not grow with the log):

0. The checkpoint is signed by the log's key (and which of the witnesses signed it).
1. Each bundle holds exactly the entries its place calls for.
2. Each entry is in canonical form, has the next sequence number, and names the leaf hash of the
   entry before it as ``prev``.
3. Each entry's leaf hash is the one in the level-0 tile; every tile above is what it must be.
4. At the size of each checkpoint already known, the root is the known one (the log only grew).
5. The root over all entries is the one in the checkpoint.

The first fault ends the audit and its place is named. Nothing is written and nothing fetched:
bytes come from the reader passed in. Not checked: whether an entry tells the truth, or whether
commitments open.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from gateway.errors import GatewayError, IntegrityFailure
from gateway.translog.checkpoint import Checkpoint, OpenedCheckpoint, open_checkpoint
from gateway.translog.edge import Edge, TileBytes
from gateway.translog.entry import NO_PREVIOUS, Entry, parse_entry
from gateway.translog.merkle import HASH_BYTES, leaf_hash, perfect_root, tree_root
from gateway.translog.tiles import TILE_WIDTH, PathReader, Tile, decode_bundle, fetch, node_reader, tile_of
from gateway.translog.vkey import VerifierKey


@dataclass(frozen=True, slots=True)
class Audit:
    """The result of an audit without fault."""

    opened: OpenedCheckpoint
    first_time: datetime | None
    last_time: datetime | None

    @property
    def checkpoint(self) -> Checkpoint:
        return self.opened.checkpoint

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready: origin, size, root (hex), signers, earliest and latest time of an entry."""
        return {
            "origin": self.checkpoint.origin,
            "size": self.checkpoint.size,
            "root": self.checkpoint.root.hex(),
            "signed_by": [key.name for key in self.opened.signed_by],
            "first_time": self.first_time.isoformat() if self.first_time else None,
            "last_time": self.last_time.isoformat() if self.last_time else None,
        }


def audit(
    read: PathReader,
    log_key: VerifierKey,
    *,
    witnesses: Sequence[VerifierKey] = (),
    known: Sequence[Checkpoint] = (),
    on_entry: Callable[[Entry, bytes], None] | None = None,
) -> Audit:
    """Check a whole log from its files.

    Args:
        read: Gives ``checkpoint``, tiles and bundles by path.
        log_key: The log's verifier key, obtained from somewhere one trusts.
        witnesses: Keys whose cosignatures are to be checked, if present.
        known: Checkpoints seen before (already verified); the log must contain them.
        on_entry: Called with each entry and its leaf bytes once the entry has passed.

    Raises:
        IntegrityFailure: The first fault, its place in ``where``: ``log-file-missing``,
            ``log-entry-wrong``, ``log-chain-broken``, ``log-tile-wrong``, ``log-root-wrong``,
            ``log-shrunk``, ``log-rewritten``, ``log-checkpoint-wrong``.
    """
    return _Auditor(read, log_key, witnesses, known, on_entry).run()


class _Auditor:
    def __init__(
        self,
        read: PathReader,
        log_key: VerifierKey,
        witnesses: Sequence[VerifierKey],
        known: Sequence[Checkpoint],
        on_entry: Callable[[Entry, bytes], None] | None,
    ) -> None:
        self._read = read
        self._opened = self._open(log_key, witnesses)
        self._head = self._opened.checkpoint
        self._known = sorted(known, key=lambda checkpoint: checkpoint.size)
        self._on_entry = on_entry
        self._edge = Edge()
        self._prev = NO_PREVIOUS
        self._first: datetime | None = None
        self._last: datetime | None = None

    def _open(self, log_key: VerifierKey, witnesses: Sequence[VerifierKey]) -> OpenedCheckpoint:
        data = self._read("checkpoint")
        if data is None:
            raise _fault("log-file-missing", "The checkpoint is missing", "checkpoint")
        try:
            return open_checkpoint(data, log_key, witnesses)
        except GatewayError as error:
            raise _fault("log-checkpoint-wrong", error.message.rstrip("."), "checkpoint") from error

    def run(self) -> Audit:
        for checkpoint in self._known:
            if checkpoint.origin != self._head.origin or checkpoint.size > self._head.size:
                raise _fault(
                    "log-shrunk", f"The log is smaller than the known checkpoint of {checkpoint.size}", "checkpoint"
                )
        for start in range(0, self._head.size, TILE_WIDTH):
            self._check_bundle(start, min(TILE_WIDTH, self._head.size - start))
        self._compare_tiles(self._edge.partials())
        self._check_known(last=True)
        if not hmac.compare_digest(self._edge.root(), self._head.root):
            raise _fault("log-root-wrong", "The root over all entries is not that of the checkpoint", "checkpoint")
        return Audit(self._opened, self._first, self._last)

    def _check_bundle(self, start: int, width: int) -> None:
        bundle, tile = Tile(None, start // TILE_WIDTH, width), Tile(0, start // TILE_WIDTH, width)
        try:
            leaves = decode_bundle(self._bytes(bundle), width)
        except GatewayError as error:
            if error.code == "log-file-missing":
                raise
            raise _fault("log-entry-wrong", error.message.rstrip("."), bundle.path) from error
        stored = self._bytes(tile)
        if len(stored) != width * HASH_BYTES:
            raise _fault("log-tile-wrong", f"The tile has {len(stored)} bytes, not {width * HASH_BYTES}", tile.path)
        hashes = list(self._check_entries(bundle, leaves, start, tile, stored))
        if self._known and self._known[0].size <= start + width:
            # Rare: stop at each known size on the way.
            for digest in hashes:
                self._check_known()
                self._compare_tiles(self._edge.extend_hashes([digest]))
        else:
            self._compare_tiles(self._edge.extend_hashes(hashes))

    def _check_entries(
        self, bundle: Tile, leaves: Sequence[bytes], start: int, tile: Tile, stored: bytes
    ) -> Iterator[bytes]:
        for offset, leaf in enumerate(leaves):
            seq = start + offset
            digest = leaf_hash(leaf)
            expected = stored[offset * HASH_BYTES : (offset + 1) * HASH_BYTES]
            if digest != expected and self._vouched(tile, stored):
                raise _fault("log-entry-wrong", f"Entry {seq} is not the one in the tree", f"{bundle.path} entry {seq}")
            if digest != expected:
                raise _fault(
                    "log-tile-wrong",
                    f"The hash of entry {seq} is not the one in the tile",
                    f"{tile.path} hash {offset}",
                )
            try:
                entry = parse_entry(leaf)
            except GatewayError as error:
                raise _fault("log-entry-wrong", error.message.rstrip("."), f"{bundle.path} entry {seq}") from error
            if entry.seq != seq:
                raise _fault("log-chain-broken", f"Entry {seq} says it is {entry.seq}", f"{bundle.path} entry {seq}")
            if entry.prev != self._prev:
                raise _fault(
                    "log-chain-broken", f"Entry {seq} does not follow on entry {seq - 1}", f"{bundle.path} entry {seq}"
                )
            self._prev = digest.hex()
            if self._first is None or entry.time < self._first:
                self._first = entry.time
            if self._last is None or entry.time > self._last:
                self._last = entry.time
            if self._on_entry is not None:
                self._on_entry(entry, leaf)
            yield digest

    def _compare_tiles(self, computed: Sequence[TileBytes]) -> None:
        for tile, data in computed:
            stored = self._bytes(tile)
            if not hmac.compare_digest(stored, data):
                place = next((i for i in range(len(data)) if stored[i : i + 1] != data[i : i + 1]), len(data))
                raise _fault(
                    "log-tile-wrong",
                    "A tile does not hold the hashes of the tree below it",
                    f"{tile.path} hash {place // HASH_BYTES}",
                )

    def _check_known(self, *, last: bool = False) -> None:
        while self._known and (self._known[0].size == self._edge.size or last):
            checkpoint = self._known.pop(0)
            if not hmac.compare_digest(self._edge.root(), checkpoint.root):
                raise _fault(
                    "log-rewritten",
                    f"The first {checkpoint.size} entries are not those of the known checkpoint",
                    f"entries 0 to {checkpoint.size - 1}",
                )

    def _vouched(self, tile: Tile, stored: bytes) -> bool:
        """Whether the tree above stands by the tile: then the entry is at fault, not the tile."""
        try:
            if tile.width == TILE_WIDTH:
                parent = tile_of(1, tile.index, self._head.size)
                offset = tile.index % TILE_WIDTH * HASH_BYTES
                return self._bytes(parent)[offset : offset + HASH_BYTES] == perfect_root(
                    [stored[i : i + HASH_BYTES] for i in range(0, len(stored), HASH_BYTES)]
                )
            return tree_root(self._head.size, node_reader(self._head.size, self._bytes)) == self._head.root
        except GatewayError:
            return False

    def _bytes(self, tile: Tile) -> bytes:
        data = fetch(tile, self._read)
        if data is None:
            raise _fault("log-file-missing", "A file of the log is missing", tile.path)
        return data


def _fault(code: str, message: str, where: str) -> IntegrityFailure:
    return IntegrityFailure(
        code,
        f"{message}.",
        remedy="Keep these files as they are; compare with another copy and with the witnesses.",
        where=where,
    )
