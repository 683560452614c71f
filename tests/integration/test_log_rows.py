"""Whatever is changed in the rows of the log, the check against the published log names the row."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from obstore.store import MemoryStore
from sqlalchemy import Connection, Engine, create_engine, text

from gateway.blobs.log_store import LogStore
from gateway.errors import IntegrityFailure
from gateway.evidence.package import AgreementRef, Principal
from gateway.exchange.record import event
from gateway.storage.embedded import start_embedded
from gateway.storage.log_ledger import SqlLedger
from gateway.storage.log_rows import RowCheck
from gateway.storage.log_sequence import PLACED_COLUMNS, LogSequence
from gateway.storage.log_tables import case_keys, log_commitments, log_entries, log_pending
from gateway.translog.verifier import audit
from gateway.translog.vkey import Ed25519Signer
from gateway.workers.sequencer import Sequencer

SIGNER = Ed25519Signer("gateway.example/log", Ed25519PrivateKey.from_private_bytes(bytes(range(32))))
NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
PUBLISHED, SIZE = 24, 27
TEXTS = [name for name in PLACED_COLUMNS if name not in ("seq", "entry_id", "leaf", "leaf_hash", "time")]


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    with start_embedded(tmp_path_factory.mktemp("rows") / "database") as server:
        engine = create_engine(server.url)
        with engine.begin() as connection:
            for table in (log_pending, log_entries, log_commitments, case_keys):
                table.create(connection)
        yield engine
        engine.dispose()


@pytest.fixture(scope="module")
def store(engine: Engine) -> LogStore:
    """27 rows, of which the last three are not published yet."""
    store = LogStore(MemoryStore())
    sequence = LogSequence(engine)
    sequencer = Sequencer(sequence, store, SIGNER, SIGNER.vkey)
    _append(engine, range(PUBLISHED))
    sequencer.sequence_once()
    sequencer.close()
    _append(engine, range(PUBLISHED, SIZE))
    while not sequence.lead():
        pass
    sequence.sequence(SIZE)
    sequence.close()
    return store


def _append(engine: Engine, numbers: range) -> None:
    with engine.begin() as connection:
        for number in numbers:
            SqlLedger(connection).append(
                event(
                    "package.create",
                    "done",
                    NOW + timedelta(seconds=number),
                    actor=Principal("p-7", "ico-uk", frozenset({"investigator"})),
                    object_kind="package",
                    object_id=f"package-{number}",
                    agreement=AgreementRef("eu-uk-ai-incidents", 3, "ab" * 32),
                )
            )


def compare(connection: Connection, store: LogStore) -> tuple[int, int]:
    """Number of published entries, and of rows."""
    with RowCheck(connection) as rows:
        published = audit(store.read, SIGNER.vkey, on_entry=rows.entry).checkpoint.size
        return published, rows.finish()


def fault(engine: Engine, store: LogStore, statement: str, **values: object) -> IntegrityFailure:
    """What the check says after the statement, which is then undone."""
    with engine.connect() as connection:
        assert connection.execute(text(statement), values).rowcount >= 1
        with pytest.raises(IntegrityFailure) as caught:
            compare(connection, store)
        connection.rollback()
        return caught.value


def test_rows_that_agree(engine: Engine, store: LogStore) -> None:
    with engine.connect() as connection:
        assert compare(connection, store) == (PUBLISHED, SIZE)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    column=st.sampled_from(["leaf", "leaf_hash"]),
    seq=st.integers(0, SIZE - 1),
    place=st.integers(0, 10**6),
    bit=st.integers(0, 7),
)
def test_any_bit_of_any_leaf_or_hash(
    column: str, seq: int, place: int, bit: int, engine: Engine, store: LogStore
) -> None:
    at = f"8 * (:place % octet_length({column})) + :bit"
    changed = f"set_bit({column}, {at}, 1 - get_bit({column}, {at}))"
    statement = f"UPDATE log_entries SET {column} = {changed} WHERE seq = :seq"  # noqa: S608
    found = fault(engine, store, statement, seq=seq, place=place, bit=bit)
    assert found.code == "log-row-wrong"
    # Of a row that is not published, leaf and hash only contradict each other.
    columns = {column} if seq < PUBLISHED else {"leaf", "leaf_hash"}
    assert found.where in {f"log_entries {seq} {name}" for name in columns}


@pytest.mark.parametrize("column", [*TEXTS, "time"])
@pytest.mark.parametrize("seq", [0, 11, SIZE - 1])
def test_any_column_that_searches_use(column: str, seq: int, engine: Engine, store: LogStore) -> None:
    value = "time + interval '1 microsecond'" if column == "time" else f"coalesce({column}, '') || 'x'"
    statement = f"UPDATE log_entries SET {column} = {value} WHERE seq = :seq"  # noqa: S608
    found = fault(engine, store, statement, seq=seq)
    assert (found.code, found.where) == ("log-row-wrong", f"log_entries {seq} {column}")


@pytest.mark.parametrize("seq", [0, 11, PUBLISHED - 1, PUBLISHED, SIZE - 2])
def test_rows_deleted_inserted_or_swapped(seq: int, engine: Engine, store: LogStore) -> None:
    found = fault(engine, store, "DELETE FROM log_entries WHERE seq = :seq", seq=seq)
    assert (found.code, found.where) == ("log-row-missing", f"log_entries {seq}")
    moved = fault(engine, store, "UPDATE log_entries SET seq = seq + 1000 WHERE seq >= :seq", seq=seq)
    assert (moved.code, moved.where) == ("log-row-missing", f"log_entries {seq}")
    taken = ", ".join(f"{name} = b.{name}" for name in PLACED_COLUMNS if name not in ("seq", "entry_id"))
    both = "a.seq IN (:seq, :next) AND b.seq = :seq + :next - a.seq"
    statement = f"UPDATE log_entries a SET {taken} FROM log_entries b WHERE {both}"  # noqa: S608
    swapped = fault(engine, store, statement, seq=seq, next=seq + 1)
    assert (swapped.code, swapped.where) == ("log-row-wrong", f"log_entries {seq} leaf")
    columns = ", ".join(PLACED_COLUMNS[2:])
    copied = f"SELECT {SIZE}, gen_random_uuid(), {columns} FROM log_entries WHERE seq = :seq"  # noqa: S608
    added = fault(engine, store, f"INSERT INTO log_entries ({', '.join(PLACED_COLUMNS)}) {copied}", seq=seq)
    assert (added.code, added.where) == ("log-row-wrong", f"log_entries {SIZE} leaf")
