"""Run the jobs of a queue until none is due: what a worker does, without waiting for what may come."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping

from sqlalchemy import text

from gateway.storage.requests.queue import STEPS
from gateway.storage.worker_queue import StepWorker

_DUE = text(
    """
    SELECT 1 FROM procrastinate_jobs
    WHERE status = 'todo' AND queue_name = :queue AND task_name = ANY(:steps)
      AND (scheduled_at IS NULL OR scheduled_at <= clock_timestamp())
    LIMIT 1 FOR UPDATE SKIP LOCKED
    """
)


def drain(url: str, handlers: Mapping[str, Callable[[str], None]]) -> None:
    """Run all jobs that are due now, and those that they enqueue without delay; then return."""
    worker = StepWorker(url, handlers)
    database = worker._database

    async def once() -> None:
        app = worker.build_app()
        async with app.open_async():
            await app.run_worker_async(
                concurrency=2, wait=False, listen_notify=False, install_signal_handlers=False, delete_jobs="successful"
            )

    def something_is_due() -> bool:
        with database.engine.begin() as connection:
            return connection.execute(_DUE, {"queue": STEPS, "steps": list(handlers)}).first() is not None

    try:
        while something_is_due():
            asyncio.run(once())
    finally:
        database.close()
