"""The private PostgreSQL of a gateway that was given no database: started, shared, stopped.

It listens on a unix socket only, in a folder that nobody but the gateway's user may enter, and lets
in that user alone (peer authentication). All processes of one data folder share it: the first starts
it, the last one to stop ends it. Who uses it is known by file locks, which the kernel releases even
for a process that was killed. If all were killed, PostgreSQL lives on, and the next one joins it; if
PostgreSQL was killed too, it recovers by itself on the next start.

Durability is PostgreSQL's default (``fsync``, ``synchronous_commit`` and ``full_page_writes`` on).
Its log keeps no values: statements and details of errors are left out.
"""

from __future__ import annotations

import fcntl
import os
import pwd
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote

import psycopg
from psycopg import sql

from gateway.errors import Unavailable
from gateway.storage.embedded.binaries import PostgresBinaries, find_binaries
from gateway.storage.embedded.folders import PORT, private_folder, socket_folder
from gateway.storage.embedded.unprivileged import give_to, possible_owners, privileges

ROLE = "gateway"
_START_SECONDS = 180.0
_STOP_SECONDS = 120.0
_RELAUNCHES = 20
_INCLUDE = b"\ninclude 'gateway.conf'\n"

_SETTINGS = """\
# Written by evidence-gateway at every start; changes here are lost.
listen_addresses = ''
unix_socket_directories = '"{sockets}"'
unix_socket_permissions = 0700
port = 5432
max_connections = 100
wal_level = minimal
max_wal_senders = 0
timezone = 'UTC'
log_timezone = 'UTC'
lc_messages = 'C'
# Values of rows must not reach the log.
log_error_verbosity = terse
log_min_error_statement = panic
log_parameter_max_length_on_error = 0
log_statement = 'none'
log_checkpoints = off
"""


class EmbeddedPostgres:
    """A share in the running server. ``url`` is for SQLAlchemy; ``stop`` gives the share back."""

    def __init__(self, folder: Path) -> None:
        self._rights = privileges()
        owners = possible_owners()
        self._folder = private_folder(folder.absolute(), owners)
        self._data = self._folder / "data"
        self._sockets = socket_folder(self._folder, owners)
        self._server_account = pwd.getpwuid(self._rights.owner).pw_name
        self._child: int | None = None
        self._share: int | None = None
        # requirepeer: the client, too, checks whom it talks to before it says anything.
        host, account = quote(str(self._sockets), safe=""), quote(self._server_account, safe="")
        self.url = f"postgresql+psycopg://{ROLE}@/{ROLE}?host={host}&requirepeer={account}"

    def start(self) -> None:
        """Start the server, or join it if it runs.

        Raises:
            Misconfigured: no PostgreSQL, a wrong version, or a folder that others can enter.
            Unavailable: ``embedded-postgres-failed``; its log file is named.
        """
        with self._guard():
            share = os.open(self._folder / "users.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                fcntl.flock(share, fcntl.LOCK_SH)
                if self._postmaster() is None:
                    self._launch()
                self._await_ready()
                self._ensure_database()
            except BaseException:
                os.close(share)
                raise
            self._share = share

    def stop(self) -> None:
        """Give the share back; the last user stops the server and waits until it has."""
        if self._share is None:
            return
        with self._guard():
            # Unlocked, not only closed: a forked child may hold a copy of the descriptor.
            fcntl.flock(self._share, fcntl.LOCK_UN)
            os.close(self._share)
            self._share = None
            probe = os.open(self._folder / "users.lock", os.O_RDWR | os.O_CLOEXEC)
            try:
                fcntl.flock(probe, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return  # another process still uses it
            finally:
                os.close(probe)
            self._shut_down()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @contextmanager
    def _guard(self) -> Iterator[None]:
        """One process at a time starts or stops."""
        descriptor = os.open(self._folder / "guard.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def _postmaster(self) -> int | None:
        """Process id of the running server of this data folder, if there is one."""
        try:
            pid = int((self._data / "postmaster.pid").read_text().split("\n", 1)[0])
            os.kill(pid, 0)
        except (FileNotFoundError, ProcessLookupError, ValueError):
            return None
        except PermissionError:
            pass  # alive, of another account
        if Path("/proc/self").exists():
            # The number may since have gone to another program: a server works in its data folder.
            try:
                return pid if Path(f"/proc/{pid}/cwd").readlink() == self._data else None
            except OSError:
                return None
        return pid

    def _launch(self) -> None:
        rights = self._rights
        version = self._data / "PG_VERSION"
        binaries = find_binaries(int(version.read_text()) if version.exists() else None)
        give_to(self._folder, rights.owner)
        if self._sockets != self._folder:
            give_to(self._sockets, rights.owner)
        if not version.exists():
            self._initialise(binaries)
        # Only we hold the guard, and no server runs here, so these are a dead one's. They would stop the
        # new one if their process number is taken by another program, or not yet reaped. Should children
        # of the dead one live on, PostgreSQL still finds their shared memory by the folder's inode.
        (self._data / "postmaster.pid").unlink(missing_ok=True)
        (self._sockets / f".s.PGSQL.{PORT}.lock").unlink(missing_ok=True)
        self._configure()
        log = os.open(self._folder / "postgres.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        try:
            command = [*rights.prefix, str(binaries.postgres), "-D", str(self._data)]
            self._child = os.posix_spawn(
                command[0],
                command,
                _environment(),
                file_actions=[
                    (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
                    (os.POSIX_SPAWN_DUP2, log, 1),
                    (os.POSIX_SPAWN_DUP2, log, 2),
                ],
                setpgroup=0,  # Ctrl-C in a terminal is for the gateway, which then stops the server in order
            )
        finally:
            os.close(log)

    def _initialise(self, binaries: PostgresBinaries) -> None:
        command = [*self._rights.prefix, str(binaries.initdb), "-D", str(self._data), "-U", ROLE]
        command += ["--encoding=UTF8", "--locale=C", "--data-checksums", "--auth=peer"]
        try:
            subprocess.run(
                command, env=_environment(), stdin=subprocess.DEVNULL, capture_output=True, check=True, timeout=300
            )
        except (OSError, subprocess.SubprocessError) as error:
            output = getattr(error, "stderr", None) or b""
            (self._folder / "initdb.log").write_bytes(output)
            raise self._failed("could not create its data folder", self._folder / "initdb.log") from error

    def _configure(self) -> None:
        files = {
            "gateway.conf": _SETTINGS.format(sockets=self._sockets),
            "pg_hba.conf": f"local all {ROLE} peer map=gateway\n",
            "pg_ident.conf": f'gateway "{self._rights.peer}" {ROLE}\n',
        }
        for name, text in files.items():
            path = self._data / name
            path.write_text(text)
            path.chmod(0o600)
            os.chown(path, self._rights.owner, -1)
        self._include()

    def _include(self) -> None:
        """Let the server's own settings end by reading ours; whole or not at all, whenever the power goes."""
        settings = self._data / "postgresql.conf"
        # Earlier versions appended without flushing, of which a power cut leaves zeros.
        present = settings.read_bytes().rstrip(b"\0")
        if present.endswith(_INCLUDE):
            return
        new = self._data / "postgresql.conf.new"
        with new.open("wb") as file:
            file.write(present + _INCLUDE)
            file.flush()
            os.fsync(file.fileno())
        new.chmod(0o600)
        os.chown(new, self._rights.owner, -1)
        new.replace(settings)

    def _connect(self, database: str) -> psycopg.Connection[tuple[object, ...]]:
        return psycopg.connect(
            host=str(self._sockets),
            port=PORT,
            user=ROLE,
            dbname=database,
            requirepeer=self._server_account,
            connect_timeout=5,
            autocommit=True,
        )

    def _await_ready(self) -> None:
        deadline = time.monotonic() + _START_SECONDS
        relaunches = _RELAUNCHES
        while time.monotonic() < deadline:
            try:
                self._connect("postgres").close()
            except psycopg.OperationalError:
                time.sleep(0.02)
            else:
                return
            if self._postmaster() is None and self._child_ended():
                # Children of a server that was killed may hold its memory for a moment longer.
                relaunches -= 1
                if relaunches < 0:
                    raise self._failed("ended at once", self._folder / "postgres.log")
                time.sleep(0.5)
                self._launch()
        raise self._failed("did not become ready in time", self._folder / "postgres.log")

    def _child_ended(self) -> bool:
        if self._child is None:
            return True
        try:
            ended, _ = os.waitpid(self._child, os.WNOHANG)
        except ChildProcessError:
            return True
        return ended != 0

    def _ensure_database(self) -> None:
        with self._connect("postgres") as connection:
            if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (ROLE,)).fetchone() is None:
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(ROLE)))

    def _shut_down(self) -> None:
        pid = self._postmaster()
        if pid is not None:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGINT)  # "fast": open transactions are rolled back
            deadline = time.monotonic() + _STOP_SECONDS
            while (self._data / "postmaster.pid").exists() and not self._child_ended_if_ours(pid):
                if time.monotonic() > deadline:
                    raise self._failed("did not stop in time", self._folder / "postgres.log")
                time.sleep(0.01)
        if self._child is not None:
            with suppress(ChildProcessError):
                os.waitpid(self._child, 0)
            self._child = None

    def _child_ended_if_ours(self, pid: int) -> bool:
        return self._child == pid and self._child_ended()

    def _failed(self, what: str, log: Path) -> Unavailable:
        return Unavailable(
            "embedded-postgres-failed",
            f"The private PostgreSQL {what}.",
            remedy=f"Its log says why: {log}",
        )


def start_embedded(folder: Path) -> EmbeddedPostgres:
    """Start or join the private PostgreSQL whose files lie in ``folder`` (made if need be, mode 0700).

    Raises:
        Misconfigured: ``embedded-postgres-folder`` if others may enter the folder, and as
            :meth:`EmbeddedPostgres.start`.
        Unavailable: ``embedded-postgres-failed``.
    """
    server = EmbeddedPostgres(folder)
    server.start()
    return server


def _environment() -> dict[str, str]:
    # PG* variables of the caller must not steer the private server.
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    return {**kept, "LC_ALL": "C", "TZ": "UTC"}
