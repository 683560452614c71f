"""Requests and decisions: the two sides of the decision point, as plain frozen values.

A decision always names the clause that decided, a JSON Pointer (RFC 6901) into the agreement
document, or ``""`` (the whole document) where there is no agreement to point into. Obligations are
what the enforcement point must do because of a permit; one that it cannot meet turns the permit
into a denial.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from gateway.evidence.package import AgreementRef, Principal

ActionName = Literal["push", "pull", "review", "audit", "hold"]


@dataclass(frozen=True, slots=True)
class Request:
    """What somebody wants to do. Unset members are not part of the question.

    ``media_type`` is the sniffed type once bytes are known, the declared one before. ``view`` is
    asked for on pull. ``submitter`` is the principal that pushed, for the four-eyes rule on review.
    ``urgency`` is that of the package, for the obligation to answer in time.
    """

    action: ActionName
    principal: Principal
    now: datetime
    purpose: str | None = None
    evidence_type: str | None = None
    media_type: str | None = None
    size_bytes: int | None = None
    view: str | None = None
    submitter: str | None = None
    urgency: str | None = None


@dataclass(frozen=True, slots=True)
class Obligation:
    """Something the enforcement point must do: ``retain``, ``redact``, ``review``, ``encrypt``, ``answer-by``."""

    kind: str
    clause: str
    params: tuple[tuple[str, Any], ...] = ()

    def as_dict(self) -> dict[str, Any]:
        return {"kind": self.kind, "clause": self.clause, **dict(self.params)}


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer. ``code`` is a stable kebab-case identifier of the deciding rule's outcome.

    ``agreement`` is the version that the clause points into, where it is another than was asked about.
    """

    permitted: bool
    code: str
    clause: str
    reasons: tuple[str, ...]
    obligations: tuple[Obligation, ...] = field(default=())
    agreement: AgreementRef | None = None

    @property
    def outcome(self) -> Literal["permit", "deny"]:
        """``permit`` or ``deny``, as the audit log writes it."""
        return "permit" if self.permitted else "deny"

    def as_dict(self) -> dict[str, Any]:
        return {
            "outcome": self.outcome,
            "code": self.code,
            "clause": self.clause,
            "reasons": list(self.reasons),
            "obligations": [o.as_dict() for o in self.obligations],
        }


def permit(clause: str, *reasons: str, obligations: tuple[Obligation, ...] = ()) -> Decision:
    return Decision(True, "permitted", clause, reasons, obligations)


def deny(code: str, clause: str, *reasons: str, agreement: AgreementRef | None = None) -> Decision:
    return Decision(False, code, clause, reasons, agreement=agreement)
