"""Packages and their exhibits, in PostgreSQL (ports.Packages). States move along lifecycle.py only."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select
from sqlalchemy.dialects.postgresql import insert

from gateway.evidence.lifecycle import ExhibitState, PackageState
from gateway.evidence.package import Exhibit, Package
from gateway.exchange.ports.log import Ledger
from gateway.storage.moves import EXHIBIT_CHANGES, check_changes, moved
from gateway.storage.refusals import exists
from gateway.storage.row_values import agreement_columns, agreement_ref, members, without_agreement
from gateway.storage.rows import change, find, find_locked, insert_once, newest_first, require, written
from gateway.storage.schema.all_tables import cases, exhibits, file_keys, packages
from gateway.translog.event import AuditEvent


def _package(row: Row[Any]) -> Package:
    return Package(**{**without_agreement(row), "agreement": agreement_ref(row), "state": PackageState(row.state)})


def _exhibit(row: Row[Any]) -> Exhibit:
    return Exhibit(**{**row._mapping, "state": ExhibitState(row.state)})


class PostgresPackages:
    """Implements ``ports.Packages`` in one transaction."""

    def __init__(self, connection: Connection, ledger: Ledger) -> None:
        self._connection = connection
        self._ledger = ledger

    def add(self, package: Package, exhibits: Sequence[Exhibit], event: AuditEvent) -> None:
        """Raises Conflict ``package-exists`` or ``exhibit-exists``, NotFound ``case-missing``."""
        if any(exhibit.package_id != package.id for exhibit in exhibits):
            raise ValueError("an exhibit names another package")
        require(self._connection, cases, "case", cases.c.id == package.case_id)
        row = {**members(package, "agreement"), **agreement_columns(package.agreement)}
        insert_once(self._connection, packages, row, "package")
        self._add_exhibits(exhibits)
        self._ledger.append(event)

    def _add_exhibits(self, rows: Sequence[Exhibit]) -> None:
        if not rows:
            return
        statement = insert(exhibits).values([members(row) for row in rows]).on_conflict_do_nothing()
        if written(self._connection, statement) != len(rows):
            raise exists("exhibit")

    def get(self, package_id: str, *, lock: bool = False) -> Package | None:
        row = find(self._connection, packages, packages.c.id == package_id, lock=lock)
        return _package(row) if row else None

    def pushed_by(self, agency_id: str, *, after: str | None, limit: int) -> Sequence[Package]:
        mine = packages.c.agency == agency_id
        rows = newest_first(self._connection, packages, "created_at", mine, after=after, limit=limit)
        return [_package(row) for row in rows]

    def in_state(self, state: PackageState, *, before: datetime, limit: int) -> Sequence[Package]:
        query = (
            select(packages)
            .where(packages.c.state == state.value, packages.c.changed_at < before)
            .order_by(packages.c.changed_at, packages.c.id)
            .limit(limit)
        )
        return [_package(row) for row in self._connection.execute(query)]

    def in_states(self, states: Sequence[PackageState], *, after: str, limit: int) -> Sequence[Package]:
        wanted = [state.value for state in states]
        query = (
            select(packages)
            .where(packages.c.state.in_(wanted), packages.c.id > after)
            .order_by(packages.c.id)
            .limit(limit)
        )
        return [_package(row) for row in self._connection.execute(query)]

    def of_case(self, case_id: str) -> Sequence[Package]:
        query = select(packages).where(packages.c.case_id == case_id).order_by(packages.c.created_at, packages.c.id)
        return [_package(row) for row in self._connection.execute(query)]

    def move(
        self, package_id: str, event_name: str, at: datetime, event: AuditEvent, *, reason: str = ""
    ) -> PackageState:
        """Raises NotFound ``package-missing``, Conflict ``state-conflict``."""
        row = find_locked(self._connection, packages, "package", packages.c.id == package_id)
        state = moved(PackageState(row.state), event_name, event)
        change(self._connection, packages, package_id, {"state": state.value, "changed_at": at, "reason": reason})
        self._ledger.append(event)
        return state

    def exhibits(self, package_id: str) -> Sequence[Exhibit]:
        query = select(exhibits).where(exhibits.c.package_id == package_id).order_by(exhibits.c.ordinal)
        return [_exhibit(row) for row in self._connection.execute(query)]

    def exhibit(self, exhibit_id: str, *, lock: bool = False) -> Exhibit | None:
        row = find(self._connection, exhibits, exhibits.c.id == exhibit_id, lock=lock)
        return _exhibit(row) if row else None

    def move_exhibit(self, exhibit_id: str, event_name: str, event: AuditEvent, **changes: Any) -> ExhibitState:
        """Raises NotFound ``exhibit-missing`` or ``file-key-missing``, Conflict ``state-conflict``."""
        check_changes(changes, EXHIBIT_CHANGES)
        row = find_locked(self._connection, exhibits, "exhibit", exhibits.c.id == exhibit_id)
        state = moved(ExhibitState(row.state), event_name, event)
        if changes.get("file_key_id") is not None:
            require(self._connection, file_keys, "file-key", file_keys.c.id == changes["file_key_id"])
        change(self._connection, exhibits, exhibit_id, {"state": state.value, **changes})
        self._ledger.append(event)
        return state
