"""Versions of agreements and their signatures, in PostgreSQL (ports.Agreements).

Stored are the source as proposed and the canonical bytes that the parties sign. A version is parsed
anew when it is read, with a cache, and only counts if parsing gives the very digest that the row and
the canonical bytes have: a changed row is an IntegrityFailure, never another agreement.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, select, tuple_, update

from gateway.agreements.model import Agreement, AgreementState
from gateway.agreements.text.parsing import parse_agreement
from gateway.errors import IntegrityFailure, InvalidInput
from gateway.evidence.canonical import canonical_json
from gateway.exchange.ports.log import Ledger
from gateway.exchange.ports.parties import AgreementRecord, AgreementSignature
from gateway.storage.parties.agreement_states import (
    check_activation,
    check_proposal,
    check_signature,
    check_state_change,
)
from gateway.storage.refusals import exists, missing
from gateway.storage.rows import find, insert_once
from gateway.storage.schema.tables import agreement_signatures, agreements
from gateway.translog.event import AuditEvent


@lru_cache(maxsize=256)
def _parsed(source: bytes, digest: str, document: bytes) -> Agreement:
    # The cache is keyed by all that the outcome depends on, so a changed row never meets an old entry.
    try:
        agreement = parse_agreement(source)
    except InvalidInput as error:
        raise _tampered() from error
    if agreement.digest != digest or hashlib.sha256(document).hexdigest() != digest:
        raise _tampered()
    return agreement


def _tampered() -> IntegrityFailure:
    return IntegrityFailure(
        "agreement-changed",
        "A stored agreement is not the text that its parties signed.",
        remedy="Treat the database as tampered with; compare it with the parties' copies of the agreement.",
    )


class PostgresAgreements:
    """Implements ``ports.Agreements`` in one transaction."""

    def __init__(self, connection: Connection, ledger: Ledger) -> None:
        self._connection = connection
        self._ledger = ledger

    def active(self, agreement_id: str) -> AgreementRecord | None:
        row = find(
            self._connection,
            agreements,
            agreements.c.id == agreement_id,
            agreements.c.state == AgreementState.ACTIVE.value,
        )
        return self._record(row) if row else None

    def version(self, agreement_id: str, version: int) -> AgreementRecord | None:
        row = find(self._connection, agreements, _is(agreement_id, version))
        return self._record(row) if row else None

    def all(self) -> Sequence[AgreementRecord]:
        rows = self._connection.execute(select(agreements).order_by(agreements.c.id, agreements.c.version)).all()
        signers = self._signers([(row.id, row.version) for row in rows])
        return [_to_record(row, signers.get((row.id, row.version), frozenset())) for row in rows]

    def signatures(self, agreement_id: str, version: int) -> Sequence[AgreementSignature]:
        table = agreement_signatures
        query = (
            select(table.c.agency, table.c.key_id, table.c.signature, table.c.signed_at)
            .where(table.c.agreement_id == agreement_id, table.c.version == version)
            .order_by(table.c.signed_at, table.c.agency)
        )
        return [AgreementSignature(**row._mapping) for row in self._connection.execute(query)]

    def propose(self, record: AgreementRecord, event: AuditEvent) -> None:
        """Raises Conflict ``agreement-version-exists`` or ``state-conflict``."""
        check_proposal(record)
        agreement = record.agreement
        document = canonical_json(agreement.document)
        # What can't be read back must not go in.
        _parsed(record.source.encode(), agreement.digest, document)
        values = {
            "id": agreement.id,
            "version": agreement.version,
            "digest": agreement.digest,
            "source": record.source,
            "document": document,
            "state": record.state.value,
            "changed_at": record.changed_at,
        }
        insert_once(self._connection, agreements, values, "agreement-version")
        self._ledger.append(event)

    def sign(self, agreement_id: str, version: int, signature: AgreementSignature, event: AuditEvent) -> None:
        """Raises NotFound ``agreement-version-missing``, Conflict as :func:`check_signature`."""
        check_signature(self._locked(agreement_id, version), signature)
        values = {
            "agreement_id": agreement_id,
            "version": version,
            "agency": signature.agency,
            "key_id": signature.key_id,
            "signature": signature.signature,
            "signed_at": signature.signed_at,
        }
        insert_once(self._connection, agreement_signatures, values, "agreement-signature")
        self._ledger.append(event)

    def set_state(
        self, agreement_id: str, version: int, state: AgreementState, at: datetime, event: AuditEvent
    ) -> None:
        """Raises NotFound ``agreement-version-missing``, Conflict ``state-conflict``,
        ``agreement-not-signed`` or ``active-agreement-exists``."""
        record = self._locked(agreement_id, version)
        check_state_change(record.state, state)
        if state is AgreementState.ACTIVE:
            check_activation(record)
            # The partial unique index has the last word if two activations run at once.
            if self.active(agreement_id) is not None:
                raise exists("active-agreement")
        self._connection.execute(
            update(agreements).where(_is(agreement_id, version)).values(state=state.value, changed_at=at)
        )
        self._ledger.append(event)

    def _locked(self, agreement_id: str, version: int) -> AgreementRecord:
        row = find(self._connection, agreements, _is(agreement_id, version), lock=True)
        if row is None:
            raise missing("agreement-version")
        return self._record(row)

    def _record(self, row: Row[Any]) -> AgreementRecord:
        place = (row.id, row.version)
        return _to_record(row, self._signers([place]).get(place, frozenset()))

    def _signers(self, places: Sequence[tuple[str, int]]) -> Mapping[tuple[str, int], frozenset[str]]:
        table = agreement_signatures
        query = select(table.c.agreement_id, table.c.version, table.c.agency).where(
            tuple_(table.c.agreement_id, table.c.version).in_(places)
        )
        signers: dict[tuple[str, int], set[str]] = {}
        for row in self._connection.execute(query):
            signers.setdefault((row.agreement_id, row.version), set()).add(row.agency)
        return {place: frozenset(names) for place, names in signers.items()}


def _is(agreement_id: str, version: int) -> ColumnElement[bool]:
    return and_(agreements.c.id == agreement_id, agreements.c.version == version)


def _to_record(row: Row[Any], signed_by: frozenset[str]) -> AgreementRecord:
    agreement = _parsed(row.source.encode(), row.digest, bytes(row.document))
    if (agreement.id, agreement.version) != (row.id, row.version):
        raise _tampered()
    return AgreementRecord(agreement, row.source, AgreementState(row.state), signed_by, row.changed_at)
