"""First answers given under an Idempotency-Key, in PostgreSQL (ports.Idempotency)."""

from __future__ import annotations

import hashlib
from datetime import datetime

from sqlalchemy import Connection, bindparam, delete, func, select

from gateway.exchange.ports.requests import StoredAnswer
from gateway.storage.rows import find, insert_once, written
from gateway.storage.schema.all_tables import idempotency


class PostgresIdempotency:
    """Implements ``ports.Idempotency`` in one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def find(self, principal_id: str, key: str) -> StoredAnswer | None:
        # Twins wait here for each other, until the first has committed its answer or given up. Two
        # pairs with the same 64 bits only wait for nothing: the answer is looked up by the pair.
        self._connection.execute(select(func.pg_advisory_xact_lock(bindparam("lock", _lock(principal_id, key)))))
        row = find(self._connection, idempotency, idempotency.c.principal == principal_id, idempotency.c.key == key)
        return StoredAnswer(row.request_digest, row.status, row.body) if row else None

    def store(self, principal_id: str, key: str, answer: StoredAnswer, now: datetime) -> None:
        """Raises Conflict ``idempotency-key-exists``."""
        values = {
            "principal": principal_id,
            "key": key,
            "request_digest": answer.request_digest,
            "status": answer.status,
            "body": answer.body,
            "created_at": now,
        }
        insert_once(self._connection, idempotency, values, "idempotency-key")

    def forget(self, before: datetime) -> int:
        """Drop answers stored before that time; returns how many."""
        return written(self._connection, delete(idempotency).where(idempotency.c.created_at < before))


def _lock(principal_id: str, key: str) -> int:
    parts = b"\0".join([b"evidence-gateway/idempotency", principal_id.encode(), key.encode()])
    return int.from_bytes(hashlib.sha256(parts).digest()[:8], "big", signed=True)
