"""Pulls by agency, agreement and month, counted once: what "access by agency and month" is answered from.

The table is brought up to the last entry by whoever asks, in the same transaction, under a lock on the
one row that says how far it has counted; the first question to a long log takes longer.
Entries never change, so a month's count only grows. Months that lie wholly within the
period come from the table, the days at its two ends from the entries themselves.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, text

#: Entries counted in one statement: about a second.
_STEP = 1_000_000

_START = text("INSERT INTO log_access_progress (id, next_seq) VALUES (1, 0) ON CONFLICT DO NOTHING")
_PROGRESS = text("SELECT next_seq FROM log_access_progress FOR UPDATE")
_SIZE = text("SELECT coalesce(max(seq) + 1, 0) FROM log_entries")
_COUNT = text(
    "INSERT INTO log_access (month, agency, agreement, pulls) "
    "SELECT date_trunc('month', time AT TIME ZONE 'UTC'), coalesce(actor_agency, ''), coalesce(agreement_id, ''), "
    "count(*) FROM log_entries "
    "WHERE action = 'release.pull' AND outcome = 'permit' AND seq >= :start AND seq < :stop GROUP BY 1, 2, 3 "
    "ON CONFLICT (month, agency, agreement) DO UPDATE SET pulls = log_access.pulls + excluded.pulls"
)
_ADVANCE = text("UPDATE log_access_progress SET next_seq = :stop")
_MONTHS = text(
    "SELECT month, agency, sum(pulls)::bigint AS pulls FROM log_access "
    "WHERE month >= :begin AND month < :end "
    "AND (CAST(:own AS text) IS NULL OR agency = :own OR agreement = ANY(:agreements)) GROUP BY month, agency"
)
_DAYS = text(
    "SELECT date_trunc('month', time AT TIME ZONE 'UTC') AS month, coalesce(actor_agency, '') AS agency, "
    "count(*) AS pulls FROM log_entries "
    "WHERE action = 'release.pull' AND outcome = 'permit' AND time >= :begin AND time < :end "
    "AND (CAST(:own AS text) IS NULL OR actor_agency = :own OR agreement_id = ANY(:agreements)) GROUP BY 1, 2"
)


def advance(connection: Connection) -> None:
    """Count what has come since; safe to repeat and to run side by side."""
    connection.execute(_START)
    start = int(connection.execute(_PROGRESS).scalar_one())
    size = int(connection.execute(_SIZE).scalar_one())
    while start < size:
        stop = min(start + _STEP, size)
        connection.execute(_COUNT, {"start": start, "stop": stop})
        connection.execute(_ADVANCE, {"stop": stop})
        start = stop


def pulls_by_month(
    connection: Connection, since: datetime, until: datetime, own: str | None, agreements: tuple[str, ...]
) -> list[tuple[datetime, str, int]]:
    """(first of the month, agency, pulls) within the period, by month and agency.

    Args:
        own: Only pulls by this agency or under one of the agreements; None: all.
    """
    advance(connection)
    whole_from, whole_until = _first_of_month(since, up=True), _first_of_month(until, up=False)
    scope = {"own": own, "agreements": list(agreements)}
    counts: Counter[tuple[datetime, str]] = Counter()
    if whole_from < whole_until:
        edges = [(since, whole_from), (whole_until, until)]
        months = {"begin": whole_from.replace(tzinfo=None), "end": whole_until.replace(tzinfo=None), **scope}
        _add(counts, connection.execute(_MONTHS, months))
    else:
        edges = [(since, until)]
    for begin, end in edges:
        if begin < end:
            _add(counts, connection.execute(_DAYS, {"begin": begin, "end": end, **scope}))
    return [(month, agency, pulls) for (month, agency), pulls in sorted(counts.items())]


def _add(counts: Counter[tuple[datetime, str]], rows: Iterable[Any]) -> None:
    for row in rows:
        counts[(row.month, row.agency)] += row.pulls


def _first_of_month(moment: datetime, *, up: bool) -> datetime:
    moment = moment.astimezone(UTC)
    first = moment.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    if not up or first == moment:
        return first
    return first.replace(year=first.year + first.month // 12, month=first.month % 12 + 1)
