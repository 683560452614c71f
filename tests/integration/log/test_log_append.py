"""Appending on a real database: how many statements it takes, and that entry and values stand or fall together."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest
from sqlalchemy import Connection, Engine, create_engine, func, select, update
from sqlalchemy import event as sqlalchemy_event

from gateway.errors import IntegrityFailure
from gateway.exchange.record import event
from gateway.keyring.file_keyring import FileKeyring
from gateway.keyring.gateway_keys import GatewayKeys
from gateway.storage.log.ledger import SqlLedger
from gateway.storage.log.sequence import LogSequence
from gateway.storage.schema.log_tables import log_commitments, log_entries, log_pending
from gateway.translog.entry import parse_entry
from gateway.translog.event import AuditEvent

pytest_plugins = ("tests.fakes.postgres",)

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
VALUES = {"case_reference": "18403/91 'O’Brien' %s", "exhibit_name": "Ünïcode\\.txt"}


@pytest.fixture
def database(postgres_url: str) -> Iterator[Engine]:
    engine = create_engine(postgres_url)
    yield engine
    engine.dispose()


@pytest.fixture
def keyring() -> FileKeyring:
    return FileKeyring(GatewayKeys.generate("test.example/log"))


def an_event(number: int, **members: object) -> AuditEvent:
    return event("package.create", "done", NOW, ("package", f"p-{number}"), **members)  # type: ignore[arg-type]


def personal() -> AuditEvent:
    return an_event(1, case_id="case-1", erasable=VALUES)


@contextmanager
def statements(connection: Connection) -> Iterator[list[str]]:
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        seen.append(statement)

    sqlalchemy_event.listen(connection, "before_cursor_execute", note)
    yield seen
    sqlalchemy_event.remove(connection, "before_cursor_execute", note)


def count(connection: Connection) -> tuple[int, int]:
    """Entries that wait, and values that are kept."""
    waiting, kept = (
        connection.execute(select(func.count()).select_from(table)).scalar_one()
        for table in (log_pending, log_commitments)
    )
    return waiting, kept


def test_an_append_is_one_statement(database: Engine, keyring: FileKeyring) -> None:
    with database.begin() as connection, statements(connection) as seen:
        SqlLedger(connection, keyring).append(an_event(1))
    assert len(seen) == 1


def test_an_append_with_values_asks_for_the_key_and_writes_all_at_once(database: Engine, keyring: FileKeyring) -> None:
    with database.begin() as connection:
        SqlLedger(connection, keyring).append(personal())
    with database.begin() as connection, statements(connection) as seen:
        entry_id = SqlLedger(connection, keyring).append(personal())
    assert len(seen) == 2
    with database.begin() as connection:
        values = SqlLedger(connection, keyring).values(entry_id)
        assert {field: value for field, (_, value) in values.items()} == VALUES
        assert count(connection) == (2, 4)


def test_entry_and_values_are_rolled_back_together(database: Engine, keyring: FileKeyring) -> None:
    with database.connect() as connection:
        SqlLedger(connection, keyring).append(personal())
        assert count(connection) == (1, 2)
        connection.rollback()
        assert count(connection) == (0, 0)


def test_of_an_erased_case_the_entry_is_written_and_no_value(database: Engine, keyring: FileKeyring) -> None:
    with database.begin() as connection:
        ledger = SqlLedger(connection, keyring)
        ledger.erase_case("case-1", NOW, an_event(0))
        entry_id = ledger.append(personal())
        assert count(connection) == (1, 0)
        assert ledger.values(entry_id) == {}


def test_what_is_beyond_the_limit_of_a_round_waits_for_its_turn(database: Engine) -> None:
    rows = LogSequence(database)
    with database.begin() as connection:
        ids = [SqlLedger(connection).append(an_event(number)) for number in range(8)]
    assert rows.lead()
    try:
        assert [rows.sequence(3) for _ in range(4)] == [3, 3, 2, 0]
        assert [parse_entry(leaf).object["id"] for _, leaf, _ in rows.leaves(0, 100)] == [f"p-{n}" for n in range(8)]
        assert [seq for seq, _, _ in rows.leaves(2, 3)] == [2, 3, 4]
    finally:
        rows.close()
    with database.begin() as connection:
        placed = connection.execute(select(log_entries.c.entry_id).order_by(log_entries.c.seq)).scalars().all()
        assert placed == ids


def test_a_damaged_row_keeps_all_of_its_round_waiting(database: Engine) -> None:
    rows = LogSequence(database)
    with database.begin() as connection:
        ids = [SqlLedger(connection).append(an_event(number)) for number in range(3)]
        connection.execute(update(log_pending).where(log_pending.c.id == ids[2]).values(event=b'{"a":1}'))
    assert rows.lead()
    try:
        with pytest.raises(IntegrityFailure) as caught:
            rows.sequence(10)
        assert (caught.value.code, caught.value.where) == ("log-pending-invalid", f"log_pending {ids[2]}")
        assert rows.size() == 0
    finally:
        rows.close()
    with database.begin() as connection:
        assert count(connection) == (3, 0)
