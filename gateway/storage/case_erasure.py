"""What the gateway kept of a case in words, replaced by words that say nothing (ports.Erasures).

The rows stay, with their states, times, digests and identifiers; names and references go. PostgreSQL
keeps the old bytes of a changed or deleted row in its files until VACUUM, and in its write-ahead log
and in backups for longer: :func:`vacuum` does the first, docs/audit.md says how to do the others.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, Engine, text

_TABLES = ("cases", "packages", "exhibits", "renditions", "releases", "idempotency", "log_commitments", "case_keys")

_SCRUB = (
    "UPDATE cases SET reference = 'erased-' || id WHERE id = :case AND reference <> 'erased-' || id",
    "UPDATE exhibits e SET name = 'erased-' || e.ordinal FROM packages p "
    "WHERE p.id = e.package_id AND p.case_id = :case AND e.name <> 'erased-' || e.ordinal",
    "UPDATE renditions r SET name = 'erased', report = '{}' FROM packages p "
    "WHERE p.id = r.package_id AND p.case_id = :case AND r.name <> 'erased'",
    "UPDATE releases SET policy = '', manifest = NULL, manifest_signature = NULL "
    "WHERE case_id = :case AND octet_length(policy) > 0",
    "UPDATE holds SET reason = '' WHERE case_id = :case AND reason <> ''",
    # Stored answers are in JSON, and every answer about a package names it.
    "DELETE FROM idempotency i USING packages p "
    "WHERE p.case_id = :case AND position(convert_to(p.id, 'UTF8') IN i.body) > 0",
    "UPDATE packages SET case_reference = 'erased', manifest = '', manifest_signature = NULL "
    "WHERE case_id = :case AND case_reference <> 'erased'",
)
_LIVE = text("SELECT EXISTS (SELECT 1 FROM packages WHERE case_id = :case AND state <> 'disposed')")
_HELD = text(
    "SELECT EXISTS (SELECT 1 FROM holds WHERE case_id = :case AND lifted_at IS NULL "
    "AND (expires_at IS NULL OR expires_at > :now))"
)


class PostgresErasures:
    """Implements ``ports.Erasures`` in one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def live(self, case_id: str) -> bool:
        return bool(self._connection.execute(_LIVE, {"case": case_id}).scalar_one())

    def held(self, case_id: str, now: datetime) -> bool:
        return bool(self._connection.execute(_HELD, {"case": case_id, "now": now}).scalar_one())

    def scrub(self, case_id: str) -> int:
        return sum(self._connection.execute(text(sql), {"case": case_id}).rowcount for sql in _SCRUB)


def vacuum(engine: Engine) -> None:
    """Rewrite the tables that an erasure touched, so that their files hold no old rows any more.

    Takes an exclusive lock on one table after the other; run it when little is going on.
    """
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("SET lock_timeout = '60s'"))
        connection.execute(text("SET statement_timeout = 0"))
        for table in _TABLES:
            connection.execute(text(f"VACUUM (FULL) {table}"))
        connection.execute(text("RESET ALL"))
