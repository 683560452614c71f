"""Fake stores around the evidence: file keys, ledger, queue, replays, idempotency."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from gateway.envelope.wrapping import WrappedKey
from gateway.errors import Unavailable
from gateway.evidence.canonical import canonical_json
from gateway.exchange.ports.audit_query import AuditQuery, Scope
from gateway.exchange.ports.log import LoggedEntry
from gateway.exchange.ports.requests import StoredAnswer
from gateway.storage.evidence.unfinished import given_up
from gateway.storage.refusals import exists
from gateway.translog.entry import pending
from gateway.translog.event import AuditEvent
from tests.fakes.state import Job, State
from tests.fakes.store import FakeStore, known


class FakeLedger:
    """Appends events; they get their place when :meth:`FakeDatabase.sequence` is called."""

    def __init__(self, state: State, *, available: bool) -> None:
        self._state = state
        self._available = available

    def append(self, event: AuditEvent) -> str:
        if not self._available:
            raise Unavailable("log-unavailable", "The audit log can't be written.", remedy="Try again later.")
        # As the real ledger does: what has no form in the log is no event.
        pending(event, dict.fromkeys(event.erasable, "0" * 64))
        entry_id = str(uuid.uuid4())
        self._state.entries[entry_id] = event
        return entry_id

    def position(self, entry_id: str) -> int | None:
        return self._state.positions.get(entry_id)

    def erase_case(self, case_id: str, at: datetime, event: AuditEvent) -> int:
        if case_id in self._state.erased_cases:
            return 0
        self._state.erased_cases[case_id] = at
        erased = 0
        for entry_id, entry in self._state.entries.items():
            if entry.case_id == case_id and entry_id not in self._state.erased_values:
                erased += len(entry.erasable)
                self._state.erased_values[entry_id] = tuple(entry.erasable)
        if erased:
            self.append(event)
        return erased

    def erase_entry(self, entry_id: str, fields: Sequence[str], event: AuditEvent) -> int:
        entry = self._state.entries.get(entry_id)
        gone = self._state.erased_values.get(entry_id, ())
        fresh = [name for name in fields if entry is not None and name in entry.erasable and name not in gone]
        if fresh:
            self._state.erased_values[entry_id] = (*gone, *fresh)
            self.append(event)
        return len(fresh)


class FakeAuditIndex:
    """Finds entries by who may see them; filters are the real index's business."""

    def __init__(self, state: State) -> None:
        self._state = state

    def find(self, query: AuditQuery, scope: Scope | None, *, start: int, limit: int) -> Sequence[LoggedEntry]:
        assert not query.filters()
        found = []
        for entry_id, seq in sorted(self._state.positions.items(), key=lambda item: item[1]):
            event = self._state.entries[entry_id]
            visible = scope is None or (
                event.actor.get("agency") == scope.agency or event.agreement.get("id") in scope.agreements
            )
            if seq >= start and visible:
                found.append(LoggedEntry(seq, canonical_json(_leaf(seq, event))))
        return found[:limit]


def _leaf(seq: int, event: AuditEvent) -> dict[str, Any]:
    # Without `prev` and commitments: the form of a leaf is the business of translog, not of this fake.
    return {
        "v": 1,
        "seq": seq,
        "time": event.time.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        "actor": dict(event.actor),
        "action": event.action,
        "object": dict(event.object),
        "agreement": dict(event.agreement),
        "clause": event.clause,
        "outcome": event.outcome,
        "reason": event.reason,
        "detail": dict(event.detail),
    }


class FakeFileKeys(FakeStore):
    def add(self, key: WrappedKey, event: AuditEvent | None = None) -> None:
        if key.id in self._state.file_keys:
            raise exists("file-key")
        self._state.file_keys[key.id] = key
        if event is not None:
            self._ledger.append(event)

    def get(self, key_id: str) -> WrappedKey | None:
        return self._state.file_keys.get(key_id)

    def destroy(self, key_id: str, at: datetime, event: AuditEvent) -> None:
        if known(self._state.file_keys, key_id, "file-key").destroyed_at is not None:
            return
        self._change(self._state.file_keys, key_id, event, wrapped=b"", destroyed_at=at)


class FakeQueue:
    """Keeps one job for each step and package, the earlier one, as the real queue does."""

    def __init__(self, state: State) -> None:
        self._state = state

    def enqueue(self, step: str, package_id: str, *, delay: timedelta | None = None) -> None:
        job = Job(step, package_id, delay.total_seconds() if delay else 0.0)
        present = self._state.jobs.get((step, package_id))
        if present is None or job.delay_seconds < present.delay_seconds:
            self._state.jobs[(step, package_id)] = job


class FakeReplays:
    def __init__(self, state: State) -> None:
        self._state = state

    def first_use(self, issuer: str, jti: str, expires_at: datetime) -> bool:
        if (issuer, jti) in self._state.replays:
            return False
        self._state.replays[(issuer, jti)] = expires_at
        return True

    def forget(self, before: datetime) -> int:
        old = [key for key, expires_at in self._state.replays.items() if expires_at < before]
        for key in old:
            del self._state.replays[key]
        return len(old)

    def count_unknown(self, window: datetime) -> None:
        self._state.unknown_clients[window] = self._state.unknown_clients.get(window, 0) + 1

    def take_unknown(self, before: datetime) -> Sequence[tuple[datetime, int]]:
        begun = sorted(window for window in self._state.unknown_clients if window < before)
        return [(window, self._state.unknown_clients.pop(window)) for window in begun]


class FakeUnfinishedBlobs:
    """Each name with the time it was begun and whether it was given up."""

    def __init__(self, state: State) -> None:
        self._state = state

    def begin(self, name: str, at: datetime) -> None:
        self._state.unfinished[name] = (at, False)

    def finish(self, name: str) -> None:
        if self._state.unfinished.get(name, (None, True))[1]:
            raise given_up()
        del self._state.unfinished[name]

    def abandon(self, names: Sequence[str], at: datetime) -> None:
        self._state.unfinished.update({name: (at, True) for name in names if name not in self._state.unfinished})

    def give_up(self, before: datetime, at: datetime, limit: int) -> Sequence[str]:
        due = [(begun, name) for name, (begun, over) in self._state.unfinished.items() if over or begun < before]
        old = sorted(due)[:limit]
        self._state.unfinished.update({name: (begun, True) for begun, name in old})
        return [name for _, name in old]

    def postpone(self, names: Sequence[str], at: datetime) -> None:
        self._state.unfinished.update({name: (at, self._state.unfinished[name][1]) for name in names})

    def forget(self, names: Sequence[str]) -> None:
        for name in names:
            if self._state.unfinished.get(name, (None, False))[1]:
                del self._state.unfinished[name]


class FakeIdempotency:
    def __init__(self, state: State) -> None:
        self._state = state

    def find(self, principal_id: str, key: str) -> StoredAnswer | None:
        return self._state.answers.get((principal_id, key))

    def store(self, principal_id: str, key: str, answer: StoredAnswer, now: datetime) -> None:
        if (principal_id, key) in self._state.answers:
            raise exists("idempotency-key")
        self._state.answers[(principal_id, key)] = answer
        self._state.answered_at[(principal_id, key)] = now

    def forget(self, before: datetime) -> int:
        old = [key for key, stored_at in self._state.answered_at.items() if stored_at < before]
        for key in old:
            del self._state.answers[key], self._state.answered_at[key]
        return len(old)
