"""Fake stores of what governs the end of evidence: holds, clocks, duties, certificates."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from gateway.evidence.deadline import STOPPED_STATES, Clock
from gateway.evidence.duty import Duty
from gateway.evidence.hold import Hold
from gateway.evidence.lifecycle import PackageState
from gateway.exchange.ports.custody import Certificate
from gateway.storage.refusals import check_once, exists
from gateway.translog.event import AuditEvent
from tests.fakes.store import FakeStore, known, page


class FakeHolds(FakeStore):
    def place(self, hold: Hold, event: AuditEvent) -> None:
        known(self._state.cases, hold.case_id, "case")
        known(self._state.principals, hold.placed_by, "reference")
        self._add(self._state.holds, hold, "hold", event)

    def get(self, hold_id: str, *, lock: bool = False) -> Hold | None:
        return self._state.holds.get(hold_id)

    def of_case(self, case_id: str) -> Sequence[Hold]:
        return self._sorted(h for h in self._state.holds.values() if h.case_id == case_id)

    def of_agreements(self, agreement_ids: Sequence[str]) -> Sequence[Hold]:
        return self._sorted(
            h for h in self._state.holds.values() if h.agreement in agreement_ids and h.lifted_at is None
        )

    def expired(self, now: datetime, limit: int) -> Sequence[Hold]:
        return self._sorted(
            h
            for h in self._state.holds.values()
            if h.lifted_at is None and h.expires_at is not None and h.expires_at <= now
        )[:limit]

    def ask_lift(self, hold_id: str, principal_id: str, event: AuditEvent) -> None:
        hold = known(self._state.holds, hold_id, "hold")
        check_once(hold.lifted_at, "hold")
        if principal_id in hold.lift_asked_by:
            return
        self._change(self._state.holds, hold_id, event, lift_asked_by=(*hold.lift_asked_by, principal_id))

    def lift(self, hold_id: str, at: datetime, event: AuditEvent) -> None:
        hold = known(self._state.holds, hold_id, "hold")
        check_once(hold.lifted_at, "hold")
        self._change(self._state.holds, hold_id, event, lifted_at=at)

    def _sorted(self, holds: object) -> Sequence[Hold]:
        return sorted(holds, key=lambda h: (h.placed_at, h.id))  # type: ignore[call-overload, no-any-return]


class FakeClocks(FakeStore):
    def start(self, clock: Clock, event: AuditEvent) -> None:
        known(self._state.packages, clock.package_id, "package")
        if clock.package_id in self._state.clocks:
            raise exists("clock")
        self._state.clocks[clock.package_id] = clock
        self._ledger.append(event)

    def get(self, package_id: str, *, lock: bool = False) -> Clock | None:
        return self._state.clocks.get(package_id)

    def concerning(
        self, agency_id: str, *, late: bool = False, after: str | None, limit: int
    ) -> Sequence[tuple[Clock, PackageState]]:
        received = {r.package_id for r in self._state.releases.values() if r.recipient == agency_id}
        answered_late = [
            c for c in self._state.clocks.values() if c.answered_at is not None and c.answered_at > c.due_at
        ]
        answered_late.sort(key=lambda c: (c.due_at, c.package_id))
        found = [
            c for c in (answered_late if late else self._open()) if c.sender == agency_id or c.package_id in received
        ]
        if after is not None:
            place = self._state.clocks.get(after)
            found = [c for c in found if place and (c.due_at, c.package_id) > (place.due_at, after)]
        return [(c, self._state.packages[c.package_id].state) for c in found][:limit]

    def due_soon(self, now: datetime, limit: int) -> Sequence[Clock]:
        unwarned = [c for c in self._open() if c.breached_at is None and c.warned_at is None]
        return [c for c in unwarned if c.due_from < now <= c.due_at][:limit]

    def overdue(self, now: datetime, limit: int) -> Sequence[Clock]:
        return [c for c in self._open() if c.due_at < now and c.breached_at is None][:limit]

    def answer(self, package_id: str, at: datetime, event: AuditEvent) -> None:
        clock = known(self._state.clocks, package_id, "clock")
        check_once(clock.answered_at, "clock")
        self._change(self._state.clocks, package_id, event, answered_at=at)

    def warn(self, package_id: str, at: datetime, event: AuditEvent) -> None:
        clock = known(self._state.clocks, package_id, "clock")
        check_once(clock.warned_at, "clock")
        self._change(self._state.clocks, package_id, event, warned_at=at)

    def breach(self, package_id: str, at: datetime, event: AuditEvent) -> None:
        clock = known(self._state.clocks, package_id, "clock")
        check_once(clock.breached_at, "clock")
        self._change(self._state.clocks, package_id, event, breached_at=at)

    def _open(self) -> list[Clock]:
        found = [
            c
            for c in self._state.clocks.values()
            if c.answered_at is None and self._state.packages[c.package_id].state not in STOPPED_STATES
        ]
        return sorted(found, key=lambda c: (c.due_at, c.package_id))


class FakeDuties(FakeStore):
    def add(self, duty: Duty, event: AuditEvent) -> None:
        known(self._state.packages, duty.package_id, "package")
        self._add(self._state.duties, duty, "duty", event)

    def get(self, duty_id: str, *, lock: bool = False) -> Duty | None:
        return self._state.duties.get(duty_id)

    def concerning(self, agency_id: str, *, after: str | None, limit: int) -> Sequence[Duty]:
        found = [d for d in self._state.duties.values() if agency_id in (d.agency, d.sender)]
        return page(sorted(found, key=lambda d: (d.created_at, d.id), reverse=True), after, limit)

    def overdue(self, now: datetime, limit: int) -> Sequence[Duty]:
        found = [
            d for d in self._state.duties.values() if d.due_at < now and d.attested_at is None and d.overdue_at is None
        ]
        return sorted(found, key=lambda d: (d.due_at, d.id))[:limit]

    def attest(
        self, duty_id: str, at: datetime, document: bytes, signature: bytes, key_id: str, event: AuditEvent
    ) -> None:
        duty = known(self._state.duties, duty_id, "duty")
        check_once(duty.attested_at, "duty")
        known(self._state.keys, key_id, "reference")
        self._change(
            self._state.duties, duty_id, event, attested_at=at, attestation=document, signature=signature, key_id=key_id
        )

    def mark_overdue(self, duty_id: str, at: datetime, event: AuditEvent) -> None:
        duty = known(self._state.duties, duty_id, "duty")
        check_once(duty.attested_at or duty.overdue_at, "duty")
        self._change(self._state.duties, duty_id, event, overdue_at=at)


class FakeCertificates(FakeStore):
    def add(self, certificate: Certificate, event: AuditEvent) -> str:
        known(self._state.packages, certificate.package_id, "package")
        entry_id = self._add(self._state.certificates, certificate, "certificate", event)
        self._state.certificate_entries[certificate.id] = entry_id
        return entry_id

    def get(self, certificate_id: str, *, lock: bool = False) -> Certificate | None:
        return self._state.certificates.get(certificate_id)

    def entry(self, certificate_id: str) -> str:
        return known(self._state.certificate_entries, certificate_id, "certificate")

    def of_package(self, package_id: str) -> Sequence[Certificate]:
        return [c for c in self._sorted() if c.package_id == package_id]

    def concerning(self, agency_id: str, *, after: str | None, limit: int) -> Sequence[Certificate]:
        received = {r.package_id for r in self._state.releases.values() if r.recipient == agency_id}
        found = [
            c
            for c in reversed(self._sorted())
            if c.issued_at is not None and (c.sender == agency_id or c.package_id in received)
        ]
        return page(found, after, limit)

    def pending(self, *, after: str, limit: int) -> Sequence[str]:
        waiting = {c.package_id for c in self._state.certificates.values() if c.issued_at is None}
        return sorted(package_id for package_id in waiting if package_id > after)[:limit]

    def issue(self, certificate_id: str, document: bytes, signature: bytes, at: datetime, event: AuditEvent) -> None:
        certificate = known(self._state.certificates, certificate_id, "certificate")
        check_once(certificate.issued_at, "certificate")
        self._change(
            self._state.certificates, certificate_id, event, document=document, signature=signature, issued_at=at
        )

    def _sorted(self) -> list[Certificate]:
        return sorted(self._state.certificates.values(), key=lambda c: (c.disposed_at, c.id))
