"""The full audit of a log, offline: entries, chain, tree, tiles and checkpoint all agree, or not.

Steps, in this order, streaming over spans of the log (memory does not grow with the log):

0. The checkpoint is signed by the log's key (and which of the witnesses signed it).
1. Each bundle holds exactly the entries its place calls for.
2. Each entry is in canonical form, has the next sequence number, and names the leaf hash of the
   entry before it as ``prev``.
3. Each entry's leaf hash is the one in the level-0 tile; every tile above is what it must be.
4. At the size of each checkpoint already known, the root is the known one (the log only grew).
5. The root over all entries is the one in the checkpoint.

The first fault ends the audit and its place is named. Nothing is written and nothing fetched:
bytes come from the reader passed in. Steps 1 to 3 of a span (span.py) can be done anywhere, several
at a time; here they are joined. Not checked: whether an entry tells the truth, or whether
commitments open.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

from gateway.errors import GatewayError
from gateway.translog.checkpoint import Checkpoint, OpenedCheckpoint, open_checkpoint
from gateway.translog.edge import Edge, TileBytes
from gateway.translog.entry import NO_PREVIOUS
from gateway.translog.merkle import HASH_BYTES
from gateway.translog.span import Span, SpanReport, broken_link, bytes_of, check_span, fault, spans_of
from gateway.translog.tiles import TILE_WIDTH, PathReader
from gateway.translog.vkey import VerifierKey

#: Checks spans, in their order; raises what :func:`check_span` raises.
SpanChecker: TypeAlias = Callable[[Sequence[Span]], Iterable[SpanReport]]


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
    on_entry: Callable[[int, bytes], None] | None = None,
    check: SpanChecker | None = None,
) -> Audit:
    """Check a whole log from its files.

    Args:
        read: Gives ``checkpoint``, tiles and bundles by path.
        log_key: The log's verifier key, obtained from somewhere one trusts.
        witnesses: Keys whose cosignatures are to be checked, if present.
        known: Checkpoints seen before (already verified); the log must contain them.
        on_entry: Called with number and leaf bytes of each entry once it has passed.
        check: Does the work of the spans, for instance in several processes; then ``on_entry`` is
            not called. Here, one after the other, if None.

    Raises:
        IntegrityFailure: The first fault, its place in ``where``: ``log-file-missing``,
            ``log-entry-wrong``, ``log-chain-broken``, ``log-tile-wrong``, ``log-root-wrong``,
            ``log-shrunk``, ``log-rewritten``, ``log-checkpoint-wrong``.
    """
    if check is None:

        def check(spans: Sequence[Span]) -> Iterator[SpanReport]:
            return (check_span(span, read, on_entry) for span in spans)

    return _Auditor(read, log_key, witnesses, known).run(check)


class _Auditor:
    def __init__(
        self,
        read: PathReader,
        log_key: VerifierKey,
        witnesses: Sequence[VerifierKey],
        known: Sequence[Checkpoint],
    ) -> None:
        self._read = read
        self._opened = self._open(log_key, witnesses)
        self._head = self._opened.checkpoint
        self._known = sorted(known, key=lambda checkpoint: checkpoint.size)
        self._edge = Edge()
        self._prev = NO_PREVIOUS
        self._first = ""
        self._last = ""

    def _open(self, log_key: VerifierKey, witnesses: Sequence[VerifierKey]) -> OpenedCheckpoint:
        data = self._read("checkpoint")
        if data is None:
            raise fault("log-file-missing", "The checkpoint is missing", "checkpoint")
        try:
            return open_checkpoint(data, log_key, witnesses)
        except GatewayError as error:
            raise fault("log-checkpoint-wrong", error.message.rstrip("."), "checkpoint") from error

    def run(self, check: SpanChecker) -> Audit:
        for checkpoint in self._known:
            if checkpoint.origin != self._head.origin or checkpoint.size > self._head.size:
                raise fault(
                    "log-shrunk", f"The log is smaller than the known checkpoint of {checkpoint.size}", "checkpoint"
                )
        # A known size is met on the way, within its bundle, so the hashes of that one are wanted.
        keep = frozenset(checkpoint.size // TILE_WIDTH for checkpoint in self._known)
        for report in check(spans_of(self._head, keep)):
            self._join(report)
        self._compare_tiles(self._edge.partials())
        self._check_known()
        if not hmac.compare_digest(self._edge.root(), self._head.root):
            raise fault("log-root-wrong", "The root over all entries is not that of the checkpoint", "checkpoint")
        times = [datetime.fromisoformat(text) if text else None for text in (self._first, self._last)]
        return Audit(self._opened, times[0], times[1])

    def _join(self, report: SpanReport) -> None:
        if report.prev != self._prev:
            raise broken_link(report.span.first * TILE_WIDTH, self._head.size)
        self._prev = report.last
        self._first = min(self._first or "~", report.first_time)
        self._last = max(self._last, report.last_time)
        roots = iter(report.roots)
        for number in range(report.span.first, report.span.stop):
            hashes = report.hashes.get(number)
            if hashes is None:
                # The level-0 tile itself was compared within the span.
                self._check_known()
                self._compare_tiles(self._edge.extend_root(next(roots)))
                continue
            for digest in hashes:
                self._check_known()
                self._compare_tiles(self._edge.extend_hashes([digest]))
            if len(hashes) == TILE_WIDTH:
                next(roots)

    def _compare_tiles(self, computed: Sequence[TileBytes]) -> None:
        for tile, data in computed:
            stored = bytes_of(tile, self._read)
            if not hmac.compare_digest(stored, data):
                place = next((i for i in range(len(data)) if stored[i : i + 1] != data[i : i + 1]), len(data))
                raise fault(
                    "log-tile-wrong",
                    "A tile does not hold the hashes of the tree below it",
                    f"{tile.path} hash {place // HASH_BYTES}",
                )

    def _check_known(self) -> None:
        while self._known and self._known[0].size == self._edge.size:
            checkpoint = self._known.pop(0)
            if not hmac.compare_digest(self._edge.root(), checkpoint.root):
                raise fault(
                    "log-rewritten",
                    f"The first {checkpoint.size} entries are not those of the known checkpoint",
                    f"entries 0 to {checkpoint.size - 1}",
                )
