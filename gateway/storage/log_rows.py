"""The rows of the log in the database, held against the published log, which is the authority.

Searches are answered from the columns beside the leaf; whoever can write to the database could make
them say something else than what was signed, or hide a row. Given each entry of an audited log, in
order, this names the first row, and the column of it, that differs. Rows that have their place but
are not published yet must follow without a gap and in an unbroken chain. ``entry_id`` is not checked:
no leaf bears it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Self

from sqlalchemy import Connection, CursorResult, select

from gateway.errors import GatewayError, IntegrityFailure
from gateway.storage.log_sequence import PLACED_COLUMNS, row_of
from gateway.storage.log_tables import log_entries
from gateway.translog.entry import NO_PREVIOUS, parse_entry
from gateway.translog.merkle import leaf_hash

_NO_ID = "00000000-0000-0000-0000-000000000000"
_BATCH = 1000


class RowCheck:
    """Compares row after row.

    Args:
        connection: In a transaction; one snapshot is read, at the first entry. It must be taken after
            the checkpoint was read, so that no published entry can be missing from it.

    Use it in a ``with`` block, which ends the reading.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._result: CursorResult[Any] | None = None
        self._rows: Iterator[Sequence[Any]] = iter(())
        self._seq = 0
        self._prev = NO_PREVIOUS

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._result is not None:
            self._result.close()

    def entry(self, seq: int, leaf: bytes) -> None:
        """Hold the next row against the entry of the published log.

        Raises:
            IntegrityFailure: ``log-row-missing``, ``log-row-wrong``.
        """
        row = next(self._snapshot(), None)
        if row is None or row[0] != seq:
            raise _missing(seq)
        self._compare(row, leaf)

    def finish(self) -> int:
        """Check the rows that are not published yet; returns how many rows there are.

        Raises:
            IntegrityFailure: ``log-row-missing``, ``log-row-wrong``.
        """
        for row in self._snapshot():
            if row[0] != self._seq:
                raise _missing(self._seq)
            self._compare(row, bytes(row[PLACED_COLUMNS.index("leaf")]))
        return self._seq

    def _snapshot(self) -> Iterator[Sequence[Any]]:
        if self._result is None:
            statement = select(*(log_entries.c[name] for name in PLACED_COLUMNS)).order_by(log_entries.c.seq)
            self._result = self._connection.execute(statement, execution_options={"yield_per": _BATCH})
            self._rows = iter(self._result)
        return self._rows

    def _compare(self, row: Sequence[Any], leaf: bytes) -> None:
        try:
            entry = parse_entry(leaf)
        except GatewayError as error:
            raise _wrong(self._seq, "leaf") from error
        if (entry.seq, entry.prev) != (self._seq, self._prev):
            raise _wrong(self._seq, "leaf")
        digest = leaf_hash(leaf)
        expected = row_of(_NO_ID, entry, leaf, digest)
        for name, theirs, ours in zip(PLACED_COLUMNS, row, expected, strict=True):
            if name != "entry_id" and theirs != ours:
                raise _wrong(self._seq, name)
        self._seq, self._prev = self._seq + 1, digest.hex()


def _missing(seq: int) -> IntegrityFailure:
    return IntegrityFailure(
        "log-row-missing",
        "A row of the log is missing in the database.",
        remedy="Find out who changed the database; the published log still has what it published.",
        where=f"log_entries {seq}",
    )


def _wrong(seq: int, column: str) -> IntegrityFailure:
    return IntegrityFailure(
        "log-row-wrong",
        "A row of the log in the database does not say what its entry says.",
        remedy="Find out who changed the database; the published log still has what it published.",
        where=f"log_entries {seq} {column}",
    )
