"""Salts and values beside the log, and the keys of cases, held against the entries that they belong to.

Each commitment of an entry must have its value, which opens under the key of the entry's case and is what
was committed to; unless an entry ``log.erase`` says that the field or the whole case was erased, and then
nothing may be there. The seal of a value binds its row to its entry's id, so a value that opens and is
not this entry's shows that it is the id in ``log_entries`` that was changed. A key must open exactly
while its case was not erased, and an erased case's must be destroyed at the very time of the entry.

Not bound by anything, so not checked: ``created_at`` of a key, and what a destroyed one says of the
key-encryption key that it was under; nothing is decided by them.
"""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, func, select

from gateway.envelope.wrapping import WrappedKey
from gateway.errors import GatewayError, IntegrityFailure
from gateway.exchange.ports.keys import Keyring
from gateway.storage.log.check.faults import case_key_wrong, row_wrong, value_missing, value_wrong
from gateway.storage.log.erasable_values import CASE_KEY_USE, open_value
from gateway.storage.schema.log_tables import case_keys, log_commitments, log_entries
from gateway.translog.commitment import opens
from gateway.translog.entry import Entry, parse_entry

_BATCH = 1000
_v, _k = log_commitments.c, case_keys.c
_VALUES = select(
    _v.entry_id, _v.field, _v.case_id, _v.sealed, _k.case_id.label("key_id"), *(_k[n] for n in _k.keys()[1:])
).join_from(log_commitments, case_keys, _k.case_id == func.coalesce(_v.case_id, ""), isouter=True)


@dataclass(frozen=True, slots=True)
class _Owner:
    """An entry with commitments: where it stands (number, or ``pending``), its id, its case."""

    place: str
    seq: int | None
    entry_id: str
    case_id: str | None
    commitments: Mapping[str, str]


class ValueCheck:
    """Takes note of the entries as they pass, and then checks what lies beside them."""

    def __init__(self, connection: Connection, keyring: Keyring) -> None:
        self._connection = connection
        self._keyring = keyring
        self._placed = array("q")
        self._waiting: list[_Owner] = []
        self._erased_cases: defaultdict[str, set[datetime]] = defaultdict(set)
        self._erased_fields: set[tuple[int, str]] = set()

    def entry(self, entry: Entry) -> None:
        """Note a placed entry, which agrees with its row."""
        if entry.commitments:
            self._placed.append(entry.seq)
        self._note_erasure(entry)

    def pending(self, entry_id: str, entry: Entry) -> None:
        """Note an entry that waits; its number is not its own."""
        if entry.commitments:
            place = f"pending {entry_id}"
            self._waiting.append(_Owner(place, None, entry_id, entry.object.get("case"), entry.commitments))
        self._note_erasure(entry)

    def finish(self) -> int:
        """Check all values and keys; returns how many values there are.

        Raises:
            IntegrityFailure: ``log-value-missing``, ``log-value-wrong``, ``log-case-key-wrong``, and
                ``log-row-wrong`` for an id of an entry.
        """
        count = sum(self._check(owners) for owners in self._owners())
        if count != self._connection.execute(select(func.count()).select_from(log_commitments)).scalar_one():
            raise self._nobodys()
        self._check_keys()
        return count

    def _note_erasure(self, entry: Entry) -> None:
        if (entry.action, entry.outcome) != ("log.erase", "done"):
            return
        kind, subject = entry.object["kind"], entry.object["id"]
        if kind == "case":
            self._erased_cases[subject].add(entry.time)
        elif kind == "entry" and subject.isdecimal():
            self._erased_fields |= {(int(subject), str(field)) for field in entry.detail.get("fields", ())}

    def _owners(self) -> Iterator[list[_Owner]]:
        for start in range(0, len(self._placed), _BATCH):
            some = self._placed[start : start + _BATCH].tolist()
            rows = self._connection.execute(
                select(log_entries.c.entry_id, log_entries.c.leaf)
                .where(log_entries.c.seq.in_(some))
                .order_by(log_entries.c.seq)
            )
            yield [_placed(row.entry_id, parse_entry(bytes(row.leaf))) for row in rows]
        for start in range(0, len(self._waiting), _BATCH):
            yield self._waiting[start : start + _BATCH]

    def _check(self, owners: Sequence[_Owner]) -> int:
        found: defaultdict[str, dict[str, Row[Any]]] = defaultdict(dict)
        for row in self._connection.execute(_VALUES.where(_v.entry_id.in_([o.entry_id for o in owners]))):
            found[row.entry_id][row.field] = row
        for owner in owners:
            rows = found[owner.entry_id]
            for field in sorted({*owner.commitments, *rows}):
                if field in rows:
                    self._check_value(owner, rows[field])
                elif not self._erased(owner, field):
                    raise self._gone(owner, field)
        return sum(map(len, found.values()))

    def _check_value(self, owner: _Owner, row: Row[Any]) -> None:
        if row.case_id == "" or self._erased(owner, row.field):
            raise value_wrong(owner.place, row.field)
        if row.key_id is None and row.case_id == owner.case_id:
            raise case_key_wrong(row.case_id or "")
        opened = self._open(row)
        if opened is None or (row.case_id != owner.case_id and owner.seq is None):
            raise value_wrong(owner.place, row.field)
        if not opens(owner.commitments.get(row.field, ""), row.field, *opened):
            raise row_wrong(owner.seq, "entry_id") if owner.seq is not None else value_wrong(owner.place, row.field)

    def _open(self, row: Row[Any]) -> tuple[bytes, str] | None:
        """Salt and value; None if they do not open. A key that does not unwrap is its own fault."""
        if row.key_id is None or row.destroyed_at is not None:
            return None
        key = self._unwrap(_wrapped(row.key_id, row))
        try:
            return open_value(key, row.entry_id, row.field, bytes(row.sealed))
        except IntegrityFailure:
            return None

    def _unwrap(self, key: WrappedKey) -> bytes:
        try:
            return self._keyring.unwrap_secret(key, use=CASE_KEY_USE)
        except GatewayError as error:
            raise case_key_wrong(key.id) from error

    def _erased(self, owner: _Owner, field: str) -> bool:
        return owner.case_id in self._erased_cases or (owner.seq, field) in self._erased_fields

    def _gone(self, owner: _Owner, field: str) -> IntegrityFailure:
        """The value was deleted, or it is there under the id that the entry had."""
        theirs: ColumnElement[bool] = _v.case_id.is_not_distinct_from(owner.case_id)
        for row in self._connection.execute(_VALUES.where(_v.field == field, theirs)):
            opened = self._open(row)
            if owner.seq is not None and opened and opens(owner.commitments[field], field, *opened):
                return row_wrong(owner.seq, "entry_id")
        return value_missing(owner.place, field)

    def _nobodys(self) -> IntegrityFailure:
        """The first value that belongs to no entry with commitments."""
        known = {owner.entry_id for owners in self._owners() for owner in owners}
        rows = self._connection.execute(select(_v.entry_id, _v.field).order_by(_v.entry_id, _v.field))
        entry_id, field = next((row.entry_id, row.field) for row in rows if row.entry_id not in known)
        return value_wrong(f"of {entry_id}", field)

    def _check_keys(self) -> None:
        destroyed = set()
        with self._connection.execute(select(case_keys), execution_options={"yield_per": _BATCH}) as rows:
            for row in rows:
                if row.case_id in self._erased_cases:
                    if row.destroyed_at not in self._erased_cases[row.case_id]:
                        raise case_key_wrong(row.case_id)
                    destroyed.add(row.case_id)
                else:
                    self._unwrap(_wrapped(row.case_id, row))
        for case_id in sorted(self._erased_cases.keys() - destroyed):
            raise case_key_wrong(case_id)


def _placed(entry_id: str, entry: Entry) -> _Owner:
    return _Owner(str(entry.seq), entry.seq, entry_id, entry.object.get("case"), entry.commitments)


def _wrapped(case_id: str, row: Row[Any]) -> WrappedKey:
    return WrappedKey(case_id, bytes(row.wrapped), row.kek_id, row.kek_version, b"", row.created_at, row.destroyed_at)
