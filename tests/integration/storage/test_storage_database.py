"""The database itself: what its errors become, how twins wait for each other, what tampering meets."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import timedelta

import psycopg
import pytest

from gateway.errors import Conflict, GatewayError, IntegrityFailure, InvalidInput, Misconfigured, NotFound, Unavailable
from gateway.evidence.manifest import DeclaredExhibit, PackageManifest
from gateway.evidence.media import TEXT
from gateway.exchange.authorize import authorize_package
from gateway.exchange.custody import hold
from gateway.exchange.parties import secret_register
from gateway.exchange.ports.requests import StoredAnswer
from gateway.storage.database import PostgresDatabase, PostgresTransaction, conninfo, database_url
from gateway.storage.parties import agreements as stored_agreements
from gateway.storage.requests.idempotency import PostgresIdempotency
from gateway.storage.requests.replays import PostgresReplays
from tests.contract import world
from tests.fakes import seeds

pytest_plugins = ("tests.fakes.postgres",)


@pytest.fixture
def database(postgres_url: str) -> Iterator[PostgresDatabase]:
    database = PostgresDatabase(postgres_url)
    yield database
    database.close()


def together(*acts: Callable[[], None]) -> None:
    """Run in threads of their own, and raise what they raise."""
    failures: list[BaseException] = []

    def run(act: Callable[[], None]) -> None:
        try:
            act()
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]


def test_a_database_out_of_reach_is_unavailable() -> None:
    database = PostgresDatabase("postgresql://gateway:hidden@/gateway?host=/nowhere")
    with pytest.raises(Unavailable) as refusal, database.transaction():
        pass
    assert refusal.value.code == "database-unavailable"
    assert "hidden" not in repr(refusal.value.__cause__)


def test_a_lost_connection_is_unavailable_and_the_next_transaction_works(database: PostgresDatabase) -> None:
    def lose() -> None:
        with database.transaction() as tx:
            assert isinstance(tx, PostgresTransaction)
            tx.connection.exec_driver_sql("SELECT pg_terminate_backend(pg_backend_pid())")

    with pytest.raises(Unavailable) as refusal:
        lose()
    assert refusal.value.code == "database-unavailable"
    with database.transaction() as tx:
        assert list(tx.directory.agencies()) == []


def test_connections_that_died_in_the_pool_are_replaced_unnoticed(database: PostgresDatabase) -> None:
    with database.transaction() as tx:
        tx.directory.agencies()
    with psycopg.connect(database.engine.url.set(drivername="postgresql").render_as_string(False)) as other:
        other.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE application_name = 'evidence-gateway' AND datname = current_database()"
        )
    with database.transaction() as tx:
        assert list(tx.directory.agencies()) == []


def test_a_full_pool_is_busy(postgres_url: str) -> None:
    database = PostgresDatabase(postgres_url, pool_size=1, overflow=0, wait_seconds=0.1)
    with database.transaction(), pytest.raises(Unavailable) as refusal, database.transaction():
        pass
    assert refusal.value.code == "database-busy"
    database.close()


def test_a_slow_statement_is_cut_off(database: PostgresDatabase) -> None:
    def sleep() -> None:
        with database.transaction() as tx:
            assert isinstance(tx, PostgresTransaction)
            tx.connection.exec_driver_sql("SET LOCAL statement_timeout = 50")
            tx.connection.exec_driver_sql("SELECT pg_sleep(10)")

    with pytest.raises(Unavailable) as refusal:
        sleep()
    assert refusal.value.code == "database-busy"


def test_the_limits_are_set_on_every_connection(database: PostgresDatabase) -> None:
    with database.engine.begin() as connection:
        for name, value in (
            ("statement_timeout", "30s"),
            ("lock_timeout", "10s"),
            ("idle_in_transaction_session_timeout", "1min"),
            ("transaction_isolation", "read committed"),
            ("TimeZone", "UTC"),
        ):
            assert connection.exec_driver_sql(f"SHOW {name}").scalar() == value


def test_the_server_keeps_its_promises(database: PostgresDatabase) -> None:
    assert list(database.problems()) == []
    with database.engine.begin() as connection:
        connection.exec_driver_sql("ALTER ROLE gateway SET synchronous_commit = off")
    try:
        database.close()
        assert any("synchronous_commit" in problem for problem in database.problems())
    finally:
        with database.engine.begin() as connection:
            connection.exec_driver_sql("ALTER ROLE gateway RESET synchronous_commit")


def test_text_that_no_column_takes_is_the_callers_fault(database: PostgresDatabase) -> None:
    with pytest.raises(InvalidInput) as refusal, database.transaction() as tx:
        tx.packages.get("a\0b")
    assert refusal.value.code == "value-not-storable"


def test_errors_never_quote_the_values_of_a_row(database: PostgresDatabase) -> None:
    here = world.build(database, exhibits=0)
    secret = "reference-of-a-case"
    acts: dict[str, tuple[type[GatewayError], Callable[[PostgresTransaction], object]]] = {
        "constraint-violated": (
            IntegrityFailure,
            lambda tx: tx.packages.add(
                seeds.package(here.case, here.agreement.ref, case_reference=secret, manifest_digest="no digest"),
                (),
                seeds.event(),
            ),
        ),
        "reference-missing": (
            NotFound,
            lambda tx: tx.packages.add(
                seeds.package(here.case, here.agreement.ref, case_reference=secret, agency=secret), (), seeds.event()
            ),
        ),
        "row-exists": (
            Conflict,
            lambda tx: tx.connection.exec_driver_sql("INSERT INTO agencies SELECT * FROM agencies"),
        ),
    }

    def attempt(act: Callable[[PostgresTransaction], object]) -> None:
        with database.transaction() as tx:
            assert isinstance(tx, PostgresTransaction)
            act(tx)

    for code, (kind, act) in acts.items():
        with pytest.raises(kind) as refusal:
            attempt(act)
        assert refusal.value.code == code
        assert secret not in str(refusal.value)
        # What a logged traceback would show of the cause.
        assert refusal.value.__cause__ is None
        assert refusal.value.__suppress_context__


@pytest.mark.parametrize("change", ["source = replace(source, 'ico-uk', 'ico-gb')", "document = 'x'", "version = 9"])
def test_an_agreement_that_was_changed_in_the_database_is_not_read(database: PostgresDatabase, change: str) -> None:
    agreement, source = world.sample_agreement()
    with database.transaction() as tx:
        world.onboard(tx, agreement)
        world.propose(tx, agreement, source)
        assert tx.agreements.version(agreement.id, agreement.version) is not None
    with database.engine.begin() as connection:
        connection.exec_driver_sql(f"UPDATE agreements SET {change}")  # noqa: S608 - our own text
    with pytest.raises(IntegrityFailure) as refusal, database.transaction() as tx:
        tx.agreements.newest(agreement.id)
    assert refusal.value.code == "agreement-changed"


def test_a_push_parses_the_version_it_is_under_once_and_no_other(database: PostgresDatabase) -> None:
    here = world.build(database)
    agreement, person = here.agreement, seeds.principal("ico-uk-submitter", "ico-uk", "submitter")
    with database.transaction() as tx:
        for name, version in ((agreement.id, agreement.version + 1), ("another", 1), ("another", 2)):
            source = here.source.replace(f"agreement: {agreement.id}", f"agreement: {name}")
            source = source.replace(f"version: {agreement.version}", f"version: {version}")
            world.propose(tx, world.parse_agreement(source.encode()), source)
    exhibit = DeclaredExhibit("report.txt", "incident-report", TEXT, 10, "0" * 64)
    manifest = PackageManifest(agreement.id, "case-9", agreement.purposes[0], (exhibit,))
    parsed = stored_agreements._parsed
    parsed.cache_clear()
    with database.transaction() as tx:
        hold.list_holds(tx, person, seeds.NOW)
    assert parsed.cache_info().misses == 0
    for _ in range(2):
        with database.transaction() as tx:
            authorize_package(tx, person, manifest, seeds.NOW)
            secret_register.listed(tx, person, seeds.NOW)
    assert parsed.cache_info().misses == 1


def test_the_second_of_two_moves_waits_and_is_refused(database: PostgresDatabase) -> None:
    here = world.build(database)
    refused: list[str] = []
    ready = threading.Barrier(2)

    def submit() -> None:
        try:
            with database.transaction() as tx:
                ready.wait()
                tx.packages.move(here.package.id, "submit", seeds.NOW, seeds.event("package.submit"))
        except Conflict as error:
            refused.append(error.code)

    together(submit, submit)
    assert refused == ["state-conflict"]


def test_twins_under_one_idempotency_key_wait_for_the_first_answer(database: PostgresDatabase) -> None:
    found: list[StoredAnswer | None] = []
    answer = StoredAnswer(seeds.digest("request"), 201, b"{}")

    def request() -> None:
        with database.transaction() as tx:
            known = tx.idempotency.find("someone", "key")
            found.append(known)
            if known is None:
                tx.idempotency.store("someone", "key", answer, seeds.NOW)

    together(request, request, request)
    assert found.count(None) == 1
    assert found.count(answer) == 2


def test_of_twins_with_one_token_id_one_is_the_first(database: PostgresDatabase) -> None:
    first: list[bool] = []

    def use() -> None:
        with database.transaction() as tx:
            first.append(tx.replays.first_use("issuer", "jti", seeds.NOW))

    together(use, use, use)
    assert sorted(first) == [False, False, True]


def test_what_has_expired_can_be_forgotten(database: PostgresDatabase) -> None:
    answer = StoredAnswer(seeds.digest("request"), 201, b"{}")
    with database.transaction() as tx:
        for number in range(3):
            at = seeds.NOW + timedelta(hours=number)
            tx.replays.first_use("issuer", str(number), at)
            tx.idempotency.store("someone", str(number), answer, at)
    with database.transaction() as tx:
        assert isinstance(tx.replays, PostgresReplays)
        assert isinstance(tx.idempotency, PostgresIdempotency)
        before = seeds.NOW + timedelta(hours=2)
        assert tx.replays.forget(before) == 2
        assert tx.idempotency.forget(before) == 2
        assert tx.replays.first_use("issuer", "0", seeds.NOW)
        assert not tx.replays.first_use("issuer", "2", seeds.NOW)
        assert tx.idempotency.find("someone", "2") == answer


def test_two_versions_are_not_activated_at_once(database: PostgresDatabase) -> None:
    agreement, source = world.sample_agreement()
    newer_source = source.replace(f"version: {agreement.version}", "version: 90")
    versions = [agreement, world.parse_agreement(newer_source.encode())]
    with database.transaction() as tx:
        world.onboard(tx, agreement)
        for version, text in zip(versions, (source, newer_source), strict=True):
            world.propose(tx, version, text)
            world.sign_all(tx, version)
    ready = threading.Barrier(2)
    refused: list[str] = []

    def activate(number: int) -> None:
        try:
            with database.transaction() as tx:
                tx.agreements.active(agreement.id)
                ready.wait()
                world.activate(tx, versions[number])
        except Conflict as error:
            refused.append(error.code)

    together(lambda: activate(0), lambda: activate(1))
    assert len(refused) == 1
    with database.transaction() as tx:
        assert tx.agreements.active(agreement.id) is not None


@pytest.mark.parametrize("url", ["", "nonsense", "sqlite:///x", "mysql://secret@host/x"])
def test_other_databases_are_refused(url: str) -> None:
    with pytest.raises(Misconfigured) as refusal:
        database_url(url)
    assert refusal.value.code == "database-url-invalid"
    assert "secret" not in str(refusal.value)


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg", "postgresql+asyncpg"])
def test_all_spellings_of_postgresql_are_understood(scheme: str) -> None:
    url = f"{scheme}://user:p%40ss@db.example.org:5433/evidence?sslmode=verify-full"
    plain = "postgresql://user:p%40ss@db.example.org:5433/evidence?sslmode=verify-full"
    assert conninfo(url) == plain
    assert database_url(url).drivername == "postgresql+psycopg"
