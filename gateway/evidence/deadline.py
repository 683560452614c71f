"""A package's clock: by when the receiving agencies must have answered, and how it stands.

The clock starts when the package is created, with the time that the agreement gives for its urgency.
It is answered when every agency that has a release of the package has acknowledged one (a signed
rejection is an answer too). Its state is computed, never stored; only that a deadline comes near, and
that it was missed, is written down, once each.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from gateway.evidence.lifecycle import PackageState

#: An answer is due once no more than this part of the time remains: the last quarter.
DUE_FRACTION = 4
#: States of a package in which nobody can answer any more.
STOPPED_STATES = (PackageState.QUARANTINED, PackageState.WITHDRAWN, PackageState.DISPOSED)


class ClockState(StrEnum):
    RUNNING = "running"  # time remains
    DUE = "due"  # less than a quarter of the time remains
    BREACHED = "breached"  # the time is over, and there is no answer
    MET = "met"  # answered in time
    LATE = "late"  # answered, but too late
    STOPPED = "stopped"  # withdrawn, quarantined or disposed of before an answer


@dataclass(frozen=True, slots=True)
class Clock:
    """The clock of one package.

    Attributes:
        agreement: Id of the agreement.
        clause: JSON Pointer of the rule, such as ``/deadlines/emergency``.
        breached_at: When it was written down that the deadline had passed without an answer.
        warned_at: When it was written down that an answer was due and had not come.
    """

    package_id: str
    case_id: str
    agreement: str
    sender: str
    urgency: str
    clause: str
    started_at: datetime
    due_at: datetime
    answered_at: datetime | None = None
    breached_at: datetime | None = None
    warned_at: datetime | None = None

    @property
    def due_from(self) -> datetime:
        """When the last quarter of the time begins: from then on the answer is due."""
        return self.due_at - (self.due_at - self.started_at) / DUE_FRACTION

    def state(self, now: datetime, package: PackageState) -> ClockState:
        """How the clock stands at ``now``, given the state of its package."""
        if self.answered_at is not None:
            return ClockState.MET if self.answered_at <= self.due_at else ClockState.LATE
        if self.breached_at is not None:
            return ClockState.BREACHED
        if package in STOPPED_STATES:
            return ClockState.STOPPED
        if now > self.due_at:
            return ClockState.BREACHED
        return ClockState.DUE if now > self.due_from else ClockState.RUNNING
