"""Clocks of packages, in PostgreSQL (ports.Clocks)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, exists, literal_column, or_, select, tuple_, update

from gateway.evidence.deadline import DUE_FRACTION, STOPPED_STATES, Clock
from gateway.evidence.lifecycle import PackageState
from gateway.exchange.ports.log import Ledger
from gateway.storage.refusals import check_once
from gateway.storage.rows import find, find_locked, insert_once, require
from gateway.storage.schema.all_tables import clocks, packages, releases
from gateway.storage.schema.columns import Instant
from gateway.translog.event import AuditEvent

#: ``Clock.due_from``; SQLAlchemy has no operator that divides an interval.
_DUE_FROM: ColumnElement[datetime] = literal_column(
    f"clocks.due_at - (clocks.due_at - clocks.started_at) / {DUE_FRACTION}", Instant
)
_STOPPED = [state.value for state in STOPPED_STATES]


def _clock(row: Row[Any]) -> Clock:
    return Clock(**{column.name: getattr(row, column.name) for column in clocks.c})


class PostgresClocks:
    """Implements ``ports.Clocks`` in one transaction."""

    def __init__(self, connection: Connection, ledger: Ledger) -> None:
        self._connection = connection
        self._ledger = ledger

    def start(self, clock: Clock, event: AuditEvent) -> None:
        """Raises Conflict ``clock-exists``, NotFound ``package-missing``."""
        require(self._connection, packages, "package", packages.c.id == clock.package_id)
        insert_once(self._connection, clocks, asdict(clock), "clock")
        self._ledger.append(event)

    def get(self, package_id: str, *, lock: bool = False) -> Clock | None:
        row = find(self._connection, clocks, clocks.c.package_id == package_id, lock=lock)
        return _clock(row) if row else None

    def concerning(
        self, agency_id: str, *, late: bool = False, after: str | None, limit: int
    ) -> Sequence[tuple[Clock, PackageState]]:
        received = exists().where(releases.c.package_id == clocks.c.package_id, releases.c.recipient == agency_id)
        query = (
            select(clocks, packages.c.state)
            .join(packages, packages.c.id == clocks.c.package_id)
            .where(
                clocks.c.answered_at > clocks.c.due_at
                if late
                else and_(clocks.c.answered_at.is_(None), packages.c.state.not_in(_STOPPED)),
                or_(clocks.c.sender == agency_id, received),
            )
            .order_by(clocks.c.due_at, clocks.c.package_id)
            .limit(limit)
        )
        if after is not None:
            place = find(self._connection, clocks, clocks.c.package_id == after)
            if place is None:
                return []
            query = query.where(tuple_(clocks.c.due_at, clocks.c.package_id) > tuple_(place.due_at, after))
        return [(_clock(row), PackageState(row.state)) for row in self._connection.execute(query)]

    def due_soon(self, now: datetime, limit: int) -> Sequence[Clock]:
        return self._unanswered(now > _DUE_FROM, clocks.c.due_at >= now, clocks.c.warned_at.is_(None), limit=limit)

    def overdue(self, now: datetime, limit: int) -> Sequence[Clock]:
        return self._unanswered(clocks.c.due_at < now, limit=limit)

    def _unanswered(self, *conditions: ColumnElement[bool], limit: int) -> Sequence[Clock]:
        query = (
            select(clocks)
            .join(packages, packages.c.id == clocks.c.package_id)
            .where(
                *conditions,
                clocks.c.answered_at.is_(None),
                clocks.c.breached_at.is_(None),
                packages.c.state.not_in(_STOPPED),
            )
            .order_by(clocks.c.due_at, clocks.c.package_id)
            .limit(limit)
        )
        return [_clock(row) for row in self._connection.execute(query)]

    def answer(self, package_id: str, at: datetime, event: AuditEvent) -> None:
        """Raises NotFound ``clock-missing``, Conflict ``clock-settled``."""
        self._mark(package_id, "answered_at", at, event)

    def warn(self, package_id: str, at: datetime, event: AuditEvent) -> None:
        """Raises NotFound ``clock-missing``, Conflict ``clock-settled``."""
        self._mark(package_id, "warned_at", at, event)

    def breach(self, package_id: str, at: datetime, event: AuditEvent) -> None:
        """Raises NotFound ``clock-missing``, Conflict ``clock-settled``."""
        self._mark(package_id, "breached_at", at, event)

    def _mark(self, package_id: str, column: str, at: datetime, event: AuditEvent) -> None:
        mine = clocks.c.package_id == package_id
        row = find_locked(self._connection, clocks, "clock", mine)
        check_once(getattr(row, column), "clock")
        self._connection.execute(update(clocks).where(mine).values({column: at}))
        self._ledger.append(event)
