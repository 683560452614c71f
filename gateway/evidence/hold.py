"""A legal hold: a case, package or exhibit that must not be destroyed until somebody says so.

A hold stops disposal and nothing else: it gives nobody a right to read, and retention that ends under
it ends reading all the same. It is over when two persons (or one, where the agreement is content with
one) have lifted it, or when it expires.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class HoldScope(StrEnum):
    CASE = "case"
    PACKAGE = "package"
    EXHIBIT = "exhibit"


@dataclass(frozen=True, slots=True)
class Hold:
    """One hold.

    Attributes:
        agreement: Id of the agreement under which it was placed.
        object_id: Id of the case, package or exhibit, as ``scope`` says.
        case_id: The case that the object belongs to.
        reason: What a person wrote; may be personal, so only a commitment stands in the log.
        agency: The agency of ``placed_by``; without one of its persons the hold is not lifted.
        lift_asked_by: Principals who have asked to lift it, in order.
        lifted_at: When it was lifted or found to have expired.
    """

    id: str
    agreement: str
    scope: HoldScope
    object_id: str
    case_id: str
    reason: str
    placed_by: str
    agency: str
    placed_at: datetime
    expires_at: datetime | None = None
    lift_asked_by: tuple[str, ...] = ()
    lifted_at: datetime | None = None

    def active(self, now: datetime) -> bool:
        """Whether it stops disposal at ``now``."""
        return self.lifted_at is None and (self.expires_at is None or now < self.expires_at)


@dataclass(frozen=True, slots=True)
class HoldsOfCase:
    """The holds within one case that are active at one moment; answers what they cover."""

    case_id: str
    holds: tuple[Hold, ...]

    @classmethod
    def at(cls, case_id: str, holds: Iterable[Hold], now: datetime) -> HoldsOfCase:
        return cls(case_id, tuple(hold for hold in holds if hold.active(now)))

    def package(self, package_id: str) -> bool:
        """Whether the package as a whole is held."""
        return any(
            hold.scope is HoldScope.CASE or (hold.scope is HoldScope.PACKAGE and hold.object_id == package_id)
            for hold in self.holds
        )

    def exhibit(self, package_id: str, exhibit_id: str) -> bool:
        """Whether the exhibit is held, by itself or with its package."""
        return self.package(package_id) or any(
            hold.scope is HoldScope.EXHIBIT and hold.object_id == exhibit_id for hold in self.holds
        )
