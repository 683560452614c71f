"""Agencies, principals and their registered keys, in PostgreSQL (ports.Directory)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select
from sqlalchemy.dialects.postgresql import insert

from gateway.errors import Conflict
from gateway.evidence.agency import Agency, KeyUse, RegisteredKey
from gateway.evidence.package import Principal
from gateway.exchange.ports.log import Ledger
from gateway.storage.refusals import exists
from gateway.storage.rows import change, find, find_locked, insert_once, require, written
from gateway.storage.schema.all_tables import agencies, keys, principals
from gateway.translog.event import AuditEvent


def _agency(row: Row[Any]) -> Agency:
    return Agency(**row._mapping)


def _principal(row: Row[Any]) -> Principal:
    return Principal(row.id, row.agency, frozenset(row.roles), frozenset(row.attributes))


def _key(row: Row[Any]) -> RegisteredKey:
    return RegisteredKey(**row._mapping)


class PostgresDirectory:
    """Implements ``ports.Directory`` in one transaction."""

    def __init__(self, connection: Connection, ledger: Ledger) -> None:
        self._connection = connection
        self._ledger = ledger

    def agency(self, agency_id: str) -> Agency | None:
        row = find(self._connection, agencies, agencies.c.id == agency_id)
        return _agency(row) if row else None

    def agencies(self) -> Sequence[Agency]:
        return [_agency(row) for row in self._connection.execute(select(agencies).order_by(agencies.c.id))]

    def principal(self, principal_id: str) -> Principal | None:
        row = find(self._connection, principals, principals.c.id == principal_id)
        return _principal(row) if row else None

    def principals(self, agency_id: str) -> Sequence[Principal]:
        query = select(principals).where(principals.c.agency == agency_id).order_by(principals.c.id)
        return [_principal(row) for row in self._connection.execute(query)]

    def key(self, key_id: str) -> RegisteredKey | None:
        row = find(self._connection, keys, keys.c.id == key_id)
        return _key(row) if row else None

    def keys(self, agency_id: str, use: KeyUse, principal_id: str | None = None) -> Sequence[RegisteredKey]:
        query = select(keys).where(keys.c.agency == agency_id, keys.c.use == use)
        if principal_id is not None:
            query = query.where(keys.c.principal == principal_id)
        query = query.order_by(keys.c.valid_from.desc(), keys.c.id.desc())
        return [_key(row) for row in self._connection.execute(query)]

    def add_agency(self, agency: Agency, event: AuditEvent) -> None:
        """Raises Conflict ``agency-exists``."""
        insert_once(self._connection, agencies, asdict(agency), "agency")
        self._ledger.append(event)

    def put_principal(self, principal: Principal, event: AuditEvent) -> None:
        """Raises NotFound ``agency-missing``, Conflict ``principal-exists`` if it is another agency's."""
        require(self._connection, agencies, "agency", agencies.c.id == principal.agency)
        values = {"roles": sorted(principal.roles), "attributes": sorted(principal.attributes)}
        statement = insert(principals).values(id=principal.id, agency=principal.agency, **values)
        # The condition keeps one agency from taking over the name of another's principal.
        upsert = statement.on_conflict_do_update(
            index_elements=[principals.c.id], set_=values, where=principals.c.agency == principal.agency
        )
        if written(self._connection, upsert) != 1:
            raise exists("principal")
        self._ledger.append(event)

    def add_key(self, key: RegisteredKey, event: AuditEvent) -> None:
        """Raises Conflict ``key-exists``, NotFound ``agency-missing`` or ``principal-missing``."""
        if (key.use == "authentication") != (key.principal is not None):
            raise ValueError("authentication keys belong to a principal, all others to the agency")
        require(self._connection, agencies, "agency", agencies.c.id == key.agency)
        if key.principal is not None:
            mine = (principals.c.id == key.principal, principals.c.agency == key.agency)
            require(self._connection, principals, "principal", *mine)
        insert_once(self._connection, keys, asdict(key), "key")
        self._ledger.append(event)

    def revoke_key(self, key_id: str, at: datetime, event: AuditEvent) -> None:
        """Raises NotFound ``key-missing``, Conflict ``key-revoked``."""
        row = find_locked(self._connection, keys, "key", keys.c.id == key_id)
        if row.revoked_at is not None:
            raise Conflict("key-revoked", "This key is revoked already.", remedy="Nothing is left to do.")
        change(self._connection, keys, key_id, {"revoked_at": at})
        self._ledger.append(event)
