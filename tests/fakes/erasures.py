"""Fake of what erases: requests that wait, and which fields of an entry are still there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from gateway.evidence.erasure import ErasableEntry, Erasure
from gateway.evidence.lifecycle import PackageState
from gateway.translog.event import AuditEvent
from tests.fakes.store import FakeStore


class FakeErasures(FakeStore):
    """Scrubs nothing: the words of the working tables are PostgreSQL's matter, and tested there."""

    def live(self, case_id: str) -> bool:
        return any(p.case_id == case_id and p.state is not PackageState.DISPOSED for p in self._state.packages.values())

    def held(self, case_id: str, now: datetime) -> bool:
        return any(h.case_id == case_id and h.active(now) for h in self._state.holds.values())

    def unforgotten(self, now: datetime, *, after: str, limit: int) -> Sequence[str]:
        over = [
            case_id
            for case_id in self._state.cases
            if case_id not in self._state.erased_cases and not self.live(case_id) and not self.held(case_id, now)
        ]
        firsts = (min(p.id for p in self._state.packages.values() if p.case_id == case_id) for case_id in over)
        return sorted(first for first in firsts if first > after)[:limit]

    def scrub(self, case_id: str) -> int:
        """The reasons of holds only; the rest the fake keeps, as nothing reads it any more."""
        found = [h for h in self._state.holds.values() if h.case_id == case_id and h.reason]
        for hold in found:
            self._state.holds[hold.id] = replace(hold, reason="")
        return len(found)

    def entry(self, seq: int) -> ErasableEntry | None:
        for entry_id, position in self._state.positions.items():
            event = self._state.entries[entry_id]
            if position == seq and event.case_id is not None:
                gone = self._state.erased_values.get(entry_id, ())
                return ErasableEntry(entry_id, seq, event.case_id, tuple(sorted(set(event.erasable) - set(gone))))
        return None

    def ask(self, erasure: Erasure, event: AuditEvent) -> None:
        self._add(self._state.erasures, erasure, "erasure", event)

    def get(self, erasure_id: str, *, lock: bool = False) -> Erasure | None:
        return self._state.erasures.get(erasure_id)

    def waiting(self, agreement_ids: Sequence[str]) -> Sequence[Erasure]:
        found = [e for e in self._state.erasures.values() if e.agreement in agreement_ids and e.confirmed_at is None]
        return sorted(found, key=lambda e: (e.asked_at, e.id))

    def confirm(self, erasure: Erasure, event: AuditEvent) -> None:
        self._state.erasures[erasure.id] = erasure
        self._ledger.append(event)
