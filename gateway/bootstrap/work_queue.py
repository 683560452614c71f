"""The worker of the queue, on the gateway's own database."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from gateway.bootstrap.gateway import Gateway
from gateway.storage.worker_queue import StepWorker


def step_worker(
    gateway: Gateway, handlers: Mapping[str, Callable[[str], None]], housekeeping: Callable[[], None]
) -> StepWorker:
    """Runs enqueued steps; see :class:`StepWorker`."""
    return StepWorker(gateway.database_url, handlers, housekeeping=housekeeping)
