"""The wired gateway: one object that holds every adapter, opened from the settings and closed in order."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from uuid import uuid4

from gateway.blobs.log_store import open_log_store
from gateway.blobs.store import open_blobs
from gateway.bootstrap.database import start_database
from gateway.bootstrap.key_files import open_keyring
from gateway.bootstrap.workbench import open_workbench
from gateway.exchange.log.reader import LogReader
from gateway.exchange.ports.blobs import Blobs
from gateway.exchange.ports.sequencing import LogFiles
from gateway.keyring.file_keyring import FileKeyring
from gateway.keyring.tokens import TokenAuthority
from gateway.settings import Settings
from gateway.storage.database import PostgresDatabase
from gateway.translog.vkey import VerifierKey
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
    log_store: LogFiles
    clock: Callable[[], datetime]
    new_id: Callable[[], str]

    @cached_property
    def workbench(self) -> SandboxedWorkbench:
        """Started at first use: only workers open evidence."""
        return open_workbench(self.settings)

    @property
    def log_key(self) -> VerifierKey:
        """What the log's signatures verify with."""
        return self.keyring.log_signer.vkey

    @cached_property
    def log_reader(self) -> LogReader:
        """One for the whole process, so that its memory of tiles serves everybody."""
        return LogReader(self.log_store, self.log_key)

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
        url = start_database(settings, stack)
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
