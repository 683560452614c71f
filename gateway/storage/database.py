"""PostgreSQL as the steps see it: one transaction, and the stores that work in it (ports.Database).

Sessions are synchronous and meant for a thread each. Isolation is READ COMMITTED with row locks
where a store says ``lock``; time limits keep a hung statement or a forgotten transaction from holding
others up. What the driver raises leaves here as one of our errors (driver_errors.py).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from sqlalchemy import URL, Connection, create_engine, make_url, text
from sqlalchemy.exc import ArgumentError

from gateway.errors import Misconfigured
from gateway.exchange.ports.alerts import AlertStore
from gateway.exchange.ports.custody import Certificates, Clocks, Duties, Erasures, Holds
from gateway.exchange.ports.database import Transaction
from gateway.exchange.ports.evidence import Cases, FileKeys, Packages, Releases, Renditions, UnfinishedBlobs
from gateway.exchange.ports.keys import Keyring
from gateway.exchange.ports.log import AuditIndex, Ledger
from gateway.exchange.ports.parties import Agreements, Directory
from gateway.exchange.ports.requests import Idempotency, Queue, Replays
from gateway.exchange.ports.secrets import Secrets
from gateway.storage.custody.case_erasure import PostgresErasures
from gateway.storage.custody.certificates import PostgresCertificates
from gateway.storage.custody.deadlines import PostgresClocks
from gateway.storage.custody.duties import PostgresDuties
from gateway.storage.custody.holds import PostgresHolds
from gateway.storage.driver_errors import translated
from gateway.storage.evidence.cases import PostgresCases
from gateway.storage.evidence.file_keys import PostgresFileKeys
from gateway.storage.evidence.packages import PostgresPackages
from gateway.storage.evidence.releases import PostgresReleases
from gateway.storage.evidence.renditions import PostgresRenditions
from gateway.storage.evidence.unfinished import PostgresUnfinishedBlobs
from gateway.storage.log.alerts import PostgresAlerts
from gateway.storage.log.check.rows import RowCheck
from gateway.storage.log.ledger import SqlLedger
from gateway.storage.log.search import LogSearch
from gateway.storage.log.sequence import LogSequence
from gateway.storage.parties.agreements import PostgresAgreements
from gateway.storage.parties.directory import PostgresDirectory
from gateway.storage.parties.secrets import PostgresSecrets
from gateway.storage.requests.idempotency import PostgresIdempotency
from gateway.storage.requests.queue import PostgresQueue
from gateway.storage.requests.replays import PostgresReplays
from gateway.storage.vacuum import drop_wal, vacuum
from gateway.translog.checkpoint import Checkpoint

#: Milliseconds that PostgreSQL allows a statement, a wait for a lock, an idle open transaction.
STATEMENT_MS, LOCK_MS, IDLE_MS = 30_000, 10_000, 60_000
_OLDEST_VERSION = 150_000


def database_url(url: str) -> URL:
    """The URL for SQLAlchemy with psycopg 3, from ``postgresql://`` or ``postgres://`` in any dialect.

    Raises:
        Misconfigured: ``database-url-invalid``; the URL is not quoted, it may hold a password.
    """
    try:
        parsed = make_url(url.replace("postgres://", "postgresql://", 1) if url.startswith("postgres://") else url)
    except (ArgumentError, ValueError):
        parsed = None
    if parsed is None or parsed.get_backend_name() != "postgresql":
        raise Misconfigured(
            "database-url-invalid",
            "The database URL is not one of PostgreSQL.",
            remedy="Write it as postgresql://user:password@host:5432/name.",
        )
    return parsed.set(drivername="postgresql+psycopg")


def conninfo(url: str) -> str:
    """The same database as a plain URL for libpq: for procrastinate and psql."""
    return database_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


class PostgresTransaction:
    """All stores over one connection with an open transaction. Implements ``ports.Transaction``."""

    def __init__(self, connection: Connection, keyring: Keyring | None = None) -> None:
        self.connection = connection
        self.ledger: Ledger = SqlLedger(connection, keyring)
        self.audit: AuditIndex = LogSearch(connection)
        self.erasures: Erasures = PostgresErasures(connection, self.ledger)
        self.directory: Directory = PostgresDirectory(connection, self.ledger)
        self.agreements: Agreements = PostgresAgreements(connection, self.ledger)
        self.cases: Cases = PostgresCases(connection, self.ledger)
        self.packages: Packages = PostgresPackages(connection, self.ledger)
        self.renditions: Renditions = PostgresRenditions(connection, self.ledger)
        self.releases: Releases = PostgresReleases(connection, self.ledger)
        self.file_keys: FileKeys = PostgresFileKeys(connection, self.ledger)
        self.queue: Queue = PostgresQueue(connection)
        self.replays: Replays = PostgresReplays(connection)
        self.unfinished: UnfinishedBlobs = PostgresUnfinishedBlobs(connection)
        self.idempotency: Idempotency = PostgresIdempotency(connection)
        self.holds: Holds = PostgresHolds(connection, self.ledger)
        self.clocks: Clocks = PostgresClocks(connection, self.ledger)
        self.duties: Duties = PostgresDuties(connection, self.ledger)
        self.certificates: Certificates = PostgresCertificates(connection, self.ledger)
        self.secrets: Secrets = PostgresSecrets(connection, self.ledger)
        self.alerts: AlertStore = PostgresAlerts(connection, self.ledger)


class PostgresDatabase:
    """A pool of connections. Implements ``ports.Database``; ``engine`` is for this package (and tests) only.

    Args:
        url: ``postgresql://``...; nothing is connected to before the first transaction.
        pool_size: Connections kept; ``overflow`` more are opened under load.
        wait_seconds: How long a transaction waits for a connection before it is refused as busy.
        keyring: Wraps the keys of the log's erasable values; without one, none is kept (log/values.py).
    """

    def __init__(
        self,
        url: str,
        *,
        pool_size: int = 10,
        overflow: int = 20,
        wait_seconds: float = 10.0,
        keyring: Keyring | None = None,
    ) -> None:
        self._keyring = keyring
        limits = {
            "statement_timeout": STATEMENT_MS,
            "lock_timeout": LOCK_MS,
            "idle_in_transaction_session_timeout": IDLE_MS,
        }
        self.engine = create_engine(
            database_url(url),
            isolation_level="READ COMMITTED",
            pool_size=pool_size,
            max_overflow=overflow,
            pool_timeout=wait_seconds,
            pool_pre_ping=True,  # after a restart of the database nobody meets a dead connection
            hide_parameters=True,  # errors of SQLAlchemy quote the values otherwise
            connect_args={
                "connect_timeout": 10,
                "application_name": "evidence-gateway",
                "options": " ".join(f"-c {name}={value}" for name, value in limits.items()) + " -c timezone=UTC",
            },
        )

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """One transaction: committed on leaving the block, rolled back on an exception.

        Raises:
            Unavailable: ``database-unavailable`` or ``database-busy``. If the connection is lost while
                committing, the outcome is unknown; repeat with the same Idempotency-Key.
            InvalidInput: ``value-not-storable``.
            NotFound, Conflict: a reference to nothing, or a value taken by a transaction at the same time.
        """
        with translated(), self.engine.begin() as connection:
            yield PostgresTransaction(connection, self._keyring)

    def problems(self) -> Sequence[str]:
        """What about the server's settings would break a promise of the gateway; empty if nothing.

        Raises:
            Unavailable: ``database-unavailable``.
        """
        wanted = {"fsync": "on", "full_page_writes": "on", "server_encoding": "UTF8"}
        with translated(), self.engine.begin() as connection:
            rows = connection.execute(
                text("SELECT name, setting FROM pg_settings WHERE name = ANY(:names)"),
                {"names": [*wanted, "synchronous_commit", "server_version_num"]},
            )
            settings = {row.name: row.setting for row in rows}
        found = [
            f"{name} is {settings[name]}, not {value}" for name, value in wanted.items() if settings[name] != value
        ]
        if settings["synchronous_commit"] == "off":
            found.append("synchronous_commit is off: an entry of the log could be lost after bytes have left")
        if int(settings["server_version_num"]) < _OLDEST_VERSION:
            found.append("the server is older than PostgreSQL 15")
        return found

    def log_rows(self) -> LogSequence:
        """The sequencer's side of the log, on a connection of its own."""
        return LogSequence(self.engine)

    @contextmanager
    def row_check(self, keyring: Keyring, head: Checkpoint | None) -> Iterator[RowCheck]:
        """A check of the log's tables, in one snapshot of them."""
        snapshot = self.engine.execution_options(isolation_level="REPEATABLE READ")
        with snapshot.connect() as connection, RowCheck(connection, keyring, head) as rows:
            yield rows

    def vacuum(self) -> None:
        """Leave no old bytes of erased rows in the tables; see :func:`gateway.storage.vacuum.vacuum`."""
        vacuum(self.engine)

    def drop_wal(self) -> int:
        """Leave none in the write-ahead log; see :func:`gateway.storage.vacuum.drop_wal`."""
        return drop_wal(self.engine)

    def close(self) -> None:
        """Close all idle connections of the pool."""
        self.engine.dispose()
