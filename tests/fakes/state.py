"""The rows of the fake database: dictionaries of frozen values, copied shallowly per transaction."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Self

from gateway.envelope.wrapping import WrappedKey
from gateway.evidence.agency import Agency, RegisteredKey
from gateway.evidence.deadline import Clock
from gateway.evidence.duty import Duty
from gateway.evidence.erasure import Erasure
from gateway.evidence.hold import Hold
from gateway.evidence.package import Case, Exhibit, Package, Principal, Release, Rendition
from gateway.exchange.ports.custody import Certificate
from gateway.exchange.ports.parties import AgreementRecord, AgreementSignature
from gateway.exchange.ports.requests import StoredAnswer
from gateway.exchange.ports.secrets import RegisteredSecret
from gateway.translog.event import AuditEvent


@dataclass(frozen=True, slots=True)
class Job:
    """An enqueued step; ``delay_seconds`` is 0 for at once."""

    step: str
    package_id: str
    delay_seconds: float = 0.0


@dataclass
class State:
    """Everything the fake holds. Values are frozen, so a copy of the containers is a snapshot."""

    agencies: dict[str, Agency] = field(default_factory=dict)
    principals: dict[str, Principal] = field(default_factory=dict)
    keys: dict[str, RegisteredKey] = field(default_factory=dict)
    agreements: dict[tuple[str, int], AgreementRecord] = field(default_factory=dict)
    signatures: dict[tuple[str, int], tuple[AgreementSignature, ...]] = field(default_factory=dict)
    cases: dict[str, Case] = field(default_factory=dict)
    packages: dict[str, Package] = field(default_factory=dict)
    exhibits: dict[str, Exhibit] = field(default_factory=dict)
    renditions: dict[str, Rendition] = field(default_factory=dict)
    approvals: dict[str, tuple[str, ...]] = field(default_factory=dict)
    releases: dict[str, Release] = field(default_factory=dict)
    seal_entries: dict[str, str] = field(default_factory=dict)
    dated: dict[str, int] = field(default_factory=dict)
    file_keys: dict[str, WrappedKey] = field(default_factory=dict)
    entries: dict[str, AuditEvent] = field(default_factory=dict)
    positions: dict[str, int] = field(default_factory=dict)
    jobs: dict[tuple[str, str], Job] = field(default_factory=dict)
    replays: dict[tuple[str, str], datetime] = field(default_factory=dict)
    unknown_clients: dict[datetime, int] = field(default_factory=dict)
    unfinished: dict[str, tuple[datetime, bool]] = field(default_factory=dict)
    answers: dict[tuple[str, str], StoredAnswer] = field(default_factory=dict)
    answered_at: dict[tuple[str, str], datetime] = field(default_factory=dict)
    erased_cases: dict[str, datetime] = field(default_factory=dict)
    erased_values: dict[str, tuple[str, ...]] = field(default_factory=dict)
    holds: dict[str, Hold] = field(default_factory=dict)
    clocks: dict[str, Clock] = field(default_factory=dict)
    duties: dict[str, Duty] = field(default_factory=dict)
    certificates: dict[str, Certificate] = field(default_factory=dict)
    certificate_entries: dict[str, str] = field(default_factory=dict)
    erasures: dict[str, Erasure] = field(default_factory=dict)
    secrets: dict[str, RegisteredSecret] = field(default_factory=dict)

    def copy(self) -> Self:
        """A snapshot: new containers, the same frozen values."""
        return type(self)(**{item.name: dict(getattr(self, item.name)) for item in fields(self)})
