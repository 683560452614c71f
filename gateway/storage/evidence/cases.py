"""Cases, in PostgreSQL (ports.Cases)."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime

from sqlalchemy import Connection

from gateway.evidence.package import Case
from gateway.exchange.ports.log import Ledger
from gateway.storage.refusals import check_open
from gateway.storage.rows import change, find, find_locked, insert_once
from gateway.storage.schema.all_tables import cases
from gateway.translog.event import AuditEvent


class PostgresCases:
    """Implements ``ports.Cases`` in one transaction."""

    def __init__(self, connection: Connection, ledger: Ledger) -> None:
        self._connection = connection
        self._ledger = ledger

    def find(self, agreement_id: str, reference: str) -> Case | None:
        row = find(self._connection, cases, cases.c.agreement == agreement_id, cases.c.reference == reference)
        return Case(**row._mapping) if row else None

    def get(self, case_id: str, *, lock: bool = False) -> Case | None:
        row = find(self._connection, cases, cases.c.id == case_id, lock=lock)
        return Case(**row._mapping) if row else None

    def open(self, case: Case, event: AuditEvent) -> None:
        """Raises Conflict ``case-exists`` for the same id, or the same reference within the agreement."""
        insert_once(self._connection, cases, asdict(case), "case")
        self._ledger.append(event)

    def close(self, case_id: str, at: datetime, event: AuditEvent) -> None:
        """Raises NotFound ``case-missing``, Conflict ``case-closed``."""
        row = find_locked(self._connection, cases, "case", cases.c.id == case_id)
        check_open(row.closed_at)
        change(self._connection, cases, case_id, {"closed_at": at})
        self._ledger.append(event)
