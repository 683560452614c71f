"""Searching the log on PostgreSQL (ports.AuditIndex): the columns beside the leaves, by index.

The columns repeat members of the leaf; the leaf alone is the authority, and it is what is returned.
Every search runs along ``seq``. A beginning in time is first turned into the lowest sequence number
that any entry of the period has, from an index that holds nothing else: times rise only nearly with
sequence numbers, and the planner would otherwise walk the log from its first entry.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, func, literal_column, or_, select
from sqlalchemy.exc import SQLAlchemyError

from gateway.errors import Unavailable
from gateway.exchange.ports import LoggedEntry
from gateway.exchange.question import MAX_PAGE, READINGS, Access, AuditQuery, Denials, Reader, Scope
from gateway.storage.log_access import pulls_by_month
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
        conditions = self._conditions(query, scope, start)
        if conditions is None:
            return []
        rows = self._rows(
            select(_e.seq, _e.leaf).where(*conditions).order_by(_e.seq).limit(min(max(limit, 0), MAX_PAGE))
        )
        return [LoggedEntry(row.seq, bytes(row.leaf)) for row in rows]

    def count(self, query: AuditQuery, scope: Scope | None, *, below: int, most: int) -> int:
        conditions = self._conditions(query, scope, 0)
        if conditions is None:
            return 0
        some = select(_e.seq).where(*conditions, _e.seq < below).limit(most).subquery()
        return int(self._rows(select(func.count()).select_from(some))[0][0])

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
            # As literals, in the words of the index: a parameter could be anything to the planner.
            .where(
                _e.exhibit_id == exhibit,
                _e.action.in_([literal_column(f"'{action}'") for action in READINGS]),
                _e.outcome != literal_column("'deny'"),
                *_visible(scope),
            )
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
        own, agreements = (None, ()) if scope is None else (scope.agency, scope.agreements)
        with _searching():
            counted = pulls_by_month(self._connection, since, until, own, agreements)
        return [Access(f"{month:%Y-%m}", agency, pulls) for month, agency, pulls in counted]

    def _conditions(self, query: AuditQuery, scope: Scope | None, start: int) -> list[ColumnElement[bool]] | None:
        """What an entry must fulfil; None if the period has no entry at all."""
        filters = query.filters()
        conditions = [_e[column] == filters[name] for name, column in _COLUMNS.items() if name in filters]
        conditions += _visible(scope)
        if query.since is not None or query.until is not None:
            period = _period(query.since, query.until)
            # Not min(seq): that the planner would answer by walking along seq, which is the slow way.
            lowest = self._rows(select(func.min(_e.seq + 0)).where(*period))[0][0]
            if lowest is None:
                return None
            start = max(start, lowest)
            conditions += period
        return [_e.seq >= start, *conditions]

    def _rows(self, query: Select[*tuple[Any, ...]]) -> Sequence[Any]:
        with _searching():
            return self._connection.execute(query).all()


@contextmanager
def _searching() -> Iterator[None]:
    try:
        yield
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
