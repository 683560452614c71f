"""A real PostgreSQL for tests: one private server a session, one fresh database a test.

    from tests.fakes.postgres import postgres_server, postgres_url   # in a conftest.py

``postgres_url`` is a database with all migrations applied, copied from a template in some 20 ms and
dropped after the test; ``empty_postgres_url`` one without any table. Not a fake, but what fakes are
compared with.
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
from gateway.storage.embedded import EmbeddedPostgres, start_embedded

_TEMPLATE = "gateway_template"
_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[EmbeddedPostgres]:
    """The server, with the template database migrated. A short path, for the socket lies in it."""
    with tempfile.TemporaryDirectory(prefix="egw-") as folder, start_embedded(Path(folder) / "postgres") as server:
        _execute(server, sql.SQL("CREATE DATABASE {}").format(sql.Identifier(_TEMPLATE)))
        migrate.upgrade(_named(server, _TEMPLATE))
        yield server


@pytest.fixture
def postgres_url(postgres_server: EmbeddedPostgres) -> Iterator[str]:
    """URL of a fresh, migrated database."""
    with _database(postgres_server, _TEMPLATE) as url:
        yield url


@pytest.fixture
def empty_postgres_url(postgres_server: EmbeddedPostgres) -> Iterator[str]:
    """URL of a fresh database without any table."""
    with _database(postgres_server, "template0") as url:
        yield url


@contextmanager
def _database(server: EmbeddedPostgres, template: str) -> Iterator[str]:
    name = f"test_{os.getpid()}_{next(_numbers)}"
    create = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
    _execute(server, create.format(sql.Identifier(name), sql.Identifier(template)))
    try:
        yield _named(server, name)
    finally:
        _execute(server, sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def _named(server: EmbeddedPostgres, name: str) -> str:
    return database_url(server.url).set(database=name).render_as_string(hide_password=False)


def _execute(server: EmbeddedPostgres, statement: sql.Composed) -> None:
    with psycopg.connect(conninfo(server.url), autocommit=True) as connection:
        connection.execute(statement)
