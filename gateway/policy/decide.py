"""The decision point: request + agreement + state -> permit or deny, the clause, and what follows.

Denied unless every check passes (checks.py has them, in the order in which they are asked):
agreement known, active, in force; agency a party that may; purpose; role, view and attributes;
evidence type, media type, opacity, size; four eyes on review. Pure: the time comes in with the
request, and the same question has the same answer anywhere. Whether a principal is who it says, and
whether an object exists for it, was settled before.
"""

from __future__ import annotations

from gateway.agreements.model import Agreement, AgreementState
from gateway.evidence.media import REDACTABLE
from gateway.policy.checks import CHECKS, Refusal, granting_role
from gateway.policy.decision import Decision, Obligation, Request, deny, permit
from gateway.policy.reach import recipients_of, stop_categories, views_for, views_reaching
from gateway.policy.rulebook import Rulebook, rulebook

__all__ = ["decide", "recipients_of", "stop_categories", "views_for", "views_reaching"]


def decide(request: Request, agreement: Agreement | None, state: AgreementState | None) -> Decision:
    """Whether the request is permitted.

    For a push, ask once without exhibit members (may this principal push for this purpose at all)
    and once for each exhibit, with the declared media type first and the sniffed one later.

    Args:
        request: The question; members that are unset are not part of it.
        agreement: The agreement that is to permit it, or None if there is none.
        state: The state of that version.

    Returns:
        The decision. Its clause exists in ``agreement.document``, or is ``""`` without an agreement.
    """
    if agreement is None:
        return deny("agreement-unknown", "", "no agreement covers this")
    book = rulebook(agreement)
    for check in CHECKS:
        refusal = check(request, book, state)
        if refusal is not None:
            return deny(refusal.code, refusal.clause, refusal.reason)
    return _permit(request, book)


def _permit(request: Request, book: Rulebook) -> Decision:
    role = granting_role(request, book.agreement)
    if isinstance(role, Refusal):  # no check may have been left out of CHECKS
        return deny(role.code, role.clause, role.reason)
    reason = f"the role '{role.name}' may {request.action}"
    if request.action == "push":
        if request.evidence_type is None:
            return permit(f"/roles/{role.name}/may", reason, obligations=_on_push(request, book))
        permitted = f"the agreement permits the type '{request.evidence_type}'"
        return permit(f"/evidence/{request.evidence_type}", permitted, reason, obligations=_on_push(request, book))
    if request.action == "pull" and request.view is not None:
        clause = f"/roles/{role.name}/views/{role.views.index(request.view)}"
        return permit(clause, f"{reason} the view '{request.view}'", obligations=_on_pull(request, book, request.view))
    return permit(f"/roles/{role.name}/may", reason)


def _on_push(request: Request, book: Rulebook) -> tuple[Obligation, ...]:
    """Keep no longer, have reviewed, encrypt, answer in time; views are chosen per recipient later."""
    obligations = [book.encrypt]
    if request.evidence_type is not None:
        obligations += book.retain_for(request.evidence_type)
    if book.review is not None:
        obligations.append(book.review)
    time_to_answer = book.agreement.deadlines.get(request.urgency or "")
    if time_to_answer is not None:
        by = (request.now + time_to_answer).isoformat(timespec="seconds").replace("+00:00", "Z")
        obligations.append(
            Obligation("answer-by", f"/deadlines/{request.urgency}", (("urgency", request.urgency), ("by", by)))
        )
    return tuple(obligations)


def _on_pull(request: Request, book: Rulebook, view: str) -> tuple[Obligation, ...]:
    redactable, opaque = book.redact[view]
    sees_inside = request.media_type is None or request.media_type in REDACTABLE
    redact = redactable if sees_inside else opaque
    if request.evidence_type is None:
        return (redact, book.encrypt)
    return (redact, book.encrypt, *book.retain_for(request.evidence_type, view))
