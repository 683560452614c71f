"""Whatever is changed in the tables of the log, ``log check-database`` names the row, and where it can, the column."""

# ruff: noqa: S608 - statements from this module's own constants

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, text

from gateway.bootstrap.gateway import Gateway
from gateway.bootstrap.log_check import check_database
from gateway.errors import IntegrityFailure
from gateway.evidence.lifecycle import PackageState
from gateway.evidence.package import Principal
from gateway.exchange.custody import forget_case
from gateway.keyring.file_keyring import FileKeyring
from gateway.keyring.gateway_keys import GatewayKeys
from gateway.storage.database import PostgresDatabase
from gateway.storage.log.check.rows import RowCheck, RowCounts
from gateway.storage.log.ledger import SqlLedger
from gateway.storage.log.sequence import PLACED_COLUMNS, LogSequence
from gateway.translog.checkpoint import Checkpoint, open_checkpoint
from gateway.translog.verifier import audit
from gateway.translog.vkey import parse_vkey
from gateway.workers.sequencer import Sequencer
from tests.fakes import seeds
from tests.integration.log.test_log_erasure import BASIS, PERSONS, make_case
from tests.unit.api.world import World

pytest_plugins = ("tests.fakes.postgres",)

NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
TEXTS = [name for name in PLACED_COLUMNS if name not in ("seq", "entry_id", "leaf", "leaf_hash", "time")]
#: Entries that are published, that have a place, and that wait.
PULLS = 8


@dataclass(repr=False)
class Scene:
    """A database with everything in it that a log's tables hold, and its published log."""

    gateway: Gateway
    engine: Engine
    published: int
    size: int
    #: Number and field of each value that is kept; the first two of published entries.
    values: list[tuple[int, str]]
    waiting: str
    erased_case: str
    live_case: str
    release: str


@pytest.fixture(scope="module")
def scene(module_postgres_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    # The world makes its own keyring after it was given the database, which needs one.
    keyring = FileKeyring(GatewayKeys.generate("test.example/log"))
    database = PostgresDatabase(module_postgres_url, keyring=keyring)
    world = World(tmp_path_factory.mktemp("rows"), database=database)
    try:
        yield _filled(world, replace(world.gateway, keyring=keyring))
    finally:
        database.close()


def _filled(world: World, gateway: Gateway) -> Scene:
    database, engine = world.database, gateway.database.engine
    with database.transaction() as tx:
        officer = Principal("ico-uk.officer", "ico-uk", frozenset({"compliance-officer"}))
        tx.directory.put_principal(officer, seeds.event("principal.put"))
    release = world.release(b"what happened")
    live_case, noted = make_case(world, PackageState.OPEN)
    for number in range(PULLS):
        with database.transaction() as tx:
            tx.ledger.append(
                seeds.event(
                    "release.pull",
                    outcome="permit",
                    time=NOW - timedelta(days=20 * number),
                    object={"kind": "release", "id": release, "exhibit": "e-1"},
                    agreement=world.agreement.ref.as_dict(),
                    clause="/roles/investigator",
                    reason="permitted",
                )
            )
    _publish(gateway)
    with database.transaction() as tx:
        seq = tx.ledger.position(noted)
        assert forget_case.erase_entry(tx, seq or 0, ["note"], PERSONS, BASIS, NOW) == 1
        tx.audit.access(NOW - timedelta(days=300), NOW, None)
    with database.transaction() as tx:
        erased = seeds.case(reference="2020-1", opened_by="ico-uk")
        tx.cases.open(erased, seeds.event("case.open", case_id=erased.id, erasable={"case_reference": "2020-1"}))
    with database.transaction() as tx:
        assert forget_case.erase_case(tx, tx.erasures, erased.id, PERSONS, BASIS, NOW) == 1
    with database.transaction() as tx:
        tx.ledger.append(seeds.event("test.late", case_id=erased.id, erasable={"note": "not kept"}))
        tx.ledger.append(seeds.event("test.noted", case_id=live_case, erasable={"note": "kept", "other": "kept"}))
    published = _publish(gateway)
    with database.transaction() as tx:
        for number in range(3):
            tx.ledger.append(seeds.event("test.placed", detail={"n": number}))
    sequence = LogSequence(engine)
    while not sequence.lead():
        pass
    sequence.sequence(100)
    sequence.close()
    with database.transaction() as tx:
        waiting = tx.ledger.append(seeds.event("test.waits", case_id=live_case, erasable={"note": "kept"}))
    with engine.connect() as connection:
        size = connection.execute(text("SELECT count(*) FROM log_entries")).scalar_one()
        kept = "SELECT e.seq, c.field FROM log_commitments c JOIN log_entries e USING (entry_id) ORDER BY 1, 2"
        values = [(row.seq, row.field) for row in connection.execute(text(kept))]
    return Scene(gateway, engine, published, size, values, waiting, erased.id, live_case, release)


def _publish(gateway: Gateway) -> int:
    keyring = gateway.keyring
    rows = LogSequence(gateway.database.engine)
    sequencer = Sequencer(rows, gateway.log_store, keyring.log_signer, parse_vkey(keyring.log_vkey))
    try:
        sequencer.sequence_once()
    finally:
        sequencer.close()
    return head(gateway).size


def head(gateway: Gateway) -> Checkpoint:
    note = gateway.log_store.head()
    assert note is not None
    return open_checkpoint(note, parse_vkey(gateway.keyring.log_vkey)).checkpoint


def compare(connection: Connection, scene: Scene) -> RowCounts:
    with RowCheck(connection, scene.gateway.keyring, head(scene.gateway)) as rows:
        audit(scene.gateway.log_store.read, parse_vkey(scene.gateway.keyring.log_vkey), on_entry=rows.entry)
        return rows.finish()


def fault(scene: Scene, statement: str, **values: object) -> tuple[str, str]:
    """Code and place of what the check says after the statement, which is then undone."""
    found = outcome(scene, statement, **values)
    assert found is not None, "nothing was found"
    return found


def outcome(scene: Scene, statement: str, **values: object) -> tuple[str, str] | None:
    """The same; None if nothing is found."""
    with scene.engine.connect().execution_options(isolation_level="REPEATABLE READ") as connection:
        # Whoever can write anything is not held by constraints either.
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        connection.execute(text("ALTER TABLE log_entries DROP CONSTRAINT uq_log_entries_entry_id"))
        assert connection.execute(text(statement), values).rowcount >= 1
        try:
            compare(connection, scene)
        except IntegrityFailure as caught:
            return caught.code, caught.where or ""
        finally:
            connection.rollback()
        return None


def test_rows_that_agree(scene: Scene) -> None:
    with scene.engine.connect() as connection:
        assert compare(connection, scene) == RowCounts(scene.size, 1, len(scene.values) + 1)
    assert scene.published == scene.size - 3
    assert len(scene.values) == 4


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_any_bit_of_any_row(data: st.DataObject, scene: Scene) -> None:
    """A bit of a bytea column, or another text, time or id in any other, of any row of any table."""
    column = data.draw(st.sampled_from(["leaf", "leaf_hash", "time", *TEXTS, "sealed", "wrapped", "event"]))
    seq = data.draw(st.integers(0, scene.size - 1))
    if column in ("leaf", "leaf_hash", "sealed", "wrapped", "event"):
        byte, bit = data.draw(st.integers(0, 10**6)), data.draw(st.integers(0, 7))
        at = f"8 * ({byte}::bigint % octet_length({column})) + {bit}"
        changed = f"set_bit({column}, {at}, 1 - get_bit({column}, {at}))"
    else:
        changed = "time + interval '1 microsecond'" if column == "time" else f"coalesce({column}, '') || 'x'"
    if column == "sealed":
        seq, field = data.draw(st.sampled_from(scene.values))
        of = "(SELECT entry_id FROM log_entries WHERE seq = :seq)"
        where = f"UPDATE log_commitments SET sealed = {changed} WHERE entry_id = {of} AND field = :field"
        assert fault(scene, where, seq=seq, field=field) == ("log-value-wrong", f"log_commitments {seq} {field}")
    elif column == "wrapped":
        where = f"UPDATE case_keys SET wrapped = {changed} WHERE case_id = :case"
        assert fault(scene, where, case=scene.live_case) == ("log-case-key-wrong", f"case_keys {scene.live_case}")
    elif column == "event":
        # What still has a form says something else, and nothing is bound yet but its commitment and its case.
        found = outcome(scene, f"UPDATE log_pending SET event = {changed}")
        assert found in {
            None,
            ("log-pending-invalid", f"log_pending {scene.waiting}"),
            ("log-value-wrong", f"log_commitments pending {scene.waiting} note"),
            ("log-value-missing", f"log_commitments pending {scene.waiting} note"),
        }
    else:
        code, place = fault(scene, f"UPDATE log_entries SET {column} = {changed} WHERE seq = :seq", seq=seq)
        # Of a row that is not published, leaf and hash only contradict each other.
        either = {"leaf", "leaf_hash"} if seq >= scene.published and column in ("leaf", "leaf_hash") else {column}
        assert (code, place) in {("log-row-wrong", f"log_entries {seq} {name}") for name in either}


@pytest.mark.parametrize("column", [*TEXTS, "time"])
@pytest.mark.parametrize("row", ["first", "middle", "last"])
def test_any_column_that_searches_use(column: str, row: str, scene: Scene) -> None:
    seq = {"first": 0, "middle": 11, "last": scene.size - 1}[row]
    value = "time + interval '1 microsecond'" if column == "time" else f"coalesce({column}, '') || 'x'"
    found = fault(scene, f"UPDATE log_entries SET {column} = {value} WHERE seq = :seq", seq=seq)
    assert found == ("log-row-wrong", f"log_entries {seq} {column}")


@settings(max_examples=12, deadline=None)
@given(data=st.data())
def test_rows_deleted_moved_swapped_or_inserted(data: st.DataObject, scene: Scene) -> None:
    seq = data.draw(st.one_of(st.integers(0, scene.size - 2), st.just(scene.published - 1)))
    missing = ("log-row-missing", f"log_entries {seq}")
    assert fault(scene, "DELETE FROM log_entries WHERE seq = :seq", seq=seq) == missing
    assert fault(scene, "UPDATE log_entries SET seq = seq + 1000 WHERE seq >= :seq", seq=seq) == missing
    taken = ", ".join(f"{name} = b.{name}" for name in PLACED_COLUMNS if name not in ("seq", "entry_id"))
    both = "a.seq IN (:seq, :next) AND b.seq = :seq + :next - a.seq"
    other = data.draw(st.integers(0, scene.size - 1).filter(lambda n: n != seq))
    swapped = fault(scene, f"UPDATE log_entries a SET {taken} FROM log_entries b WHERE {both}", seq=seq, next=other)
    assert swapped == ("log-row-wrong", f"log_entries {min(seq, other)} leaf")
    columns = ", ".join(PLACED_COLUMNS[2:])
    copied = f"SELECT {scene.size}, gen_random_uuid(), {columns} FROM log_entries WHERE seq = :seq"
    added = fault(scene, f"INSERT INTO log_entries ({', '.join(PLACED_COLUMNS)}) {copied}", seq=seq)
    assert added == ("log-row-wrong", f"log_entries {scene.size} leaf")


def test_the_last_published_rows_cut_off(scene: Scene) -> None:
    found = fault(scene, "DELETE FROM log_entries WHERE seq >= :seq", seq=scene.published - 2)
    assert found == ("log-row-missing", f"log_entries {scene.published - 2}")


OF_VALUE = "entry_id = (SELECT entry_id FROM log_entries WHERE seq = :seq)"
VALUES = {
    "deleted": (f"DELETE FROM log_commitments WHERE {OF_VALUE}", "log-value-missing", "log_commitments {seq} {field}"),
    "moved": (
        f"UPDATE log_commitments SET entry_id = gen_random_uuid() WHERE {OF_VALUE}",
        "log-value-missing",
        "log_commitments {seq} {field}",
    ),
    "field": (
        f"UPDATE log_commitments SET field = field || 'x' WHERE {OF_VALUE}",
        "log-value-missing",
        "log_commitments {seq} {field}",
    ),
    "case": (
        f"UPDATE log_commitments SET case_id = NULL WHERE {OF_VALUE}",
        "log-value-wrong",
        "log_commitments {seq} {field}",
    ),
    "no-case": (
        f"UPDATE log_commitments SET case_id = '' WHERE {OF_VALUE}",
        "log-value-wrong",
        "log_commitments {seq} {field}",
    ),
    "inserted": (
        f"INSERT INTO log_commitments SELECT entry_id, 'zz', case_id, sealed FROM log_commitments WHERE {OF_VALUE}",
        "log-value-wrong",
        "log_commitments {seq} zz",
    ),
    "id-of-the-entry": (
        "UPDATE log_entries SET entry_id = gen_random_uuid() WHERE seq = :seq",
        "log-row-wrong",
        "log_entries {seq} entry_id",
    ),
    "ids-swapped": (
        "UPDATE log_entries a SET entry_id = b.entry_id FROM log_entries b "
        "WHERE a.seq IN (:seq, 0) AND b.seq = :seq - a.seq",
        "log-row-wrong",
        "log_entries {seq} entry_id",
    ),
}


@pytest.mark.parametrize("what", VALUES)
def test_values_beside_the_log(what: str, scene: Scene) -> None:
    seq, field = scene.values[0]
    assert seq > 0
    statement, code, place = VALUES[what]
    assert fault(scene, statement, seq=seq) == (code, place.format(seq=seq, field=field))


def test_values_of_nobody_and_values_that_came_back(scene: Scene) -> None:
    copied = "INSERT INTO log_commitments SELECT '{}', field, case_id, sealed FROM log_commitments WHERE " + OF_VALUE
    seq, field = scene.values[0]
    nobody = "00000000-0000-4000-8000-000000000000"
    assert fault(scene, copied.format(nobody), seq=seq) == ("log-value-wrong", f"log_commitments of {nobody} {field}")
    with scene.engine.connect() as connection:
        late = connection.execute(text("SELECT entry_id, seq FROM log_entries WHERE action = 'test.late'")).one()
        noted = text("SELECT entry_id, seq FROM log_entries WHERE action = 'rendition.approve'")
        erased = connection.execute(noted).one()
    for entry_id, number in (late, erased):
        restored = copied.format(entry_id).replace("field,", "'note',")
        assert fault(scene, restored, seq=seq) == ("log-value-wrong", f"log_commitments {number} note")
    waits = "DELETE FROM log_commitments WHERE entry_id = :id"
    lost = fault(scene, waits, id=scene.waiting)
    assert lost == ("log-value-missing", f"log_commitments pending {scene.waiting} note")


@pytest.mark.parametrize(
    ("statement", "of"),
    [
        ("UPDATE case_keys SET wrapped = '', destroyed_at = now() WHERE case_id = :live", "live"),
        ("UPDATE case_keys SET kek_version = kek_version + 1 WHERE case_id = :live", "live"),
        ("UPDATE case_keys SET kek_id = kek_id || 'x' WHERE case_id = :live", "live"),
        ("DELETE FROM case_keys WHERE case_id = :live", "live"),
        ("UPDATE case_keys SET destroyed_at = destroyed_at + interval '1 second' WHERE case_id = :erased", "erased"),
        ("DELETE FROM case_keys WHERE case_id = :erased", "erased"),
        (
            "UPDATE case_keys SET destroyed_at = NULL, wrapped = (SELECT wrapped FROM case_keys WHERE case_id = :live)"
            " WHERE case_id = :erased",
            "erased",
        ),
    ],
    ids=["destroyed", "version", "kek", "deleted", "when", "forgotten", "revived"],
)
def test_keys_of_cases(statement: str, of: str, scene: Scene) -> None:
    cases = {"live": scene.live_case, "erased": scene.erased_case}
    found = fault(scene, statement, **{name: case for name, case in cases.items() if f":{name}" in statement})
    if statement.startswith("UPDATE case_keys SET wrapped"):
        # A key that is gone without an entry: the values under it are what is missed first.
        seq, field = scene.values[0]
        assert found == ("log-value-wrong", f"log_commitments {seq} {field}")
    else:
        assert found == ("log-case-key-wrong", f"case_keys {cases[of]}")


@pytest.mark.parametrize(
    ("statement", "place"),
    [
        ("UPDATE log_access SET pulls = pulls + 1 WHERE month = '2026-11-01'", "log_access 2026-11 ico-uk "),
        ("UPDATE log_access SET agency = 'cnil-fr' WHERE month = '2026-11-01'", "log_access 2026-11 cnil-fr "),
        ("UPDATE log_access SET agreement = 'x' WHERE month = '2026-11-01'", "log_access 2026-11 ico-uk "),
        ("UPDATE log_access SET month = '2025-11-01' WHERE month = '2026-11-01'", "log_access 2025-11 ico-uk "),
        ("DELETE FROM log_access WHERE month = '2026-11-01'", "log_access 2026-11 ico-uk "),
        ("UPDATE log_access_progress SET next_seq = next_seq + 1000", "log_access_progress"),
    ],
)
def test_kept_counts(statement: str, place: str, scene: Scene) -> None:
    code, where = fault(scene, statement)
    assert code == "log-count-wrong"
    assert where.startswith(place)


def test_a_release_that_names_another_entry(scene: Scene) -> None:
    other = "(SELECT entry_id FROM log_entries WHERE action = 'release.pull' ORDER BY seq LIMIT 1)"
    for entry in ("gen_random_uuid()", other, f"'{scene.waiting}'"):
        found = fault(scene, f"UPDATE releases SET seal_entry_id = {entry} WHERE id = :id", id=scene.release)
        assert found == ("log-reference-wrong", f"releases {scene.release}")


def test_a_release_whose_entry_waits(scene: Scene) -> None:
    """It is found where it waits, if it is the sealing of this very release."""
    snapshot = scene.engine.execution_options(isolation_level="REPEATABLE READ")
    for action, release, right in (
        ("release.seal", scene.release, True),
        ("release.seal", seeds.new_id(), False),
        ("release.pull", scene.release, False),
    ):
        with snapshot.connect() as connection:
            waiting = SqlLedger(connection).append(seeds.event(action, object={"kind": "release", "id": release}))
            moved = text("UPDATE releases SET seal_entry_id = :entry WHERE id = :id")
            connection.execute(moved, {"entry": waiting, "id": scene.release})
            if right:
                assert compare(connection, scene).pending == 2
            else:
                with pytest.raises(IntegrityFailure) as caught:
                    compare(connection, scene)
                assert caught.value.code == "log-reference-wrong"
            connection.rollback()


def test_the_head_and_the_cosigned_checkpoint(scene: Scene, tmp_path: Any) -> None:
    """The files beside the tiles: head gone, head behind, any byte of them, of a tile, of the checkpoint."""
    folder = scene.gateway.settings.home / "log"
    names = ("head", "checkpoint", f"tile/0/000.p/{scene.published}", f"tile/entries/000.p/{scene.published}")
    for name in names:
        good = (folder / name).read_bytes()
        for at in (0, len(good) // 3, len(good) - 10):
            (folder / name).write_bytes(good[:at] + bytes([good[at] ^ 1]) + good[at + 1 :])
            with pytest.raises(IntegrityFailure) as caught:
                check_database(scene.gateway)
            assert (caught.value.where or "").startswith(name), at
        (folder / name).unlink()
        with pytest.raises(IntegrityFailure) as caught:
            check_database(scene.gateway)
        assert caught.value.where == name if name != "checkpoint" else True
        (folder / name).write_bytes(good)
    assert check_database(scene.gateway).published == scene.published
    with scene.engine.connect() as connection:
        waiting = connection.execute(text("SELECT event FROM log_pending ORDER BY created")).scalars()
        asked = [bytes(event) for event in waiting]
    assert sum(b'"action":"log.read"' in event for event in asked) == 4 * len(names) + 1
    assert sum(b'"action":"log.check"' in event for event in asked) == 4 * len(names)
    assert b'"where":"head"' in asked[2]
