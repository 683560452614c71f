"""Renditions and the approvals of their reviewers, in PostgreSQL (ports.Renditions)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, select, tuple_

from gateway.errors import Conflict
from gateway.evidence.lifecycle import RenditionState
from gateway.evidence.package import Rendition
from gateway.exchange.ports.log import Ledger
from gateway.storage.moves import moved
from gateway.storage.row_values import members
from gateway.storage.rows import change, find, find_locked, insert_once, require
from gateway.storage.schema.all_tables import exhibits, file_keys, packages, principals, renditions, reviews
from gateway.translog.event import AuditEvent


def _rendition(row: Row[Any]) -> Rendition:
    return Rendition(**{**row._mapping, "state": RenditionState(row.state)})


class PostgresRenditions:
    """Implements ``ports.Renditions`` in one transaction."""

    def __init__(self, connection: Connection, ledger: Ledger) -> None:
        self._connection = connection
        self._ledger = ledger

    def add(self, rendition: Rendition, event: AuditEvent) -> None:
        """Raises Conflict ``rendition-exists``, NotFound ``exhibit-missing`` or ``file-key-missing``."""
        mine = (exhibits.c.id == rendition.exhibit_id, exhibits.c.package_id == rendition.package_id)
        require(self._connection, exhibits, "exhibit", *mine)
        require(self._connection, file_keys, "file-key", file_keys.c.id == rendition.file_key_id)
        insert_once(self._connection, renditions, members(rendition), "rendition")
        self._ledger.append(event)

    def get(self, rendition_id: str, *, lock: bool = False) -> Rendition | None:
        row = find(self._connection, renditions, renditions.c.id == rendition_id, lock=lock)
        return _rendition(row) if row else None

    def of_package(self, package_id: str) -> Sequence[Rendition]:
        query = (
            select(renditions)
            .join(exhibits, exhibits.c.id == renditions.c.exhibit_id)
            .where(renditions.c.package_id == package_id)
            .order_by(exhibits.c.ordinal, renditions.c.view, renditions.c.audience)
        )
        return [_rendition(row) for row in self._connection.execute(query)]

    def awaiting_review(self, agency_id: str, *, after: str | None, limit: int) -> Sequence[Rendition]:
        of_agency = select(packages.c.id).where(packages.c.agency == agency_id)
        query = (
            select(renditions)
            .where(renditions.c.state == RenditionState.IN_REVIEW.value, renditions.c.package_id.in_(of_agency))
            .order_by(renditions.c.created_at, renditions.c.id)
            .limit(limit)
        )
        if after is not None:
            place = find(self._connection, renditions, renditions.c.id == after, renditions.c.package_id.in_(of_agency))
            if place is None:
                return []
            query = query.where(tuple_(renditions.c.created_at, renditions.c.id) > tuple_(place.created_at, after))
        return [_rendition(row) for row in self._connection.execute(query)]

    def report_sizes(self, agreement_id: str, *, limit: int) -> Sequence[tuple[str, int]]:
        query = (
            select(renditions.c.id, func.octet_length(renditions.c.report))
            .join(packages, packages.c.id == renditions.c.package_id)
            .where(packages.c.agreement_id == agreement_id)
            .order_by(renditions.c.created_at.desc(), renditions.c.id.desc())
            .limit(limit)
        )
        return [(row[0], row[1]) for row in self._connection.execute(query)]

    def move(self, rendition_id: str, event_name: str, event: AuditEvent) -> RenditionState:
        """Raises NotFound ``rendition-missing``, Conflict ``state-conflict``."""
        row = find_locked(self._connection, renditions, "rendition", renditions.c.id == rendition_id)
        state = moved(RenditionState(row.state), event_name, event)
        change(self._connection, renditions, rendition_id, {"state": state.value})
        self._ledger.append(event)
        return state

    def approvals(self, rendition_id: str) -> Sequence[str]:
        query = (
            select(reviews.c.principal)
            .where(reviews.c.rendition_id == rendition_id)
            .order_by(reviews.c.approved_at, reviews.c.principal)
        )
        return list(self._connection.execute(query).scalars())

    def approve(self, rendition_id: str, principal_id: str, at: datetime, event: AuditEvent) -> None:
        """Raises NotFound ``rendition-missing`` or ``principal-missing``, Conflict ``state-conflict``
        or ``approval-exists``."""
        row = find_locked(self._connection, renditions, "rendition", renditions.c.id == rendition_id)
        if row.state != RenditionState.IN_REVIEW.value:
            raise Conflict(
                "state-conflict",
                f"A rendition in the state '{row.state}' takes no approvals.",
                remedy="Only a rendition in review can be approved.",
                state=row.state,
            )
        require(self._connection, principals, "principal", principals.c.id == principal_id)
        values = {"rendition_id": rendition_id, "principal": principal_id, "approved_at": at}
        insert_once(self._connection, reviews, values, "approval")
        self._ledger.append(event)
