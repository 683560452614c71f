"""The gateway's database: the one of the settings, or a private PostgreSQL that is started in the gateway's folder."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

from sqlalchemy.engine import make_url

from gateway.settings import Settings
from gateway.storage.embedded.server import start_embedded
from gateway.storage.migrate import upgrade


def start_database(settings: Settings, stack: ExitStack) -> str:
    """Start the embedded database, if no other is named, until the stack ends; bring the tables up to date; the URL."""
    if settings.database_url:
        given = make_url(settings.database_url).set(drivername="postgresql+psycopg")
        if settings.database_password:
            given = given.set(password=settings.database_password)
        url = given.render_as_string(hide_password=False)
    else:
        settings.home.mkdir(mode=0o700, parents=True, exist_ok=True)
        embedded = start_embedded(settings.home / "database")
        stack.callback(embedded.stop)
        url = embedded.url
    upgrade(url)
    return url


def stop_left_over(home: Path) -> None:
    """Stop the embedded database that a killed process may have left running in a gateway's folder."""
    database = home / "database"
    if database.exists():
        start_embedded(database).stop()
