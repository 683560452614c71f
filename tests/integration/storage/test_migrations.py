"""Migrations: up, down, up again; and what they make is what the code declares."""

from __future__ import annotations

import threading
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import text

import gateway.storage.migrate as migrate_module
from gateway.errors import Misconfigured, Unavailable
from gateway.evidence.lifecycle import ExhibitState, PackageState, ReleaseState, RenditionState
from gateway.storage import migrate
from gateway.storage.database import PostgresDatabase, conninfo
from gateway.storage.schema.all_tables import metadata
from tests.integration.storage import schema_check

pytest_plugins = ("tests.fakes.postgres",)


def objects(url: str) -> set[str]:
    """All relations, functions and types of the database that are not PostgreSQL's own."""
    with psycopg.connect(conninfo(url)) as connection:
        rows = connection.execute(
            "SELECT 'relation ' || relname FROM pg_class WHERE relnamespace = 'public'::regnamespace "
            "UNION ALL SELECT 'function ' || proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace "
            "UNION ALL SELECT 'type ' || typname FROM pg_type WHERE typnamespace = 'public'::regnamespace"
        )
        return {name for (name,) in rows}


def test_up_down_up(empty_postgres_url: str) -> None:
    url = empty_postgres_url
    assert schema_check.current(url) is None
    migrate.upgrade(url)
    made = objects(url)
    assert {f"relation {name}" for name in metadata.tables} <= made
    assert "relation procrastinate_jobs" in made
    assert schema_check.current(url) == schema_check.head()
    migrate.upgrade(url)
    assert objects(url) == made
    schema_check.downgrade(url, "base")
    assert {name for name in objects(url) if "alembic_version" not in name} == set()
    migrate.upgrade(url)
    assert objects(url) == made


def test_every_step_down_can_be_taken_alone(empty_postgres_url: str) -> None:
    migrate.upgrade(empty_postgres_url)
    schema_check.downgrade(empty_postgres_url, "0001")
    left = objects(empty_postgres_url)
    assert "relation packages" in left
    assert not any("procrastinate" in name for name in left)


def test_models_and_migrations_agree(empty_postgres_url: str) -> None:
    migrate.upgrade(empty_postgres_url)
    assert list(schema_check.check(empty_postgres_url)) == []


@pytest.mark.parametrize(
    "statement",
    [
        "ALTER TABLE cases ADD COLUMN colour text",
        "ALTER TABLE cases DROP COLUMN purpose",
        "ALTER TABLE cases ALTER COLUMN purpose DROP NOT NULL",
        "ALTER TABLE exhibits ALTER COLUMN size_bytes TYPE integer",
        "ALTER TABLE exhibits DROP CONSTRAINT ck_exhibits_state",
        "ALTER TABLE releases DROP CONSTRAINT ck_releases_state, "
        "ADD CONSTRAINT ck_releases_state CHECK (state IN ('sealed', 'available'))",
        "ALTER TABLE packages DROP CONSTRAINT fk_packages_case_id",
        "DROP INDEX uq_agreements_active",
        "CREATE INDEX extra ON cases (purpose)",
        "CREATE TABLE surplus (id text)",
    ],
)
def test_a_difference_is_found(empty_postgres_url: str, statement: str) -> None:
    migrate.upgrade(empty_postgres_url)
    with psycopg.connect(conninfo(empty_postgres_url)) as connection:
        connection.execute(statement)  # type: ignore[call-overload]
    assert schema_check.check(empty_postgres_url)


def test_processes_that_start_together_migrate_once(empty_postgres_url: str) -> None:
    failures: list[BaseException] = []

    def run() -> None:
        try:
            migrate.upgrade(empty_postgres_url)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=run) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert schema_check.current(empty_postgres_url) == schema_check.head()


def test_a_migration_that_fails_leaves_the_database_as_it_was(
    empty_postgres_url: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("procrastinate.schema.SchemaManager.get_schema", staticmethod(lambda: "SELECT 1"))
    with pytest.raises(Misconfigured) as refusal:
        migrate.upgrade(empty_postgres_url)
    assert refusal.value.code == "queue-schema-unknown"
    assert objects(empty_postgres_url) == set()


def test_a_database_out_of_reach_is_told_as_such() -> None:
    with pytest.raises(Unavailable) as refusal:
        migrate.upgrade("postgresql://gateway@/gateway?host=/nowhere")
    assert refusal.value.code == "database-unavailable"


def test_the_scripts_are_found_in_a_wheel_too(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    package = tmp_path / "gateway"
    (package / "_resources" / "migrations").mkdir(parents=True)
    monkeypatch.setattr(migrate_module.gateway, "__file__", str(package / "__init__.py"))
    with pytest.raises(Misconfigured) as refusal:
        migrate.migrations_folder()
    assert refusal.value.code == "migrations-missing"
    (package / "_resources" / "migrations" / "env.py").touch()
    assert migrate.migrations_folder() == package / "_resources" / "migrations"


def test_the_states_that_rows_may_have_are_those_of_the_lifecycle(empty_postgres_url: str) -> None:
    migrate.upgrade(empty_postgres_url)
    database = PostgresDatabase(empty_postgres_url)
    tables = {
        "packages": PackageState,
        "exhibits": ExhibitState,
        "renditions": RenditionState,
        "releases": ReleaseState,
    }
    with database.engine.begin() as connection:
        for table, states in tables.items():
            query = text("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = :name")
            definition = connection.execute(query, {"name": f"ck_{table}_state"}).scalar_one()
            assert all(f"'{state}'" in definition for state in states)
            assert definition.count("'::text") == len(states)
    database.close()
