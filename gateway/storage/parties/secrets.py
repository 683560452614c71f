"""Registered secrets, in PostgreSQL (ports.Secrets). Retiring empties the row, which stays as proof."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, select

from gateway.exchange.ports.log import Ledger
from gateway.exchange.ports.secrets import RegisteredSecret
from gateway.redaction.fingerprint import Kind
from gateway.storage.refusals import check_once
from gateway.storage.rows import change, find, find_locked, insert_once
from gateway.storage.schema.secret_tables import secrets
from gateway.translog.event import AuditEvent


def _secret(row: Row[Any]) -> RegisteredSecret:
    return RegisteredSecret(**{**row._mapping, "kind": Kind(row.kind)})


class PostgresSecrets:
    """Implements ``ports.Secrets`` in one transaction."""

    def __init__(self, connection: Connection, ledger: Ledger) -> None:
        self._connection = connection
        self._ledger = ledger

    def add(self, secret: RegisteredSecret, event: AuditEvent) -> None:
        """Raises Conflict ``secret-exists``."""
        insert_once(self._connection, secrets, {**asdict(secret), "kind": secret.kind.value}, "secret")
        self._ledger.append(event)

    def find(self, agency_id: str, label: str, *, lock: bool = False) -> RegisteredSecret | None:
        row = find(self._connection, secrets, secrets.c.agency == agency_id, secrets.c.label == label, lock=lock)
        return _secret(row) if row else None

    def page(self, agency_id: str, *, after: str, limit: int) -> Sequence[RegisteredSecret]:
        # Bytewise, so that the order is the same whatever the database's collation.
        label = secrets.c.label.collate("C")
        query = select(secrets).where(secrets.c.agency == agency_id, label > after).order_by(label).limit(limit)
        return [_secret(row) for row in self._connection.execute(query)]

    def live(self, agency_id: str) -> Sequence[RegisteredSecret]:
        query = select(secrets).where(secrets.c.agency == agency_id, secrets.c.retired_at.is_(None))
        return [_secret(row) for row in self._connection.execute(query.order_by(secrets.c.id))]

    def totals(self, agency_id: str) -> tuple[int, int]:
        size = func.coalesce(func.sum(func.octet_length(secrets.c.digests)), 0)
        query = select(func.count(), size).select_from(secrets).where(secrets.c.agency == agency_id)
        count, total = self._connection.execute(query).one()
        return int(count), int(total)

    def retire(self, secret_id: str, at: datetime, event: AuditEvent) -> None:
        """Raises NotFound ``secret-missing``, Conflict ``secret-settled``."""
        row = find_locked(self._connection, secrets, "secret", secrets.c.id == secret_id)
        check_once(row.retired_at, "secret")
        change(self._connection, secrets, secret_id, {"digests": b"", "shape": b"", "retired_at": at})
        self._ledger.append(event)
