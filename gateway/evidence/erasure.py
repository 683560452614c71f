"""An erasure that an officer asks for, and that a second one confirms: of a case, or of one entry's fields."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

#: So long it waits for the second person; then it has to be asked for again.
WAITS = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Erasure:
    """One request.

    Attributes:
        agreement: Id of the agreement of the case, under which both persons must have the right to audit.
        entry_seq: Place in the log of the entry whose fields are meant; None: all of the case.
        fields: Names of the fields; empty: all of the entry.
        legal_basis: A provision of law; nothing personal.
    """

    id: str
    case_id: str
    agreement: str
    entry_seq: int | None
    fields: tuple[str, ...]
    legal_basis: str
    asked_by: str
    asked_at: datetime
    confirmed_by: str | None = None
    confirmed_at: datetime | None = None

    @property
    def expires_at(self) -> datetime:
        """Until then a second person may confirm it."""
        return self.asked_at + WAITS

    def waiting(self, now: datetime) -> bool:
        """Whether a second person may confirm it at ``now``."""
        return self.confirmed_at is None and now < self.expires_at


@dataclass(frozen=True, slots=True)
class ErasableEntry:
    """An entry of the log with the names of those of its fields that can still be erased."""

    entry_id: str
    seq: int
    case_id: str
    fields: tuple[str, ...]
