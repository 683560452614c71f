"""What is kept of a party's registered secrets, and the store of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from gateway.redaction.fingerprint import Fingerprint, Kind
from gateway.translog.event import AuditEvent


@dataclass(frozen=True, slots=True)
class RegisteredSecret:
    """A registered secret as it rests: nothing in it can be read or guessed without the gateway's keys.

    Attributes:
        id: Shown in reports as ``registered/<id>``.
        label: The party's own name for it, an identifier; shown to the party only.
        digests: Keyed digests of 12 bytes each, one after the other; empty once retired.
        shape: How long its parts are and a checksum of the digests, wrapped; empty once retired.
        kek_id, kek_version: The key-encryption key that wrapped the shape.
    """

    id: str
    agency: str
    label: str
    kind: Kind
    digests: bytes = field(repr=False)
    shape: bytes = field(repr=False)
    kek_id: str
    kek_version: int
    registered_by: str
    registered_at: datetime
    retired_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class SecretRegister:
    """All live secrets of one party, opened: what an exhibit is searched for."""

    key: bytes = field(repr=False)
    fingerprints: tuple[Fingerprint, ...] = field(repr=False)


class Secrets(Protocol):
    """Registered secrets. A label is used once and never again, not even after its secret was retired."""

    def add(self, secret: RegisteredSecret, event: AuditEvent) -> None:
        """Store; a label or id that is taken is a Conflict ``secret-exists``."""
        ...

    def find(self, agency_id: str, label: str, *, lock: bool = False) -> RegisteredSecret | None: ...
    def page(self, agency_id: str, *, after: str, limit: int) -> Sequence[RegisteredSecret]:
        """A page by label, retired ones included; ``after`` is the last label of the page before, or ""."""
        ...

    def live(self, agency_id: str) -> Sequence[RegisteredSecret]:
        """All that are not retired, by id."""
        ...

    def totals(self, agency_id: str) -> tuple[int, int]:
        """How many the agency ever registered, and how many bytes of digests are kept of them."""
        ...

    def retire(self, secret_id: str, at: datetime, event: AuditEvent) -> None:
        """Empty it for good. NotFound ``secret-missing``, Conflict ``secret-settled``."""
        ...
