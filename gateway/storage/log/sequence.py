"""The database side of sequencing: leadership, giving pending rows their place, reading them back.

One connection of its own does everything, and holds the advisory lock that makes its process the
leader: if the connection is lost, so is the lock, and so is whatever was not committed. Should two
processes ever both believe to lead, the primary key on ``seq`` lets only one of them commit.

Order: all pending rows that are *visible* are taken, in the order of their insertion, and removed.
There is no high-water mark, because a row inserted earlier may become visible later; it then gets a
later place. Whatever was committed before something else began is before it in the log.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, cast
from uuid import UUID

import psycopg
from sqlalchemy import Connection, Engine, func, select, text
from sqlalchemy.exc import SQLAlchemyError

from gateway.errors import GatewayError, IntegrityFailure, Unavailable
from gateway.storage.schema.log_tables import log_entries
from gateway.translog.entry import NO_PREVIOUS, Entry, place
from gateway.translog.merkle import leaf_hash

#: Advisory locks are numbers; this one is "evidence" cut to eight bytes, for whoever meets it in pg_locks.
LEADER_LOCK = int.from_bytes(b"evidence", "big", signed=True)

# What goes through here is thousands of rows at a time, so it is said in the driver's own words, and in
# PostgreSQL's binary form. One statement takes and removes: what it did not see, it does not remove.
_TAKE = (
    "DELETE FROM log_pending WHERE ctid = ANY (ARRAY(SELECT ctid FROM log_pending ORDER BY created LIMIT %s))"
    " RETURNING created, id, event"
)
_READ = "SELECT seq, leaf, leaf_hash FROM log_entries WHERE seq >= %s ORDER BY seq LIMIT %s"
#: The columns of a placed row, in the order of :func:`row_of`.
PLACED_COLUMNS = (
    *("seq", "entry_id", "leaf", "leaf_hash", "time", "actor_agency", "actor_principal", "action", "outcome"),
    *("agreement_id", "case_id", "package_id", "exhibit_id", "object_kind", "object_id", "clause", "reason"),
)
_PLACE = f"COPY log_entries ({', '.join(PLACED_COLUMNS)}) FROM STDIN (FORMAT BINARY)"
_TYPES = ["int8", "uuid", "bytea", "bytea", "timestamptz", *["text"] * 12]


class LogSequence:
    """Implements ``ports.LogRows`` on one database. Not for use by several threads.

    Args:
        engine: The database.
        failpoint: Called with a name between the steps; tests let it kill the process.
    """

    def __init__(self, engine: Engine, *, failpoint: Callable[[str], None] = lambda name: None) -> None:
        self._engine = engine
        self._failpoint = failpoint
        self._connection: Connection | None = None

    def lead(self) -> bool:
        if self._connection is not None:
            return True
        try:
            connection = self._engine.connect()
            # Detached: closing it ends the session and with it the lock, instead of handing a
            # connection that still holds the lock back to the pool.
            connection.detach()
            leads = bool(connection.execute(select(func.pg_try_advisory_lock(LEADER_LOCK))).scalar_one())
            connection.commit()
        except SQLAlchemyError as error:
            raise _unavailable() from error
        if leads:
            self._connection = connection
            self._failpoint("leading")
        else:
            connection.close()
        return leads

    def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            try:
                connection.close()
            except SQLAlchemyError:
                connection.invalidate()

    def sequence(self, limit: int) -> int:
        with self._working() as connection, connection.begin():
            # Whatever the server's default: what has a place must survive a crash.
            connection.execute(text("SET LOCAL synchronous_commit = on"))
            driver = _driver(connection)
            with driver.cursor(binary=True) as cursor:
                waiting = sorted(cursor.execute(_TAKE, (limit,)).fetchall())
                if not waiting:
                    return 0
                self._failpoint("rows-taken")
                last = connection.execute(
                    select(log_entries.c.seq, log_entries.c.leaf_hash).order_by(log_entries.c.seq.desc()).limit(1)
                ).one_or_none()
                seq, prev = (0, NO_PREVIOUS) if last is None else (last.seq + 1, bytes(last.leaf_hash).hex())
                with cursor.copy(_PLACE) as copy:
                    copy.set_types(_TYPES)
                    for _, entry_id, event in waiting:
                        entry, leaf = _placed(entry_id, event, seq, prev)
                        digest = leaf_hash(leaf)
                        copy.write_row(row_of(entry_id, entry, leaf, digest))
                        seq, prev = seq + 1, digest.hex()
            self._failpoint("rows-placed")
        self._failpoint("rows-committed")
        return len(waiting)

    def size(self) -> int:
        with self._working() as connection, connection.begin():
            last = connection.execute(select(func.max(log_entries.c.seq))).scalar_one()
            return 0 if last is None else int(last) + 1

    def leaves(self, start: int, limit: int) -> list[tuple[int, bytes, bytes]]:
        with self._working() as connection, connection.begin(), _driver(connection).cursor(binary=True) as cursor:
            return cursor.execute(_READ, (start, limit)).fetchall()

    @contextmanager
    def _working(self) -> Iterator[Connection]:
        if self._connection is None:
            raise RuntimeError("only the leader sequences: call lead() first")
        try:
            yield self._connection
        except (SQLAlchemyError, psycopg.Error) as error:
            # What speaks to the driver directly gets its errors unwrapped.
            self.close()
            raise _unavailable() from error


def _driver(connection: Connection) -> psycopg.Connection[Any]:
    return cast("psycopg.Connection[Any]", connection.connection.dbapi_connection)


def _unavailable() -> Unavailable:
    return Unavailable(
        "log-unavailable",
        "The database of the log cannot be reached or written now.",
        remedy="Check the database; sequencing goes on by itself once it answers.",
    )


def _placed(entry_id: UUID, waiting: bytes, seq: int, prev: str) -> tuple[Entry, bytes]:
    try:
        return place(waiting, seq, prev)
    except GatewayError as error:
        # Never skipped: an act whose entry cannot be logged must not pass unnoticed.
        raise pending_invalid(entry_id) from error


def pending_invalid(entry_id: UUID | str) -> IntegrityFailure:
    """The fault of a waiting row that is not what was appended."""
    return IntegrityFailure(
        "log-pending-invalid",
        "A waiting entry of the log is damaged; sequencing stops.",
        remedy="Find out who changed the row of log_pending; restore it before going on.",
        where=f"log_pending {entry_id}",
    )


def row_of(entry_id: UUID | str, entry: Entry, leaf: bytes, digest: bytes) -> Sequence[object]:
    """The row of an entry, in the order of :data:`PLACED_COLUMNS`."""
    subject = entry.object
    kind = subject["kind"]
    return (
        entry.seq,
        entry_id,
        leaf,
        digest,
        entry.time,
        entry.actor.get("agency"),
        entry.actor.get("principal"),
        entry.action,
        entry.outcome,
        subject["id"] if kind == "agreement" else entry.agreement.get("id"),
        subject["id"] if kind == "case" else subject.get("case"),
        subject["id"] if kind == "package" else subject.get("package"),
        subject["id"] if kind == "exhibit" else subject.get("exhibit"),
        kind,
        subject["id"],
        entry.clause or None,
        entry.reason or None,
    )
