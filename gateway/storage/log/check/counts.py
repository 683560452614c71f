"""The counts of pulls by month (access.py), held against the entries that they were counted from."""

from __future__ import annotations

from collections import Counter
from datetime import datetime

from sqlalchemy import Connection, select

from gateway.storage.log.check.faults import count_wrong
from gateway.storage.schema.audit_tables import log_access, log_access_progress
from gateway.translog.entry import Entry


class CountCheck:
    """Counts the entries as they pass, as far as the table says it has counted.

    Args:
        connection: In the snapshot that the entries come from.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._counted = connection.execute(select(log_access_progress.c.next_seq)).scalar_one_or_none() or 0
        self._pulls: Counter[tuple[datetime, str, str]] = Counter()

    def entry(self, entry: Entry, agreement: str) -> None:
        """Count an entry under its agreement's id."""
        if entry.seq < self._counted and (entry.action, entry.outcome) == ("release.pull", "permit"):
            month = entry.time.replace(tzinfo=None, day=1, hour=0, minute=0, second=0, microsecond=0)
            self._pulls[(month, entry.actor.get("agency", ""), agreement)] += 1

    def finish(self, size: int) -> None:
        """Compare; ``size`` is the number of entries.

        Raises:
            IntegrityFailure: ``log-count-wrong``.
        """
        if self._counted > size:
            raise count_wrong("log_access_progress")
        rows = self._connection.execute(select(log_access))
        kept = {(row.month, row.agency, row.agreement): row.pulls for row in rows}
        for key in sorted(kept.keys() | self._pulls.keys()):
            if kept.get(key) != self._pulls.get(key):
                raise count_wrong(f"log_access {key[0]:%Y-%m} {key[1]} {key[2]}".rstrip())
