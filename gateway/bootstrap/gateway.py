"""The wired gateway: one object that holds every adapter, opened from the settings and closed in order."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from uuid import uuid4

from sqlalchemy.engine import make_url

from gateway.blobs.log_store import LogStore, open_log_store
from gateway.blobs.store import open_blobs
from gateway.errors import Misconfigured
from gateway.exchange.ports.blobs import Blobs
from gateway.keyring.file_keyring import FileKeyring
from gateway.keyring.tokens import TokenAuthority
from gateway.settings import Settings
from gateway.storage.database import PostgresDatabase
from gateway.storage.embedded.server import start_embedded
from gateway.storage.migrate import upgrade
from gateway.workbench.parent import SandboxedWorkbench


def utc_now() -> datetime:
    """The present, aware UTC."""
    return datetime.now(UTC)


def random_id() -> str:
    """A random UUID (RFC 9562 version 4)."""
    return str(uuid4())


@dataclass(frozen=True)
class Gateway:
    """Everything a face needs. Build it with :func:`open_gateway`.

    Attributes:
        clock: Gives the present; tests pass another.
        new_id: Gives a fresh identifier.
    """

    settings: Settings
    database_url: str
    database: PostgresDatabase
    blobs: Blobs
    keyring: FileKeyring
    tokens: TokenAuthority
    log_store: LogStore
    clock: Callable[[], datetime]
    new_id: Callable[[], str]

    @cached_property
    def workbench(self) -> SandboxedWorkbench:
        """Started at first use: only workers open evidence."""
        settings = self.settings
        return SandboxedWorkbench(
            workers=settings.sandbox_workers,
            memory_bytes=settings.sandbox_memory_bytes,
            seconds=settings.sandbox_seconds,
            max_bytes=settings.max_redactable_bytes,
            max_scans=settings.max_scanned_pages,
            window_from_bytes=settings.window_from_bytes,
            max_windowed_bytes=settings.max_windowed_bytes,
        )

    def close(self) -> None:
        """End the child processes and the connections."""
        if "workbench" in self.__dict__:
            self.workbench.close()
        self.database.close()


@contextmanager
def open_gateway(
    settings: Settings,
    *,
    clock: Callable[[], datetime] = utc_now,
    new_id: Callable[[], str] = random_id,
) -> Iterator[Gateway]:
    """Open the key file, the database (started and migrated if need be) and the stores.

    Raises:
        Misconfigured: ``passphrase-missing``, ``key-file-missing``, ``passphrase-wrong``.
        Unavailable: The database or a store cannot be reached.
    """
    keyring = open_keyring(settings)
    with ExitStack() as stack:
        url = database_url(settings, stack)
        upgrade(url)
        gateway = Gateway(
            settings=settings,
            database_url=url,
            database=PostgresDatabase(url, keyring=keyring),
            blobs=open_blobs(settings.blobs_at),
            keyring=keyring,
            tokens=TokenAuthority(keyring.token_key, settings.public_url, settings.public_url),
            log_store=open_log_store(settings.log_at),
            clock=clock,
            new_id=new_id,
        )
        stack.callback(gateway.close)
        yield gateway


def open_keyring(settings: Settings) -> FileKeyring:
    """Open the key file with the passphrase of the settings.

    Raises:
        Misconfigured: ``passphrase-missing``, ``key-file-missing``, ``passphrase-wrong``.
    """
    if not settings.passphrase:
        raise Misconfigured(
            "passphrase-missing",
            "There is no passphrase for the key file.",
            remedy="Set EVIDENCE_GATEWAY_PASSPHRASE or EVIDENCE_GATEWAY_PASSPHRASE_FILE.",
        )
    return FileKeyring.open(settings.key_path, settings.passphrase)


def database_url(settings: Settings, stack: ExitStack) -> str:
    """The URL of the database; the embedded one is started and stopped with the stack."""
    if not settings.database_url:
        settings.home.mkdir(mode=0o700, parents=True, exist_ok=True)
        embedded = start_embedded(settings.home / "database")
        stack.callback(embedded.stop)
        return embedded.url
    url = make_url(settings.database_url).set(drivername="postgresql+psycopg")
    if settings.database_password:
        url = url.set(password=settings.database_password)
    return url.render_as_string(hide_password=False)
