"""Alerts, as the worker that raises and delivers them needs them kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from gateway.envelope.wrapping import WrappedKey
from gateway.translog.event import AuditEvent


@dataclass(frozen=True, slots=True)
class Webhook:
    """Where alerts are sent; ``agency`` None: the operator's, which gets them all."""

    id: str
    agency: str | None
    url: str
    secret: WrappedKey
    allow_private: bool


@dataclass(frozen=True, slots=True)
class Delivery:
    """A message that is due, claimed by this worker."""

    id: str
    body: bytes
    attempts: int
    webhook: Webhook


class AlertStore(Protocol):
    """Where the evaluation stands, who is told, and which messages are still to be delivered."""

    def progress(self) -> tuple[int, dict[str, Any]]:
        """Next number to judge, and the memory; locked, so that one process evaluates at a time."""
        ...

    def advance(self, next_seq: int, memory: dict[str, Any]) -> None: ...
    def pending(self, most: int) -> int:
        """How many entries wait for their place, counted up to ``most``."""
        ...

    def add(self, webhook: Webhook, event: AuditEvent) -> None: ...
    def enabled(self) -> Sequence[Webhook]: ...
    def disable(self, webhook_id: str, reason: str, now: datetime) -> None:
        """Send nothing there any more, and forget what waits."""
        ...

    def enqueue(self, message_id: str, webhook: Webhook, body: bytes, now: datetime) -> None: ...
    def claim(self, now: datetime, lease: timedelta) -> Delivery | None:
        """The next message that is due, put off by ``lease`` in case this worker dies with it."""
        ...

    def settle(self, delivery: Delivery, outcome: str, now: datetime, again: datetime | None, *, done: bool) -> None:
        """Write down how an attempt ended; ``again`` None: no more of it."""
        ...
