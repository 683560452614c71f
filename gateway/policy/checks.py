"""The rules of the decision, one small pure function each: nothing, or the refusal and its clause.

Each check looks at one condition, and all must pass, so their order changes which refusal a caller
hears and never whether there is one. A check whose member of the request is unset has nothing to
say. Refusals name a clause that exists in the agreement's document.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from gateway.agreements.model import Agreement, AgreementState, Role
from gateway.evidence.media import ADVICE, REDACTABLE
from gateway.policy.decision import Request
from gateway.policy.rulebook import Rulebook, existing_clause


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why not: a stable code, the clause that decided, and a reason without full stop."""

    code: str
    clause: str
    reason: str


Check = Callable[[Request, Rulebook, AgreementState | None], Refusal | None]

#: Looking into the log and stopping disposal must stay possible when an agreement no longer works,
#: or its end would hide what happened under it. Nothing leaves the gateway by either.
_OUTLASTING = frozenset({"audit", "hold"})
_OUTLASTING_STATES = frozenset(
    {AgreementState.ACTIVE, AgreementState.SUSPENDED, AgreementState.SUPERSEDED, AgreementState.ENDED}
)


def agreement_is_active(request: Request, book: Rulebook, state: AgreementState | None) -> Refusal | None:
    """All parties have signed this version, and it is neither suspended, superseded nor ended."""
    if state is AgreementState.ACTIVE or (request.action in _OUTLASTING and state in _OUTLASTING_STATES):
        return None
    return Refusal("agreement-not-active", "/version", f"version {book.agreement.version} is {state or 'not stored'}")


def agreement_is_in_force(request: Request, book: Rulebook, state: AgreementState | None) -> Refusal | None:
    """Today lies within the agreement's dates."""
    agreement = book.agreement
    if agreement.in_force(request.now) or request.action in _OUTLASTING:
        return None
    if request.now.date() < agreement.in_force_from:
        return Refusal("agreement-not-in-force", "/in_force/from", f"the agreement begins on {agreement.in_force_from}")
    return Refusal("agreement-not-in-force", "/in_force/until", f"the agreement ended on {agreement.in_force_until}")


def purpose_is_permitted(request: Request, book: Rulebook, state: AgreementState | None) -> Refusal | None:
    """The purpose is one that the agreement lists."""
    if request.purpose is None or request.purpose in book.agreement.purposes:
        return None
    return Refusal("purpose-not-permitted", "/purposes", "the agreement does not list this purpose")


def agency_is_party(request: Request, book: Rulebook, state: AgreementState | None) -> Refusal | None:
    """The principal's agency is bound by the agreement."""
    if request.principal.agency in book.parties:
        return None
    return Refusal("party-unknown", "/parties", "the agency is not a party to the agreement")


def party_may(request: Request, book: Rulebook, state: AgreementState | None) -> Refusal | None:
    """The agency may push or pull at all; and what it pushes may be pulled by somebody."""
    agency, action = request.principal.agency, request.action
    party = book.agreement.parties.get(agency)
    if party is None or action not in ("push", "pull"):
        return None  # an unknown agency is refused by agency_is_party
    if action not in party.may:
        return Refusal(
            f"party-may-not-{action}",
            f"{book.parties[agency]}/may",
            f"the agency may not {action} under this agreement",
        )
    if action == "push" and not book.receivers[agency]:
        return Refusal("no-recipient", "/parties", "no other party may pull what this agency pushes")
    return None


def role_may(request: Request, book: Rulebook, state: AgreementState | None) -> Refusal | None:
    """At least one of the principal's roles permits the action, for the view if one is asked for."""
    granted = granting_role(request, book.agreement)
    return granted if isinstance(granted, Refusal) else None


def evidence_type_is_permitted(request: Request, book: Rulebook, state: AgreementState | None) -> Refusal | None:
    """The evidence type is listed, and not as forbidden."""
    name, agreement = request.evidence_type, book.agreement
    if name is None or name in agreement.evidence:
        return None
    if name in agreement.forbidden:
        return Refusal("evidence-type-forbidden", f"/evidence/{name}", f"the agreement forbids the type '{name}'")
    return Refusal("evidence-type-not-permitted", "/evidence", "the agreement does not list this evidence type")


def media_type_is_permitted(request: Request, book: Rulebook, state: AgreementState | None) -> Refusal | None:
    """The media type is listed for the evidence type."""
    if request.media_type is None:
        return None
    rule = book.agreement.evidence.get(request.evidence_type or "")
    if rule is None:
        # Without a permitted evidence type there is nothing that could permit a media type.
        return Refusal("evidence-type-not-permitted", "/evidence", "no permitted evidence type covers these bytes")
    if request.media_type in rule.media:
        return None
    return Refusal(
        "media-type-not-permitted",
        f"/evidence/{rule.evidence_type}/media",
        f"the agreement does not list {request.media_type} for '{rule.evidence_type}'",
    )


def content_can_be_redacted(request: Request, book: Rulebook, state: AgreementState | None) -> Refusal | None:
    """The gateway can look into the bytes, or the agreement lets opaque ones pass."""
    rule = book.agreement.evidence.get(request.evidence_type or "")
    if request.media_type is None or rule is None or rule.opaque or request.media_type in REDACTABLE:
        return None
    clause = f"/evidence/{rule.evidence_type}"
    return Refusal(
        "opaque-not-permitted",
        existing_clause(book.agreement, f"{clause}/opaque", clause),
        f"{request.media_type} can't be redacted, and '{rule.evidence_type}' must not pass unseen"
        + (f"; {ADVICE[request.media_type]}" if request.media_type in ADVICE else ""),
    )


def size_is_permitted(request: Request, book: Rulebook, state: AgreementState | None) -> Refusal | None:
    """The exhibit is not larger than the type's limit."""
    rule = book.agreement.evidence.get(request.evidence_type or "")
    if request.size_bytes is None or rule is None or 0 <= request.size_bytes <= rule.max_size_bytes:
        return None
    return Refusal(
        "size-exceeded",
        f"/evidence/{rule.evidence_type}/max_size",
        f"{request.size_bytes} bytes are more than the {rule.max_size_bytes} permitted for '{rule.evidence_type}'",
    )


def reviewer_is_not_submitter(request: Request, book: Rulebook, state: AgreementState | None) -> Refusal | None:
    """Four eyes: whoever pushed does not approve."""
    if request.action != "review" or request.submitter != request.principal.id:
        return None
    clause = existing_clause(book.agreement, "/review/not_by", "/review")
    return Refusal("submitter-may-not-review", clause, "whoever pushed a package may not review it")


def granting_role(request: Request, agreement: Agreement) -> Role | Refusal:
    """The role that permits, the first by name; or the refusal of the role that came nearest to it."""
    nearest, nearest_step = Refusal("role-missing", "/roles", "the principal has no role of this agreement"), 0
    for name in sorted(request.principal.roles):
        role = agreement.roles.get(name)
        if role is None:
            continue
        step, refusal = _role_refusal(request, role)
        if refusal is None:
            return role
        if step > nearest_step:
            nearest, nearest_step = refusal, step
    return nearest


def _role_refusal(request: Request, role: Role) -> tuple[int, Refusal | None]:
    action, view = request.action, request.view
    if action not in role.may:
        refusal = Refusal(
            f"role-may-not-{action}", f"/roles/{role.name}/may", f"the role '{role.name}' may not {action}"
        )
        return 1, refusal
    # A reviewer's views are a restriction that may be left out; a puller always has some.
    limited = action == "pull" or (action == "review" and role.views)
    if view is not None and limited and view not in role.views:
        return 2, Refusal(
            "view-not-permitted", f"/roles/{role.name}/views", f"the role '{role.name}' may not {action} this view"
        )
    if not role.needs <= request.principal.attributes:
        missing = ", ".join(sorted(role.needs - request.principal.attributes))
        return 3, Refusal("attribute-missing", f"/roles/{role.name}/needs", f"the role '{role.name}' needs {missing}")
    return 4, None


#: In the order in which a refusal is the most useful answer: the agreement, the agency, the person,
#: the evidence.
CHECKS: tuple[Check, ...] = (
    agreement_is_active,
    agreement_is_in_force,
    agency_is_party,
    party_may,
    purpose_is_permitted,
    role_may,
    evidence_type_is_permitted,
    media_type_is_permitted,
    content_can_be_redacted,
    size_is_permitted,
    reviewer_is_not_submitter,
)
