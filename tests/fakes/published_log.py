"""A published log of any size, made without a database: tiles, bundles and a signed checkpoint in a store."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gateway.blobs.log_store import LogStore
from gateway.translog.checkpoint import Checkpoint, sign_checkpoint
from gateway.translog.edge import Edge
from gateway.translog.entry import NO_PREVIOUS, pending, place
from gateway.translog.event import AuditEvent
from gateway.translog.merkle import leaf_hash
from gateway.translog.vkey import Ed25519Signer, NoteSigner

SIGNER = Ed25519Signer("example.com/log", Ed25519PrivateKey.from_private_bytes(bytes([1] * 32)))


class PublishedLog:
    """Grows in a store as the sequencer would make it grow.

    Attributes:
        leaves: Leaf bytes of all entries.
    """

    def __init__(self, store: LogStore, signer: NoteSigner = SIGNER, salt: str = "") -> None:
        self.store = store
        self.signer = signer
        self.leaves: list[bytes] = []
        self._salt = salt
        self._edge = Edge()
        self._prev = NO_PREVIOUS

    def event(self, number: int) -> AuditEvent:
        return AuditEvent(
            "release.pull",
            "permit" if number % 7 else "deny",
            datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=number),
            {"agency": "cnil-fr", "principal": f"p-{number % 5}"},
            {"kind": "release", "id": f"r-{number}{self._salt}", "case": "Zoë" if number % 11 == 3 else "c-1"},
            detail={"size": number, "more": [{"kind": "x"}, None]} if number % 3 else {},
        )

    def grow(self, count: int) -> bytes:
        """Append entries and publish; returns the checkpoint."""
        files = []
        for _ in range(count):
            _, leaf = place(pending(self.event(len(self.leaves)), {}), len(self.leaves), self._prev)
            files += self._edge.extend([leaf])
            self._prev = leaf_hash(leaf).hex()
            self.leaves.append(leaf)
        self.store.put_once([(tile.path, data) for tile, data in [*files, *self._edge.partials()]])
        note = self.checkpoint()
        self.store.publish(note)
        return note

    def checkpoint(self) -> bytes:
        """The checkpoint of the present size."""
        head = Checkpoint(self.signer.name, len(self.leaves), self._edge.root())
        return sign_checkpoint(head, self.signer).encode()
