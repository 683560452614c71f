"""What runs beside, or apart from, the HTTP face: the sequencer of the log and the worker of the queue."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self

from gateway.bootstrap.gateway import Gateway
from gateway.storage.log_sequence import LogSequence
from gateway.storage.worker_queue import StepWorker
from gateway.translog.vkey import parse_vkey
from gateway.workers.sequencer import Sequencer
from gateway.workers.steps import handlers, housekeeping

_log = logging.getLogger(__name__)


class Background:
    """Runs both in threads of this process until :meth:`stop`. As a context manager, for ``with``."""

    def __init__(self, gateway: Gateway) -> None:
        self._stop = threading.Event()
        self.sequencer = Sequencer(
            LogSequence(gateway.database.engine),
            gateway.log_store,
            gateway.keyring.log_signer,
            parse_vkey(gateway.keyring.log_vkey),
        )
        self._worker = StepWorker(gateway.database_url, handlers(gateway), housekeeping=lambda: housekeeping(gateway))
        self._threads = [
            threading.Thread(target=self._guarded, args=("sequencer", self.sequencer.run), name="sequencer"),
            threading.Thread(target=self._guarded, args=("worker", self._worker.run), name="worker"),
        ]

    def start(self) -> Self:
        """Begin."""
        for thread in self._threads:
            thread.start()
        return self

    def stop(self) -> None:
        """Finish what is running and end."""
        self._stop.set()
        for thread in self._threads:
            thread.join()
        self.sequencer.close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def request_stop(self) -> None:
        """Ask for the end; safe in a signal handler."""
        self._stop.set()

    def wait(self) -> None:
        """Return when :meth:`stop` was called from elsewhere."""
        self._stop.wait()

    def _guarded(self, name: str, run: Callable[[threading.Event], None]) -> None:
        try:
            run(self._stop)
        except Exception:
            # Without it nothing moves on; the readiness check then says so, and the operator restarts.
            _log.exception("the %s has ended", name)
