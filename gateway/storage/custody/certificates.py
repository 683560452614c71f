"""Certificates of destruction, in PostgreSQL (ports.Certificates)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, exists, or_, select

from gateway.exchange.ports.custody import Certificate
from gateway.exchange.ports.log import Ledger
from gateway.storage.refusals import check_once, missing
from gateway.storage.refusals import exists as already
from gateway.storage.row_values import agreement_columns, agreement_ref, without_agreement
from gateway.storage.rows import change, find, find_locked, insert_once, newest_first, require
from gateway.storage.schema.all_tables import certificates, packages, releases
from gateway.translog.event import AuditEvent


def _certificate(row: Row[Any]) -> Certificate:
    columns = without_agreement(row)
    del columns["entry_id"]
    return Certificate(**{**columns, "agreement": agreement_ref(row)})


class PostgresCertificates:
    """Implements ``ports.Certificates`` in one transaction."""

    def __init__(self, connection: Connection, ledger: Ledger) -> None:
        self._connection = connection
        self._ledger = ledger

    def add(self, certificate: Certificate, event: AuditEvent) -> str:
        """Raises Conflict ``certificate-exists``, NotFound ``package-missing``."""
        require(self._connection, packages, "package", packages.c.id == certificate.package_id)
        if self.get(certificate.id) is not None:
            raise already("certificate")
        entry_id = self._ledger.append(event)
        row = {item.name: getattr(certificate, item.name) for item in fields(certificate) if item.name != "agreement"}
        row = {**row, **agreement_columns(certificate.agreement), "entry_id": entry_id}
        insert_once(self._connection, certificates, row, "certificate")
        return entry_id

    def get(self, certificate_id: str, *, lock: bool = False) -> Certificate | None:
        row = find(self._connection, certificates, certificates.c.id == certificate_id, lock=lock)
        return _certificate(row) if row else None

    def entry(self, certificate_id: str) -> str:
        """Raises NotFound ``certificate-missing``."""
        query = select(certificates.c.entry_id).where(certificates.c.id == certificate_id)
        found = self._connection.execute(query).scalar()
        if found is None:
            raise missing("certificate")
        return str(found)

    def of_package(self, package_id: str) -> Sequence[Certificate]:
        return self._listed(certificates.c.package_id == package_id)

    def concerning(self, agency_id: str, *, after: str | None, limit: int) -> Sequence[Certificate]:
        received = exists().where(releases.c.package_id == certificates.c.package_id, releases.c.recipient == agency_id)
        mine = or_(certificates.c.sender == agency_id, received)
        issued = certificates.c.issued_at.is_not(None)
        rows = newest_first(self._connection, certificates, "disposed_at", mine, issued, after=after, limit=limit)
        return [_certificate(row) for row in rows]

    def pending(self, *, after: str, limit: int) -> Sequence[str]:
        c = certificates.c
        waiting = select(c.package_id).distinct().where(c.issued_at.is_(None), c.package_id > after)
        return list(self._connection.execute(waiting.order_by(c.package_id).limit(limit)).scalars())

    def issue(self, certificate_id: str, document: bytes, signature: bytes, at: datetime, event: AuditEvent) -> None:
        """Raises NotFound ``certificate-missing``, Conflict ``certificate-settled``."""
        row = find_locked(self._connection, certificates, "certificate", certificates.c.id == certificate_id)
        check_once(row.issued_at, "certificate")
        values = {"document": document, "signature": signature, "issued_at": at}
        change(self._connection, certificates, certificate_id, values)
        self._ledger.append(event)

    def _listed(self, *conditions: ColumnElement[bool], limit: int | None = None) -> Sequence[Certificate]:
        query = (
            select(certificates).where(*conditions).order_by(certificates.c.disposed_at, certificates.c.id).limit(limit)
        )
        return [_certificate(row) for row in self._connection.execute(query)]
