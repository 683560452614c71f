"""Searching the log on PostgreSQL (ports.AuditIndex): the columns beside the leaves, by index.

The columns repeat members of the leaf; the leaf alone is the authority, and it is what is returned.
Every search runs along ``seq``. A beginning in time is first turned into the lowest sequence number
that any entry of the period has, from an index that holds nothing else: times rise only nearly with
sequence numbers, and the planner would otherwise walk the log from its first entry.

Where several values are asked for and one is rare, the few entries that have it are read. If all are
frequent, each index gives its sequence numbers in order, and these are joined before an entry is touched:
two frequent values that never occur together would otherwise mean reading every entry that has one of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, FromClause, Select, func, literal, literal_column, or_, select
from sqlalchemy.exc import SQLAlchemyError

from gateway.errors import Unavailable
from gateway.exchange.ports.audit_query import MAX_PAGE, READINGS, Access, AuditQuery, Denials, Reader, Scope
from gateway.exchange.ports.log import LoggedEntry
from gateway.storage.log.access import pulls_by_month
from gateway.storage.schema.log_tables import log_entries

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
#: So many entries are read one by one in a moment.
_FEW = 2000


class LogSearch:
    """Searches through one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def find(self, query: AuditQuery, scope: Scope | None, *, start: int, limit: int) -> Sequence[LoggedEntry]:
        source, conditions = self._matching(query, scope, start)
        if source is None:
            return []
        found = select(_e.seq, _e.leaf).select_from(source).where(*conditions)
        rows = self._rows(found.order_by(_e.seq).limit(min(max(limit, 0), MAX_PAGE)))
        return [LoggedEntry(row.seq, bytes(row.leaf)) for row in rows]

    def count(self, query: AuditQuery, scope: Scope | None, *, below: int, most: int) -> int:
        source, conditions = self._matching(query, scope, 0)
        if source is None:
            return 0
        some = select(_e.seq).select_from(source).where(*conditions, _e.seq < below).limit(most).subquery()
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

    def _matching(
        self, query: AuditQuery, scope: Scope | None, start: int
    ) -> tuple[FromClause | None, list[ColumnElement[bool]]]:
        """From where the entries come, and what each must fulfil; no source if the period has no entry at all."""
        conditions = _visible(scope)
        if query.since is not None or query.until is not None:
            period = _period(query.since, query.until)
            # Not min(seq): that the planner would answer by walking along seq, which is the slow way.
            lowest = self._rows(select(func.min(_e.seq + 0)).where(*period))[0][0]
            if lowest is None:
                return None, []
            start = max(start, lowest)
            conditions += period
        filters = query.filters()
        wanted = {column: filters[name] for name, column in _COLUMNS.items() if name in filters}
        if len(wanted) < 2:
            return log_entries, [_e.seq >= start, *_equal(log_entries, wanted), *conditions]
        sides = self._worth_joining(_sides(wanted), start)
        answered = {column for side in sides for column in side}
        # Asked again of the entries, what the sides answer would only mislead the planner.
        rest = {column: value for column, value in wanted.items() if column not in answered}
        return _joined(sides, start), [*_equal(log_entries, rest), *conditions]

    def _worth_joining(self, sides: list[dict[str, str]], start: int) -> list[dict[str, str]]:
        """The rarest side, if it is rare: its entries are soon read. Else all of them."""
        # By the value alone that leads the side's index: what else is asked of it is not answered by counting a few.
        probes = [_numbers(dict(list(side.items())[:1]), start).limit(_FEW + 1).subquery() for side in sides]
        counted = [select(func.count()).select_from(probe) for probe in probes]
        counts = self._rows(select(*(count.scalar_subquery() for count in counted)))[0]
        return [sides[list(counts).index(min(counts))]] if min(counts) <= _FEW else sides

    def _rows(self, query: Select[*tuple[Any, ...]]) -> Sequence[Any]:
        with _searching():
            return self._connection.execute(query).all()


def _sides(wanted: dict[str, str]) -> list[dict[str, str]]:
    """Filters by the index that answers them alone; at least one of two filters has such an index."""
    sides = {column: {column: value} for column, value in wanted.items() if column != "outcome"}
    if wanted.get("outcome") in ("deny", "failed"):
        sides["outcome"] = {"outcome": wanted["outcome"]}
    elif "outcome" in wanted and "action" in sides:
        # The index of actions holds the outcome too.
        sides["action"]["outcome"] = wanted["outcome"]
    return list(sides.values())


def _joined(sides: list[dict[str, str]], start: int) -> FromClause:
    """The entries that all sides have."""
    joined: FromClause = log_entries
    for number, side in enumerate(sides):
        # OFFSET 0 keeps the planner from merging it with the rest, and thereby from reading entries first.
        one = _numbers(side, start).offset(0).subquery(f"side_{number}")
        joined = joined.join(one, one.c.seq == _e.seq)
    return joined


def _numbers(side: dict[str, str], start: int) -> Select[Any]:
    """Sequence numbers from ``start`` on, in order, of the entries with these values."""
    table = log_entries.alias()
    return select(table.c.seq).where(*_equal(table, side), table.c.seq >= start).order_by(table.c.seq)


def _equal(table: FromClause, wanted: dict[str, str]) -> list[ColumnElement[bool]]:
    # The outcome in the statement itself: that an index of denials fits could not be seen from a parameter.
    return [
        table.c[column] == (literal(value, literal_execute=True) if column == "outcome" else value)
        for column, value in wanted.items()
    ]


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
