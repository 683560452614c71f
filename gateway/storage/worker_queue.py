"""The other end of the queue: a worker that runs enqueued steps, through procrastinate.

Handlers are ordinary functions of a package id and run in threads. One that fails is enqueued again
after a pause that doubles up to five minutes; procrastinate's own retry is not used, because turning
a job back to waiting breaks its rule of one waiting job per step and package if another was enqueued
meanwhile. Every worker beats its heart in the database; jobs of one whose heart has stopped are taken
over by the others. A paused worker may thus meet its own work done twice, which every step allows.

Failures are logged by code or class, never by text or traceback: an exception may quote evidence.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import timedelta
from typing import Any

from procrastinate import App, PsycopgConnector
from procrastinate.exceptions import ConnectorException
from procrastinate.jobs import Job, Status
from procrastinate.worker import Worker

from gateway.errors import GatewayError
from gateway.storage.database import PostgresDatabase, conninfo
from gateway.storage.requests.queue import STEPS, PostgresQueue

_log = logging.getLogger(__name__)

#: After so many failures a job is given up; it stays in the queue's table as failed for a week.
MAX_ATTEMPTS = 25
#: A job that has taken so many workers with it is not tried on another.
MAX_TAKEOVERS = 5
_LONGEST_PAUSE = timedelta(minutes=5)
_KEEP_FAILED_HOURS = 7 * 24
_HOUSEKEEPING = "housekeeping"


class StepFailed(Exception):
    """What procrastinate sees of a handler's failure: the code, without cause or text."""


class _AlreadyLogged(logging.Filter):
    """Drops procrastinate's record of a StepFailed, a traceback that says nothing new."""

    def filter(self, record: logging.LogRecord) -> bool:
        return not (record.exc_info and isinstance(record.exc_info[1], StepFailed))


logging.getLogger("procrastinate.worker").addFilter(_AlreadyLogged())


def pause_after(attempt: int) -> timedelta:
    """How long to wait after the failure of that attempt (0 is the first): 2 s, 4 s, 8 s ... 5 min."""
    return min(timedelta(seconds=2 << min(attempt, 16)), _LONGEST_PAUSE)


class StepWorker:
    """Runs steps until it is told to stop. One instance a thread or process; any number of processes.

    Args:
        url: The database, as for :class:`PostgresDatabase`.
        handlers: Step -> function of a package id. It raises if the step has to be tried again.
        housekeeping: Called about once a minute by one of all workers, never twice at a time.
        concurrency: Steps that run at a time in this worker.
        heartbeat_seconds: How often the worker says that it lives; one that has been silent three
            times as long is taken for dead.
        poll_seconds: How soon a delayed job is noticed; jobs without delay announce themselves.
    """

    def __init__(
        self,
        url: str,
        handlers: Mapping[str, Callable[[str], None]],
        *,
        housekeeping: Callable[[], None] | None = None,
        concurrency: int = 2,
        heartbeat_seconds: float = 10.0,
        poll_seconds: float = 0.5,
    ) -> None:
        self._conninfo = conninfo(url)
        self._database = PostgresDatabase(url, pool_size=1, overflow=concurrency)
        self._handlers = dict(handlers)
        self._housekeeping = housekeeping
        self._concurrency = concurrency
        self._heartbeat_seconds = heartbeat_seconds
        self._poll_seconds = poll_seconds

    def run(self, stop: threading.Event) -> None:
        """Work until ``stop`` is set, then finish what is running. Survives outages of the database."""
        try:
            asyncio.run(self._run(stop))
        finally:
            self._database.close()

    def build_app(self) -> App:
        """procrastinate's application, with a task for each step; not opened yet."""
        connector = PsycopgConnector(
            conninfo=self._conninfo,
            min_size=1,
            max_size=self._concurrency + 2,
            timeout=15.0,
            kwargs={"connect_timeout": 10, "application_name": "evidence-gateway-worker"},
        )
        app = App(connector=connector)
        for step in self._handlers:
            app.task(name=step, queue=STEPS)(self._task(step))
        if self._housekeeping is not None:
            task = app.task(name=_HOUSEKEEPING, queue=_HOUSEKEEPING, lock=_HOUSEKEEPING, queueing_lock=_HOUSEKEEPING)(
                self._keep_house
            )
            app.periodic(cron="* * * * *")(task)
        return app

    def _task(self, step: str) -> Callable[..., None]:
        def run(package_id: str, attempt: int) -> None:
            try:
                self._handlers[step](package_id)
            except Exception as error:
                code = _code(error)
                if attempt + 1 < MAX_ATTEMPTS:
                    _log.warning("step %s of package %s failed (%s), attempt %d", step, package_id, code, attempt + 1)
                    self._again(step, package_id, attempt)
                else:
                    _log.error("step %s of package %s failed (%s) and is given up", step, package_id, code)
            else:
                return
            raise StepFailed(code)

        return run

    def _again(self, step: str, package_id: str, attempt: int) -> None:
        with self._database.engine.begin() as connection:
            PostgresQueue(connection).enqueue_attempt(step, package_id, attempt=attempt + 1, delay=pause_after(attempt))

    def _keep_house(self, timestamp: int) -> None:
        assert self._housekeeping is not None
        try:
            self._housekeeping()
        except Exception as error:
            code = _code(error)
            _log.warning("housekeeping failed (%s); it comes again in a minute", code)
        else:
            return
        raise StepFailed(code)

    def _options(self) -> dict[str, Any]:
        return {
            "concurrency": self._concurrency,
            "install_signal_handlers": False,
            "delete_jobs": "successful",
            "fetch_job_polling_interval": self._poll_seconds,
            "update_heartbeat_interval": self._heartbeat_seconds,
            "stalled_worker_timeout": 3 * self._heartbeat_seconds,
        }

    async def _run(self, stop: threading.Event) -> None:
        pause = 1.0
        while not stop.is_set():
            began = asyncio.get_running_loop().time()
            try:
                await self._work(stop)
            except Exception as error:
                _log.warning("the worker lost its database (%s); it tries again", _code(error))
            if asyncio.get_running_loop().time() - began > 60:
                pause = 1.0
            await _sleep(stop, pause)
            pause = min(pause * 2, 30.0)

    async def _work(self, stop: threading.Event) -> None:
        app = self.build_app()
        async with app.open_async():
            # App.run_worker_async makes the same, but gives no handle to stop it by.
            worker: Any = Worker(app, **self._options())
            running = asyncio.create_task(worker.run())
            caring = asyncio.create_task(self._take_over(app))
            try:
                # Looked at rather than waited for: the event belongs to threads.
                while not (stop.is_set() or running.done() or caring.done()):
                    await asyncio.wait([running, caring], timeout=0.1, return_when=asyncio.FIRST_COMPLETED)
            finally:
                caring.cancel()
                # A worker forgets a stop that comes before it has set itself up, so it is said until it is heard.
                while not running.done():
                    worker.stop()
                    await asyncio.wait([running], timeout=0.1)
                ended = await asyncio.gather(running, caring, return_exceptions=True)
            for outcome in ended:
                if isinstance(outcome, Exception):
                    raise outcome

    async def _take_over(self, app: App) -> None:
        """Again and again, put the jobs of dead workers back, and clear out what failed long ago."""
        manager = app.job_manager
        silence = 3 * self._heartbeat_seconds
        clear_out_at = 0.0
        while True:
            with suppress(ConnectorException):
                for job in await manager.get_stalled_jobs(seconds_since_heartbeat=silence):
                    await self._put_back(app, job)
                await manager.prune_stalled_workers(silence)
                if asyncio.get_running_loop().time() >= clear_out_at:
                    clear_out_at = asyncio.get_running_loop().time() + 3600
                    await manager.delete_old_jobs(
                        nb_hours=_KEEP_FAILED_HOURS, include_failed=True, include_cancelled=True, include_aborted=True
                    )
            await asyncio.sleep(self._heartbeat_seconds)

    async def _put_back(self, app: App, job: Job) -> None:
        _log.warning("taking over step %s of a worker that has died", job.task_name)
        if job.attempts < MAX_TAKEOVERS:
            try:
                await app.job_manager.retry_job(job)
            except ConnectorException:
                pass  # the same step waits already, so this one is not needed
            else:
                return
        await app.job_manager.finish_job(job, status=Status.FAILED, delete_job=False)


def _code(error: BaseException) -> str:
    return error.code if isinstance(error, GatewayError) else type(error).__name__


async def _sleep(stop: threading.Event, seconds: float) -> None:
    deadline = asyncio.get_running_loop().time() + seconds
    while not stop.is_set() and asyncio.get_running_loop().time() < deadline:
        await asyncio.sleep(0.1)
