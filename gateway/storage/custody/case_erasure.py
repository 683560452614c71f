"""What the gateway kept of a case in words, replaced by words that say nothing; erasures that wait (ports.Erasures).

The rows stay, with their states, times, digests and identifiers; names and references go. PostgreSQL
keeps the old bytes of a changed or deleted row for longer: see vacuum.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select, text, update

from gateway.evidence.erasure import ErasableEntry, Erasure
from gateway.exchange.ports.log import Ledger
from gateway.storage.rows import find, insert_once
from gateway.storage.schema.audit_tables import log_erasures
from gateway.storage.schema.log_tables import log_commitments, log_entries
from gateway.translog.event import AuditEvent

_MOST_WAITING = 1000

_SCRUB = (
    # No sender can have chosen that: references are lower-case slugs.
    "UPDATE cases SET reference = 'ERASED ' || id WHERE id = :case AND reference <> 'ERASED ' || id",
    # By the id, so that no name a sender chose stands in the way.
    "UPDATE exhibits e SET name = 'erased-' || e.id FROM packages p "
    "WHERE p.id = e.package_id AND p.case_id = :case AND e.name <> 'erased-' || e.id",
    "UPDATE renditions r SET name = 'erased-' || r.id, report = '{}' FROM packages p "
    "WHERE p.id = r.package_id AND p.case_id = :case AND (r.name <> 'erased-' || r.id OR r.report <> '{}')",
    "UPDATE releases SET policy = '', manifest = NULL, manifest_signature = NULL "
    "WHERE case_id = :case AND octet_length(policy) > 0",
    "UPDATE holds SET reason = '' WHERE case_id = :case AND reason <> ''",
    # Stored answers are in JSON, and each names the case, package, exhibit or hold that it is about.
    "DELETE FROM idempotency i USING (SELECT :case AS id UNION ALL SELECT id FROM packages WHERE case_id = :case "
    "UNION ALL SELECT e.id FROM exhibits e JOIN packages p ON p.id = e.package_id WHERE p.case_id = :case "
    "UNION ALL SELECT id FROM holds WHERE case_id = :case) about "
    "WHERE position(convert_to(about.id, 'UTF8') IN i.body) > 0",
    "UPDATE packages SET case_reference = 'ERASED ' || id, manifest = '', manifest_signature = NULL "
    "WHERE case_id = :case AND (case_reference <> 'ERASED ' || id OR octet_length(manifest) > 0)",
)
_LIVE = text("SELECT EXISTS (SELECT 1 FROM packages WHERE case_id = :case AND state <> 'disposed')")
_UNFORGOTTEN = text(
    "SELECT min(p.id) FROM packages p WHERE p.state = 'disposed' AND octet_length(p.manifest) > 0 "
    "AND NOT EXISTS (SELECT 1 FROM packages o WHERE o.case_id = p.case_id AND o.state <> 'disposed') "
    "AND NOT EXISTS (SELECT 1 FROM holds h WHERE h.case_id = p.case_id AND h.lifted_at IS NULL "
    "AND (h.expires_at IS NULL OR h.expires_at > :now)) "
    "GROUP BY p.case_id HAVING min(p.id) > :after ORDER BY min(p.id) LIMIT :limit"
)
_HELD = text(
    "SELECT EXISTS (SELECT 1 FROM holds WHERE case_id = :case AND lifted_at IS NULL "
    "AND (expires_at IS NULL OR expires_at > :now))"
)


class PostgresErasures:
    """Implements ``ports.Erasures`` in one transaction."""

    def __init__(self, connection: Connection, ledger: Ledger) -> None:
        self._connection = connection
        self._ledger = ledger

    def live(self, case_id: str) -> bool:
        return bool(self._connection.execute(_LIVE, {"case": case_id}).scalar_one())

    def held(self, case_id: str, now: datetime) -> bool:
        return bool(self._connection.execute(_HELD, {"case": case_id, "now": now}).scalar_one())

    def unforgotten(self, now: datetime, *, after: str, limit: int) -> Sequence[str]:
        page = {"now": now, "after": after, "limit": limit}
        return list(self._connection.execute(_UNFORGOTTEN, page).scalars())

    def scrub(self, case_id: str) -> int:
        return sum(self._connection.execute(text(sql), {"case": case_id}).rowcount for sql in _SCRUB)

    def entry(self, seq: int) -> ErasableEntry | None:
        c, e = log_commitments.c, log_entries.c
        rows = self._connection.execute(
            select(e.entry_id, c.case_id, c.field)
            .join_from(log_entries, log_commitments, c.entry_id == e.entry_id)
            .where(e.seq == seq, c.case_id.is_not(None))
            .order_by(c.field)
        ).all()
        if not rows:
            return None
        return ErasableEntry(str(rows[0].entry_id), seq, rows[0].case_id, tuple(row.field for row in rows))

    def ask(self, erasure: Erasure, event: AuditEvent) -> None:
        values = {**asdict(erasure), "fields": list(erasure.fields)}
        insert_once(self._connection, log_erasures, values, "erasure")
        self._ledger.append(event)

    def get(self, erasure_id: str, *, lock: bool = False) -> Erasure | None:
        row = find(self._connection, log_erasures, log_erasures.c.id == erasure_id, lock=lock)
        return _erasure(row) if row else None

    def waiting(self, agreement_ids: Sequence[str]) -> Sequence[Erasure]:
        c = log_erasures.c
        query = (
            select(log_erasures)
            .where(c.agreement.in_(list(agreement_ids)), c.confirmed_at.is_(None))
            .order_by(c.asked_at, c.id)
            .limit(_MOST_WAITING)
        )
        return [_erasure(row) for row in self._connection.execute(query)]

    def confirm(self, erasure: Erasure, event: AuditEvent) -> None:
        self._connection.execute(
            update(log_erasures)
            .where(log_erasures.c.id == erasure.id, log_erasures.c.confirmed_at.is_(None))
            .values(confirmed_by=erasure.confirmed_by, confirmed_at=erasure.confirmed_at)
        )
        self._ledger.append(event)


def _erasure(row: Any) -> Erasure:
    return Erasure(**{**row._mapping, "fields": tuple(row.fields)})
