"""Holds, deadlines, duties, certificates and erasures, as the steps see them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from gateway.evidence.deadline import Clock
from gateway.evidence.duty import Duty
from gateway.evidence.erasure import ErasableEntry, Erasure
from gateway.evidence.hold import Hold
from gateway.evidence.lifecycle import PackageState
from gateway.evidence.package import AgreementRef
from gateway.translog.event import AuditEvent


class Holds(Protocol):
    """Legal holds. Disposal asks them under the lock of the case."""

    def place(self, hold: Hold, event: AuditEvent) -> None: ...
    def get(self, hold_id: str, *, lock: bool = False) -> Hold | None: ...
    def of_case(self, case_id: str) -> Sequence[Hold]:
        """All holds within a case, those that are over included, oldest first."""
        ...

    def of_agreements(self, agreement_ids: Sequence[str]) -> Sequence[Hold]:
        """Holds that have not been lifted, oldest first."""
        ...

    def expired(self, now: datetime, limit: int) -> Sequence[Hold]:
        """Holds whose time is over and that are not marked as lifted, oldest first."""
        ...

    def ask_lift(self, hold_id: str, principal_id: str, event: AuditEvent) -> None: ...
    def lift(self, hold_id: str, at: datetime, event: AuditEvent) -> None: ...


class Clocks(Protocol):
    """One clock a package."""

    def start(self, clock: Clock, event: AuditEvent) -> None: ...
    def get(self, package_id: str, *, lock: bool = False) -> Clock | None: ...
    def concerning(
        self, agency_id: str, *, late: bool = False, after: str | None, limit: int
    ) -> Sequence[tuple[Clock, PackageState]]:
        """Clocks without an answer of packages that the agency sent or has a release of, soonest due first.

        ``late`` asks for those that were answered too late instead.
        ``after`` is the package of the last clock of the page before, answered meanwhile or not.
        """
        ...

    def due_soon(self, now: datetime, limit: int) -> Sequence[Clock]:
        """Clocks in the last quarter of their time, without answer, of such packages, and not yet warned of."""
        ...

    def overdue(self, now: datetime, limit: int) -> Sequence[Clock]:
        """Clocks past due, without answer, of packages that can still be answered, and not yet marked."""
        ...

    def answer(self, package_id: str, at: datetime, event: AuditEvent) -> None: ...
    def warn(self, package_id: str, at: datetime, event: AuditEvent) -> None: ...
    def breach(self, package_id: str, at: datetime, event: AuditEvent) -> None: ...


class Duties(Protocol):
    """Receivers' duties to attest deletion."""

    def add(self, duty: Duty, event: AuditEvent) -> None: ...
    def get(self, duty_id: str, *, lock: bool = False) -> Duty | None: ...
    def concerning(self, agency_id: str, *, after: str | None, limit: int) -> Sequence[Duty]:
        """Duties that the agency has or that are owed to it, newest first."""
        ...

    def overdue(self, now: datetime, limit: int) -> Sequence[Duty]:
        """Duties past due, not attested and not yet marked, oldest first."""
        ...

    def attest(
        self, duty_id: str, at: datetime, document: bytes, signature: bytes, key_id: str, event: AuditEvent
    ) -> None: ...
    def mark_overdue(self, duty_id: str, at: datetime, event: AuditEvent) -> None: ...


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate of destruction; ``document`` and ``signature`` follow once the log has placed its entry."""

    id: str
    package_id: str
    case_id: str
    sender: str
    agreement: AgreementRef
    reason: str
    disposed_at: datetime
    facts: bytes
    document: bytes | None = None
    signature: bytes | None = None
    issued_at: datetime | None = None


class Certificates(Protocol):
    def add(self, certificate: Certificate, event: AuditEvent) -> str:
        """Store the facts of a disposal; returns the audit entry's id, to learn its log position later."""
        ...

    def get(self, certificate_id: str, *, lock: bool = False) -> Certificate | None: ...
    def entry(self, certificate_id: str) -> str:
        """Id of the audit entry that recorded the disposal."""
        ...

    def of_package(self, package_id: str) -> Sequence[Certificate]: ...
    def concerning(self, agency_id: str, *, after: str | None, limit: int) -> Sequence[Certificate]:
        """Issued certificates of packages that the agency sent or had a release of, newest first."""
        ...

    def pending(self, *, after: str, limit: int) -> Sequence[str]:
        """Packages with certificates that are not signed yet: a page of their ids."""
        ...

    def issue(
        self, certificate_id: str, document: bytes, signature: bytes, at: datetime, event: AuditEvent
    ) -> None: ...


class Erasures(Protocol):
    """What the gateway keeps of a case in words, outside the log."""

    def live(self, case_id: str) -> bool:
        """Whether a package of the case is not disposed of yet."""
        ...

    def held(self, case_id: str, now: datetime) -> bool:
        """Whether a legal hold covers the case, or a part of it."""
        ...

    def unforgotten(self, now: datetime, *, after: str, limit: int) -> Sequence[str]:
        """For each case that is over and not held, but not forgotten, one of its packages: a page of them, by id."""
        ...

    def scrub(self, case_id: str) -> int:
        """Replace references, names and documents of a case by words that say nothing; rows changed."""
        ...

    def entry(self, seq: int) -> ErasableEntry | None:
        """The entry at that place, if it belongs to a case; ``fields`` are those not erased yet."""
        ...

    def ask(self, erasure: Erasure, event: AuditEvent) -> None: ...
    def get(self, erasure_id: str, *, lock: bool = False) -> Erasure | None: ...
    def waiting(self, agreement_ids: Sequence[str]) -> Sequence[Erasure]:
        """Erasures under these agreements that nobody has confirmed, oldest first."""
        ...

    def confirm(self, erasure: Erasure, event: AuditEvent) -> None:
        """Write down who confirmed it, and when."""
        ...
