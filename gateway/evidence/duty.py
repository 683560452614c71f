"""A receiver's duty to delete what it pulled, once the gateway has disposed of it, and to attest that.

The gateway cannot reach a receiver's copies; it can ask, set a deadline, keep the signed answer, and
say who has not answered.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from gateway.evidence.package import AgreementRef


class DutyState(StrEnum):
    OPEN = "open"
    OVERDUE = "overdue"
    ATTESTED = "attested"
    ATTESTED_LATE = "attested-late"


@dataclass(frozen=True, slots=True)
class Duty:
    """What one agency owes for the releases of a package that were disposed of together.

    Attributes:
        sender: The agency that pushed the package; the duty is owed to it.
        agency: The agency that pulled and owes the attestation.
        releases: Ids of the releases that it pulled.
        reason: Why they were disposed of, a stable code.
        attestation: The signed document as received, with ``signature`` and ``key_id``.
        overdue_at: When it was written down that the time had passed.
    """

    id: str
    package_id: str
    case_id: str
    agreement: AgreementRef
    sender: str
    agency: str
    releases: tuple[str, ...]
    reason: str
    created_at: datetime
    due_at: datetime
    attested_at: datetime | None = None
    attestation: bytes | None = None
    signature: bytes | None = None
    key_id: str | None = None
    overdue_at: datetime | None = None

    def state(self, now: datetime) -> DutyState:
        """How the duty stands at ``now``."""
        if self.attested_at is not None:
            return DutyState.ATTESTED if self.attested_at <= self.due_at else DutyState.ATTESTED_LATE
        return DutyState.OVERDUE if now > self.due_at else DutyState.OPEN
