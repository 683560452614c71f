"""Token ids that have been used, and how often unknown clients asked, in PostgreSQL (ports.Replays)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, delete
from sqlalchemy.dialects.postgresql import insert

from gateway.storage.rows import written
from gateway.storage.schema.all_tables import replays, unknown_clients


class PostgresReplays:
    """Implements ``ports.Replays`` in one transaction.

    A use counts once the transaction commits. Whoever refuses a request after :meth:`first_use` must
    commit all the same, or the token could be shown again.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def first_use(self, issuer: str, jti: str, expires_at: datetime) -> bool:
        # Of two at once the second waits for the first to commit, then inserts nothing.
        statement = insert(replays).values(issuer=issuer, jti=jti, expires_at=expires_at).on_conflict_do_nothing()
        return written(self._connection, statement) == 1

    def forget(self, before: datetime) -> int:
        """Drop ids whose tokens have expired, and so are refused anyway; returns how many."""
        return written(self._connection, delete(replays).where(replays.c.expires_at < before))

    def count_unknown(self, window: datetime) -> None:
        first = insert(unknown_clients).values(begun_at=window, attempts=1)
        one_more = {"attempts": unknown_clients.c.attempts + 1}
        self._connection.execute(first.on_conflict_do_update(index_elements=["begun_at"], set_=one_more))

    def take_unknown(self, before: datetime) -> Sequence[tuple[datetime, int]]:
        row = unknown_clients.c
        taken = delete(unknown_clients).where(row.begun_at < before).returning(row.begun_at, row.attempts)
        return sorted((begun_at, attempts) for begun_at, attempts in self._connection.execute(taken))
