"""Erasure on a real database: what was erased is nowhere any more, and the log stays as it was."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import create_engine, select

from gateway.blobs.log_store import LocalLogStore
from gateway.errors import Conflict, Denied, InvalidInput, NotFound, Unavailable
from gateway.evidence.lifecycle import ExhibitState, PackageState
from gateway.evidence.package import Principal
from gateway.exchange.custody import dispose, forget_case
from gateway.keyring.file_keyring import FileKeyring
from gateway.keyring.gateway_keys import GatewayKeys
from gateway.storage.database import PostgresDatabase, conninfo, database_url
from gateway.storage.log.sequence import LogSequence
from gateway.storage.schema.log_tables import log_entries
from gateway.storage.vacuum import drop_wal, vacuum
from gateway.translog.commitment import opens
from gateway.translog.entry import parse_entry
from gateway.translog.verifier import audit
from gateway.translog.vkey import parse_vkey
from gateway.workers.sequencer import Sequencer
from tests.fakes import seeds
from tests.unit.api.world import World

pytest_plugins = ("tests.fakes.postgres",)

NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
REFERENCE, NAME, NOTE = "18403-91-moreau", "Moreau, Camille.txt", "as Ms Moreau asked"
BASIS = "UK GDPR Art. 17(1)(a)"
PERSONS = ("cnil-fr.officer", "ico-uk.officer")


@pytest.fixture
def keyring() -> FileKeyring:
    return FileKeyring(GatewayKeys.generate("test.example/log"))


@pytest.fixture
def world(tmp_path: Path, postgres_url: str, keyring: FileKeyring) -> Iterator[World]:
    database = PostgresDatabase(postgres_url, keyring=keyring)
    world = World(tmp_path, database=database)
    with database.transaction() as tx:
        officer = Principal("ico-uk.officer", "ico-uk", frozenset({"compliance-officer"}))
        tx.directory.put_principal(officer, seeds.event("principal.put"))
    yield world
    database.close()


def make_case(world: World, state: PackageState = PackageState.DISPOSED, reference: str = REFERENCE) -> tuple[str, str]:
    """A case with one package; returns its id and that of an entry with erasable values."""
    case = seeds.case(reference=reference, opened_by="ico-uk")
    package = seeds.package(case, world.agreement.ref, submitter="ico-uk.submitter", state=PackageState.OPEN)
    exhibit = seeds.exhibit(package, name=NAME, state=ExhibitState.DECLARED)
    with world.database.transaction() as tx:
        tx.cases.open(case, seeds.event("case.open", case_id=case.id, erasable={"case_reference": reference}))
        tx.packages.add(
            package, [exhibit], seeds.event("package.create", case_id=case.id, erasable={"exhibit_name": NAME})
        )
        entry = tx.ledger.append(
            seeds.event(
                "rendition.approve", case_id=case.id, erasable={"note": NOTE}, agreement=world.agreement.ref.as_dict()
            )
        )
        if state is PackageState.DISPOSED:
            tx.packages.move(package.id, "abandon", NOW, seeds.event("package.abandon"))
            tx.packages.move(package.id, "dispose", NOW, seeds.event("package.dispose"))
    return case.id, entry


def sequence(world: World, keyring: FileKeyring) -> None:
    sequencer = Sequencer(
        LogSequence(world.gateway.database.engine),
        world.gateway.log_store,
        keyring.log_signer,
        parse_vkey(keyring.log_vkey),
    )
    try:
        sequencer.sequence_once()
    finally:
        sequencer.close()


def everything(url: str, folder: Path) -> bytes:
    """All rows of all tables as text and as bytes, and all files of the folder."""
    parts = []
    with psycopg.connect(conninfo(url)) as connection:
        tables = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
        for (table,) in tables:
            with connection.cursor().copy(
                sql.SQL("COPY {} TO STDOUT (FORMAT binary)").format(sql.Identifier(table))
            ) as out:
                parts += [bytes(block) for block in out]
    assert len(tables) > 15
    parts += [path.read_bytes() for path in folder.rglob("*") if path.is_file()]
    return b"\0".join(parts)


def test_what_was_erased_is_nowhere_and_the_log_is_as_it_was(
    world: World, keyring: FileKeyring, postgres_url: str, tmp_path: Path
) -> None:
    case_id, entry_id = make_case(world)
    sequence(world, keyring)
    key, store = parse_vkey(keyring.log_vkey), LocalLogStore(tmp_path / "log")
    before = audit(store.read, key)
    words = (REFERENCE.encode(), NAME.encode(), NOTE.encode())
    there = everything(postgres_url, tmp_path / "log")
    assert REFERENCE.encode() in there
    assert NAME.encode() in there
    # The note stands in no table that work is done with, so it is found nowhere even now.
    assert NOTE.encode() not in there
    with world.database.transaction() as tx:
        position = tx.ledger.position(entry_id)
        assert position is not None
        ((salt, note),) = tx.ledger.values(entry_id).values()
        commitment = parse_entry(_leaf(world, position)).commitments["note"]
    assert note == NOTE
    assert opens(commitment, "note", salt, NOTE)

    with world.database.transaction() as tx:
        assert forget_case.erase_case(tx, tx.erasures, case_id, PERSONS, BASIS, NOW) == 3
    sequence(world, keyring)

    after = everything(postgres_url, tmp_path / "log")
    assert not [word for word in words if word in after]
    assert salt not in after
    with world.database.transaction() as tx:
        assert tx.ledger.values(entry_id) == {}
    later = audit(store.read, key, known=[before.checkpoint])
    assert later.checkpoint.size == before.checkpoint.size + 1
    last = parse_entry(_leaf(world, later.checkpoint.size - 1))
    assert (last.action, last.outcome, last.object["case"]) == ("log.erase", "done", case_id)
    assert last.detail["legal_basis"] == BASIS
    assert last.detail["approved_by"] == list(PERSONS)
    assert parse_entry(_leaf(world, position)).commitments["note"] == commitment


def spellings(word: str) -> list[bytes]:
    """A word as a file might hold it: UTF-8 and UTF-16, each also in hexadecimal and in base64 at any offset."""
    found = []
    for raw in (word.encode(), word.encode("utf-16-le"), word.encode("utf-16-be")):
        found += [raw, raw.hex().encode(), raw.hex().upper().encode()]
        for offset in range(3):
            # Only the characters that no neighbour has a part in.
            encoded = base64.b64encode(bytes(offset) + raw)
            found.append(encoded[-(-offset * 8 // 6) : (len(raw) + offset) * 8 // 6])
    return found


def holding(data: Path, database: int, *, wal: bool) -> dict[str, list[str]]:
    """Files of the server, but for other databases, that hold one of the words in any spelling; which words."""
    found: dict[str, list[str]] = {}
    for path in sorted(data.rglob("*")):
        inside = path.relative_to(data).as_posix()
        other = inside.startswith("base/") and not inside.startswith(f"base/{database}/")
        if other or not path.is_file() or inside.startswith("pg_wal/") is not wal:
            continue
        content = path.read_bytes()
        words = [word for word in (REFERENCE, NAME, NOTE) if any(s in content for s in spellings(word))]
        if words:
            found[inside] = words
    return found


def server_folder(connection: psycopg.Connection[Any]) -> tuple[Path, int]:
    """The data folder of the server, and the number of this database's folder in it; all of it is on disk."""
    connection.execute("CHECKPOINT")
    query = "SELECT current_setting('data_directory'), oid::int FROM pg_database WHERE datname = current_database()"
    ((folder, number),) = connection.execute(query).fetchall()
    return Path(folder), number


def test_spellings_are_found_where_they_are() -> None:
    """The search finds a word in each spelling and at each offset: else the next test would prove nothing."""
    for before in range(4):
        text = b"x" * before + f"{NAME}!".encode()
        for coded in (text, text.hex().encode(), text.hex().upper().encode(), base64.b64encode(text)):
            assert any(s in coded for s in spellings(NAME)), coded
        wide = ("x" * before + NAME).encode("utf-16-le")
        assert any(s in base64.b64encode(wide) for s in spellings(NAME))


def test_old_pages_statistics_and_wal_are_gone(world: World, postgres_url: str) -> None:
    """Tables, indexes, statistics, every other file of the server; and, once dropped, its write-ahead log."""
    engine = world.gateway.database.engine
    # Three of them, so that one value is frequent, and stands in the samples of the statistics.
    cases = [make_case(world, reference=reference)[0] for reference in (REFERENCE, "a-case", "b-case")]
    with psycopg.connect(conninfo(postgres_url), autocommit=True) as connection:
        connection.execute("ANALYZE")
        data, database = server_folder(connection)
        ((statistics,),) = connection.execute("SELECT pg_relation_filepath('pg_statistic')").fetchall()
        ((index,),) = connection.execute("SELECT pg_relation_filepath('uq_cases_agreement_reference')").fetchall()
        before = holding(data, database, wal=False)
        assert {statistics, index} <= before.keys()
        assert len(before) > 4
        assert holding(data, database, wal=True)
        for case_id in cases:
            with world.database.transaction() as tx:
                assert forget_case.erase_case(tx, tx.erasures, case_id, PERSONS, BASIS, NOW) == 3
        vacuum(engine)
        connection.execute("CHECKPOINT")
        assert holding(data, database, wal=False) == {}
        assert holding(data, database, wal=True)  # said so in docs/audit.md
        assert drop_wal(engine) > 0
        assert holding(data, database, wal=True) == {}
        assert connection.execute("SELECT setting FROM pg_settings WHERE name = 'wal_recycle'").fetchall() == [("on",)]


def test_only_a_superuser_drops_the_log(world: World, postgres_url: str) -> None:
    with psycopg.connect(conninfo(postgres_url), autocommit=True) as connection:
        connection.execute("CREATE ROLE plain LOGIN")
        connection.execute("GRANT USAGE ON SCHEMA public TO plain")
    plain = create_engine(
        database_url(postgres_url), connect_args={"options": "-c role=plain"}, isolation_level="READ COMMITTED"
    )
    try:
        with pytest.raises(Unavailable) as refused:
            drop_wal(plain)
        assert refused.value.code == "wal-not-dropped"
    finally:
        plain.dispose()
        with psycopg.connect(conninfo(postgres_url), autocommit=True) as connection:
            connection.execute("DROP OWNED BY plain")
            connection.execute("DROP ROLE plain")


def test_what_comes_later_is_committed_to_and_not_kept(world: World) -> None:
    case_id, _ = make_case(world)
    with world.database.transaction() as tx:
        assert forget_case.erase_case(tx, tx.erasures, case_id, PERSONS, BASIS, NOW) == 3
        late = tx.ledger.append(seeds.event("test.late", case_id=case_id, erasable={"note": "late"}))
    with world.database.transaction() as tx:
        assert tx.ledger.values(late) == {}
        assert forget_case.erase_case(tx, tx.erasures, case_id, PERSONS, BASIS, NOW) == 0


@pytest.mark.parametrize(
    ("persons", "basis", "kind", "code"),
    [
        (("cnil-fr.officer",), BASIS, Denied, "two-persons-required"),
        (("cnil-fr.officer", "cnil-fr.officer"), BASIS, Denied, "two-persons-required"),
        (("cnil-fr.officer", "nobody"), BASIS, NotFound, "principal-unknown"),
        (("cnil-fr.officer", "ftc-us.submitter"), BASIS, NotFound, "case-unknown"),
        (("cnil-fr.officer", "ico-uk.submitter"), BASIS, Denied, None),
        (PERSONS, "", InvalidInput, "legal-basis-invalid"),
        (PERSONS, "because\nI say so", InvalidInput, "legal-basis-invalid"),
    ],
)
def test_who_may_not_erase(
    world: World, persons: tuple[str, ...], basis: str, kind: type[Exception], code: str | None
) -> None:
    case_id, entry = make_case(world)
    with pytest.raises(kind) as refusal, world.database.transaction() as tx:
        forget_case.erase_case(tx, tx.erasures, case_id, persons, basis, NOW)
    assert code in (None, refusal.value.code)
    with world.database.transaction() as tx:
        assert set(tx.ledger.values(entry)) == {"note"}


def test_a_case_that_is_live_is_not_erased(world: World) -> None:
    case_id, _ = make_case(world, PackageState.OPEN)
    with pytest.raises(Conflict) as refusal, world.database.transaction() as tx:
        forget_case.erase_case(tx, tx.erasures, case_id, PERSONS, BASIS, NOW)
    assert refusal.value.code == "case-live"


def test_another_gateways_key_opens_nothing(world: World, postgres_url: str) -> None:
    _, entry = make_case(world)
    stranger = PostgresDatabase(postgres_url, keyring=FileKeyring(GatewayKeys.generate("test.example/log")))
    with pytest.raises(Exception, match="key-encryption key"), stranger.transaction() as tx:
        tx.ledger.values(entry)
    stranger.close()


def _leaf(world: World, seq: int) -> bytes:
    with world.gateway.database.engine.connect() as connection:
        return bytes(connection.execute(select(log_entries.c.leaf).where(log_entries.c.seq == seq)).scalar_one())


def test_the_end_of_retention_forgets_the_same_without_persons(
    world: World, keyring: FileKeyring, postgres_url: str, tmp_path: Path
) -> None:
    case_id, _ = make_case(world)
    with world.database.transaction() as tx:
        (package,) = tx.packages.of_case(case_id)
        assert REFERENCE.encode() in everything(postgres_url, tmp_path / "log")
    for erased in (3, 0):  # harmless to repeat
        with world.database.transaction() as tx:
            assert dispose.erase_case(tx, package.id, NOW) == erased
    sequence(world, keyring)
    after = everything(postgres_url, tmp_path / "log")
    assert not [word for word in (REFERENCE, NAME, NOTE) if word.encode() in after]
    report = audit(LocalLogStore(tmp_path / "log").read, parse_vkey(keyring.log_vkey))
    last = parse_entry(_leaf(world, report.checkpoint.size - 1))
    assert (last.action, last.reason, last.object["case"]) == ("log.erase", "last-package-disposed", case_id)


def test_names_that_a_sender_chose_do_not_keep_a_case(world: World, postgres_url: str, tmp_path: Path) -> None:
    case_id, _ = make_case(world)
    with world.database.transaction() as tx:
        (package,) = tx.packages.of_case(case_id)
        held = seeds.package(
            seeds.case(reference=REFERENCE, opened_by="ico-uk", id=case_id),
            world.agreement.ref,
            submitter="ico-uk.submitter",
            case_reference="erased",
            manifest=NAME.encode(),
        )
        names = ("erased-1", "erased-0", "erased")
        exhibits = [seeds.exhibit(held, number, name=name) for number, name in enumerate(names)]
        tx.packages.add(held, exhibits, seeds.event("package.create"))
        tx.packages.move(held.id, "abandon", NOW, seeds.event("package.abandon"))
        tx.packages.move(held.id, "dispose", NOW, seeds.event("package.dispose"))
    with world.database.transaction() as tx:
        tx.cases.open(seeds.case(reference=f"erased-{case_id}", opened_by="ico-uk"), seeds.event("case.open"))
        assert list(tx.erasures.unforgotten(NOW, after="", limit=9)) == [min(package.id, held.id)]
        assert dispose.erase_case(tx, package.id, NOW) == 3
    assert NAME.encode() not in everything(postgres_url, tmp_path / "log")
    with world.database.transaction() as tx:
        assert list(tx.erasures.unforgotten(NOW, after="", limit=9)) == []


def test_a_case_of_which_something_is_left_is_not_forgotten(world: World) -> None:
    case_id, _ = make_case(world, PackageState.OPEN)
    with world.database.transaction() as tx:
        (package,) = tx.packages.of_case(case_id)
        assert dispose.erase_case(tx, package.id, NOW) == 0
        assert tx.packages.of_case(case_id)[0].case_reference == package.case_reference != "erased"
