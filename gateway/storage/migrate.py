"""Bringing a database to the schema that this version needs, and saying whether it has it.

Migrations are alembic scripts, in ``migrations/`` of a checkout and inside the package of a wheel.
All that is pending runs in one transaction under an advisory lock: several processes may start at
once, and a migration that fails leaves the database as it was. procrastinate's tables are created by
a migration, but belong to procrastinate: they are left out of comparisons.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, NullPool, create_engine, text

import gateway
from gateway.errors import Misconfigured
from gateway.storage.database import database_url
from gateway.storage.driver_errors import translated
from gateway.storage.schema.tables import QUEUE_PREFIX, metadata

# "migrate" in bytes, for whoever meets the lock in pg_locks.
_LOCK = int.from_bytes(b"migrate", "big")


def migrations_folder() -> Path:
    """Where the scripts are: packaged in a wheel, beside the package in a checkout.

    Raises:
        Misconfigured: ``migrations-missing``.
    """
    package = Path(gateway.__file__).resolve().parent
    for folder in (package / "_resources" / "migrations", package.parent / "migrations"):
        if (folder / "env.py").is_file():
            return folder
    raise Misconfigured(
        "migrations-missing",
        "The migration scripts are not where the package expects them.",
        remedy="Install evidence-gateway anew.",
    )


def is_ours(name: str | None, kind: str, parents: Any) -> bool:
    """Whether a comparison looks at the object; alembic calls this ``include_name``."""
    return not (kind == "table" and name is not None and name.startswith(QUEUE_PREFIX))


def head() -> str:
    """The revision that this version of the gateway needs."""
    return str(ScriptDirectory(str(migrations_folder())).get_current_head())


def upgrade(url: str, revision: str = "head") -> None:
    """Bring the database to the revision, by default the newest; nothing happens if it is there.

    Raises:
        Unavailable: ``database-unavailable`` or ``database-busy``.
        Misconfigured: ``queue-schema-unknown`` if the installed procrastinate is another than tested.
    """
    with _connected(url) as connection:
        command.upgrade(_config(connection), revision)


def downgrade(url: str, revision: str) -> None:
    """Take the database back to an older revision, ``base`` for an empty one. Data is lost.

    Raises:
        Unavailable: ``database-unavailable`` or ``database-busy``.
    """
    with _connected(url) as connection:
        command.downgrade(_config(connection), revision)


def current(url: str) -> str | None:
    """The revision that the database has; None before the first migration."""
    with _connected(url, lock=False) as connection:
        return MigrationContext.configure(connection).get_current_revision()


def check(url: str) -> Sequence[str]:
    """How the database differs from what the code declares; empty if it doesn't.

    Tables, columns, types and indexes are compared by alembic. Constraints and indexes are compared
    once more by their text, with those of a schema that is made for it and rolled back, because
    alembic doesn't look at CHECKs, and the states that a row may have stand there.
    """
    with _connected(url) as connection:
        context = MigrationContext.configure(
            connection,
            opts={"include_name": is_ours, "compare_type": True, "compare_server_default": True},
        )
        differences = [str(difference) for difference in compare_metadata(context, metadata)]
        present = _definitions(connection)
        with connection.begin_nested() as scratch:
            connection.execute(text("CREATE SCHEMA gateway_declared"))
            connection.execute(text("SET LOCAL search_path = gateway_declared"))
            metadata.create_all(connection, checkfirst=False)
            declared = _definitions(connection)
            scratch.rollback()
    differences += [f"missing: {item}" for item in sorted(declared - present)]
    differences += [f"surplus: {item}" for item in sorted(present - declared)]
    return differences


_DEFINITIONS = text(
    """
    SELECT conrelid::regclass::text AS place, conname AS name, pg_get_constraintdef(c.oid) AS definition
    FROM pg_constraint c WHERE connamespace = current_schema()::regnamespace AND contype <> 'n'
    UNION ALL
    SELECT tablename, indexname, regexp_replace(indexdef, ' ON [^ ]+\\.', ' ON ')
    FROM pg_indexes WHERE schemaname = current_schema()
    """
)


def _definitions(connection: Connection) -> set[str]:
    rows = connection.execute(_DEFINITIONS)
    return {
        f"{row.place} {row.name}: {row.definition}"
        for row in rows
        if not row.place.startswith(QUEUE_PREFIX) and row.place not in ("-", "alembic_version")
    }


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(migrations_folder()).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


@contextmanager
def _connected(url: str, *, lock: bool = True) -> Iterator[Connection]:
    engine = create_engine(database_url(url), poolclass=NullPool, connect_args={"connect_timeout": 10})
    with translated(), engine.begin() as connection:
        if lock:
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        yield connection
