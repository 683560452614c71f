"""What may have to be forgotten: salts and values behind the log's commitments, under a key per case.

Each case has 32 random bytes of key, made with its first value and wrapped by the key-encryption key;
salt and value of a field rest as AES-256-GCM under it, bound to their entry and field. Erasing a case
empties the key and deletes the rows: even where old pages, the write-ahead log or a backup still hold
a row, nothing opens it without the key, whose own remains there are wrapped by the key-encryption key.
A database that was opened without a keyring keeps no values at all: it commits to them
and forgets them. That is the safe side, and the gateway itself always has a keyring.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Connection, delete, select
from sqlalchemy.dialects.postgresql import insert

from gateway.envelope.wrapping import WrappedKey
from gateway.errors import IntegrityFailure
from gateway.exchange.ports.keys import Keyring
from gateway.storage.schema.log_tables import case_keys, log_commitments
from gateway.translog.commitment import SALT_BYTES

#: What the keys of cases are wrapped for.
CASE_KEY_USE = "case-values"
_KEY_BYTES = 32
_NONCE_BYTES = 12
# Asked for at each append with a value, so in the driver's own words, like the append itself.
# FOR SHARE: whoever writes a value holds the key's row, so that an erasure waits for it.
_KEY = "SELECT wrapped, kek_id, kek_version, created_at, destroyed_at FROM case_keys WHERE case_id = %s FOR SHARE"


class LogValues:
    """The side table of the log, in one transaction."""

    def __init__(self, connection: Connection, keyring: Keyring | None) -> None:
        self._connection = connection
        self._keyring = keyring

    def seal(
        self, entry_id: str, case_id: str | None, values: Mapping[str, tuple[bytes, str]], now: datetime
    ) -> dict[str, bytes]:
        """Field -> sealed salt and value, to be kept in ``log_commitments`` in this transaction.

        Empty if the case was erased or there is no keyring. Until the transaction ends, an erasure of
        the case waits.
        """
        key = self._key(case_id or "", now)
        if key is None:
            return {}
        return {field: _seal(key, entry_id, field, *value) for field, value in values.items()}

    def open(self, entry_id: str) -> dict[str, tuple[bytes, str]]:
        """Field -> salt and value of an entry, as far as they are still there.

        Raises:
            IntegrityFailure: ``key-unwrap-failed``, ``log-value-damaged``.
        """
        rows = self._connection.execute(
            select(log_commitments.c.field, log_commitments.c.case_id, log_commitments.c.sealed).where(
                log_commitments.c.entry_id == entry_id
            )
        ).all()
        opened = {}
        for row in rows:
            stored = self._stored(row.case_id or "")
            if stored is None or stored.destroyed_at is not None or self._keyring is None:
                continue
            key = self._keyring.unwrap_secret(stored, use=CASE_KEY_USE)
            opened[row.field] = open_value(key, entry_id, row.field, bytes(row.sealed))
        return opened

    def erase_case(self, case_id: str, at: datetime) -> int:
        """Empty the key and delete the rows; how many there were."""
        destroyed = {"wrapped": b"", "destroyed_at": at}
        placeholder = insert(case_keys).values(
            case_id=case_id, wrapped=b"", kek_id="", kek_version=0, created_at=at, destroyed_at=at
        )
        # A case without values yet gets its tombstone all the same: nothing of it is kept from now on.
        self._connection.execute(
            placeholder.on_conflict_do_update(
                index_elements=[case_keys.c.case_id], set_=destroyed, where=case_keys.c.destroyed_at.is_(None)
            )
        )
        # After the key: appenders hold its row until they commit, so this statement sees all they wrote.
        gone = delete(log_commitments).where(log_commitments.c.case_id == case_id).returning(log_commitments.c.field)
        return len(self._connection.execute(gone).all())

    def erase_fields(self, entry_id: str, fields: Sequence[str]) -> int:
        """Delete some fields of one entry; how many there were."""
        gone = (
            delete(log_commitments)
            .where(log_commitments.c.entry_id == entry_id, log_commitments.c.field.in_(list(fields)))
            .returning(log_commitments.c.field)
        )
        return len(self._connection.execute(gone).all())

    def _key(self, case_id: str, now: datetime) -> bytes | None:
        if self._keyring is None:
            return None
        stored = self._stored(case_id)
        if stored is None:
            made = self._keyring.wrap_secret(secrets.token_bytes(_KEY_BYTES), use=CASE_KEY_USE, owner=case_id, now=now)
            self._connection.execute(
                insert(case_keys)
                .values(
                    case_id=case_id,
                    wrapped=made.wrapped,
                    kek_id=made.kek_id,
                    kek_version=made.kek_version,
                    created_at=now,
                )
                # Another transaction may make it at the same time; this one then waits, and reads its key.
                .on_conflict_do_nothing()
            )
            stored = self._stored(case_id)
        if stored is None or stored.destroyed_at is not None:
            return None
        return self._keyring.unwrap_secret(stored, use=CASE_KEY_USE)

    def _stored(self, case_id: str) -> WrappedKey | None:
        row = self._connection.exec_driver_sql(_KEY, (case_id,)).one_or_none()
        if row is None:
            return None
        return WrappedKey(
            case_id, bytes(row.wrapped), row.kek_id, row.kek_version, b"", row.created_at, row.destroyed_at
        )


def _seal(key: bytes, entry_id: str, field: str, salt: bytes, value: str) -> bytes:
    nonce = secrets.token_bytes(_NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, salt + value.encode("utf-8"), _place(entry_id, field))


def open_value(key: bytes, entry_id: str, field: str, sealed: bytes) -> tuple[bytes, str]:
    """Salt and value from a row of ``log_commitments``, under the unwrapped key of its case.

    Raises:
        IntegrityFailure: ``log-value-damaged``.
    """
    try:
        opened = AESGCM(key).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], _place(entry_id, field))
    except (InvalidTag, ValueError):
        raise IntegrityFailure(
            "log-value-damaged",
            "A value behind a commitment of the log does not open; it was changed or moved.",
            remedy="Treat the database as tampered with; the log itself is not touched by this.",
            where=f"log_commitments {entry_id} {field}",
        ) from None
    return opened[:SALT_BYTES], opened[SALT_BYTES:].decode("utf-8")


def _place(entry_id: str, field: str) -> bytes:
    return f"{entry_id}\0{field}".encode()
