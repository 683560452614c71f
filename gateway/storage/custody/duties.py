"""Receivers' duties to attest deletion, in PostgreSQL (ports.Duties)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, or_, select

from gateway.evidence.duty import Duty
from gateway.exchange.ports.log import Ledger
from gateway.storage.refusals import check_once
from gateway.storage.row_values import agreement_columns, agreement_ref, without_agreement
from gateway.storage.rows import change, find, find_locked, insert_once, newest_first, require
from gateway.storage.schema.all_tables import duties, packages
from gateway.translog.event import AuditEvent


def _duty(row: Row[Any]) -> Duty:
    return Duty(**{**without_agreement(row), "agreement": agreement_ref(row), "releases": tuple(row.releases)})


class PostgresDuties:
    """Implements ``ports.Duties`` in one transaction."""

    def __init__(self, connection: Connection, ledger: Ledger) -> None:
        self._connection = connection
        self._ledger = ledger

    def add(self, duty: Duty, event: AuditEvent) -> None:
        """Raises Conflict ``duty-exists``, NotFound ``package-missing``."""
        require(self._connection, packages, "package", packages.c.id == duty.package_id)
        row = {item.name: getattr(duty, item.name) for item in fields(duty) if item.name != "agreement"}
        row = {**row, **agreement_columns(duty.agreement), "releases": list(duty.releases)}
        insert_once(self._connection, duties, row, "duty")
        self._ledger.append(event)

    def get(self, duty_id: str, *, lock: bool = False) -> Duty | None:
        row = find(self._connection, duties, duties.c.id == duty_id, lock=lock)
        return _duty(row) if row else None

    def concerning(self, agency_id: str, *, after: str | None, limit: int) -> Sequence[Duty]:
        mine = or_(duties.c.agency == agency_id, duties.c.sender == agency_id)
        rows = newest_first(self._connection, duties, "created_at", mine, after=after, limit=limit)
        return [_duty(row) for row in rows]

    def overdue(self, now: datetime, limit: int) -> Sequence[Duty]:
        query = (
            select(duties)
            .where(duties.c.due_at < now, duties.c.attested_at.is_(None), duties.c.overdue_at.is_(None))
            .order_by(duties.c.due_at, duties.c.id)
            .limit(limit)
        )
        return [_duty(row) for row in self._connection.execute(query)]

    def attest(
        self, duty_id: str, at: datetime, document: bytes, signature: bytes, key_id: str, event: AuditEvent
    ) -> None:
        """Raises NotFound ``duty-missing``, Conflict ``duty-settled``."""
        row = find_locked(self._connection, duties, "duty", duties.c.id == duty_id)
        check_once(row.attested_at, "duty")
        values = {"attested_at": at, "attestation": document, "signature": signature, "key_id": key_id}
        change(self._connection, duties, duty_id, values)
        self._ledger.append(event)

    def mark_overdue(self, duty_id: str, at: datetime, event: AuditEvent) -> None:
        """Raises NotFound ``duty-missing``, Conflict ``duty-settled``."""
        row = find_locked(self._connection, duties, "duty", duties.c.id == duty_id)
        check_once(row.attested_at or row.overdue_at, "duty")
        change(self._connection, duties, duty_id, {"overdue_at": at})
        self._ledger.append(event)
