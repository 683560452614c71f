"""Strangers: requests for a token by clients that nobody knows, counted, and told to the log in bounded number.

Whoever is known is refused with an entry of his own. A stranger has no name that could be believed, and an
entry for each of his requests would let anybody fill the log; so they are counted by windows of ten
minutes, and each window of which there were any gives one entry, written by the housekeeping once it is over.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from gateway.exchange import record
from gateway.exchange.ports.database import Transaction

WINDOW = timedelta(minutes=10)
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)


def count(tx: Transaction, now: datetime) -> None:
    """Count one refused request of a stranger."""
    tx.replays.count_unknown(_window(now))


def tell(tx: Transaction, now: datetime) -> int:
    """Write an entry for each window that is over; how many there were."""
    told = tx.replays.take_unknown(_window(now))
    for begun_at, attempts in told:
        about = ("gateway", "token-endpoint")
        detail = {"attempts": attempts, "since": begun_at, "until": begun_at + WINDOW}
        tx.ledger.append(record.event("token.refuse", "deny", now, about, reason="client-unknown", detail=detail))
    return len(told)


def _window(now: datetime) -> datetime:
    return now - (now - _EPOCH) % WINDOW
