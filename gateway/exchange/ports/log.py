"""The audit log, as the steps append to it and as officers search it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from gateway.exchange.ports.audit_query import Access, AuditQuery, Denials, Reader, Scope
from gateway.translog.event import AuditEvent


@dataclass(frozen=True, slots=True)
class LoggedEntry:
    """An entry with its place in the log; ``leaf`` is the RFC 8785 JSON that the tree hashes."""

    seq: int
    leaf: bytes


class Ledger(Protocol):
    """The audit log as the steps see it: append inside the transaction, ask for the position later."""

    def append(self, event: AuditEvent) -> str:
        """Write a pending entry in this transaction; returns its id.

        Raises:
            Unavailable: ``log-unavailable``; nothing may then happen.
        """
        ...

    def position(self, entry_id: str) -> int | None:
        """Sequence number once the sequencer has placed the entry, else None."""
        ...

    def erase_case(self, case_id: str, at: datetime, event: AuditEvent) -> int:
        """Delete values and salts behind the commitments of a case, for ever; how many there were.

        The event is written only if there were any, so that repeating it is harmless.
        """
        ...

    def erase_entry(self, entry_id: str, fields: Sequence[str], event: AuditEvent) -> int:
        """Delete salt and value of some fields of one entry; how many there were. 0 records nothing."""
        ...


class AuditIndex(Protocol):
    """The log as officers search it. ``scope`` None: everything, for the operator."""

    def find(self, query: AuditQuery, scope: Scope | None, *, start: int, limit: int) -> Sequence[LoggedEntry]:
        """Entries from ``start`` on that match, in log order.

        Raises:
            Unavailable: ``log-unavailable``.
        """
        ...

    def count(self, query: AuditQuery, scope: Scope | None, *, below: int, most: int) -> int:
        """How many entries below a sequence number match, counted up to ``most``."""
        ...

    def readers(self, exhibit: str, scope: Scope | None) -> Sequence[Reader]: ...
    def denials(self, since: datetime, until: datetime, scope: Scope | None) -> Sequence[Denials]: ...
    def access(self, since: datetime, until: datetime, scope: Scope | None) -> Sequence[Access]: ...
