"""Searching the log on PostgreSQL (exchange.audit.AuditIndex): the columns beside the leaves, by index.

The columns repeat members of the leaf; the leaf alone is the authority, and it is what is returned.
Every search runs along ``seq``. A beginning in time is first turned into the lowest sequence number
that any entry of the period has, from an index that holds nothing else: times rise only nearly with
sequence numbers, and the planner would otherwise walk the log from its first entry.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, func, or_, select
from sqlalchemy.exc import SQLAlchemyError

from gateway.errors import Unavailable
from gateway.exchange.ports import LoggedEntry
from gateway.exchange.question import MAX_PAGE, READINGS, Access, AuditQuery, Denials, Reader, Scope
from gateway.storage.log_tables import log_entries

_COLUMNS = {
    "principal": "actor_principal",
    "agency": "actor_agency",
    "case": "case_id",
    "package": "package_id",
    "exhibit": "exhibit_id",
    "agreement": "agreement_id",
    "clause": "clause",
    "action": "action",
    "outcome": "outcome",
    "reason": "reason",
}
_e = log_entries.c


class LogSearch:
    """Searches through one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def find(self, query: AuditQuery, scope: Scope | None, *, start: int, limit: int) -> Sequence[LoggedEntry]:
        filters = query.filters()
        conditions = [_e[column] == filters[name] for name, column in _COLUMNS.items() if name in filters]
        conditions += _visible(scope)
        if query.since is not None or query.until is not None:
            period = _period(query.since, query.until)
            # Not min(seq): that the planner would answer by walking along seq, which is the slow way.
            lowest = self._rows(select(func.min(_e.seq + 0)).where(*period))[0][0]
            if lowest is None:
                return []
            start = max(start, lowest)
            conditions += period
        rows = self._rows(
            select(_e.seq, _e.leaf)
            .where(_e.seq >= start, *conditions)
            .order_by(_e.seq)
            .limit(min(max(limit, 0), MAX_PAGE))
        )
        return [LoggedEntry(row.seq, bytes(row.leaf)) for row in rows]

    def readers(self, exhibit: str, scope: Scope | None) -> Sequence[Reader]:
        query = (
            select(
                func.coalesce(_e.actor_agency, "").label("agency"),
                func.coalesce(_e.actor_principal, "").label("principal"),
                func.count().label("times"),
                func.min(_e.time).label("first"),
                func.max(_e.time).label("last"),
                func.max(_e.seq).label("last_seq"),
            )
            .where(_e.exhibit_id == exhibit, _e.action.in_(READINGS), _e.outcome != "deny", *_visible(scope))
            .group_by(_e.actor_agency, _e.actor_principal)
            .order_by(func.max(_e.seq).desc())
            .limit(MAX_PAGE)
        )
        return [Reader(**row._mapping) for row in self._rows(query)]

    def denials(self, since: datetime, until: datetime, scope: Scope | None) -> Sequence[Denials]:
        query = (
            select(
                func.coalesce(_e.reason, "").label("reason"),
                func.coalesce(_e.actor_agency, "").label("agency"),
                func.count().label("count"),
            )
            .where(_e.outcome == "deny", *_period(since, until), *_visible(scope))
            .group_by(_e.reason, _e.actor_agency)
            .order_by(func.count().desc(), _e.reason)
            .limit(MAX_PAGE)
        )
        return [Denials(**row._mapping) for row in self._rows(query)]

    def access(self, since: datetime, until: datetime, scope: Scope | None) -> Sequence[Access]:
        # Truncated while counting and written out afterwards: to_char for every row takes twice as long.
        month = func.date_trunc("month", _e.time.op("AT TIME ZONE")("UTC"))
        query = (
            select(
                month.label("month"), func.coalesce(_e.actor_agency, "").label("agency"), func.count().label("pulls")
            )
            .where(_e.action == "release.pull", _e.outcome == "permit", *_period(since, until), *_visible(scope))
            .group_by("month", _e.actor_agency)
            .order_by("month", _e.actor_agency)
            .limit(MAX_PAGE)
        )
        return [Access(f"{row.month:%Y-%m}", row.agency, row.pulls) for row in self._rows(query)]

    def _rows(self, query: Select[*tuple[Any, ...]]) -> Sequence[Any]:
        try:
            return self._connection.execute(query).all()
        except SQLAlchemyError as error:
            raise Unavailable(
                "log-unavailable",
                "The audit log cannot be searched now.",
                remedy="Try again shortly, or ask for a shorter period.",
            ) from error


def _visible(scope: Scope | None) -> list[ColumnElement[bool]]:
    if scope is None:
        return []
    return [or_(_e.actor_agency == scope.agency, _e.agreement_id.in_(list(scope.agreements)))]


def _period(since: datetime | None, until: datetime | None) -> list[ColumnElement[bool]]:
    bounds = []
    if since is not None:
        bounds.append(_e.time >= since)
    if until is not None:
        bounds.append(_e.time < until)
    return bounds
