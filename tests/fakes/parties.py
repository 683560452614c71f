"""Fake stores of who takes part: agencies, principals, keys, agreements."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from gateway.agreements.model import AgreementState
from gateway.errors import Conflict
from gateway.evidence.agency import Agency, KeyUse, RegisteredKey
from gateway.evidence.package import AgreementRef, Principal
from gateway.exchange.ports.parties import AgreementRecord, AgreementSignature
from gateway.storage.parties.agreement_states import (
    check_activation,
    check_proposal,
    check_signature,
    check_state_change,
)
from gateway.storage.refusals import exists, missing
from gateway.translog.event import AuditEvent
from tests.fakes.store import FakeStore, known


class FakeDirectory(FakeStore):
    def agency(self, agency_id: str) -> Agency | None:
        return self._state.agencies.get(agency_id)

    def agencies(self) -> Sequence[Agency]:
        return sorted(self._state.agencies.values(), key=lambda a: a.id)

    def principal(self, principal_id: str) -> Principal | None:
        return self._state.principals.get(principal_id)

    def principals(self, agency_id: str) -> Sequence[Principal]:
        return sorted((p for p in self._state.principals.values() if p.agency == agency_id), key=lambda p: p.id)

    def key(self, key_id: str) -> RegisteredKey | None:
        return self._state.keys.get(key_id)

    def keys(self, agency_id: str, use: KeyUse, principal_id: str | None = None) -> Sequence[RegisteredKey]:
        found = [
            key
            for key in self._state.keys.values()
            if key.agency == agency_id and key.use == use and principal_id in (None, key.principal)
        ]
        return sorted(found, key=lambda k: (k.valid_from, k.id), reverse=True)

    def add_agency(self, agency: Agency, event: AuditEvent) -> None:
        self._add(self._state.agencies, agency, "agency", event)

    def put_principal(self, principal: Principal, event: AuditEvent) -> None:
        known(self._state.agencies, principal.agency, "agency")
        present = self._state.principals.get(principal.id)
        if present is not None and present.agency != principal.agency:
            raise exists("principal")
        self._state.principals[principal.id] = principal
        self._ledger.append(event)

    def add_key(self, key: RegisteredKey, event: AuditEvent) -> None:
        known(self._state.agencies, key.agency, "agency")
        if key.principal is not None:
            holder = self._state.principals.get(key.principal)
            if holder is None or holder.agency != key.agency:
                raise missing("principal")
        if (key.use == "authentication") != (key.principal is not None):
            raise ValueError("authentication keys belong to a principal, all others to the agency")
        self._add(self._state.keys, key, "key", event)

    def revoke_key(self, key_id: str, at: datetime, event: AuditEvent) -> None:
        key = known(self._state.keys, key_id, "key")
        if key.revoked_at is not None:
            raise Conflict("key-revoked", "This key is revoked already.", remedy="Nothing is left to do.")
        self._change(self._state.keys, key_id, event, revoked_at=at)


class FakeAgreements(FakeStore):
    def active(self, agreement_id: str) -> AgreementRecord | None:
        for record in self._state.agreements.values():
            if record.agreement.id == agreement_id and record.state is AgreementState.ACTIVE:
                return record
        return None

    def version(self, agreement_id: str, version: int) -> AgreementRecord | None:
        return self._state.agreements.get((agreement_id, version))

    def newest(self, agreement_id: str) -> AgreementRecord | None:
        of_id = [record.agreement for record in self._state.agreements.values() if record.agreement.id == agreement_id]
        return self.version(agreement_id, max(of_id, key=lambda a: a.version).version) if of_id else None

    def versions(self, agreement_id: str, *states: AgreementState) -> Sequence[AgreementRef]:
        return [ref for ref in self._refs(states) if ref.id == agreement_id]

    def of_party(self, agency: str, *states: AgreementState) -> Sequence[AgreementRef]:
        return [ref for ref in self._refs(states) if agency in self._record((ref.id, ref.version)).agreement.parties]

    def in_state(self, *states: AgreementState) -> Sequence[AgreementRef]:
        return self._refs(states)

    def read(self, refs: Iterable[AgreementRef]) -> Iterator[AgreementRecord]:
        return (self._record((ref.id, ref.version)) for ref in refs)

    def _refs(self, states: Sequence[AgreementState]) -> Sequence[AgreementRef]:
        records = (self._state.agreements[key] for key in sorted(self._state.agreements))
        return [record.agreement.ref for record in records if not states or record.state in states]

    def signatures(self, agreement_id: str, version: int) -> Sequence[AgreementSignature]:
        return self._state.signatures.get((agreement_id, version), ())

    def propose(self, record: AgreementRecord, event: AuditEvent) -> None:
        check_proposal(record)
        key = (record.agreement.id, record.agreement.version)
        if key in self._state.agreements:
            raise exists("agreement-version")
        self._state.agreements[key] = record
        self._ledger.append(event)

    def sign(self, agreement_id: str, version: int, signature: AgreementSignature, event: AuditEvent) -> None:
        key = (agreement_id, version)
        record = self._record(key)
        check_signature(record, signature)
        known(self._state.keys, signature.key_id, "reference")
        self._state.signatures[key] = (*self._state.signatures.get(key, ()), signature)
        self._change(self._state.agreements, key, event, signed_by=record.signed_by | {signature.agency})

    def set_state(
        self, agreement_id: str, version: int, state: AgreementState, at: datetime, event: AuditEvent
    ) -> None:
        key = (agreement_id, version)
        record = self._record(key)
        check_state_change(record.state, state)
        if state is AgreementState.ACTIVE:
            check_activation(record)
            if self.active(agreement_id) is not None:
                raise exists("active-agreement")
        self._change(self._state.agreements, key, event, state=state, changed_at=at)

    def _record(self, key: tuple[str, int]) -> AgreementRecord:
        record = self._state.agreements.get(key)
        if record is None:
            raise missing("agreement-version")
        return record
