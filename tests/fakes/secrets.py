"""Fake store of registered secrets."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from gateway.exchange.ports.secrets import RegisteredSecret
from gateway.storage.refusals import check_once, exists
from gateway.translog.event import AuditEvent
from tests.fakes.store import FakeStore, known


class FakeSecrets(FakeStore):
    def add(self, secret: RegisteredSecret, event: AuditEvent) -> None:
        if secret.id in self._state.secrets or self.find(secret.agency, secret.label) is not None:
            raise exists("secret")
        self._state.secrets[secret.id] = secret
        self._ledger.append(event)

    def find(self, agency_id: str, label: str, *, lock: bool = False) -> RegisteredSecret | None:
        return next((s for s in self._of(agency_id) if s.label == label), None)

    def page(self, agency_id: str, *, after: str, limit: int) -> Sequence[RegisteredSecret]:
        found = [s for s in self._of(agency_id) if s.label > after]
        return sorted(found, key=lambda s: s.label)[:limit]

    def live(self, agency_id: str) -> Sequence[RegisteredSecret]:
        return sorted((s for s in self._of(agency_id) if s.retired_at is None), key=lambda s: s.id)

    def totals(self, agency_id: str) -> tuple[int, int]:
        own = self._of(agency_id)
        return len(own), sum(len(s.digests) for s in own)

    def retire(self, secret_id: str, at: datetime, event: AuditEvent) -> None:
        secret = known(self._state.secrets, secret_id, "secret")
        check_once(secret.retired_at, "secret")
        self._change(self._state.secrets, secret_id, event, digests=b"", shape=b"", retired_at=at)

    def _of(self, agency_id: str) -> list[RegisteredSecret]:
        return [s for s in self._state.secrets.values() if s.agency == agency_id]
