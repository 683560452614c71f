"""Background work, used token ids and stored answers, as the steps see them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol


class Queue(Protocol):
    """Background work; a job exists if and only if the transaction that enqueued it commits."""

    def enqueue(self, step: str, package_id: str, *, delay: timedelta | None = None) -> None: ...


class Replays(Protocol):
    def first_use(self, issuer: str, jti: str, expires_at: datetime) -> bool:
        """Remember a token id; False if it was seen before. Atomic."""
        ...

    def forget(self, before: datetime) -> int:
        """Drop ids of tokens that expired before that time; how many."""
        ...

    def count_unknown(self, window: datetime) -> None:
        """Count one request by a client that nobody knows, in the window that began at that time."""
        ...

    def take_unknown(self, before: datetime) -> Sequence[tuple[datetime, int]]:
        """Take out the windows that began before that time, oldest first: when, and how many requests."""
        ...


@dataclass(frozen=True, slots=True)
class StoredAnswer:
    """The first answer given under an Idempotency-Key."""

    request_digest: str
    status: int
    body: bytes


class Idempotency(Protocol):
    def find(self, principal_id: str, key: str) -> StoredAnswer | None:
        """The stored answer; takes a lock on (principal, key) so that twins wait for each other."""
        ...

    def store(self, principal_id: str, key: str, answer: StoredAnswer, now: datetime) -> None: ...
    def forget(self, before: datetime) -> int:
        """Drop answers that were stored before that time; how many."""
        ...
