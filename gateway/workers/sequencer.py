"""The sequencer: gives entries their places and publishes the tree, one leader at a time.

A round (docs/spec/log.md, "Sequencing" and "Publishing"):

1. sequence: pending rows get dense numbers and ``prev`` links, in one durable transaction;
2. read back what was committed, and check and hash it anew;
3. stage: all new tiles and bundles in one durable blob;
4. sign the checkpoint;
5. swap the head from the old checkpoint to the new one; only one leader can;
6. write the tiles, publish the checkpoint, drop the stage.

Whatever dies between two of these steps, the next leader goes on from the head. Before it does
anything it proves that database and store tell one story, and refuses to sign if not: a database
restored from a backup is behind, or forked; and then nothing gets a place, so nothing is released.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from copy import deepcopy

from gateway.errors import GatewayError, IntegrityFailure, Unavailable
from gateway.exchange.ports.sequencing import CHECKPOINT, HEAD, LogFiles, LogRows
from gateway.translog.checkpoint import Checkpoint, open_checkpoint, sign_checkpoint
from gateway.translog.edge import Edge, TileBytes
from gateway.translog.entry import NO_PREVIOUS
from gateway.translog.entry_scan import Scanned, scan_entry
from gateway.translog.merkle import EMPTY_ROOT, leaf_hash
from gateway.translog.stage import decode_stage, encode_stage, stage_name, stage_size
from gateway.translog.tiles import TILE_WIDTH, Tile, decode_bundle
from gateway.translog.vkey import NoteSigner, VerifierKey

_log = logging.getLogger(__name__)

#: Seconds between two rounds, unless the last one was full: entries gather, so that a busy log
#: writes few files, and none waits long.
PAUSE_SECONDS = 0.1
#: Seconds before asking again to lead, or after something failed.
RETRY_SECONDS = 1.0
_BATCH = 8192
# Of one growth; bounds memory when a long backlog is published.
_MAX_GROWTH = 8 * _BATCH


class Sequencer:
    """One process's sequencer.

    Args:
        rows: The database side.
        store: The log store.
        signer: The log's key; its name is the origin of the log.
        vkey: The public half of it.
        failpoint: Called with a name between the steps; tests let it raise.
        check_head: Called with the head before anything is signed; raises if others know better.
        objection: Evidence against this log that came up meanwhile, or None.

    Attributes:
        refusal: Why the sequencer does not go on, or None; for health checks.
    """

    def __init__(
        self,
        rows: LogRows,
        store: LogFiles,
        signer: NoteSigner,
        vkey: VerifierKey,
        *,
        failpoint: Callable[[str], None] = lambda name: None,
        check_head: Callable[[Checkpoint, bytes], None] = lambda head, note: None,
        objection: Callable[[], GatewayError | None] = lambda: None,
    ) -> None:
        if (signer.name, signer.key_id) != (vkey.name, vkey.key_id):
            raise ValueError("signer and verifier key are not of one key")
        self._rows = rows
        self._store = store
        self._signer = signer
        self._vkey = vkey
        self._failpoint = failpoint
        self._check_head = check_head
        self._objection = objection
        self.refusal: GatewayError | None = None
        # Set while this process leads and has checked the log; None means: check again first.
        self._edge: Edge | None = None
        self._head = b""
        self._prev = NO_PREVIOUS

    def run(self, stop: threading.Event) -> None:
        """Sequence until ``stop`` is set. Failures are kept in :attr:`refusal` and tried again."""
        try:
            while not stop.is_set():
                try:
                    done = self.sequence_once()
                    pause = 0.0 if done >= _BATCH else PAUSE_SECONDS if self.leads else RETRY_SECONDS
                except GatewayError as error:
                    pause = RETRY_SECONDS
                    self._report(error)
                except Exception as error:
                    # A defect; the thread must not die in silence, for then nothing is ever released.
                    _log.exception("the sequencer failed")
                    pause = RETRY_SECONDS
                    self._report(_failed(error))
                stop.wait(pause)
        finally:
            self.close()

    def _report(self, error: GatewayError) -> None:
        if self.refusal is None or self.refusal.code != error.code:
            level = logging.WARNING if isinstance(error, Unavailable) else logging.CRITICAL
            _log.log(level, "the log stands still: %s: %s", error.code, error)
        self.refusal = error

    def close(self) -> None:
        """Stop leading; another process may take over at once."""
        self._edge = None
        self._rows.close()

    @property
    def leads(self) -> bool:
        """Whether this process is the leader and has checked the log."""
        return self._edge is not None

    def sequence_once(self) -> int:
        """One round; the number of entries that were published. 0 too if another process leads.

        Raises:
            IntegrityFailure: ``log-behind``, ``log-forked``, ``log-head-missing`` and others: what
                database and store say does not fit together; nothing was signed.
            Unavailable: ``log-unavailable``, ``log-store-unavailable``, ``log-head-moved``.
        """
        try:
            if not self._rows.lead():
                self._edge = None
                return 0
            if self._edge is None or self._objection() is not None:
                self._edge = self._recover()
                objection = self._objection()
                if objection is not None:
                    raise objection
            self._rows.sequence(_BATCH)
            self._failpoint("sequenced")
            published = self._publish(self._edge)
        except BaseException:
            # Whatever it was, what this object believes may be wrong now.
            self._edge = None
            raise
        self.refusal = None
        return published

    def _recover(self) -> Edge:
        """Prove that store and database agree, finishing what a leader before left undone."""
        self._store.clean()
        head = self._store.head()
        if head is None:
            head = self._begin()
        accepted = self._open(head, HEAD)
        published = self._store.read(CHECKPOINT)
        known = None if published is None else self._open(published, CHECKPOINT)
        if known is None or known.size < accepted.size:
            self._finish(accepted, head)
        elif known != accepted:
            raise _refuse("log-forked", "The published checkpoint is ahead of the log's own head, or another.", HEAD)
        self._drop_stages(accepted.size)
        edge = Edge.load(accepted.size, self._stored)
        if edge.root() != accepted.root:
            raise _refuse("log-tile-wrong", "The tiles in the log store do not lead to the head's root.", HEAD)
        self._compare_database(accepted.size)
        self._check_head(accepted, head)
        self._failpoint("recovered")
        self._head = head
        return edge

    def _begin(self) -> bytes:
        """The head of a new log; only where nothing at all speaks of an old one."""
        if self._rows.size() or self._store.read(CHECKPOINT) is not None or self._store.names("tile"):
            raise _refuse("log-head-missing", "There are entries or tiles, but the log's head is missing.", HEAD)
        origin = Checkpoint(self._signer.name, 0, EMPTY_ROOT)
        head = sign_checkpoint(origin, self._signer).encode()
        self._store.put_once([(stage_name(0, EMPTY_ROOT), encode_stage([]))])
        self._failpoint("begun")
        if not self._store.swap_head(None, head):
            raise _moved()
        return head

    def _open(self, data: bytes, where: str) -> Checkpoint:
        try:
            return open_checkpoint(data, self._vkey).checkpoint
        except GatewayError as error:
            raise _refuse(
                "log-checkpoint-wrong", f"A checkpoint of this log does not verify: {error}", where
            ) from error

    def _finish(self, accepted: Checkpoint, head: bytes) -> None:
        """Write what the accepted head stands for, again or for the first time."""
        name = stage_name(accepted.size, accepted.root)
        stage = self._store.read(name)
        if stage is None:
            raise _refuse("log-stage-missing", "The staged files of the log's head are missing.", name)
        self._write(decode_stage(stage))
        self._failpoint("tiles-written")
        self._store.publish(head)
        self._failpoint("published")

    def _compare_database(self, size: int) -> None:
        """The last published entry must be what the database has in that place.

        Each entry commits to all before it (``prev``), so equality there is equality everywhere,
        unless rows were changed without care for the chain; the full audit finds those.
        """
        rows = self._rows.size()
        if rows < size:
            raise _refuse(
                "log-behind",
                f"The database has {rows} entries, but {size} have been signed: it was restored from a backup.",
                f"entry {rows}",
            )
        self._prev = NO_PREVIOUS
        if size:
            last = size - 1
            bundle = Tile(None, last // TILE_WIDTH, last % TILE_WIDTH + 1)
            leaf = decode_bundle(self._stored(bundle), bundle.width)[-1]
            found = self._rows.leaves(last, 1)
            if not found or found[0][1] != leaf:
                raise _refuse("log-forked", "The database has another entry than was signed.", f"entry {last}")
            self._prev = leaf_hash(leaf).hex()

    def _publish(self, edge: Edge) -> int:
        start = edge.size
        leaves, prev = self._read_back(start)
        if not leaves:
            return 0
        # On a copy: until the head is swapped, the old edge is the truth.
        grown = deepcopy(edge)
        files = grown.extend(leaves) + grown.partials()
        checkpoint = Checkpoint(self._signer.name, grown.size, grown.root())
        name = stage_name(checkpoint.size, checkpoint.root)
        self._store.put_once([(name, encode_stage(files))])
        self._failpoint("staged")
        head = sign_checkpoint(checkpoint, self._signer).encode()
        self._failpoint("signed")
        if not self._store.swap_head(self._head, head):
            raise _moved()
        self._failpoint("swapped")
        self._write(files)
        self._failpoint("tiles-written")
        self._store.publish(head)
        self._failpoint("published")
        self._drop_stages(grown.size)
        self._failpoint("stages-dropped")
        self._drop_partials(start, files)
        self._failpoint("partials-dropped")
        self._edge, self._head, self._prev = grown, head, prev
        return len(leaves)

    def _read_back(self, start: int) -> tuple[list[bytes], str]:
        """Committed leaves from ``start`` on, each checked and hashed anew, and the last one's hash."""
        leaves: list[bytes] = []
        prev = self._prev
        while len(leaves) < _MAX_GROWTH:
            rows = self._rows.leaves(start + len(leaves), _BATCH)
            for seq, leaf, digest in rows:
                entry, computed = _scanned(leaf, seq), leaf_hash(leaf)
                if entry.seq != seq or seq != start + len(leaves) or entry.prev != prev or computed != digest:
                    raise _refuse("log-forked", "A row of the log is not what was committed.", f"entry {seq}")
                leaves.append(leaf)
                prev = computed.hex()
            if len(rows) < _BATCH:
                break
        return leaves, prev

    def _write(self, files: list[TileBytes]) -> None:
        self._store.put_once([(tile.path, data) for tile, data in files])

    def _drop_stages(self, size: int) -> None:
        # Larger ones may belong to a leader that is only slow; smaller ones can never be accepted.
        self._store.delete([name for name in self._store.names("staging") if stage_size(name) <= size])

    def _drop_partials(self, start: int, files: list[TileBytes]) -> None:
        """Partial files that the full ones now replace (tlog-tiles, "Partial Tiles")."""
        for tile, _ in files:
            span = TILE_WIDTH ** ((tile.level or 0) + 1)
            if tile.width == TILE_WIDTH and tile.index * span < start < (tile.index + 1) * span:
                self._store.delete(self._store.names(f"{tile.path}.p"))

    def _stored(self, tile: Tile) -> bytes:
        data = self._store.read(tile.path)
        if data is None:
            raise _refuse("log-file-missing", "A file of the log is missing.", tile.path)
        return data


def _scanned(leaf: bytes, seq: int) -> Scanned:
    try:
        return scan_entry(leaf)
    except GatewayError as error:
        raise _refuse("log-forked", f"A row of the log is damaged: {error.message}", f"entry {seq}") from error


def _failed(error: Exception) -> Unavailable:
    return Unavailable("log-sequencer-failed", f"The sequencer failed ({type(error).__name__}); see the server's log.")


def _refuse(code: str, message: str, where: str) -> IntegrityFailure:
    return IntegrityFailure(
        code,
        f"{message} Nothing will be signed.",
        remedy="Keep database and log store as they are; see docs/spec/log.md, 'When the log stands still'.",
        where=where,
    )


def _moved() -> Unavailable:
    return Unavailable(
        "log-head-moved",
        "Another process has moved the log's head; this one steps back.",
        remedy="Nothing to do: it looks again by itself.",
    )
