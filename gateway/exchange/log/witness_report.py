"""What the gateway knows of its witnesses, kept beside the log so that every process can show it.

Written by the one that asks them (workers/witnesses.py), read by the API and by the operator's
commands. It is a report, not evidence: evidence are the cosignatures on the checkpoint itself.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace

from gateway.exchange.ports.sequencing import WITNESSES, LogFiles

OK, BEHIND, UNREACHABLE, REFUSED, UNKNOWN = "ok", "behind", "unreachable", "refused", "unknown"


@dataclass(frozen=True, slots=True)
class WitnessState:
    """One witness.

    Attributes:
        state: ``ok``, ``behind``, ``unreachable``, ``refused`` or ``unknown``.
        size: Of the largest checkpoint that it has cosigned, as far as known.
        cosigned_at: Unix seconds, by its own clock.
        reason: Stable code of what was last wrong, or empty.
    """

    name: str
    vkey: str
    state: str = UNKNOWN
    size: int | None = None
    cosigned_at: int | None = None
    reason: str = ""

    def but(self, **changes: object) -> WitnessState:
        """The same with some members changed."""
        return replace(self, **changes)  # type: ignore[arg-type]  # names are checked by replace


@dataclass(frozen=True, slots=True)
class WitnessReport:
    """All witnesses; ``size`` is that of the latest checkpoint that a quorum of them has cosigned."""

    quorum: int
    met: bool
    size: int | None
    witnesses: tuple[WitnessState, ...]


def write_witness_report(store: LogFiles, report: WitnessReport) -> None:
    """Replace the report.

    Raises:
        Unavailable: ``log-store-unavailable``.
    """
    store.publish(json.dumps(asdict(report), sort_keys=True).encode(), WITNESSES)


def read_witness_report(store: LogFiles) -> WitnessReport | None:
    """The last report, or None if no witness was ever asked.

    Raises:
        Unavailable: ``log-store-unavailable``.
    """
    data = store.read(WITNESSES)
    if data is None:
        return None
    members = json.loads(data)
    witnesses = tuple(WitnessState(**state) for state in members.pop("witnesses"))
    return WitnessReport(**members, witnesses=witnesses)
