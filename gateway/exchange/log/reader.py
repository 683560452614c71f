"""Reading the published log for proofs: checkpoints and tiles, with a small memory of full tiles.

A full tile never changes (its path is written once), so it may be kept; partial tiles are read each
time, and where the sequencer has removed one because the full tile is there, the beginning of that
is the same bytes. Threads of a server share one reader. Verifies nothing by itself: the
:class:`~gateway.translog.prover.Prover` does.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence

from gateway.errors import IntegrityFailure, NotFound
from gateway.exchange.ports.sequencing import CHECKPOINT, COSIGNED, LogFiles
from gateway.translog.prover import Prover
from gateway.translog.tiles import TILE_WIDTH, Tile, fetch
from gateway.translog.vkey import VerifierKey

#: Full hash tiles kept, 8 KiB each.
MAX_TILES = 1024


class LogReader:
    """The published log in a store.

    Args:
        store: Where it lies.
        log_key: The log's verifier key.
    """

    def __init__(self, store: LogFiles, log_key: VerifierKey, *, max_tiles: int = MAX_TILES) -> None:
        self._store = store
        self._log_key = log_key
        self._max_tiles = max_tiles
        self._kept: OrderedDict[str, bytes] = OrderedDict()
        self._lock = threading.Lock()

    def checkpoint(self) -> bytes:
        """The latest checkpoint, signed by the log.

        Raises:
            NotFound: ``checkpoint-unknown``. Unavailable: ``log-store-unavailable``.
        """
        return self._note(CHECKPOINT, "The log has no checkpoint yet.")

    def cosigned(self) -> bytes:
        """The latest checkpoint that the quorum of witnesses has cosigned.

        Raises:
            NotFound: ``checkpoint-not-cosigned``. Unavailable: ``log-store-unavailable``.
        """
        return self._note(COSIGNED, "No checkpoint has been cosigned yet.")

    def prover(self, checkpoint: bytes | None = None, witnesses: Sequence[VerifierKey] = ()) -> Prover:
        """Makes proofs under a checkpoint of this log; the latest if None.

        Raises:
            As :meth:`checkpoint` and :class:`Prover`.
        """
        return Prover(self.checkpoint() if checkpoint is None else checkpoint, self._log_key, self.tile, witnesses)

    def tile(self, tile: Tile) -> bytes:
        """The bytes of a hash tile.

        Raises:
            IntegrityFailure: ``log-file-missing``. Unavailable: ``log-store-unavailable``.
        """
        data = fetch(tile, self._read)
        if data is None:
            raise IntegrityFailure(
                "log-file-missing",
                "A file of the log is missing in the log store.",
                remedy="The operator must restore it from an export or a copy of the store.",
                where=tile.path,
            )
        return data

    def _read(self, path: str) -> bytes | None:
        with self._lock:
            kept = self._kept.get(path)
            if kept is not None:
                self._kept.move_to_end(path)
                return kept
        data = self._store.read(path)
        if data is not None and len(data) == TILE_WIDTH * 32:
            with self._lock:
                self._kept[path] = data
                while len(self._kept) > self._max_tiles:
                    self._kept.popitem(last=False)
        return data

    def _note(self, name: str, missing: str) -> bytes:
        note = self._store.read(name)
        if note is None:
            code = "checkpoint-unknown" if name == CHECKPOINT else "checkpoint-not-cosigned"
            raise NotFound(code, missing, remedy="Try again shortly.")
        return note
