"""Review: where the agreement asks for it, a person of the sending agency approves a rendition.

Which renditions wait is decided once all are made (:func:`triage`). Four eyes: the submitter cannot
approve where the agreement says so, nobody counts twice, and only members of the agency that sent
the evidence may review, because they alone may see what was taken out. Every look at what waits is
recorded, like every decision.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from gateway.agreements.model import Agreement
from gateway.errors import Conflict, NotFound
from gateway.evidence.lifecycle import PackageState, RenditionState
from gateway.evidence.package import Package, Principal, Rendition
from gateway.exchange import record
from gateway.exchange.moves import move_rendition
from gateway.exchange.parties.standing import standing
from gateway.exchange.ports.database import Transaction
from gateway.policy.decision import Request, deny


def triage(tx: Transaction, package: Package, agreement: Agreement, now: datetime) -> int:
    """Send each fresh rendition to review or approve it at once; how many now wait for a person."""
    waiting = 0
    for rendition in tx.renditions.of_package(package.id):
        if rendition.state is RenditionState.REDACTED:
            rule = agreement.review
            needed = rule is not None and rule.required(rendition.view, rendition.lowest_confidence)
            move_rendition(
                tx,
                package,
                rendition,
                "await-review" if needed else "approve",
                now,
                clause="/review" if rule is not None else "",
                reason="review-required" if needed else "review-not-required",
                detail={"view": rendition.view, "lowest_confidence": rendition.lowest_confidence},
            )
            waiting += needed
        elif rendition.state is RenditionState.IN_REVIEW:
            waiting += 1
    return waiting


@dataclass(frozen=True, slots=True)
class PendingReview:
    """A rendition in review, who has approved it, and how many approvals it needs."""

    rendition: Rendition
    package: Package
    approvals: tuple[str, ...]
    needed: int


def pending(
    tx: Transaction, principal: Principal, now: datetime, *, after: str | None = None, limit: int = 100
) -> Sequence[PendingReview]:
    """Renditions of the principal's own agency that wait for approval, oldest first.

    Args:
        after: Id of the last rendition of the page before.
    """
    page = tx.renditions.awaiting_review(principal.agency, after=after, limit=limit)
    found = [_pending(tx, rendition) for rendition in page]
    tx.ledger.append(record.listed("review.list", principal, len(found), now))
    return found


def read(tx: Transaction, principal: Principal, rendition_id: str, now: datetime) -> PendingReview:
    """What a reviewer sees of a rendition before deciding, or once it is decided; its report is read by itself.

    Raises:
        NotFound: ``rendition-unknown``, also for another agency's.
        Denied: the policy's code, such as ``submitter-may-not-review``.
    """
    found, clause = _permitted(tx, principal, rendition_id, now, "review.read")
    rendition = found.rendition
    tx.ledger.append(
        record.event(
            "review.read",
            "permit",
            now,
            rendition,
            within=found.package,
            actor=principal,
            clause=clause,
            detail={"state": str(rendition.state), "report_digest": rendition.report_digest},
        )
    )
    return found


def approve(tx: Transaction, principal: Principal, rendition_id: str, now: datetime, note: str = "") -> Rendition:
    """Count one approval; with enough of them the rendition may be released.

    Raises:
        NotFound: ``rendition-unknown``.
        Denied: the policy's code, such as ``submitter-may-not-review``.
        Conflict: ``already-approved`` by the same person; ``state-conflict``.
    """
    found, clause = _reviewable(tx, principal, rendition_id, now)
    rendition, package, given, needed = found.rendition, found.package, found.approvals, found.needed
    if principal.id in given:
        raise Conflict("already-approved", "You have approved this rendition already.", remedy="Another person must.")
    tx.renditions.approve(
        rendition.id,
        principal.id,
        now,
        record.event(
            "review.approve",
            "permit",
            now,
            rendition,
            within=package,
            actor=principal,
            clause=clause,
            detail={"approvals": len(given) + 1, "needed": needed, "report_digest": rendition.report_digest},
            erasable={"note": note or None},
        ),
    )
    if len(given) + 1 >= needed:
        _decide(tx, found, "approve", principal, clause, now)
        _continue_if_decided(tx, package)
    return _again(tx, rendition.id)


def reject(tx: Transaction, principal: Principal, rendition_id: str, now: datetime, note: str = "") -> Rendition:
    """Keep the rendition from being released; the package's other renditions go on."""
    found, clause = _reviewable(tx, principal, rendition_id, now)
    _decide(tx, found, "reject", principal, clause, now, note)
    _continue_if_decided(tx, found.package)
    return _again(tx, found.rendition.id)


def _reviewable(tx: Transaction, principal: Principal, rendition_id: str, now: datetime) -> tuple[PendingReview, str]:
    found, clause = _permitted(tx, principal, rendition_id, now, "review.decide", lock=True)
    state = found.rendition.state
    if state is not RenditionState.IN_REVIEW:
        raise Conflict(
            "state-conflict",
            f"The rendition is {state}, not in review.",
            remedy="List the pending reviews.",
            state=str(state),
        )
    return found, clause


def _permitted(
    tx: Transaction, principal: Principal, rendition_id: str, now: datetime, action: str, *, lock: bool = False
) -> tuple[PendingReview, str]:
    """The rendition, if the person may review it, and the clause that permits."""
    rendition = tx.renditions.get(rendition_id, lock=lock)
    package = tx.packages.get(rendition.package_id, lock=lock) if rendition else None
    if rendition is None or package is None or package.agency != principal.agency:
        error = NotFound("rendition-unknown", "Your agency has no such rendition.", remedy="List the pending reviews.")
        raise record.unknown(error, action, now, rendition, principal)
    binding = standing(tx, package.agreement)
    request = Request(action="review", principal=principal, now=now, view=rendition.view, submitter=package.submitter)
    decision = binding.decide(request) if binding else deny("agreement-unknown", "", "its version is gone")
    if not decision.permitted or binding is None:
        raise record.denied(
            "You may not review this rendition",
            decision,
            action,
            now,
            rendition,
            within=package,
            remedy="Another person with a reviewing role must do it.",
            actor=principal,
        )
    return _with_approvals(tx, rendition, package, binding.agreement), decision.clause


def _pending(tx: Transaction, rendition: Rendition) -> PendingReview:
    package = tx.packages.get(rendition.package_id)
    binding = standing(tx, package.agreement) if package else None
    if package is None or binding is None:
        raise NotFound("agreement-unknown", "The package's version of the agreement is gone.")
    return _with_approvals(tx, rendition, package, binding.agreement)


def _with_approvals(tx: Transaction, rendition: Rendition, package: Package, agreement: Agreement) -> PendingReview:
    needed = agreement.review.approvals if agreement.review else 1
    return PendingReview(rendition, package, tuple(tx.renditions.approvals(rendition.id)), needed)


def _decide(
    tx: Transaction, found: PendingReview, move: str, principal: Principal, clause: str, now: datetime, note: str = ""
) -> None:
    rendition = found.rendition
    move_rendition(
        tx,
        found.package,
        rendition,
        move,
        now,
        actor=principal,
        clause=clause,
        detail={"view": rendition.view, "report_digest": rendition.report_digest},
        erasable={"note": note or None},
    )


def _continue_if_decided(tx: Transaction, package: Package) -> None:
    undecided = [r for r in tx.renditions.of_package(package.id) if r.state is RenditionState.IN_REVIEW]
    if not undecided and package.state is PackageState.IN_REVIEW:
        tx.queue.enqueue("seal", package.id)


def _again(tx: Transaction, rendition_id: str) -> Rendition:
    rendition = tx.renditions.get(rendition_id)
    if rendition is None:
        raise NotFound("rendition-unknown", "The rendition is gone.")
    return rendition
