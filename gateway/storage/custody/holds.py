"""Legal holds, in PostgreSQL (ports.Holds)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, exists, or_, select

from gateway.evidence.hold import Hold, HoldScope
from gateway.exchange.ports.log import Ledger
from gateway.storage.refusals import check_once
from gateway.storage.rows import change, find, find_locked, insert_once, require
from gateway.storage.schema.all_tables import cases, holds
from gateway.translog.event import AuditEvent


def _hold(row: Row[Any]) -> Hold:
    return Hold(**{**row._mapping, "scope": HoldScope(row.scope), "lift_asked_by": tuple(row.lift_asked_by)})


def held(
    case_id: ColumnElement[str], package_id: ColumnElement[str], exhibit_id: ColumnElement[str], now: datetime
) -> ColumnElement[bool]:
    """Whether an active hold covers the row with these columns."""
    covers = or_(
        and_(holds.c.scope == HoldScope.CASE.value, holds.c.object_id == case_id),
        and_(holds.c.scope == HoldScope.PACKAGE.value, holds.c.object_id == package_id),
        and_(holds.c.scope == HoldScope.EXHIBIT.value, holds.c.object_id == exhibit_id),
    )
    active = and_(holds.c.lifted_at.is_(None), or_(holds.c.expires_at.is_(None), holds.c.expires_at > now))
    return exists().where(active, covers)


class PostgresHolds:
    """Implements ``ports.Holds`` in one transaction."""

    def __init__(self, connection: Connection, ledger: Ledger) -> None:
        self._connection = connection
        self._ledger = ledger

    def place(self, hold: Hold, event: AuditEvent) -> None:
        """Raises Conflict ``hold-exists``, NotFound ``case-missing``."""
        require(self._connection, cases, "case", cases.c.id == hold.case_id)
        row = {**asdict(hold), "scope": hold.scope.value, "lift_asked_by": list(hold.lift_asked_by)}
        insert_once(self._connection, holds, row, "hold")
        self._ledger.append(event)

    def get(self, hold_id: str, *, lock: bool = False) -> Hold | None:
        row = find(self._connection, holds, holds.c.id == hold_id, lock=lock)
        return _hold(row) if row else None

    def of_case(self, case_id: str) -> Sequence[Hold]:
        return self._listed(holds.c.case_id == case_id)

    def of_agreements(self, agreement_ids: Sequence[str]) -> Sequence[Hold]:
        return self._listed(holds.c.agreement.in_(list(agreement_ids)), holds.c.lifted_at.is_(None))

    def expired(self, now: datetime, limit: int) -> Sequence[Hold]:
        return self._listed(holds.c.lifted_at.is_(None), holds.c.expires_at <= now, limit=limit)

    def ask_lift(self, hold_id: str, principal_id: str, event: AuditEvent) -> None:
        """Raises NotFound ``hold-missing``, Conflict ``hold-settled``."""
        row = find_locked(self._connection, holds, "hold", holds.c.id == hold_id)
        check_once(row.lifted_at, "hold")
        if principal_id in row.lift_asked_by:
            return
        change(self._connection, holds, hold_id, {"lift_asked_by": [*row.lift_asked_by, principal_id]})
        self._ledger.append(event)

    def lift(self, hold_id: str, at: datetime, event: AuditEvent) -> None:
        """Raises NotFound ``hold-missing``, Conflict ``hold-settled``."""
        row = find_locked(self._connection, holds, "hold", holds.c.id == hold_id)
        check_once(row.lifted_at, "hold")
        change(self._connection, holds, hold_id, {"lifted_at": at})
        self._ledger.append(event)

    def _listed(self, *conditions: ColumnElement[bool], limit: int | None = None) -> Sequence[Hold]:
        query = select(holds).where(*conditions).order_by(holds.c.placed_at, holds.c.id).limit(limit)
        return [_hold(row) for row in self._connection.execute(query)]
