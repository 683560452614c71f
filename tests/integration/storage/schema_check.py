"""What schema a database has: its revision, the way back to an older one, and how it differs from the code."""

from __future__ import annotations

from collections.abc import Sequence

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from gateway.storage.migrate import is_ours, migrating, migrations_folder
from gateway.storage.schema.all_tables import QUEUE_PREFIX, metadata


def head() -> str:
    """The revision that this version of the gateway needs."""
    return str(ScriptDirectory(str(migrations_folder())).get_current_head())


def downgrade(url: str, revision: str) -> None:
    """Take the database back to an older revision, ``base`` for an empty one. Data is lost."""
    with migrating(url) as config:
        command.downgrade(config, revision)


def current(url: str) -> str | None:
    """The revision that the database has; None before the first migration."""
    with migrating(url) as config:
        return MigrationContext.configure(config.attributes["connection"]).get_current_revision()


def check(url: str) -> Sequence[str]:
    """How the database differs from what the code declares; empty if it doesn't.

    Tables, columns, types and indexes are compared by alembic. Constraints and indexes are compared
    once more by their text, with those of a schema that is made for it and rolled back, because
    alembic doesn't look at CHECKs, and the states that a row may have stand there.
    """
    with migrating(url) as config:
        connection = config.attributes["connection"]
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
