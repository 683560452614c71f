"""The ledger on SQLAlchemy: entries are appended in the caller's transaction; search.py finds them again.

Implements :class:`gateway.exchange.ports.log.Ledger`. Appending is one statement, inserts one row and takes
no lock, so writers never wait for each other; the entry gets its place later, from the sequencer. The
caller commits. What could be personal is committed to with a fresh salt here, and salt and value are
kept beside the log, encrypted under a key per case, where they can be erased (values.py); such an
append asks for the case's key first.
"""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from itertools import chain

from sqlalchemy import Connection, select
from sqlalchemy.exc import SQLAlchemyError

from gateway.errors import Unavailable
from gateway.exchange.ports.keys import Keyring
from gateway.storage.log.erasable_values import LogValues
from gateway.storage.schema.log_tables import log_entries
from gateway.translog.commitment import SALT_BYTES, commit
from gateway.translog.entry import pending
from gateway.translog.event import AuditEvent

# In the driver's own words: this is the busiest statement of all, and building it from the tables takes
# longer than running it. The driver prepares it by itself; %b sends bytes as they are, not as text.
_INSERT = "INSERT INTO log_pending (id, event) VALUES (%s, %b)"
# The same with what lies beside the log, a row for each erasable field.
_INSERT_WITH_VALUES = (
    "WITH entry AS (INSERT INTO log_pending (id, event) VALUES (%s, %b))"
    " INSERT INTO log_commitments (entry_id, field, case_id, sealed) VALUES "
)
_VALUE = "(%s, %s, %s, %b)"


class SqlLedger:
    """Appends to and reads from the log through one open connection.

    Args:
        keyring: Wraps the keys of cases; without one, erasable values are committed to and not kept.
    """

    def __init__(self, connection: Connection, keyring: Keyring | None = None) -> None:
        self._connection = connection
        self._values = LogValues(connection, keyring)

    def append(self, event: AuditEvent) -> str:
        """Write a pending entry in this transaction; returns its id (a UUID).

        Raises:
            Unavailable: ``log-unavailable``; nothing may then happen.
            InvalidInput: ``log-entry-invalid``, TooLarge: ``log-entry-too-large``.
        """
        entry_id = str(uuid.uuid4())
        salts = {field: secrets.token_bytes(SALT_BYTES) for field in event.erasable}
        commitments = {field: commit(field, salts[field], value) for field, value in event.erasable.items()}
        waiting = pending(event, commitments)
        with _logging():
            sealed = {}
            if salts:
                values = {field: (salts[field], value) for field, value in event.erasable.items()}
                sealed = self._values.seal(entry_id, event.case_id, values, event.time)
            if sealed:
                rows = [(entry_id, field, event.case_id, value) for field, value in sealed.items()]
                statement = _INSERT_WITH_VALUES + ", ".join([_VALUE] * len(rows))
                self._connection.exec_driver_sql(statement, (entry_id, waiting, *chain.from_iterable(rows)))
            else:
                self._connection.exec_driver_sql(_INSERT, (entry_id, waiting))
        return entry_id

    def position(self, entry_id: str) -> int | None:
        """Sequence number once the sequencer has placed the entry, else None."""
        with _logging():
            found = self._connection.execute(select(log_entries.c.seq).where(log_entries.c.entry_id == entry_id))
            return found.scalar_one_or_none()

    def values(self, entry_id: str) -> dict[str, tuple[bytes, str]]:
        """Field -> salt and value behind the commitments of an entry, as far as they were not erased.

        Raises:
            IntegrityFailure: ``log-value-damaged``, ``key-unwrap-failed``.
        """
        with _logging():
            return self._values.open(entry_id)

    def erase_case(self, case_id: str, at: datetime, event: AuditEvent) -> int:
        """Destroy the case's key and delete its salts and values; how many there were.

        The event is written only if there were any. What is appended for the case later is committed
        to and not kept.
        """
        with _logging():
            gone = self._values.erase_case(case_id, at)
        if gone:
            self.append(event)
        return gone

    def erase_entry(self, entry_id: str, fields: Sequence[str], event: AuditEvent) -> int:
        """Delete salt and value of some fields of one entry; see :meth:`Ledger.erase_entry`."""
        with _logging():
            gone = self._values.erase_fields(entry_id, fields)
        if gone:
            self.append(event)
        return gone


@contextmanager
def _logging() -> Iterator[None]:
    try:
        yield
    except SQLAlchemyError as error:
        raise Unavailable(
            "log-unavailable",
            "The audit log cannot be written or read now, so nothing was done.",
            remedy="Try again shortly; if it persists, the operator must check the database.",
        ) from error
