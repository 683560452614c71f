"""Making proofs from tiles: this entry is in the log; this log began with that one (RFC 6962 §2.1).

A proof in a log of n entries needs O(log n) hashes, and these lie in about three tiles per step of
256; so making one costs a few small reads however large the log is. Every proof is verified against
the signed checkpoint before it is handed out: damaged tiles make an error, never a wrong proof.
Where the bytes come from is the caller's matter (:class:`gateway.exchange.log.reader.LogReader`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from gateway.errors import InvalidInput
from gateway.translog.checkpoint import Checkpoint, OpenedCheckpoint, open_checkpoint
from gateway.translog.merkle import (
    consistency_proof,
    inclusion_proof,
    tree_root,
    verify_consistency,
    verify_inclusion,
)
from gateway.translog.proof import LogProof
from gateway.translog.tiles import Tile, node_reader
from gateway.translog.vkey import VerifierKey


@dataclass(frozen=True, slots=True)
class Inclusion:
    """Entry ``index``, whose leaf hash is ``leaf``, is in the tree of ``size`` entries with ``root``."""

    index: int
    size: int
    leaf: bytes
    hashes: tuple[bytes, ...]
    root: bytes


@dataclass(frozen=True, slots=True)
class Consistency:
    """The tree of ``new`` entries begins with the whole tree of ``old`` entries."""

    old: int
    new: int
    old_root: bytes
    new_root: bytes
    hashes: tuple[bytes, ...]


class Prover:
    """Makes proofs under one checkpoint.

    Args:
        checkpoint: The signed note, as published.
        log_key: The log's verifier key.
        read: Bytes of a tile of the tree of the checkpoint's size.
        witnesses: Keys whose cosignatures on the checkpoint are checked, if present.
        tiled: Size of the tree whose tiles there are, where that has grown beyond the checkpoint.

    Raises:
        InvalidInput, IntegrityFailure: As :func:`open_checkpoint`.
    """

    def __init__(
        self,
        checkpoint: bytes,
        log_key: VerifierKey,
        read: Callable[[Tile], bytes],
        witnesses: Sequence[VerifierKey] = (),
        *,
        tiled: int = 0,
    ) -> None:
        self.note = checkpoint
        self.opened: OpenedCheckpoint = open_checkpoint(checkpoint, log_key, witnesses)
        # Complete subtrees of a smaller tree are nodes of a larger one, so the tiles of the present
        # size serve proofs for every earlier size too.
        self._node = node_reader(max(self.head.size, tiled), read)

    @property
    def head(self) -> Checkpoint:
        """The tree head that the proofs lead to."""
        return self.opened.checkpoint

    def inclusion(self, index: int, size: int | None = None) -> Inclusion:
        """Proof that an entry is in the log.

        Args:
            index: The entry's sequence number.
            size: Of the tree to prove it in; the checkpoint's if None.

        Raises:
            InvalidInput: ``log-proof-range``.
            IntegrityFailure: ``log-proof-invalid`` if the tiles do not bear it out.
        """
        size = self._within(size)
        hashes = tuple(inclusion_proof(index, size, self._node))
        leaf = self._node(0, index)
        root = self._root(size)
        verify_inclusion(index, size, leaf, hashes, root)
        return Inclusion(index, size, leaf, hashes, root)

    def consistency(self, old: int, new: int | None = None) -> Consistency:
        """Proof that the log only grew from ``old`` to ``new`` entries (the checkpoint's size if None).

        Raises:
            InvalidInput: ``log-proof-range``.
            IntegrityFailure: ``log-proof-invalid`` if the tiles do not bear it out.
        """
        new = self._within(new)
        hashes = tuple(consistency_proof(old, new, self._node))
        old_root, new_root = self._root(old), self._root(new)
        verify_consistency(old, new, old_root, new_root, hashes)
        return Consistency(old, new, old_root, new_root, hashes)

    def proof(self, index: int) -> LogProof:
        """The proof of an entry as a file that can be checked offline (c2sp.org/tlog-proof@v1).

        Raises:
            InvalidInput: ``log-proof-range``. IntegrityFailure: ``log-proof-invalid``.
        """
        return LogProof(index, self.inclusion(index).hashes, self.note)

    def _within(self, size: int | None) -> int:
        if size is None:
            return self.head.size
        if not 0 <= size <= self.head.size:
            raise InvalidInput(
                "log-proof-range",
                f"There is no such proof: the log has {self.head.size} entries under its latest checkpoint.",
                remedy="Ask within the tree's size.",
            )
        return size

    def _root(self, size: int) -> bytes:
        """The checkpoint's own root where it is meant, so that a proof is held against what was signed."""
        if size == self.head.size:
            return self.head.root
        root = tree_root(size, self._node)
        hashes = consistency_proof(size, self.head.size, self._node)
        verify_consistency(size, self.head.size, root, self.head.root, hashes)
        return root
