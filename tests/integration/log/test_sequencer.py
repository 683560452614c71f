"""The sequencer on a real PostgreSQL and a real folder: order, chain, crashes, refusals."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from obstore.store import MemoryStore
from sqlalchemy import Engine, create_engine, delete, func, insert, select, text, update

from gateway.blobs.log_store import LocalLogStore, LogStore
from gateway.errors import IntegrityFailure, Unavailable
from gateway.evidence.package import AgreementRef, Principal
from gateway.exchange.ports.audit_query import AuditQuery, Scope
from gateway.exchange.record import event
from gateway.keyring.file_keyring import FileKeyring
from gateway.keyring.gateway_keys import GatewayKeys
from gateway.storage.embedded.server import start_embedded
from gateway.storage.log.ledger import SqlLedger
from gateway.storage.log.search import LogSearch
from gateway.storage.log.sequence import LogSequence
from gateway.storage.schema.log_tables import case_keys, log_commitments, log_entries, log_pending
from gateway.translog.checkpoint import open_checkpoint
from gateway.translog.commitment import opens
from gateway.translog.entry import parse_entry
from gateway.translog.event import AuditEvent
from gateway.translog.stage import decode_stage
from gateway.translog.verifier import Audit, audit
from gateway.translog.vkey import Ed25519Signer
from gateway.workers.sequencer import Sequencer

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
TABLES = (log_pending, log_entries, log_commitments, case_keys)
INVESTIGATOR = Principal("p-7", "ico-uk", frozenset({"investigator"}))
AGREEMENT = AgreementRef("eu-uk-ai-incidents", 3, "ab" * 32)


class Crash(Exception):
    """What a failpoint raises."""


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    with start_embedded(tmp_path_factory.mktemp("sequencer") / "database") as server:
        engine = create_engine(server.url)
        with engine.begin() as connection:
            for table in TABLES:
                table.create(connection)
        yield engine
        engine.dispose()


@pytest.fixture
def database(engine: Engine) -> Engine:
    with engine.begin() as connection:
        connection.execute(text("TRUNCATE log_pending, log_entries, log_commitments, case_keys"))
    return engine


@pytest.fixture(params=["folder", "bucket"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> LogStore:
    """Both kinds of store; the bucket is obstore's in-memory one, which has conditional puts."""
    return LocalLogStore(tmp_path / "log") if request.param == "folder" else LogStore(MemoryStore())


@pytest.fixture
def signer() -> Ed25519Signer:
    return Ed25519Signer("gateway.example/log", Ed25519PrivateKey.from_private_bytes(bytes(range(32))))


class Processes:
    """Sequencers of several processes on one database and store, as a test starts and stops them."""

    def __init__(self, database: Engine, store: LogStore, signer: Ed25519Signer) -> None:
        self._parts = (database, store, signer)
        self._started: list[Sequencer] = []

    def start(self, failpoint: Callable[[str], None] = lambda name: None) -> Sequencer:
        database, store, signer = self._parts
        one = Sequencer(LogSequence(database), store, signer, signer.vkey, failpoint=failpoint)
        self._started.append(one)
        return one

    def restart(self, failpoint: Callable[[str], None] = lambda name: None) -> Sequencer:
        self.stop()
        return self.start(failpoint)

    def stop(self) -> None:
        for one in self._started:
            one.close()
        # The server takes a moment to end a closed session, and with it the lock.
        with self._parts[0].begin() as connection:
            while connection.execute(text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'")).scalar_one():
                time.sleep(0.005)


@pytest.fixture
def processes(database: Engine, store: LogStore, signer: Ed25519Signer) -> Iterator[Processes]:
    processes = Processes(database, store, signer)
    yield processes
    processes.stop()


def an_event(number: int, **members: object) -> AuditEvent:
    return event(
        "package.create",
        "done",
        NOW + timedelta(seconds=number),
        ("package", f"package-{number}"),
        actor=INVESTIGATOR,
        agreement=AGREEMENT,
        detail={"number": number},
        **members,  # type: ignore[arg-type]
    )


def append(database: Engine, *numbers: int) -> list[str]:
    with database.begin() as connection:
        ledger = SqlLedger(connection)
        return [ledger.append(an_event(number)) for number in numbers]


def check(store: LogStore, signer: Ed25519Signer) -> Audit:
    return audit(store.read, signer.vkey)


def numbers_in(database: Engine) -> list[int]:
    with database.begin() as connection:
        leaves = connection.execute(select(log_entries.c.leaf).order_by(log_entries.c.seq)).scalars()
        return [parse_entry(bytes(leaf)).detail["number"] for leaf in leaves]


def test_entries_get_dense_places_in_order(
    database: Engine, processes: Processes, store: LogStore, signer: Ed25519Signer
) -> None:
    ids = append(database, *range(300))
    sequencer = processes.start()
    with database.begin() as connection:
        assert SqlLedger(connection).position(ids[0]) is None
    assert sequencer.sequence_once() == 300
    assert sequencer.sequence_once() == 0
    ids += append(database, *range(300, 600))
    assert sequencer.sequence_once() == 300
    with database.begin() as connection:
        ledger = SqlLedger(connection)
        assert [ledger.position(entry_id) for entry_id in ids] == list(range(600))
        assert connection.execute(select(func.count()).select_from(log_pending)).scalar_one() == 0
    result = check(store, signer)
    assert result.checkpoint.size == 600
    assert result.first_time == NOW
    assert result.last_time == NOW + timedelta(seconds=599)


def test_partial_files_go_once_the_full_one_is_there(
    database: Engine, processes: Processes, store: LogStore, signer: Ed25519Signer
) -> None:
    sequencer = processes.start()
    for first in range(0, 280, 40):
        append(database, *range(first, first + 40))
        sequencer.sequence_once()
    names = store.names("tile")
    assert "tile/entries/000" in names
    assert [name for name in names if name.startswith("tile/entries/000.p")] == []
    assert [name for name in names if name.startswith("tile/0/000.p")] == []
    assert store.names("staging") == []
    assert store.names("tmp") == []
    check(store, signer)


def test_an_empty_log_has_a_checkpoint(
    processes: Processes, store: LogStore, signer: Ed25519Signer, database: Engine
) -> None:
    assert processes.start().sequence_once() == 0
    assert check(store, signer).checkpoint.size == 0


def test_what_rolls_back_is_not_logged(database: Engine, processes: Processes) -> None:
    with database.connect() as connection:
        SqlLedger(connection).append(an_event(1))
        connection.rollback()
    append(database, 2)
    processes.start().sequence_once()
    assert numbers_in(database) == [2]


def test_a_row_that_commits_late_is_not_lost(database: Engine, processes: Processes) -> None:
    sequencer = processes.start()
    with database.connect() as slow:
        with slow.begin():
            SqlLedger(slow).append(an_event(1))
            append(database, 2)
            sequencer.sequence_once()
            assert numbers_in(database) == [2]
        sequencer.sequence_once()
    assert numbers_in(database) == [2, 1]


def test_one_leader(database: Engine, processes: Processes) -> None:
    first, second = processes.start(), processes.start()
    first.sequence_once()
    append(database, 1)
    assert second.sequence_once() == 0
    assert not second.leads
    assert first.sequence_once() == 1
    first.close()
    append(database, 2)
    assert second.sequence_once() == 1


STEPS = ["begun", "sequenced", "staged", "signed", "swapped", "tiles-written", "published"]


@pytest.mark.parametrize("step", STEPS)
def test_a_crash_between_any_two_steps(
    step: str, database: Engine, processes: Processes, store: LogStore, signer: Ed25519Signer
) -> None:
    """Whatever the leader died at, the next one goes on: no entry lost, none twice, no fork."""
    heads: list[bytes] = []

    def crash(name: str) -> None:
        head = store.head()
        if head is not None:
            heads.append(head)
        if name == step:
            raise Crash

    if step != "begun":
        append(database, *range(250))
        processes.start().sequence_once()
        append(database, *range(250, 300))
    else:
        append(database, *range(300))
    dying = processes.restart(crash)
    with pytest.raises(Crash):
        dying.sequence_once()
    append(database, *range(300, 310))
    processes.restart().sequence_once()

    assert numbers_in(database) == list(range(310))
    # Every head that ever counted is a beginning of what is there now.
    known = [open_checkpoint(head, signer.vkey).checkpoint for head in heads]
    result = audit(store.read, signer.vkey, known=known)
    assert result.checkpoint.size == 310
    assert store.names("staging") == []


def test_files_half_written(database: Engine, processes: Processes, store: LogStore, signer: Ed25519Signer) -> None:
    """Dying amid the tiles: the stage still has them all."""
    append(database, *range(600))

    def crash(name: str) -> None:
        if name == "swapped":
            staged = store.names("staging")[-1]
            blob = store.read(staged)
            assert blob is not None
            files = decode_stage(blob)
            assert len(files) > 4
            store.put_once([(tile.path, data) for tile, data in files[:3]])
            raise Crash

    with pytest.raises(Crash):
        processes.start(crash).sequence_once()
    assert check(store, signer).checkpoint.size == 0  # what is published is whole
    processes.restart().sequence_once()
    assert check(store, signer).checkpoint.size == 600


def test_a_slow_leader_cannot_fork(
    database: Engine, processes: Processes, store: LogStore, signer: Ed25519Signer
) -> None:
    """A leader that was paused before its swap, lost its lock and woke up, changes nothing."""
    append(database, *range(10))
    processes.start().sequence_once()
    append(database, *range(10, 20))
    taken_over: list[int] = []

    def pause(name: str) -> None:
        if name == "signed" and not taken_over:
            slow._rows.close()  # what a broken connection does to the lock
            append(database, *range(20, 30))
            taken_over.append(processes.start().sequence_once())

    processes.stop()
    slow = processes.start(pause)
    with pytest.raises(Unavailable) as caught:
        slow.sequence_once()
    assert caught.value.code == "log-head-moved"
    assert taken_over == [20]
    assert numbers_in(database) == list(range(30))
    assert check(store, signer).checkpoint.size == 30


# --- refusals -------------------------------------------------------------------------------------


def refused(sequencer: Sequencer, store: LogStore) -> str:
    """The code of the refusal; and nothing may have been signed."""
    before = store.head()
    with pytest.raises(IntegrityFailure) as caught:
        sequencer.sequence_once()
    assert store.head() == before
    return caught.value.code


def test_a_restored_database_is_behind(database: Engine, processes: Processes, store: LogStore) -> None:
    append(database, *range(20))
    processes.start().sequence_once()
    with database.begin() as connection:
        connection.execute(delete(log_entries).where(log_entries.c.seq >= 15))
    append(database, 99)
    assert refused(processes.restart(), store) == "log-behind"
    with database.begin() as connection:
        # Nothing was given a place either, so nothing is released on the strength of it.
        assert connection.execute(select(func.max(log_entries.c.seq))).scalar_one() == 14
        assert connection.execute(select(func.count()).select_from(log_pending)).scalar_one() == 1


def test_a_database_with_another_history_is_a_fork(database: Engine, processes: Processes, store: LogStore) -> None:
    append(database, *range(20))
    processes.start().sequence_once()
    with database.begin() as connection:
        leaf = connection.execute(select(log_entries.c.leaf).where(log_entries.c.seq == 19)).scalar_one()
        forged = bytes(leaf).replace(b'"permit"', b'"deny"').replace(b'"done"', b'"failed"')
        connection.execute(update(log_entries).where(log_entries.c.seq == 19).values(leaf=forged))
    assert refused(processes.restart(), store) == "log-forked"


def test_a_row_changed_before_it_is_published(database: Engine, processes: Processes, store: LogStore) -> None:
    append(database, *range(5))
    processes.start().sequence_once()
    append(database, *range(5, 10))

    def tamper(name: str) -> None:
        if name == "sequenced":
            with database.begin() as connection:
                connection.execute(
                    update(log_entries).where(log_entries.c.seq == 7).values(leaf=b'{"v":1}', leaf_hash=bytes(32))
                )

    assert refused(processes.restart(tamper), store) == "log-forked"


def test_a_lost_log_store(
    database: Engine, processes: Processes, store: LogStore, tmp_path: Path, signer: Ed25519Signer
) -> None:
    append(database, 1)
    processes.start().sequence_once()
    store.delete(["head"])
    assert refused(processes.restart(), store) == "log-head-missing"
    processes.stop()
    empty = LogStore(MemoryStore())
    fresh = Sequencer(LogSequence(database), empty, signer, signer.vkey)
    assert refused(fresh, empty) == "log-head-missing"
    fresh.close()


def test_a_head_put_back_is_noticed(database: Engine, processes: Processes, store: LogStore) -> None:
    append(database, 1)
    processes.start().sequence_once()
    old = store.head()
    append(database, 2)
    processes.restart().sequence_once()
    assert store.swap_head(store.head(), old or b"")
    assert refused(processes.restart(), store) == "log-forked"


def test_a_changed_tile_is_noticed_at_start(database: Engine, processes: Processes, store: LogStore) -> None:
    append(database, *range(5))
    processes.start().sequence_once()
    tile = store.read("tile/0/000.p/5")
    assert tile is not None
    store.delete(["tile/0/000.p/5"])
    store.put_once([("tile/0/000.p/5", tile[:-1] + bytes([tile[-1] ^ 1]))])
    assert refused(processes.restart(), store) == "log-tile-wrong"


def test_a_damaged_pending_row_stops_the_log(database: Engine, processes: Processes, store: LogStore) -> None:
    append(database, 1)
    with database.begin() as connection:
        connection.execute(insert(log_pending), {"id": "00000000-0000-4000-8000-000000000000", "event": b"{}"})
    sequencer = processes.start()
    with pytest.raises(IntegrityFailure) as caught:
        sequencer.sequence_once()
    assert caught.value.code == "log-pending-invalid"
    assert numbers_in(database) == []


def test_a_tile_path_never_changes_its_bytes(store: LogStore) -> None:
    store.put_once([("tile/0/000.p/1", bytes(32))])
    store.put_once([("tile/0/000.p/1", bytes(32))])
    with pytest.raises(IntegrityFailure) as caught:
        store.put_once([("tile/0/000.p/1", bytes([1] * 32))])
    assert caught.value.code == "log-file-conflict"
    assert store.read("tile/0/000.p/1") == bytes(32)


def test_the_head_moves_only_from_where_it_is(store: LogStore) -> None:
    assert store.swap_head(None, b"one")
    assert not store.swap_head(None, b"two")
    assert not store.swap_head(b"zero", b"two")
    assert store.swap_head(b"one", b"two")
    assert store.head() == b"two"


def test_the_store_cannot_be_written(database: Engine, signer: Ed25519Signer, tmp_path: Path) -> None:
    """Disk trouble is no fork: the round fails, and the next one goes on."""
    folder = tmp_path / "log"
    store = LocalLogStore(folder)
    processes = Processes(database, store, signer)
    processes.start().sequence_once()
    append(database, *range(3))
    shutil.rmtree(folder / "tmp")
    (folder / "tmp").write_bytes(b"a file where a folder should be")
    broken = processes.restart()
    with pytest.raises(Unavailable):
        broken.sequence_once()
    (folder / "tmp").unlink()
    assert broken.sequence_once() == 3
    processes.stop()
    check(store, signer)


# --- the ledger -----------------------------------------------------------------------------------


def test_erasable_values_stay_out_of_the_log(database: Engine, processes: Processes, store: LogStore) -> None:
    keyring = FileKeyring(GatewayKeys.generate("test.example/log"))
    with database.begin() as connection:
        entry_id = SqlLedger(connection, keyring).append(
            an_event(1, case_id="case-1", erasable={"case_reference": "18403/91", "exhibit_name": None})
        )
    processes.start().sequence_once()
    with database.begin() as connection:
        leaf = bytes(connection.execute(select(log_entries.c.leaf)).scalar_one())
        row = connection.execute(select(log_commitments)).one()
        assert (row.entry_id, row.field, row.case_id) == (entry_id, "case_reference", "case-1")
        assert connection.execute(select(log_entries.c.case_id)).scalar_one() == "case-1"
        ((field, (salt, value)),) = SqlLedger(connection, keyring).values(entry_id).items()
    assert (field, value) == ("case_reference", "18403/91")
    assert b"18403" not in leaf
    assert not any(b"18403" in (store.read(name) or b"") for name in store.names(""))
    entry = parse_entry(leaf)
    assert entry.object["case"] == "case-1"
    assert opens(entry.commitments["case_reference"], "case_reference", salt, "18403/91")
    assert not opens(entry.commitments["case_reference"], "case_reference", salt, "18403/92")


def test_who_may_see_which_entries(database: Engine, processes: Processes) -> None:
    foreign = Principal("p-1", "other", frozenset())
    with database.begin() as connection:
        ledger = SqlLedger(connection)
        ledger.append(an_event(0))
        ledger.append(event("package.create", "deny", NOW, ("package", "x"), actor=foreign, reason="no"))
        ledger.append(event("log.sequence", "done", NOW, ("log", "log"), actor=None))
    processes.start().sequence_once()
    with database.begin() as connection:
        log = LogSearch(connection)

        def seen(agency: str, *agreements: str) -> list[int]:
            return [entry.seq for entry in log.find(AuditQuery(), Scope(agency, agreements), start=0, limit=10)]

        def found(limit: int = 100, **filters: str) -> list[int]:
            return [entry.seq for entry in log.find(AuditQuery(**filters), None, start=0, limit=limit)]

        assert seen("ico-uk") == [0]
        assert seen("cnil-fr") == []
        assert seen("cnil-fr", "eu-uk-ai-incidents") == [0]
        assert seen("other", "eu-uk-ai-incidents") == [0, 1]
        scope = Scope("other", ("eu-uk-ai-incidents",))
        assert [e.seq for e in log.find(AuditQuery(), scope, start=1, limit=10)] == [1]
        assert found(outcome="deny") == [1]
        assert found(package="package-0", action="package.create") == [0]
        assert found(limit=2) == [0, 1]


def test_appending_without_a_database_fails_closed(database: Engine) -> None:
    with database.connect() as connection, connection.begin():
        connection.execute(text("SET TRANSACTION READ ONLY"))
        with pytest.raises(Unavailable) as caught:
            SqlLedger(connection).append(an_event(1))
    assert caught.value.code == "log-unavailable"


def test_the_loop_sequences_until_it_is_stopped(database: Engine, processes: Processes) -> None:
    stop = threading.Event()
    sequencer = processes.start()
    thread = threading.Thread(target=sequencer.run, args=(stop,))
    thread.start()
    try:
        (entry_id,) = append(database, 1)
        for _ in range(200):
            with database.begin() as connection:
                if SqlLedger(connection).position(entry_id) is not None:
                    break
            stop.wait(0.05)
        else:
            pytest.fail("the entry got no place")
    finally:
        stop.set()
        thread.join()
    assert not sequencer.leads
    assert sequencer.refusal is None


def test_the_loop_says_why_it_stands_still(
    database: Engine, processes: Processes, store: LogStore, caplog: pytest.LogCaptureFixture
) -> None:
    append(database, 1)
    processes.start().sequence_once()
    store.delete(["head"])
    stop = threading.Event()
    sequencer = processes.restart()
    thread = threading.Thread(target=sequencer.run, args=(stop,))
    thread.start()
    for _ in range(200):
        if sequencer.refusal is not None:
            break
        stop.wait(0.05)
    stop.set()
    thread.join()
    assert sequencer.refusal is not None
    assert sequencer.refusal.code == "log-head-missing"
    assert any("log-head-missing" in record.message for record in caplog.records)
