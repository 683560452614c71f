"""Releases, in PostgreSQL (ports.Releases)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, and_, func, or_, select

from gateway.agreements.model import AgreementState
from gateway.evidence.lifecycle import ReleaseState
from gateway.evidence.package import Release
from gateway.exchange.ports.log import Ledger
from gateway.storage.custody.holds import held
from gateway.storage.moves import RELEASE_MOVE_CHANGES, RELEASE_TOUCH_CHANGES, check_changes, check_signed, moved
from gateway.storage.refusals import exists, missing
from gateway.storage.row_values import agreement_columns, agreement_ref, members, without_agreement
from gateway.storage.rows import change, find, find_locked, insert_once, newest_first, require
from gateway.storage.schema.all_tables import agreements, releases, renditions
from gateway.translog.event import AuditEvent


def _release(row: Row[Any]) -> Release:
    columns = without_agreement(row)
    del columns["seal_entry_id"], columns["dated_version"]
    return Release(**{**columns, "agreement": agreement_ref(row), "state": ReleaseState(row.state)})


class PostgresReleases:
    """Implements ``ports.Releases`` in one transaction."""

    def __init__(self, connection: Connection, ledger: Ledger) -> None:
        self._connection = connection
        self._ledger = ledger

    def add(self, release: Release, event: AuditEvent) -> str:
        """Raises Conflict ``release-exists``, NotFound ``rendition-missing``."""
        mine = (renditions.c.id == release.rendition_id, renditions.c.package_id == release.package_id)
        require(self._connection, renditions, "rendition", *mine)
        same = or_(
            releases.c.id == release.id,
            and_(releases.c.rendition_id == release.rendition_id, releases.c.recipient == release.recipient),
        )
        if self._connection.execute(select(releases.c.id).where(same)).first() is not None:
            raise exists("release")
        # After the look, because its id stands in the row; the sealing step holds the package's lock.
        entry_id = self._ledger.append(event)
        row = {**members(release, "agreement"), **agreement_columns(release.agreement)}
        insert_once(self._connection, releases, {**row, "seal_entry_id": entry_id}, "release")
        return entry_id

    def get(self, release_id: str, *, lock: bool = False) -> Release | None:
        row = find(self._connection, releases, releases.c.id == release_id, lock=lock)
        return _release(row) if row else None

    def of_package(self, package_id: str) -> Sequence[Release]:
        query = (
            select(releases).where(releases.c.package_id == package_id).order_by(releases.c.sealed_at, releases.c.id)
        )
        return [_release(row) for row in self._connection.execute(query)]

    def of_case(self, case_id: str) -> Sequence[Release]:
        query = select(releases).where(releases.c.case_id == case_id).order_by(releases.c.sealed_at, releases.c.id)
        return [_release(row) for row in self._connection.execute(query)]

    def inbox(self, agency_id: str, *, after: str | None, limit: int) -> Sequence[Release]:
        mine = (releases.c.recipient == agency_id, releases.c.state == ReleaseState.AVAILABLE.value)
        rows = newest_first(self._connection, releases, "sealed_at", *mine, after=after, limit=limit)
        return [_release(row) for row in rows]

    def seal_entry(self, release_id: str) -> str:
        """Raises NotFound ``release-missing``."""
        found = self._connection.execute(select(releases.c.seal_entry_id).where(releases.c.id == release_id)).scalar()
        if found is None:
            raise missing("release")
        return str(found)

    def due(self, now: datetime, limit: int) -> Sequence[Release]:
        query = (
            select(releases)
            .where(
                releases.c.deadline <= now,
                releases.c.state != ReleaseState.DISPOSED.value,
                ~held(releases.c.case_id, releases.c.package_id, releases.c.exhibit_id, now),
            )
            .order_by(releases.c.deadline, releases.c.id)
            .limit(limit)
        )
        return [_release(row) for row in self._connection.execute(query)]

    def undated(self, limit: int) -> Sequence[Release]:
        active, own = agreements.alias("active"), agreements.alias("own")
        held_against = func.coalesce(releases.c.dated_version, releases.c.agreement_version)
        query = (
            select(releases)
            .join(own, and_(own.c.id == releases.c.agreement_id, own.c.version == releases.c.agreement_version))
            .join(active, active.c.id == releases.c.agreement_id)
            .where(
                own.c.state == AgreementState.SUPERSEDED.value,
                active.c.state == AgreementState.ACTIVE.value,
                active.c.version > held_against,
                releases.c.state != ReleaseState.DISPOSED.value,
            )
            .order_by(releases.c.package_id, releases.c.id)
            .limit(limit)
        )
        return [_release(row) for row in self._connection.execute(query)]

    def date(self, release_id: str, version: int) -> None:
        change(self._connection, releases, release_id, {"dated_version": version})

    def move(self, release_id: str, event_name: str, event: AuditEvent, **changes: Any) -> ReleaseState:
        """Raises NotFound ``release-missing``, Conflict ``state-conflict``."""
        check_changes(changes, RELEASE_MOVE_CHANGES)
        row = find_locked(self._connection, releases, "release", releases.c.id == release_id)
        state = moved(ReleaseState(row.state), event_name, event)
        check_signed(state, {"manifest": row.manifest, "manifest_signature": row.manifest_signature, **changes})
        change(self._connection, releases, release_id, {"state": state.value, **changes})
        self._ledger.append(event)
        return state

    def touch(self, release_id: str, event: AuditEvent, **changes: Any) -> None:
        """Raises NotFound ``release-missing``."""
        check_changes(changes, RELEASE_TOUCH_CHANGES)
        find_locked(self._connection, releases, "release", releases.c.id == release_id)
        change(self._connection, releases, release_id, changes)
        self._ledger.append(event)
