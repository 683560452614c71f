"""Versions of agreements and their signatures, in PostgreSQL (ports.Agreements).

Stored are the source as proposed and the canonical bytes that the parties sign. A version is parsed
anew when it is read, with a cache, and only counts if parsing gives the very digest that the row and
the canonical bytes have: a changed row is an IntegrityFailure, never another agreement.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, func, select, tuple_, update

from gateway.agreements.model import Agreement, AgreementState
from gateway.agreements.text.parsing import parse_agreement
from gateway.errors import IntegrityFailure, InvalidInput
from gateway.evidence.canonical import canonical_json
from gateway.evidence.package import AgreementRef
from gateway.exchange.ports.log import Ledger
from gateway.exchange.ports.parties import AgreementRecord, AgreementSignature
from gateway.storage.parties.agreement_states import (
    check_activation,
    check_proposal,
    check_signature,
    check_state_change,
)
from gateway.storage.refusals import exists
from gateway.storage.rows import find_locked, insert_once
from gateway.storage.schema.all_tables import agreement_signatures, agreements
from gateway.translog.event import AuditEvent

#: More agreements than are in force at any gateway, at about 40 KB each. With fewer, whoever looks at all in turn,
#: as housekeeping does once a minute for those that end, would parse each anew and leave none for the requests.
_KEPT = 1024

_PLACE = tuple_(agreements.c.id, agreements.c.version)
_SIGNERS = select(func.array_agg(agreement_signatures.c.agency)).where(
    tuple_(agreement_signatures.c.agreement_id, agreement_signatures.c.version) == _PLACE
)
_RECORDS = select(agreements, _SIGNERS.scalar_subquery().label("signed_by"))


@lru_cache(maxsize=_KEPT)
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
        return self._one(agreements.c.id == agreement_id, agreements.c.state == AgreementState.ACTIVE.value)

    def version(self, agreement_id: str, version: int) -> AgreementRecord | None:
        return self._one(_is(agreement_id, version))

    def newest(self, agreement_id: str) -> AgreementRecord | None:
        return self._one(agreements.c.id == agreement_id)

    def versions(self, agreement_id: str, *states: AgreementState) -> Sequence[AgreementRef]:
        return self._refs(states, agreements.c.id == agreement_id)

    def of_party(self, agency: str, *states: AgreementState) -> Sequence[AgreementRef]:
        # How a party begins in canonical bytes. Written as pg_catalog.position, for POSITION(a, b) is no SQL.
        begins = canonical_json({"agency": agency, "jurisdiction": ""}).removesuffix(b'"}')
        return self._refs(states, func.pg_catalog.position(agreements.c.document, begins) > 0)

    def in_state(self, *states: AgreementState) -> Sequence[AgreementRef]:
        return self._refs(states)

    def read(self, refs: Iterable[AgreementRef]) -> Iterator[AgreementRecord]:
        places = [(ref.id, ref.version) for ref in refs]
        found = self._connection.execute(_RECORDS.where(_PLACE.in_(places)))
        rows = {(row.id, row.version): row for row in found}
        return (_to_record(rows[place]) for place in places)

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
        """The version, read once it is locked: whoever held it until now may have added a signature."""
        row = find_locked(self._connection, agreements, "agreement-version", _is(agreement_id, version))
        return next(self.read([AgreementRef(agreement_id, version, row.digest)]))

    def _one(self, *conditions: ColumnElement[bool]) -> AgreementRecord | None:
        query = _RECORDS.where(*conditions).order_by(agreements.c.version.desc()).limit(1)
        row = self._connection.execute(query).one_or_none()
        return _to_record(row) if row else None

    def _refs(self, states: Sequence[AgreementState], *conditions: ColumnElement[bool]) -> Sequence[AgreementRef]:
        c = agreements.c
        wanted = (*conditions, c.state.in_([state.value for state in states])) if states else conditions
        query = select(c.id, c.version, c.digest).where(*wanted).order_by(c.id, c.version)
        return [AgreementRef(*row) for row in self._connection.execute(query)]


def _is(agreement_id: str, version: int) -> ColumnElement[bool]:
    return and_(agreements.c.id == agreement_id, agreements.c.version == version)


def _to_record(row: Row[Any]) -> AgreementRecord:
    agreement = _parsed(row.source.encode(), row.digest, bytes(row.document))
    if (agreement.id, agreement.version) != (row.id, row.version):
        raise _tampered()
    signed_by = frozenset(row.signed_by or ())
    return AgreementRecord(agreement, row.source, AgreementState(row.state), signed_by, row.changed_at)
