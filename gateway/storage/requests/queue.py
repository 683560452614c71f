"""Work that is enqueued in the transaction that creates it (ports.Queue), on procrastinate's tables.

A job is one row: a step and a package. While one waits, enqueueing the same again adds no second row;
it only brings the waiting one forward (one that waits after a failure starts over if it is wanted at
once, and is left alone by a later one). That is done here with one INSERT ... ON CONFLICT DO UPDATE and
not by procrastinate's own function, for two reasons: a unique violation would abort the caller's
transaction, and an insert that did *nothing* would lose the wake-up: a worker could fetch the waiting
job, find the old state and finish, before this transaction commits the new one. The update holds the
row, and workers skip rows that are held (FOR UPDATE SKIP LOCKED) until the commit.
"""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import Connection, text

#: Name of procrastinate's queue that the steps of packages run on.
STEPS = "steps"

_ENQUEUE = text(
    """
    INSERT INTO procrastinate_jobs AS job (queue_name, task_name, queueing_lock, args, scheduled_at)
    VALUES (
        :queue, :task, :once,
        jsonb_build_object('package_id', CAST(:package AS text), 'attempt', CAST(:attempt AS int)),
        CASE WHEN CAST(:delay AS float8) > 0 THEN clock_timestamp() + make_interval(secs => :delay) END
    )
    ON CONFLICT (queueing_lock) WHERE status = 'todo' DO UPDATE SET
        scheduled_at = CASE WHEN job.scheduled_at IS NULL OR excluded.scheduled_at IS NULL THEN NULL
                            ELSE LEAST(job.scheduled_at, excluded.scheduled_at) END,
        args = CASE WHEN excluded.scheduled_at IS NULL THEN excluded.args ELSE job.args END
    """
)


class PostgresQueue:
    """Implements ``ports.Queue`` in one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def enqueue(self, step: str, package_id: str, *, delay: timedelta | None = None) -> None:
        self.enqueue_attempt(step, package_id, attempt=0, delay=delay)

    def enqueue_attempt(self, step: str, package_id: str, *, attempt: int, delay: timedelta | None) -> None:
        """As :meth:`enqueue`, for a repetition after ``attempt`` failures."""
        seconds = max(delay.total_seconds(), 0.0) if delay else 0.0
        self._connection.execute(
            _ENQUEUE,
            {
                "queue": STEPS,
                "task": step,
                "once": f"{step}:{package_id}",
                "package": package_id,
                "attempt": attempt,
                "delay": seconds,
            },
        )
