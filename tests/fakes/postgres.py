"""A real PostgreSQL for tests: one private server a session, one migrated database, emptied after each test.

    pytest_plugins = ("tests.fakes.postgres",)   # in a test module

``postgres_url`` is that database; a test that changes its *schema* must change it back.
``empty_postgres_url`` is a fresh one without any table, ``module_postgres_url`` one for a whole module.
Not a fake, but what fakes are compared with.
"""

from __future__ import annotations

import itertools
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from gateway.storage import migrate
from gateway.storage.database import conninfo, database_url
from gateway.storage.embedded.server import EmbeddedPostgres, start_embedded
from gateway.storage.schema.all_tables import metadata

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[EmbeddedPostgres]:
    """The server. A short path, for the socket lies in it."""
    with tempfile.TemporaryDirectory(prefix="egw-") as folder, start_embedded(Path(folder) / "postgres") as server:
        yield server


@pytest.fixture(scope="session")
def _migrated_url(postgres_server: EmbeddedPostgres) -> Iterator[str]:
    with _database(postgres_server) as url:
        migrate.upgrade(url)
        yield url


@pytest.fixture
def postgres_url(_migrated_url: str) -> Iterator[str]:
    """URL of a migrated database in which all tables are empty."""
    yield _migrated_url
    # DELETE, because TRUNCATE makes new files for every table and index, which takes longer.
    names = [table.name for table in reversed(metadata.sorted_tables)]
    names += ["procrastinate_periodic_defers", "procrastinate_jobs", "procrastinate_workers"]
    with psycopg.connect(conninfo(_migrated_url)) as connection:
        for name in names:
            connection.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(name)))


@pytest.fixture
def empty_postgres_url(postgres_server: EmbeddedPostgres) -> Iterator[str]:
    """URL of a fresh database without any table."""
    with _database(postgres_server) as url:
        yield url


@pytest.fixture(scope="module")
def module_postgres_url(postgres_server: EmbeddedPostgres) -> Iterator[str]:
    """URL of a migrated database of a module's own, which is filled once and not emptied between its tests."""
    with _database(postgres_server) as url:
        migrate.upgrade(url)
        yield url


@contextmanager
def _database(server: EmbeddedPostgres) -> Iterator[str]:
    name = sql.Identifier(f"test_{os.getpid()}_{next(_numbers)}")
    _execute(server, sql.SQL("CREATE DATABASE {}").format(name))
    try:
        yield _named(server, name.as_string()[1:-1])
    finally:
        _execute(server, sql.SQL("DROP DATABASE {} WITH (FORCE)").format(name))


def _named(server: EmbeddedPostgres, name: str) -> str:
    return database_url(server.url).set(database=name).render_as_string(hide_password=False)


def _execute(server: EmbeddedPostgres, statement: sql.Composed) -> None:
    with psycopg.connect(conninfo(server.url), autocommit=True) as connection:
        connection.execute(statement)
