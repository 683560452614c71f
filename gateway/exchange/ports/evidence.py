"""Cases, packages and what is made of them, as the steps see them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Protocol

from gateway.envelope.wrapping import WrappedKey
from gateway.evidence.lifecycle import ExhibitState, PackageState, ReleaseState, RenditionState
from gateway.evidence.package import Case, Exhibit, Package, Release, Rendition
from gateway.translog.event import AuditEvent


class Cases(Protocol):
    def find(self, agreement_id: str, reference: str) -> Case | None: ...
    def get(self, case_id: str, *, lock: bool = False) -> Case | None:
        """The case. Holds and disposals lock it first, so that neither overtakes the other."""
        ...

    def open(self, case: Case, event: AuditEvent) -> None: ...
    def close(self, case_id: str, at: datetime, event: AuditEvent) -> None:
        """Close for good; closing again is a Conflict ``case-closed``."""
        ...


class Packages(Protocol):
    """Packages and their exhibits. ``lock`` is held to the end of the transaction."""

    def add(self, package: Package, exhibits: Sequence[Exhibit], event: AuditEvent) -> None: ...
    def get(self, package_id: str, *, lock: bool = False) -> Package | None: ...
    def pushed_by(self, agency_id: str, *, after: str | None, limit: int) -> Sequence[Package]:
        """Packages of a sending agency, newest first; ``after`` is the last id of the page before."""
        ...

    def in_state(self, state: PackageState, *, before: datetime, limit: int) -> Sequence[Package]:
        """Packages that entered ``state`` before that time, oldest first."""
        ...

    def in_states(self, states: Sequence[PackageState], *, after: str, limit: int) -> Sequence[Package]:
        """A page of packages in any of the states, by id; ``after`` is the last id of the page before, or ""."""
        ...

    def of_case(self, case_id: str) -> Sequence[Package]:
        """All packages of a case, oldest first."""
        ...

    def move(
        self, package_id: str, event_name: str, at: datetime, event: AuditEvent, *, reason: str = ""
    ) -> PackageState:
        """Apply a transition of lifecycle.py to the row and return the new state.

        Raises:
            Conflict: ``state-conflict`` if the row's present state does not allow it.
        """
        ...

    def exhibits(self, package_id: str) -> Sequence[Exhibit]: ...
    def exhibit(self, exhibit_id: str, *, lock: bool = False) -> Exhibit | None: ...
    def move_exhibit(self, exhibit_id: str, event_name: str, event: AuditEvent, **changes: Any) -> ExhibitState:
        """Apply a transition to an exhibit, together with changed members (blob, media_type, ...)."""
        ...


class Renditions(Protocol):
    def add(self, rendition: Rendition, event: AuditEvent) -> None:
        """Add; adding the same (exhibit, view, audience) again is a Conflict ``rendition-exists``."""
        ...

    def get(self, rendition_id: str, *, lock: bool = False) -> Rendition | None: ...
    def of_package(self, package_id: str) -> Sequence[Rendition]: ...
    def awaiting_review(self, agency_id: str, *, after: str | None, limit: int) -> Sequence[Rendition]:
        """Renditions of a sending agency's packages that wait for a person, oldest first.

        ``after`` is the last id of the page before, decided meanwhile or not.
        """
        ...

    def report_sizes(self, agreement_id: str, *, limit: int) -> Sequence[tuple[str, int]]:
        """Ids of renditions under any version of an agreement, newest first, and bytes of their reports."""
        ...

    def move(self, rendition_id: str, event_name: str, event: AuditEvent) -> RenditionState: ...
    def approvals(self, rendition_id: str) -> Sequence[str]:
        """Principals that have approved the rendition."""
        ...

    def approve(self, rendition_id: str, principal_id: str, at: datetime, event: AuditEvent) -> None: ...


class Releases(Protocol):
    def add(self, release: Release, event: AuditEvent) -> str:
        """Store a sealed release; returns the audit entry's id, to learn its log position later."""
        ...

    def get(self, release_id: str, *, lock: bool = False) -> Release | None: ...
    def of_package(self, package_id: str) -> Sequence[Release]: ...
    def of_case(self, case_id: str) -> Sequence[Release]: ...
    def inbox(self, agency_id: str, *, after: str | None, limit: int) -> Sequence[Release]:
        """Available releases for a receiving agency, newest first."""
        ...

    def seal_entry(self, release_id: str) -> str:
        """Id of the audit entry that recorded the sealing."""
        ...

    def due(self, now: datetime, limit: int) -> Sequence[Release]:
        """Releases past their deadline, not yet disposed and under no active hold, oldest first."""
        ...

    def undated(self, limit: int) -> Sequence[Release]:
        """Releases that are not disposed of, under a superseded version, and not held against the active one yet."""
        ...

    def date(self, release_id: str, version: int) -> None:
        """Remember that the release's end was held against that version of its agreement."""
        ...

    def move(self, release_id: str, event_name: str, event: AuditEvent, **changes: Any) -> ReleaseState: ...
    def touch(self, release_id: str, event: AuditEvent, **changes: Any) -> None:
        """Change members (last_pull_at, acknowledged_at, deadline) without a transition."""
        ...


class FileKeys(Protocol):
    """Wrapped file keys. A destroyed key's row stays, its ciphertext does not."""

    def add(self, key: WrappedKey, event: AuditEvent | None = None) -> None:
        """Store a key; the event is that of the row that will name it, so it may be None."""
        ...

    def get(self, key_id: str) -> WrappedKey | None: ...
    def destroy(self, key_id: str, at: datetime, event: AuditEvent) -> None: ...


class UnfinishedBlobs(Protocol):
    """Names of blobs that are being written, and no evidence yet, or that are to be erased, and none any more.

    Written down before a blob is begun, so that one whose writer has died is known by its name. Blobs are
    never found to be superfluous by comparing the store with the rows: after an older database was
    restored, those that no row names may be the evidence that somebody still looks for.
    """

    def begin(self, name: str, at: datetime) -> None: ...
    def finish(self, name: str) -> None:
        """From this transaction on a row of evidence names the blob.

        Raises:
            Conflict: ``blob-given-up``; the blob is erased, or will be.
        """
        ...

    def abandon(self, names: Sequence[str], at: datetime) -> None:
        """These were evidence, have no key any more, and are erased sooner or later. Safe to repeat."""
        ...

    def give_up(self, before: datetime, at: datetime, limit: int) -> Sequence[str]:
        """Give up what was begun before that time; all names that are to be erased, oldest first."""
        ...

    def postpone(self, names: Sequence[str], at: datetime) -> None:
        """These could not be erased now: all others come before them."""
        ...

    def forget(self, names: Sequence[str]) -> None:
        """Drop names that were given up or abandoned and whose blobs are erased."""
        ...
