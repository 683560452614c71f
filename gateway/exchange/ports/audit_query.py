"""Questions to the log as values: what is searched for, whose view it is, and how overviews answer.

No log is read here; the port :class:`gateway.exchange.ports.log.AuditIndex` answers, and
:mod:`gateway.exchange.log.audit` decides who may ask.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any

from gateway.errors import InvalidInput

MAX_PAGE = 1000
MAX_FILTER_CHARS = 256
#: The longest time over which an overview counts.
MAX_OVERVIEW = timedelta(days=400)
#: Actions by which somebody gets to see what an exhibit says.
READINGS = ("release.pull", "exhibit.read", "report.read")


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose view: entries that the agency acted in, or under one of the agreements."""

    agency: str
    agreements: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AuditQuery:
    """A free combination; what is None does not restrict. ``since`` is included, ``until`` is not."""

    principal: str | None = None
    agency: str | None = None
    case: str | None = None
    package: str | None = None
    exhibit: str | None = None
    agreement: str | None = None
    clause: str | None = None
    action: str | None = None
    outcome: str | None = None
    reason: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    def filters(self) -> dict[str, Any]:
        """The members that restrict."""
        return {f.name: value for f in fields(self) if (value := getattr(self, f.name)) is not None}

    def checked(self) -> AuditQuery:
        """Itself.

        Raises:
            InvalidInput: ``audit-query-invalid``.
        """
        for name, value in self.filters().items():
            if isinstance(value, str) and (not value or len(value) > MAX_FILTER_CHARS or not value.isprintable()):
                raise _invalid(f"'{name}' is empty, too long or not printable", name)
            if isinstance(value, datetime) and value.tzinfo is None:
                raise _invalid(f"'{name}' has no time zone", name)
        if self.outcome not in (None, "permit", "deny", "done", "failed"):
            raise _invalid("the outcome is not permit, deny, done or failed", "outcome")
        if self.since is not None and self.until is not None and self.since >= self.until:
            raise _invalid("'since' is not before 'until'", "since")
        return self


@dataclass(frozen=True, slots=True)
class Denials:
    """So many refusals with this reason, to principals of this agency."""

    reason: str
    agency: str
    count: int


@dataclass(frozen=True, slots=True)
class Access:
    """So many pulls by an agency in a month (YYYY-MM, UTC)."""

    month: str
    agency: str
    pulls: int


@dataclass(frozen=True, slots=True)
class Reader:
    """Who has read an exhibit: how often, first and last."""

    agency: str
    principal: str
    times: int
    first: datetime
    last: datetime
    last_seq: int


def check_period(since: datetime, until: datetime) -> None:
    """Refuse a period that is empty or longer than an overview counts.

    Raises:
        InvalidInput: ``audit-query-invalid``.
    """
    if since.tzinfo is None or until.tzinfo is None:
        raise _invalid("a time has no time zone", "since")
    if not timedelta(0) < until - since <= MAX_OVERVIEW:
        raise _invalid(f"the period is empty or longer than {MAX_OVERVIEW.days} days", "since")


def _invalid(what: str, where: str) -> InvalidInput:
    return InvalidInput(
        "audit-query-invalid", f"This cannot be asked of the log: {what}.", remedy="Correct the filter.", where=where
    )
