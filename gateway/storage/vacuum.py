"""Old bytes of erased rows: rewriting the tables, their indexes and statistics, and dropping the write-ahead log.

PostgreSQL keeps the old bytes of a changed or deleted row in its files until VACUUM, samples of columns in
its statistics until the next ANALYZE, and all that was written in its write-ahead log until segments are
overwritten: it gives old ones new names and keeps their bytes. Not reached from here: backups, archives
and replicas, and what the file system or the disk keep of deleted files.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import SQLAlchemyError

from gateway.errors import Unavailable
from gateway.storage.driver_errors import translated

_TABLES = (
    *("cases", "packages", "exhibits", "renditions", "releases", "holds", "idempotency"),
    *("log_commitments", "case_keys"),
)
#: The samples that ANALYZE takes of each column lie here, the replaced ones as dead rows.
_STATISTICS = "pg_catalog.pg_statistic"
_CURRENT = text("SELECT pg_walfile_name(pg_current_wal_insert_lsn())")
_SEGMENTS = text("SELECT name FROM pg_ls_waldir() WHERE name ~ '^[0-9A-F]{24}$' ORDER BY name")
_SWITCH = text("SELECT pg_logical_emit_message(false, 'evidence-gateway', 'switch'), pg_switch_wal()")
_RECYCLES = text("SELECT setting = 'on' FROM pg_settings WHERE name = 'wal_recycle'")
_ROUNDS = 20


def vacuum(engine: Engine) -> None:
    """Rewrite the tables that an erasure touched, so that no file of theirs holds old rows any more.

    Takes an exclusive lock on one table after the other; run it when little is going on.

    Raises:
        Unavailable: ``database-busy``, ``database-unavailable``; run it again.
    """
    with translated(), _alone(engine) as connection:
        connection.execute(text("SET lock_timeout = '60s'"))
        for table in _TABLES:
            connection.execute(text(f"VACUUM (FULL, ANALYZE) {table}"))
        connection.execute(text(f"VACUUM (FULL) {_STATISTICS}"))
        # The old files are emptied when they are replaced, and removed with the next checkpoint.


def drop_wal(engine: Engine) -> int:
    """Have PostgreSQL overwrite or delete every segment of its write-ahead log but the newest.

    Returns:
        How many segments there were.

    Raises:
        Unavailable: ``wal-not-dropped``: only a superuser may, or a replica, a slot or an archive still needs them.
    """
    try:
        with translated(), _alone(engine) as connection:
            recycles = bool(connection.execute(_RECYCLES).scalar_one())
            if recycles:
                # Else a checkpoint would only rename what it should delete.
                connection.execute(text("ALTER SYSTEM SET wal_recycle = off"))
                connection.execute(text("SELECT pg_reload_conf()"))
            try:
                return _drop(connection)
            finally:
                if recycles:
                    connection.execute(text("ALTER SYSTEM RESET wal_recycle"))
                    connection.execute(text("SELECT pg_reload_conf()"))
    except SQLAlchemyError as error:
        raise _kept("this account of the database may not") from error


@contextmanager
def _alone(engine: Engine) -> Iterator[Connection]:
    """A connection of its own, so that its settings end with it; each statement is a transaction."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.detach()
        connection.execute(text("SET statement_timeout = 0"))
        yield connection


def _drop(connection: Connection) -> int:
    """Until each segment that is there now, those kept for the future included, is overwritten or gone."""
    there = set(connection.execute(_SEGMENTS).scalars())
    last = max(there, default="")
    for _ in range(_ROUNDS):
        # A switch fills the rest of the segment with zeros; so each that was kept for the future is overwritten.
        while connection.execute(_CURRENT).scalar_one() <= last:
            connection.execute(_SWITCH)
        connection.execute(text("CHECKPOINT"))
        if not there & set(connection.execute(_SEGMENTS).scalars()):
            return len(there)
    raise _kept("something still needs old segments: a replica, a slot, an archive, or wal_keep_size")


def _kept(why: str) -> Unavailable:
    return Unavailable(
        "wal-not-dropped",
        f"The write-ahead log could not be dropped: {why}.",
        remedy="Let who administers the database do it; docs/audit.md, 'Erasure', has the statements.",
    )
