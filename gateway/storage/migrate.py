"""Bringing a database to the schema that this version needs.

Migrations are alembic scripts, in ``migrations/`` of a checkout and inside the package of a wheel.
All that is pending runs in one transaction under an advisory lock: several processes may start at
once, and a migration that fails leaves the database as it was. procrastinate's tables are created by
a migration, but belong to procrastinate: they are left out of comparisons (``is_ours``).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import NullPool, create_engine, text

import gateway
from gateway.errors import Misconfigured
from gateway.storage.database import database_url
from gateway.storage.driver_errors import translated
from gateway.storage.schema.all_tables import QUEUE_PREFIX

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


def upgrade(url: str) -> None:
    """Bring the database to the newest revision; nothing happens if it is there.

    Raises:
        Unavailable: ``database-unavailable`` or ``database-busy``.
        Misconfigured: ``queue-schema-unknown`` if the installed procrastinate is another than tested.
    """
    with migrating(url) as config:
        command.upgrade(config, "head")


@contextmanager
def migrating(url: str) -> Iterator[Config]:
    """What alembic's commands work with: the scripts, and a transaction that holds the lock."""
    engine = create_engine(database_url(url), poolclass=NullPool, connect_args={"connect_timeout": 10})
    with translated(), engine.begin() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        config = Config()
        config.set_main_option("script_location", str(migrations_folder()).replace("%", "%%"))
        config.attributes["connection"] = connection
        yield config
