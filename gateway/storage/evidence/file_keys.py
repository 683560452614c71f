"""Wrapped file keys, in PostgreSQL (ports.FileKeys). Destroying one empties it; the row stays as proof.

PostgreSQL keeps the old bytes of a changed row until vacuum, and in its write-ahead log and backups
for longer. What lies there is still wrapped by the key-encryption key, so destruction is final once
that key has been rotated (docs/threat-model.md).
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime

from sqlalchemy import Connection

from gateway.envelope.wrapping import WrappedKey
from gateway.exchange.ports.log import Ledger
from gateway.storage.rows import change, find, find_locked, insert_once
from gateway.storage.schema.all_tables import file_keys
from gateway.translog.event import AuditEvent


class PostgresFileKeys:
    """Implements ``ports.FileKeys`` in one transaction."""

    def __init__(self, connection: Connection, ledger: Ledger) -> None:
        self._connection = connection
        self._ledger = ledger

    def add(self, key: WrappedKey, event: AuditEvent | None = None) -> None:
        """Raises Conflict ``file-key-exists``."""
        insert_once(self._connection, file_keys, asdict(key), "file-key")
        if event is not None:
            self._ledger.append(event)

    def get(self, key_id: str) -> WrappedKey | None:
        row = find(self._connection, file_keys, file_keys.c.id == key_id)
        return WrappedKey(**row._mapping) if row else None

    def destroy(self, key_id: str, at: datetime, event: AuditEvent) -> None:
        """Empty the key; one that is destroyed already stays as it is, and nothing is recorded again.

        Raises NotFound ``file-key-missing``.
        """
        row = find_locked(self._connection, file_keys, "file-key", file_keys.c.id == key_id)
        if row.destroyed_at is None:
            change(self._connection, file_keys, key_id, {"wrapped": b"", "destroyed_at": at})
            self._ledger.append(event)
