"""The gateway's side of witnessing: all witnesses are asked in parallel, beside the sequencer, never in its way.

After a checkpoint is published, every witness that has not cosigned it is asked; one that fails is
asked again after a pause that doubles, up to a minute. When enough have signed (the quorum), the
checkpoint with all its cosignatures becomes the published cosigned one. An agency that is offline
stops nothing; that it lags is an entry in the log, and in the report beside it.

At the start of the sequencer each witness that answers must know nothing that our log does not bear
out (:meth:`Witnesses.check`); else nothing is signed. While it runs, only *evidence* stops it: a
checkpoint that our own key signed and our log contradicts. A bare claim raises an alarm, for else
one lying witness could stop the log.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Literal

from gateway.bootstrap.witnesses import WitnessAddress
from gateway.errors import GatewayError, IntegrityFailure
from gateway.exchange.log.reader import LogReader
from gateway.exchange.log.witness_report import (
    BEHIND,
    OK,
    REFUSED,
    UNKNOWN,
    UNREACHABLE,
    WitnessReport,
    WitnessState,
    read_witness_report,
    write_witness_report,
)
from gateway.exchange.ports.sequencing import CHECKPOINT, COSIGNED, LogFiles
from gateway.translog.bundle import WitnessPolicy
from gateway.translog.checkpoint import Checkpoint, open_checkpoint
from gateway.translog.note import Note, NoteSignature, parse_note
from gateway.translog.prover import Prover
from gateway.translog.vkey import VerifierKey
from gateway.workers import witness_client as client

_log = logging.getLogger(__name__)

PAUSE_SECONDS = 1.0
MAX_PAUSE_SECONDS = 60.0
#: A witness that cannot be reached for so long is an alarm; one that refuses is one at once.
LAG_SECONDS = 60.0
#: At least so long between two alarms about one witness for one reason.
ALARM_SECONDS = 3600.0

#: (witness, outcome, reason code, detail): writes an entry into the log.
Alarm = Callable[[str, Literal["done", "failed"], str, dict[str, object]], None]


@dataclass
class _Asked:
    """What is remembered of one witness between rounds; times are of the monotonic clock."""

    state: WitnessState
    failing_since: float | None = None
    failures: int = 0
    next_at: float = 0.0
    alarmed: dict[str, float] = field(default_factory=dict)
    alarming: bool = False


class Witnesses:
    """Asks the witnesses of one log.

    Args:
        store: Where the log lies.
        log_key: Its verifier key.
        addresses: Whom to ask.
        quorum: How many must have cosigned; with 0, one is enough to be published.
        alarm: Writes an entry into the log.
        monotonic: Seconds; tests pass another.

    Attributes:
        objection: Evidence against our own log, or None; the sequencer must not go on with it.
    """

    def __init__(
        self,
        store: LogFiles,
        log_key: VerifierKey,
        addresses: tuple[WitnessAddress, ...],
        quorum: int,
        asker: client.WitnessClient,
        *,
        alarm: Alarm,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store = store
        self._log_key = log_key
        self._reader = LogReader(store, log_key)
        self._addresses = addresses
        self._policy = WitnessPolicy(quorum, tuple(address.vkey for address in addresses))
        self._client = asker
        self._alarm = alarm
        self._now = monotonic
        self._target: bytes = b""
        self._signatures: dict[str, NoteSignature] = {}
        self._asked = {a.vkey.name: _Asked(WitnessState(a.vkey.name, a.vkey.encode())) for a in addresses}
        self._size: int | None = None
        self._written: WitnessReport | None = None
        self._restored = False
        self.objection: GatewayError | None = None

    def run(self, stop: threading.Event, leads: Callable[[], bool]) -> None:
        """Ask until ``stop`` is set, while this process's sequencer leads."""
        try:
            while not stop.wait(PAUSE_SECONDS):
                if not leads():
                    continue
                try:
                    self.ask_once()
                except GatewayError as error:
                    _log.warning("witnesses were not asked: %s", error.code)
                except Exception:
                    # A defect here must not end witnessing in silence; nor may it touch the sequencer.
                    _log.exception("asking the witnesses failed")
        finally:
            self._client.close()

    def ask_once(self) -> None:
        """One round: ask all that are due, publish what has a quorum, report, raise alarms.

        Raises:
            GatewayError: The log itself cannot be read, or an alarm or the report not be written.
        """
        note = self._store.read(CHECKPOINT)
        if note is None or not self._addresses:
            return
        self._restore()
        if note != self._target:
            self._target, self._signatures = note, {}
        now = self._now()
        due = [a for a in self._addresses if a.vkey.name not in self._signatures and self._of(a).next_at <= now]
        if due:
            prover, parsed = self._reader.prover(note), parse_note(note)
            for address, outcome in zip(due, self._in_parallel(due, prover, parsed), strict=True):
                self._take(address, outcome, prover.head)
            self._publish(parsed, prover.head)
        self._report()
        self._raise_alarms()

    def check(self, head: Checkpoint, note: bytes) -> None:
        """Ask all witnesses whether they know more of our log, or other, than the head says.

        For the start of the sequencer. A witness that cannot be reached is passed over.

        Raises:
            IntegrityFailure: ``log-witness-ahead``, ``log-witness-disagrees``.
        """
        if not self._addresses:
            return
        prover, parsed = self._reader.prover(note), parse_note(note)
        for address, outcome in zip(self._addresses, self._in_parallel(self._addresses, prover, parsed), strict=True):
            if outcome.code in (client.AHEAD, client.DISAGREES):
                raise _contradiction(outcome.code, address.vkey.name, head.size, outcome.size)
        self.objection = None

    def _in_parallel(
        self, addresses: tuple[WitnessAddress, ...] | list[WitnessAddress], prover: Prover, note: Note
    ) -> list[client.Outcome]:
        with ThreadPoolExecutor(len(addresses), thread_name_prefix="witness") as pool:
            return list(pool.map(lambda a: self._client.ask(a, prover, note, self._of(a).state.size or 0), addresses))

    def _of(self, address: WitnessAddress) -> _Asked:
        return self._asked[address.vkey.name]

    def _take(self, address: WitnessAddress, outcome: client.Outcome, head: Checkpoint) -> None:
        asked, now = self._of(address), self._now()
        if outcome.signature is not None:
            self._signatures[address.vkey.name] = outcome.signature
            asked.state = asked.state.but(state=OK, size=head.size, cosigned_at=outcome.seconds, reason="")
            asked.failing_since, asked.failures, asked.next_at = None, 0, 0.0
            return
        if outcome.evidence is not None:
            self.objection = _contradiction(outcome.code, address.vkey.name, head.size, outcome.size)
        asked.failures += 1
        asked.failing_since = now if asked.failing_since is None else asked.failing_since
        asked.next_at = now + min(2.0 ** (asked.failures - 1), MAX_PAUSE_SECONDS)
        state = UNREACHABLE if outcome.code == client.UNREACHABLE else REFUSED
        size = asked.state.size if outcome.size is None else min(outcome.size, head.size)
        asked.state = asked.state.but(state=state, size=size, reason=outcome.code)

    def _publish(self, note: Note, head: Checkpoint) -> None:
        # In the order of the settings, so that equal signatures make equal bytes.
        lines = tuple(self._signatures[a.vkey.name] for a in self._addresses if a.vkey.name in self._signatures)
        if len(lines) < max(1, self._policy.quorum):
            return
        data = Note(note.text, (*note.signatures, *lines)).encode()
        opened = open_checkpoint(data, self._log_key, self._policy.witnesses)
        if self._policy.met(opened.signed_by, self._log_key):
            self._store.publish(data, COSIGNED)
            self._size = head.size

    def _restore(self) -> None:
        """Take up what an earlier process knew, so that its sizes need not be asked again."""
        if self._restored:
            return
        report = read_witness_report(self._store)
        for state in report.witnesses if report is not None else ():
            asked = self._asked.get(state.name)
            if asked is not None and asked.state.vkey == state.vkey and asked.state.state == UNKNOWN:
                asked.state = state
        cosigned = self._store.read(COSIGNED)
        if cosigned is not None:
            opened = open_checkpoint(cosigned, self._log_key, self._policy.witnesses)
            if self._policy.met(opened.signed_by, self._log_key):
                self._size = opened.checkpoint.size
        self._restored = True

    def _report(self) -> None:
        states = tuple(self._asked[a.vkey.name].state for a in self._addresses)
        late = self._now() - LAG_SECONDS
        states = tuple(
            s.but(state=BEHIND) if s.state == UNREACHABLE and (self._asked[s.name].failing_since or late) < late else s
            for s in states
        )
        report = WitnessReport(self._policy.quorum, self._size is not None, self._size, states)
        if report != self._written:
            write_witness_report(self._store, report)
            self._written = report

    def _raise_alarms(self) -> None:
        now = self._now()
        for name, asked in self._asked.items():
            if asked.failing_since is None:
                if asked.alarming:
                    self._alarm(name, "done", "witness-cosigns", {"size": asked.state.size})
                    asked.alarming = False
                continue
            reason = asked.state.reason
            if reason == client.UNREACHABLE and now - asked.failing_since < LAG_SECONDS:
                continue
            if now - asked.alarmed.get(reason, -ALARM_SECONDS) >= ALARM_SECONDS:
                self._alarm(name, "failed", reason, {"size": asked.state.size, "failures": asked.failures})
                asked.alarmed[reason], asked.alarming = now, True


def _contradiction(code: str, name: str, size: int, theirs: int | None) -> IntegrityFailure:
    what = "knows more of this log" if code == client.AHEAD else "knows another history of this log"
    known = f" It names {theirs} entries; we have {size}." if theirs is not None else ""
    return IntegrityFailure(
        "log-witness-ahead" if code == client.AHEAD else "log-witness-disagrees",
        f"The witness {name} {what} than we do.{known} Nothing will be signed.",
        remedy="Keep database and log store as they are; ask the witness for its checkpoint (docs/spec/witness.md).",
        where=name,
    )
