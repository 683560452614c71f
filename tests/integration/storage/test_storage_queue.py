"""The queue and its worker on a real PostgreSQL."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import timedelta

import psycopg
import pytest

from gateway.errors import Unavailable
from gateway.storage import worker_queue
from gateway.storage.database import PostgresDatabase, conninfo
from gateway.storage.worker_queue import StepWorker, pause_after
from tests.fakes.draining import drain

pytest_plugins = ("tests.fakes.postgres",)


def jobs(url: str) -> list[tuple[str, str, str, bool]]:
    """Step, package, status and whether it waits for a time, of all jobs."""
    with psycopg.connect(conninfo(url)) as connection:
        rows = connection.execute(
            "SELECT task_name, args ->> 'package_id', status::text, scheduled_at IS NOT NULL "
            "FROM procrastinate_jobs ORDER BY id"
        )
        return rows.fetchall()


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


def test_a_job_exists_if_and_only_if_its_transaction_commits(postgres_url: str) -> None:
    database = PostgresDatabase(postgres_url)

    def fail() -> None:
        with database.transaction() as tx:
            tx.queue.enqueue("examine", "p1")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert jobs(postgres_url) == []
    with database.transaction() as tx:
        tx.queue.enqueue("examine", "p2")
    assert jobs(postgres_url) == [("examine", "p2", "todo", False)]
    database.close()


def test_repeats_do_not_pile_up_and_the_earlier_time_wins(postgres_url: str) -> None:
    database = PostgresDatabase(postgres_url)
    with database.transaction() as tx:
        tx.queue.enqueue("seal", "p1", delay=timedelta(hours=1))
        tx.queue.enqueue("seal", "p1", delay=timedelta(hours=2))
        tx.queue.enqueue("seal", "p2")
        tx.queue.enqueue("release", "p1")
    assert jobs(postgres_url) == [
        ("seal", "p1", "todo", True),
        ("seal", "p2", "todo", False),
        ("release", "p1", "todo", False),
    ]
    with database.transaction() as tx:
        tx.queue.enqueue("seal", "p1")
        tx.queue.enqueue("seal", "p2", delay=timedelta(hours=1))
    assert [job[3] for job in jobs(postgres_url)] == [False, False, False]
    database.close()


def test_a_worker_skips_a_job_that_an_open_transaction_wants_again(postgres_url: str) -> None:
    # Else it would find the old state, finish, and the new state would wait for nobody.
    database = PostgresDatabase(postgres_url)
    ran: list[str] = []
    with database.transaction() as tx:
        tx.queue.enqueue("seal", "p1")
    with database.transaction() as tx:
        tx.queue.enqueue("seal", "p1")
        drain(postgres_url, {"seal": ran.append})
        assert ran == []
    drain(postgres_url, {"seal": ran.append})
    assert ran == ["p1"]
    assert jobs(postgres_url) == []
    database.close()


def test_a_worker_runs_what_is_enqueued_and_stops_when_told(postgres_url: str) -> None:
    database = PostgresDatabase(postgres_url)
    ran: list[tuple[str, str]] = []

    def examine(package_id: str) -> None:
        ran.append(("examine", package_id))
        with database.transaction() as tx:
            tx.queue.enqueue("redact", package_id, delay=timedelta(milliseconds=100))

    handlers = {"examine": examine, "redact": lambda package_id: ran.append(("redact", package_id))}
    stop = threading.Event()
    thread = threading.Thread(target=StepWorker(postgres_url, handlers, poll_seconds=0.1).run, args=(stop,))
    thread.start()
    try:
        with database.transaction() as tx:
            tx.queue.enqueue("examine", "p1")
        wait_until(lambda: len(ran) == 2)
    finally:
        stop.set()
        thread.join()
    assert ran == [("examine", "p1"), ("redact", "p1")]
    assert jobs(postgres_url) == []
    database.close()


def test_a_failing_step_waits_and_tries_again_without_quoting_its_error(
    postgres_url: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    database = PostgresDatabase(postgres_url)

    def fail(package_id: str) -> None:
        raise ValueError("Margaret Ellis")

    def unavailable(package_id: str) -> None:
        raise Unavailable("log-unavailable", "The log.")

    with database.transaction() as tx:
        tx.queue.enqueue("redact", "p1")
        tx.queue.enqueue("seal", "p1")
    with caplog.at_level("DEBUG"):
        drain(postgres_url, {"redact": fail, "seal": unavailable})
    assert sorted(jobs(postgres_url)) == [
        ("redact", "p1", "failed", False),
        ("redact", "p1", "todo", True),
        ("seal", "p1", "failed", False),
        ("seal", "p1", "todo", True),
    ]
    assert "ValueError" in caplog.text
    assert "log-unavailable" in caplog.text
    assert "Ellis" not in caplog.text
    assert "Traceback" not in caplog.text
    database.close()


def test_a_step_is_given_up_after_the_last_attempt(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker_queue, "MAX_ATTEMPTS", 3)
    monkeypatch.setattr(worker_queue, "pause_after", lambda attempt: timedelta(0))
    ran: list[str] = []

    def fail(package_id: str) -> None:
        ran.append(package_id)
        raise ValueError

    database = PostgresDatabase(postgres_url)
    with database.transaction() as tx:
        tx.queue.enqueue("redact", "p1")
    drain(postgres_url, {"redact": fail})
    assert len(ran) == 3
    assert [job[2] for job in jobs(postgres_url)] == ["failed"] * 3
    database.close()


def test_the_pauses_double_and_are_capped() -> None:
    assert [pause_after(attempt).total_seconds() for attempt in (0, 1, 2, 7, 8, 1000)] == [2, 4, 8, 256, 300, 300]


def test_jobs_of_a_dead_worker_are_taken_over(postgres_url: str) -> None:
    database = PostgresDatabase(postgres_url)
    with database.transaction() as tx:
        tx.queue.enqueue("examine", "p1")
        tx.queue.enqueue("examine", "p2")
    with psycopg.connect(conninfo(postgres_url)) as connection:
        # What a worker leaves that was killed a minute ago, in the middle of both.
        connection.execute("INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - interval '1 minute')")
        connection.execute(
            "UPDATE procrastinate_jobs SET status = 'doing', worker_id = (SELECT id FROM procrastinate_workers)"
        )
    with database.transaction() as tx:
        tx.queue.enqueue("examine", "p2")  # and one was wanted again meanwhile
    ran: list[str] = []
    stop = threading.Event()
    worker = StepWorker(postgres_url, {"examine": ran.append}, poll_seconds=0.1, heartbeat_seconds=0.2)
    thread = threading.Thread(target=worker.run, args=(stop,))
    thread.start()
    try:
        wait_until(lambda: "p1" in ran and not any(job[2] in ("todo", "doing") for job in jobs(postgres_url)))
    finally:
        stop.set()
        thread.join()
    assert set(ran) == {"p1", "p2"}
    assert ran.count("p1") == 1
    database.close()


def test_a_worker_survives_the_loss_of_its_connections(postgres_url: str) -> None:
    database = PostgresDatabase(postgres_url)
    ran: list[str] = []
    stop = threading.Event()
    worker = StepWorker(postgres_url, {"examine": ran.append}, poll_seconds=0.1, heartbeat_seconds=0.2)
    thread = threading.Thread(target=worker.run, args=(stop,))
    thread.start()
    try:
        with database.transaction() as tx:
            tx.queue.enqueue("examine", "p1")
        wait_until(lambda: "p1" in ran)
        with psycopg.connect(conninfo(postgres_url)) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'evid%'"
            )
        with database.transaction() as tx:
            tx.queue.enqueue("examine", "p2")
        wait_until(lambda: "p2" in ran)
    finally:
        stop.set()
        thread.join()
    database.close()


def test_housekeeping_runs(postgres_url: str) -> None:
    ran = threading.Event()
    stop = threading.Event()
    worker = StepWorker(postgres_url, {}, housekeeping=ran.set, poll_seconds=0.1)
    thread = threading.Thread(target=worker.run, args=(stop,))
    thread.start()
    try:
        # The last minute's turn is made up for at the start, so this doesn't wait for a full minute.
        assert ran.wait(30)
    finally:
        stop.set()
        thread.join()
