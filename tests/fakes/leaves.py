"""The log of a fake database as leaf bytes, in the very form that the tree hashes."""

from __future__ import annotations

from gateway.translog.commitment import SALT_BYTES, commit
from gateway.translog.entry import NO_PREVIOUS, pending, place
from gateway.translog.merkle import leaf_hash
from tests.fakes.database import FakeDatabase


def leaves_of(database: FakeDatabase) -> list[bytes]:
    """Leaf bytes of all committed entries, chained; commitments have a fixed salt."""
    leaves: list[bytes] = []
    prev = NO_PREVIOUS
    for event in database.events:
        commitments = {name: commit(name, bytes(SALT_BYTES), value) for name, value in event.erasable.items()}
        _, leaf = place(pending(event, commitments), len(leaves), prev)
        prev = leaf_hash(leaf).hex()
        leaves.append(leaf)
    return leaves
