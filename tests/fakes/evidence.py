"""Fake stores of what is exchanged: cases, packages, exhibits, renditions, releases."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from gateway.agreements.model import AgreementState
from gateway.errors import Conflict
from gateway.evidence.hold import HoldsOfCase
from gateway.evidence.lifecycle import ExhibitState, PackageState, ReleaseState, RenditionState
from gateway.evidence.package import Case, Exhibit, Package, Release, Rendition
from gateway.storage.moves import (
    EXHIBIT_CHANGES,
    RELEASE_MOVE_CHANGES,
    RELEASE_TOUCH_CHANGES,
    check_changes,
    check_signed,
    moved,
)
from gateway.storage.refusals import check_open, exists, missing
from gateway.translog.event import AuditEvent
from tests.fakes.store import FakeStore, known, page


class FakeCases(FakeStore):
    def find(self, agreement_id: str, reference: str) -> Case | None:
        for case in self._state.cases.values():
            if (case.agreement, case.reference) == (agreement_id, reference):
                return case
        return None

    def get(self, case_id: str, *, lock: bool = False) -> Case | None:
        return self._state.cases.get(case_id)

    def open(self, case: Case, event: AuditEvent) -> None:
        if case.id in self._state.cases or self.find(case.agreement, case.reference) is not None:
            raise exists("case")
        self._state.cases[case.id] = case
        self._ledger.append(event)

    def close(self, case_id: str, at: datetime, event: AuditEvent) -> None:
        case = known(self._state.cases, case_id, "case")
        check_open(case.closed_at)
        self._change(self._state.cases, case_id, event, closed_at=at)


class FakePackages(FakeStore):
    def add(self, package: Package, exhibits: Sequence[Exhibit], event: AuditEvent) -> None:
        if package.id in self._state.packages:
            raise exists("package")
        known(self._state.cases, package.case_id, "case")
        # What foreign keys hold in PostgreSQL.
        known(self._state.agencies, package.agency, "reference")
        known(self._state.principals, package.submitter, "reference")
        if (package.agreement.id, package.agreement.version) not in self._state.agreements:
            raise missing("reference")
        for exhibit in exhibits:
            if exhibit.package_id != package.id:
                raise ValueError("an exhibit names another package")
            if exhibit.id in self._state.exhibits:
                raise exists("exhibit")
            self._state.exhibits[exhibit.id] = exhibit
        self._state.packages[package.id] = package
        self._ledger.append(event)

    def get(self, package_id: str, *, lock: bool = False) -> Package | None:
        return self._state.packages.get(package_id)

    def pushed_by(self, agency_id: str, *, after: str | None, limit: int) -> Sequence[Package]:
        rows = [package for package in self._state.packages.values() if package.agency == agency_id]
        rows.sort(key=lambda p: (p.created_at, p.id), reverse=True)
        return page(rows, after, limit)

    def in_state(self, state: PackageState, *, before: datetime, limit: int) -> Sequence[Package]:
        rows = [p for p in self._state.packages.values() if p.state is state and p.changed_at < before]
        rows.sort(key=lambda p: (p.changed_at, p.id))
        return rows[:limit]

    def in_states(self, states: Sequence[PackageState], *, after: str, limit: int) -> Sequence[Package]:
        rows = [p for p in self._state.packages.values() if p.state in states and p.id > after]
        return sorted(rows, key=lambda p: p.id)[:limit]

    def of_case(self, case_id: str) -> Sequence[Package]:
        rows = [p for p in self._state.packages.values() if p.case_id == case_id]
        return sorted(rows, key=lambda p: (p.created_at, p.id))

    def move(
        self, package_id: str, event_name: str, at: datetime, event: AuditEvent, *, reason: str = ""
    ) -> PackageState:
        package = known(self._state.packages, package_id, "package")
        state = moved(package.state, event_name, event)
        self._change(self._state.packages, package_id, event, state=state, changed_at=at, reason=reason)
        return state

    def exhibits(self, package_id: str) -> Sequence[Exhibit]:
        rows = [exhibit for exhibit in self._state.exhibits.values() if exhibit.package_id == package_id]
        return sorted(rows, key=lambda e: e.ordinal)

    def exhibit(self, exhibit_id: str, *, lock: bool = False) -> Exhibit | None:
        return self._state.exhibits.get(exhibit_id)

    def move_exhibit(self, exhibit_id: str, event_name: str, event: AuditEvent, **changes: Any) -> ExhibitState:
        check_changes(changes, EXHIBIT_CHANGES)
        exhibit = known(self._state.exhibits, exhibit_id, "exhibit")
        state = moved(exhibit.state, event_name, event)
        if changes.get("file_key_id") is not None:
            known(self._state.file_keys, changes["file_key_id"], "file-key")
        self._change(self._state.exhibits, exhibit_id, event, state=state, **changes)
        return state


class FakeRenditions(FakeStore):
    def add(self, rendition: Rendition, event: AuditEvent) -> None:
        place = (rendition.exhibit_id, rendition.view, rendition.audience)
        if rendition.id in self._state.renditions or any(
            (r.exhibit_id, r.view, r.audience) == place for r in self._state.renditions.values()
        ):
            raise exists("rendition")
        exhibit = known(self._state.exhibits, rendition.exhibit_id, "exhibit")
        if exhibit.package_id != rendition.package_id:
            raise missing("exhibit")
        known(self._state.file_keys, rendition.file_key_id, "file-key")
        self._state.renditions[rendition.id] = rendition
        self._ledger.append(event)

    def get(self, rendition_id: str, *, lock: bool = False) -> Rendition | None:
        return self._state.renditions.get(rendition_id)

    def of_package(self, package_id: str) -> Sequence[Rendition]:
        rows = [r for r in self._state.renditions.values() if r.package_id == package_id]
        return sorted(rows, key=lambda r: (self._state.exhibits[r.exhibit_id].ordinal, r.view, r.audience))

    def awaiting_review(self, agency_id: str, *, after: str | None, limit: int) -> Sequence[Rendition]:
        rows = [r for r in self._state.renditions.values() if self._state.packages[r.package_id].agency == agency_id]
        rows.sort(key=lambda r: (r.created_at, r.id))
        if after is not None:
            ids = [r.id for r in rows]
            rows = rows[ids.index(after) + 1 :] if after in ids else []
        return [r for r in rows if r.state is RenditionState.IN_REVIEW][:limit]

    def report_sizes(self, agreement_id: str, *, limit: int) -> Sequence[tuple[str, int]]:
        rows = [
            r
            for r in self._state.renditions.values()
            if self._state.packages[r.package_id].agreement.id == agreement_id
        ]
        rows.sort(key=lambda r: (r.created_at, r.id), reverse=True)
        return [(r.id, len(r.report)) for r in rows[:limit]]

    def move(self, rendition_id: str, event_name: str, event: AuditEvent) -> RenditionState:
        rendition = known(self._state.renditions, rendition_id, "rendition")
        state = moved(rendition.state, event_name, event)
        self._change(self._state.renditions, rendition_id, event, state=state)
        return state

    def approvals(self, rendition_id: str) -> Sequence[str]:
        return self._state.approvals.get(rendition_id, ())

    def approve(self, rendition_id: str, principal_id: str, at: datetime, event: AuditEvent) -> None:
        rendition = known(self._state.renditions, rendition_id, "rendition")
        if rendition.state is not RenditionState.IN_REVIEW:
            raise Conflict(
                "state-conflict",
                f"A rendition in the state '{rendition.state}' takes no approvals.",
                remedy="Only a rendition in review can be approved.",
                state=str(rendition.state),
            )
        known(self._state.principals, principal_id, "principal")
        if principal_id in self.approvals(rendition_id):
            raise exists("approval")
        self._state.approvals[rendition_id] = (*self.approvals(rendition_id), principal_id)
        self._ledger.append(event)


class FakeReleases(FakeStore):
    def add(self, release: Release, event: AuditEvent) -> str:
        place = (release.rendition_id, release.recipient)
        if release.id in self._state.releases or any(
            (r.rendition_id, r.recipient) == place for r in self._state.releases.values()
        ):
            raise exists("release")
        if known(self._state.renditions, release.rendition_id, "rendition").package_id != release.package_id:
            raise missing("rendition")
        for agency in (release.sender, release.recipient):
            known(self._state.agencies, agency, "reference")
        known(self._state.keys, release.recipient_key_id, "reference")
        entry_id = self._ledger.append(event)
        self._state.releases[release.id] = release
        self._state.seal_entries[release.id] = entry_id
        return entry_id

    def get(self, release_id: str, *, lock: bool = False) -> Release | None:
        return self._state.releases.get(release_id)

    def undated(self, limit: int) -> Sequence[Release]:
        states = {key: found.state for key, found in self._state.agreements.items()}
        active = {name: number for (name, number), state in states.items() if state is AgreementState.ACTIVE}
        rows = [
            r
            for r in self._state.releases.values()
            if r.state is not ReleaseState.DISPOSED
            and states[r.agreement.id, r.agreement.version] is AgreementState.SUPERSEDED
            and active.get(r.agreement.id, 0) > self._state.dated.get(r.id, r.agreement.version)
        ]
        return sorted(rows, key=lambda r: (r.package_id, r.id))[:limit]

    def date(self, release_id: str, version: int) -> None:
        self._state.dated[release_id] = version

    def of_package(self, package_id: str) -> Sequence[Release]:
        rows = [r for r in self._state.releases.values() if r.package_id == package_id]
        return sorted(rows, key=lambda r: (r.sealed_at, r.id))

    def of_case(self, case_id: str) -> Sequence[Release]:
        rows = [r for r in self._state.releases.values() if r.case_id == case_id]
        return sorted(rows, key=lambda r: (r.sealed_at, r.id))

    def inbox(self, agency_id: str, *, after: str | None, limit: int) -> Sequence[Release]:
        rows = [
            r for r in self._state.releases.values() if r.recipient == agency_id and r.state is ReleaseState.AVAILABLE
        ]
        rows.sort(key=lambda r: (r.sealed_at, r.id), reverse=True)
        return page(rows, after, limit)

    def seal_entry(self, release_id: str) -> str:
        return known(self._state.seal_entries, release_id, "release")

    def due(self, now: datetime, limit: int) -> Sequence[Release]:
        rows = [
            r
            for r in self._state.releases.values()
            if r.deadline <= now
            and r.state is not ReleaseState.DISPOSED
            and not HoldsOfCase.at(
                r.case_id, (h for h in self._state.holds.values() if h.case_id == r.case_id), now
            ).exhibit(r.package_id, r.exhibit_id)
        ]
        rows.sort(key=lambda r: (r.deadline, r.id))
        return rows[:limit]

    def move(self, release_id: str, event_name: str, event: AuditEvent, **changes: Any) -> ReleaseState:
        check_changes(changes, RELEASE_MOVE_CHANGES)
        release = known(self._state.releases, release_id, "release")
        state = moved(release.state, event_name, event)
        changed = replace(release, state=state, **changes)
        check_signed(state, {"manifest": changed.manifest, "manifest_signature": changed.manifest_signature})
        self._state.releases[release_id] = changed
        self._ledger.append(event)
        return state

    def touch(self, release_id: str, event: AuditEvent, **changes: Any) -> None:
        check_changes(changes, RELEASE_TOUCH_CHANGES)
        known(self._state.releases, release_id, "release")
        self._change(self._state.releases, release_id, event, **changes)
