"""Agencies, principals, keys and versions of agreements, as the steps see them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from gateway.agreements.model import Agreement, AgreementState
from gateway.evidence.agency import Agency, KeyUse, RegisteredKey
from gateway.evidence.package import AgreementRef, Principal
from gateway.translog.event import AuditEvent


class Directory(Protocol):
    """Agencies, principals and keys."""

    def agency(self, agency_id: str) -> Agency | None: ...
    def agencies(self) -> Sequence[Agency]: ...
    def principal(self, principal_id: str) -> Principal | None: ...
    def principals(self, agency_id: str) -> Sequence[Principal]: ...
    def key(self, key_id: str) -> RegisteredKey | None: ...
    def keys(self, agency_id: str, use: KeyUse, principal_id: str | None = None) -> Sequence[RegisteredKey]:
        """All keys of that use, newest first, revoked and outdated ones included."""
        ...

    def add_agency(self, agency: Agency, event: AuditEvent) -> None: ...
    def put_principal(self, principal: Principal, event: AuditEvent) -> None:
        """Add, or replace roles and attributes of, a principal."""
        ...

    def add_key(self, key: RegisteredKey, event: AuditEvent) -> None: ...
    def revoke_key(self, key_id: str, at: datetime, event: AuditEvent) -> None: ...


@dataclass(frozen=True, slots=True)
class AgreementRecord:
    """A stored version: the checked agreement, its source text, its state and who has signed."""

    agreement: Agreement
    source: str
    state: AgreementState
    signed_by: frozenset[str]
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class AgreementSignature:
    agency: str
    key_id: str
    signature: bytes  # detached, over agreements.signing.statement of the version
    signed_at: datetime


class Agreements(Protocol):
    """Versions of agreements. At most one version of an id is active at a time.

    Which versions there are is answered with refs, in the order of id and version, and no text is parsed for
    it; a caller reads those that it needs. Nobody's request takes longer for what others have stored.
    """

    def active(self, agreement_id: str) -> AgreementRecord | None: ...
    def version(self, agreement_id: str, version: int) -> AgreementRecord | None: ...
    def newest(self, agreement_id: str) -> AgreementRecord | None:
        """The highest version, whatever its state."""
        ...

    def versions(self, agreement_id: str, *states: AgreementState) -> Sequence[AgreementRef]:
        """The versions of an agreement in one of the states, or in any if none is named."""
        ...

    def of_party(self, agency: str, *states: AgreementState) -> Sequence[AgreementRef]:
        """The versions of all agreements that name the agency as a party; states as above."""
        ...

    def in_state(self, *states: AgreementState) -> Sequence[AgreementRef]:
        """The versions of all agreements; states as above."""
        ...

    def read(self, refs: Iterable[AgreementRef]) -> Iterator[AgreementRecord]:
        """The versions of refs that this port gave, in their order, each parsed when the caller gets to it."""
        ...

    def signatures(self, agreement_id: str, version: int) -> Sequence[AgreementSignature]: ...
    def propose(self, record: AgreementRecord, event: AuditEvent) -> None: ...
    def sign(self, agreement_id: str, version: int, signature: AgreementSignature, event: AuditEvent) -> None: ...
    def set_state(
        self, agreement_id: str, version: int, state: AgreementState, at: datetime, event: AuditEvent
    ) -> None: ...
