"""What runs beside, or apart from, the HTTP face: sequencer, worker of the queue, asking of witnesses, alerts."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Literal, Self

from gateway.bootstrap.gateway import Gateway
from gateway.bootstrap.witnesses import read_witnesses
from gateway.bootstrap.work_queue import step_worker
from gateway.errors import GatewayError, Unavailable
from gateway.exchange import record
from gateway.workers.alerts import Alerts
from gateway.workers.housekeeping import housekeeping
from gateway.workers.sequencer import Sequencer
from gateway.workers.steps import handlers
from gateway.workers.witness_client import WitnessClient
from gateway.workers.witnesses import Witnesses

_log = logging.getLogger(__name__)


class Background:
    """Runs them in threads of this process until :meth:`stop`. As a context manager, for ``with``."""

    def __init__(self, gateway: Gateway) -> None:
        self._stop = threading.Event()
        self._ended: str | None = None
        log_key = gateway.log_key
        self._witnesses = Witnesses(
            gateway.log_store,
            log_key,
            read_witnesses(gateway.settings),
            gateway.settings.witness_quorum,
            WitnessClient(log_key),
            alarm=lambda name, outcome, reason, detail: _alarm(gateway, name, outcome, reason, detail),
        )
        self.sequencer = Sequencer(
            gateway.database.log_rows(),
            gateway.log_store,
            gateway.keyring.log_signer,
            log_key,
            check_head=self._witnesses.check,
            objection=lambda: self._witnesses.objection,
        )
        self._worker = step_worker(gateway, handlers(gateway), lambda: housekeeping(gateway))
        self._threads = [
            threading.Thread(target=self._guarded, args=("sequencer", self.sequencer.run), name="sequencer"),
            threading.Thread(target=self._guarded, args=("worker", self._worker.run), name="worker"),
            threading.Thread(target=self._guarded, args=("witnesses", self._ask_witnesses), name="witnesses"),
            threading.Thread(target=self._guarded, args=("alerts", Alerts(gateway).run), name="alerts"),
        ]

    @property
    def refusal(self) -> GatewayError | None:
        """Why nothing moves on, or None: the sequencer's own reason, or that a thread has died."""
        if self._ended is not None:
            return Unavailable(
                "background-ended",
                f"The {self._ended} of this process has ended.",
                remedy="Restart the process; its log says why.",
            )
        return self.sequencer.refusal

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

    def _ask_witnesses(self, stop: threading.Event) -> None:
        self._witnesses.run(stop, lambda: self.sequencer.leads)

    def _guarded(self, name: str, run: Callable[[threading.Event], None]) -> None:
        try:
            run(self._stop)
        except Exception:
            # Without it nothing moves on; the readiness check then says so, and the operator restarts.
            self._ended = name
            _log.exception("the %s has ended", name)


def _alarm(
    gateway: Gateway, name: str, outcome: Literal["done", "failed"], reason: str, detail: dict[str, object]
) -> None:
    """Write into the log that a witness lags or refuses, or cosigns again."""
    with gateway.database.transaction() as tx:
        now, about = gateway.clock(), ("witness", name)
        tx.ledger.append(
            record.event("witness.alarm", outcome, now, about, reason=reason, detail=detail, system="sequencer")
        )
