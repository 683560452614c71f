"""Custody: whether an agency has to do with a case, package or exhibit at all, and closing a case.

An agency has to do with a package that it sent or has a release of, and with a case that it opened or
in which it has such a package. Anything else is answered as if it did not exist (invariant 7).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from gateway.errors import Conflict, NotFound
from gateway.evidence.package import Case, Package, Principal
from gateway.exchange import record
from gateway.exchange.custody.shorten_retention import count_from_closing
from gateway.exchange.parties.standing import governing
from gateway.exchange.ports.database import Transaction
from gateway.exchange.ports.parties import AgreementRecord
from gateway.policy.decide import decide
from gateway.policy.decision import ActionName, Decision, Request, deny


@dataclass(frozen=True, slots=True)
class InCustody:
    """A case, locked, and the agreement version that governs acts on it now."""

    case: Case
    governed_by: AgreementRecord

    def decide(self, action: ActionName, principal: Principal, now: datetime) -> Decision:
        return decide(Request(action, principal, now), self.governed_by.agreement, self.governed_by.state)


def has_to_do_with(tx: Transaction, agency: str, package: Package) -> bool:
    """Whether the agency sent the package or has a release of it."""
    return package.agency == agency or any(r.recipient == agency for r in tx.releases.of_package(package.id))


def locked_case(tx: Transaction, principal: Principal, case: Case | None, now: datetime) -> InCustody:
    """The case, locked, for an agency that has to do with it.

    Raises:
        NotFound: ``case-unknown``.
    """
    locked = tx.cases.get(case.id, lock=True) if case is not None else None
    governed_by = governing(tx, locked.agreement) if locked is not None else None
    if (
        locked is None
        or governed_by is None
        or not (
            locked.opened_by == principal.agency
            or any(has_to_do_with(tx, principal.agency, p) for p in tx.packages.of_case(locked.id))
        )
    ):
        error = NotFound(
            "case-unknown", "Your agency has no such case.", remedy="Check the agreement and the reference."
        )
        raise record.unknown(error, "case.read", now, case, principal)
    return InCustody(locked, governed_by)


def close_case(tx: Transaction, principal: Principal, agreement_id: str, reference: str, now: datetime) -> Case:
    """Close a case for good. Periods that count from its closing begin; nothing more is pushed into it.

    Raises:
        NotFound: ``case-unknown``.
        Denied: ``case-not-opened-by-you``, or the policy's code where the role may neither push nor hold.
        Conflict: ``case-closed``.
    """
    custody = locked_case(tx, principal, tx.cases.find(agreement_id, reference), now)
    case, agreement = custody.case, custody.governed_by.agreement
    decision = custody.decide("push", principal, now)
    if not decision.permitted:
        decision = custody.decide("hold", principal, now)
    if case.opened_by != principal.agency:
        decision = deny("case-not-opened-by-you", "/parties", "another agency opened the case, and it closes it")
    if not decision.permitted:
        raise record.denied(
            "You may not close this case",
            decision,
            "case.close",
            now,
            case,
            remedy="Ask the agency that opened the case.",
            actor=principal,
            agreement=agreement.ref,
        )
    if case.closed_at is not None:
        raise Conflict("case-closed", "The case is closed already.", remedy="Nothing is left to do.")
    tx.cases.close(
        case.id,
        now,
        record.event(
            "case.close",
            "done",
            now,
            case,
            actor=principal,
            agreement=agreement.ref,
            clause=decision.clause,
            detail=record.digests({"closed_at": None}, {"closed_at": now}),
        ),
    )
    count_from_closing(tx, case, now)
    closed = tx.cases.get(case.id)
    return closed or case
