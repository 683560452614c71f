"""The tables of the log in the database, held against the published log, which is the authority.

Searches are answered from the columns beside the leaf; whoever can write to the database could make
them say something else than what was signed, or hide a row. Given each entry of an audited log, in
order, this names the first row, and the column of it, that differs. Rows that have their place but
are not published yet must follow without a gap and in an unbroken chain, and lead to the head. Then come
the rows that wait, what lies beside the log (values.py, counts.py), and the
releases and certificates that name an entry. docs/spec/log.md, "The tables", says what binds which column.

No leaf bears ``entry_id``: it is bound where something is found by it (a value, a release, a certificate).
What waits is bound by nothing yet, beyond having a form that can be placed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Self

from sqlalchemy import Connection, CursorResult, select, text

from gateway.errors import GatewayError, IntegrityFailure
from gateway.exchange.ports.keys import Keyring
from gateway.storage.log.check.counts import CountCheck
from gateway.storage.log.check.faults import reference_wrong, row_missing, row_wrong
from gateway.storage.log.check.values import ValueCheck
from gateway.storage.log.sequence import PLACED_COLUMNS, pending_invalid, row_of
from gateway.storage.schema.log_tables import log_entries, log_pending
from gateway.translog.checkpoint import Checkpoint
from gateway.translog.edge import Edge
from gateway.translog.entry import NO_PREVIOUS, parse_entry, place
from gateway.translog.merkle import leaf_hash

_NO_ID = "00000000-0000-0000-0000-000000000000"
_BATCH = 1000
_AGREEMENT = PLACED_COLUMNS.index("agreement_id")
_LEAF = PLACED_COLUMNS.index("leaf")
# The two kinds of rows that wait for the place of an entry, and what that entry must say.
_REFERENCES = {
    table: text(
        f"SELECT r.id FROM {table} r LEFT JOIN log_entries e ON e.entry_id = r.{column} "  # noqa: S608 - constants
        f"LEFT JOIN log_pending p ON p.id = r.{column} WHERE CASE WHEN p.id IS NULL "
        f"THEN e.seq IS NULL OR (e.action, e.outcome, e.object_id) <> ('{action}', 'done', r.id) "
        f"ELSE position(convert_to('\"action\":\"{action}\"', 'UTF8') IN p.event) = 0 "
        f"OR position(convert_to('\"id\":\"' || r.id || '\"', 'UTF8') IN p.event) = 0 END ORDER BY r.id LIMIT 1"
    )
    for table, column, action in (
        ("releases", "seal_entry_id", "release.seal"),
        ("certificates", "entry_id", "disposal.record"),
    )
}


@dataclass(frozen=True, slots=True)
class RowCounts:
    """How many rows agree: entries with their place, entries that wait, values that are kept."""

    rows: int
    pending: int
    values: int


class RowCheck:
    """Compares row after row.

    Args:
        connection: At REPEATABLE READ, and nothing read with it yet: one snapshot is read, from the first
            entry on. It is taken after the checkpoint was read, so that no published entry can be missing.
        keyring: Opens the values beside the log.
        head: The head of the log's store, to which the rows must lead; None for a log without entries.

    Use it in a ``with`` block, which ends the reading.
    """

    def __init__(self, connection: Connection, keyring: Keyring, head: Checkpoint | None = None) -> None:
        self._connection = connection
        self._head = head
        self._result: CursorResult[Any] | None = None
        self._rows: Iterator[Sequence[Any]] = iter(())
        self._values = ValueCheck(connection, keyring)
        self._counts: CountCheck | None = None
        self._edge = Edge()
        self._prev = NO_PREVIOUS

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._result is not None:
            self._result.close()

    def entry(self, seq: int, leaf: bytes) -> None:
        """Hold the next row against the entry of the published log.

        Raises:
            IntegrityFailure: ``log-row-missing``, ``log-row-wrong``, ``log-forked``.
        """
        row = next(self._snapshot(), None)
        if row is None or row[0] != seq:
            raise row_missing(seq)
        self._compare(row, leaf)

    def finish(self) -> RowCounts:
        """Check everything else; returns how many rows agree.

        Raises:
            IntegrityFailure: ``log-row-missing``, ``log-row-wrong``, ``log-behind``, ``log-forked``,
                ``log-pending-invalid``, ``log-reference-wrong``, ``log-count-wrong``, and as
                :meth:`ValueCheck.finish`.
        """
        for row in self._snapshot():
            if row[0] != self._edge.size:
                raise row_missing(self._edge.size)
            self._compare(row, bytes(row[_LEAF]))
        if self._head is not None and self._head.size > self._edge.size:
            raise row_missing(self._edge.size)
        waiting = self._check_pending()
        values = self._values.finish()
        if self._counts is not None:
            self._counts.finish(self._edge.size)
        for table, query in _REFERENCES.items():
            found = self._connection.execute(query).scalar()
            if found is not None:
                raise reference_wrong(f"{table} {found}")
        return RowCounts(self._edge.size, waiting, values)

    def _snapshot(self) -> Iterator[Sequence[Any]]:
        if self._result is None:
            # A long log takes longer than the gateway's own questions may.
            for limit in ("statement_timeout", "idle_in_transaction_session_timeout"):
                self._connection.execute(text(f"SET LOCAL {limit} = 0"))
            statement = select(*(log_entries.c[name] for name in PLACED_COLUMNS)).order_by(log_entries.c.seq)
            self._result = self._connection.execute(statement, execution_options={"yield_per": _BATCH})
            self._rows = iter(self._result)
            self._counts = CountCheck(self._connection)
        return self._rows

    def _compare(self, row: Sequence[Any], leaf: bytes) -> None:
        seq = self._edge.size
        try:
            entry = parse_entry(leaf)
        except GatewayError as error:
            raise row_wrong(seq, "leaf") from error
        if (entry.seq, entry.prev) != (seq, self._prev):
            raise row_wrong(seq, "leaf")
        digest = leaf_hash(leaf)
        expected = row_of(_NO_ID, entry, leaf, digest)
        for name, theirs, ours in zip(PLACED_COLUMNS, row, expected, strict=True):
            if name != "entry_id" and theirs != ours:
                raise row_wrong(seq, name)
        self._prev = digest.hex()
        self._edge.extend_hashes([digest])
        if self._head is not None and self._head.size == self._edge.size and self._head.root != self._edge.root():
            raise IntegrityFailure(
                "log-forked",
                "The rows of the log do not lead to the root that the log's head was signed for.",
                remedy="Keep database and log store as they are; see docs/spec/log.md, 'When the log stands still'.",
                where="head",
            )
        self._values.entry(entry)
        if self._counts is not None:
            self._counts.entry(entry, str(expected[_AGREEMENT] or ""))

    def _check_pending(self) -> int:
        count = 0
        query = select(log_pending.c.id, log_pending.c.event).order_by(log_pending.c.created)
        with self._connection.execute(query, execution_options={"yield_per": _BATCH}) as rows:
            for row in rows:
                try:
                    entry, _ = place(bytes(row.event), 0, NO_PREVIOUS)
                except GatewayError as error:
                    raise pending_invalid(row.id) from error
                self._values.pending(row.id, entry)
                count += 1
        return count
