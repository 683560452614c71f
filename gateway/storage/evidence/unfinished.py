"""Names of blobs that are no evidence yet, or none any more, in PostgreSQL (ports.UnfinishedBlobs)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, delete, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from gateway.errors import Conflict
from gateway.storage.rows import written
from gateway.storage.schema.all_tables import unfinished_blobs


class PostgresUnfinishedBlobs:
    """Implements ``ports.UnfinishedBlobs`` in one transaction.

    Finishing and giving up both write the row, so of two at once one waits for the other and then sees
    what it did: a blob is named by evidence or given up, never both.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def begin(self, name: str, at: datetime) -> None:
        self._connection.execute(insert(unfinished_blobs).values(name=name, begun_at=at))

    def finish(self, name: str) -> None:
        row = unfinished_blobs.c
        if written(self._connection, delete(unfinished_blobs).where(row.name == name, row.given_up_at.is_(None))) != 1:
            raise given_up()

    def abandon(self, names: Sequence[str], at: datetime) -> None:
        if names:
            rows = [{"name": name, "begun_at": at, "given_up_at": at} for name in names]
            self._connection.execute(insert(unfinished_blobs).on_conflict_do_nothing(), rows)

    def give_up(self, before: datetime, at: datetime, limit: int) -> Sequence[str]:
        row = unfinished_blobs.c
        due = or_(row.begun_at < before, row.given_up_at.is_not(None))
        old = select(row.name).where(due).order_by(row.begun_at).limit(limit)
        names = list(self._connection.execute(old.with_for_update(skip_locked=True)).scalars())
        self._connection.execute(
            update(unfinished_blobs).where(row.name.in_(names), row.given_up_at.is_(None)).values(given_up_at=at)
        )
        return names

    def postpone(self, names: Sequence[str], at: datetime) -> None:
        row = unfinished_blobs.c
        self._connection.execute(update(unfinished_blobs).where(row.name.in_(names)).values(begun_at=at))

    def forget(self, names: Sequence[str]) -> None:
        row = unfinished_blobs.c
        self._connection.execute(delete(unfinished_blobs).where(row.name.in_(names), row.given_up_at.is_not(None)))


def given_up() -> Conflict:
    """The error for a blob that took too long, or whose name was never written down."""
    return Conflict(
        "blob-given-up",
        "Storing this took longer than a day and was given up; what had arrived is erased.",
        remedy="Begin again, in a new package if this one is closed.",
    )
