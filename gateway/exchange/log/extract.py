"""Extracts of the log for an officer: found, written down, and given piece by piece in one of four forms.

The entry that says what is taken is appended in the transaction that looks it up, before the first
byte (invariant 2). What is given is fixed by then: entries below the size of the latest checkpoint,
each held against its proof; so pages read later, while the log grows, are the same. A report is made
whole and signed (``printer``); the other forms stream.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from gateway import __version__
from gateway.errors import IntegrityFailure, InvalidInput, TooLarge
from gateway.evidence.package import Principal
from gateway.exchange.log import audit
from gateway.exchange.log.reader import LogReader
from gateway.exchange.ports.audit_query import MAX_PAGE, AuditQuery, Scope
from gateway.exchange.ports.database import Database, Transaction
from gateway.exchange.ports.log import LoggedEntry
from gateway.translog.checkpoint import Checkpoint
from gateway.translog.extract import csv_rows, json_lines, ocsf_events
from gateway.translog.merkle import leaf_hash
from gateway.translog.proof import LogProof
from gateway.translog.prover import Prover

#: Form -> media type.
FORMS = {
    "jsonl": "application/jsonl",
    "csv": "text/csv; charset=utf-8",
    "ocsf": "application/jsonl",
    "pdf": "application/pdf",
}
#: Entries of one extract; a report is paper, and laid out in memory.
MAX_ENTRIES, MAX_REPORT_ENTRIES = 100_000, 5_000


class Printer(Protocol):
    """Prints a report as a signed PDF."""

    def __call__(
        self,
        leaves: Sequence[bytes],
        *,
        question: dict[str, Any],
        asked_by: str,
        made_at: datetime,
        head: Checkpoint,
    ) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Extract:
    """What was asked for, counted, and the checkpoint under which it is given."""

    database: Database
    printer: Printer
    query: AuditQuery
    scope: Scope | None
    form: str
    asked_by: str
    asked_at: datetime
    count: int
    prover: Prover

    @property
    def size(self) -> int:
        """Entries of the log that the checkpoint covers."""
        return self.prover.head.size

    @property
    def note(self) -> bytes:
        """The checkpoint, as it is signed."""
        return self.prover.note

    def pieces(self) -> Iterator[bytes]:
        """The bytes, reading page after page.

        Raises:
            IntegrityFailure: ``log-proof-invalid``: an entry in the database is not the one in the log.
            Unavailable: the database or the log's files cannot be read.
        """
        origin = self.prover.head.origin
        if self.form == "jsonl":
            yield from json_lines(self._proved())
        elif self.form == "csv":
            yield from csv_rows(leaf for leaf, _ in self._proved())
        elif self.form == "ocsf":
            yield from ocsf_events((leaf for leaf, _ in self._proved()), origin, __version__)
        else:
            yield self._report()

    def _report(self) -> bytes:
        return self.printer(
            [leaf for leaf, _ in self._proved()],
            question=self.query.filters(),
            asked_by=self.asked_by,
            made_at=self.asked_at,
            head=self.prover.head,
        )

    def _proved(self) -> Iterator[tuple[bytes, LogProof]]:
        for entry in self._entries():
            inclusion = self.prover.inclusion(entry.seq)
            if leaf_hash(entry.leaf) != inclusion.leaf:
                raise IntegrityFailure(
                    "log-proof-invalid",
                    "An entry in the database is not the one that the log's tree holds at its place.",
                    remedy="Treat the database as tampered with, and verify an export of the log.",
                    where=f"entry {entry.seq}",
                )
            yield entry.leaf, LogProof(entry.seq, inclusion.hashes, self.prover.note)

    def _entries(self) -> Iterator[LoggedEntry]:
        start = 0
        while True:
            with self.database.transaction() as tx:
                page = tx.audit.find(self.query, self.scope, start=start, limit=MAX_PAGE)
            for entry in page:
                if entry.seq >= self.size:
                    return
                yield entry
            if len(page) < MAX_PAGE:
                return
            start = page[-1].seq + 1


def open_extract(
    tx: Transaction,
    database: Database,
    reader: LogReader,
    printer: Printer,
    query: AuditQuery,
    scope: Scope | None,
    form: str,
    now: datetime,
    *,
    actor: Principal | None,
    asked_by: str,
) -> Extract:
    """Count the matches and append the entry that says what is taken; nothing leaves before it is committed.

    Raises:
        InvalidInput: ``export-format-unknown``. TooLarge: ``export-too-large``.
        NotFound: ``checkpoint-unknown``. Unavailable: ``log-unavailable``, ``log-store-unavailable``.
    """
    if form not in FORMS:
        raise InvalidInput(
            "export-format-unknown", "This is no form of an export.", remedy=f"Use one of: {', '.join(FORMS)}."
        )
    prover = reader.prover()
    most = MAX_REPORT_ENTRIES if form == "pdf" else MAX_ENTRIES
    count = tx.audit.count(query, scope, below=prover.head.size, most=most + 1)
    if count > most:
        raise TooLarge("export-too-large", f"More than {most} entries match.", remedy="Export shorter periods.")
    said: dict[str, Any] = {"filters": query.filters(), "form": form, "returned": count, "size": prover.head.size}
    audit.searched(tx, prover.head.origin, now, "export", said, actor)
    return Extract(database, printer, query, scope, form, asked_by, now, count, prover)


def given(tx: Transaction, extract: Extract, sha256: str, size_bytes: int, now: datetime, *, actor: Principal) -> None:
    """Append the digest of what was given over HTTP, before its last piece is: so the log vouches for it.

    Raises:
        Unavailable: ``log-unavailable``; then the last piece is not given.
    """
    detail = {"form": extract.form, "sha256": sha256, "bytes": size_bytes, "size": extract.size}
    audit.exported(tx, extract.prover.head.origin, now, detail, actor)
