"""What the fake stores are made of: rows found, added once, changed and listed, each change with its event."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, TypeVar

from gateway.exchange.ports.log import Ledger
from gateway.storage.refusals import exists, missing
from gateway.translog.event import AuditEvent
from tests.fakes.state import State

_Row = TypeVar("_Row")


def known(rows: dict[str, _Row], row_id: str, noun: str) -> _Row:
    row = rows.get(row_id)
    if row is None:
        raise missing(noun)
    return row


def page(rows: list[_Row], after: str | None, limit: int) -> Sequence[_Row]:
    if after is not None:
        places = [index for index, row in enumerate(rows) if row.id == after]  # type: ignore[attr-defined]
        if not places:
            return ()
        rows = rows[places[0] + 1 :]
    return rows[:limit]


class FakeStore:
    """A store over the rows of one transaction."""

    def __init__(self, state: State, ledger: Ledger) -> None:
        self._state = state
        self._ledger = ledger

    def _add(self, rows: dict[str, Any], row: Any, noun: str, event: AuditEvent) -> str:
        """Add a row whose id is not there yet; returns the id of the event's entry."""
        if row.id in rows:
            raise exists(noun)
        rows[row.id] = row
        return self._ledger.append(event)

    def _change(self, rows: dict[Any, Any], row_id: Any, event: AuditEvent, **changes: Any) -> None:
        """Set members of a row that is known to be there."""
        rows[row_id] = replace(rows[row_id], **changes)
        self._ledger.append(event)
