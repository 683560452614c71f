"""Who may do what under an agreement: party x role x action x evidence type x view, as decided.

The table is not read off the document: each row is the answer of the decision point to the question
of a person who holds that one role and all attributes it needs, so table and enforcement can't
differ. Where the answer is "no" whatever the type or view, one row says so for all of them. Names of
places (``ALL``) and answers are data; how they are shown is the face's business.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time
from typing import Any

from gateway.agreements.model import Agreement, AgreementState, Role
from gateway.evidence.media import REDACTABLE
from gateway.evidence.package import Principal
from gateway.policy.decide import decide
from gateway.policy.decision import ActionName, Decision, Request
from gateway.policy.reach import recipients_of

#: In the place of an evidence type or view: the row holds for every one of them.
ALL = "*"
#: In the place of an evidence type or view: the action has nothing to do with it.
NONE = ""

ACTIONS: tuple[ActionName, ...] = ("push", "pull", "review", "audit", "hold")


@dataclass(frozen=True, slots=True)
class Row:
    """One answer.

    Attributes:
        party, role: Who asks: a person of that agency with that one role.
        action: What for.
        evidence_type, view: Of what; or :data:`ALL`, or :data:`NONE`.
        permitted, code, clause, reason: The decision's.
        needs: Attributes that the person must hold, and is taken to hold here.
        media: Media types in which the evidence type passes, for push and pull.
        max_size_bytes: Largest exhibit, for push.
        to: Agencies that would receive it, for push.
        keep: How long it is kept, for pull: ``P180D from release``, and the earlier end if there is one.
        review: When somebody must approve first, for pull: the conditions that concern this view.
    """

    party: str
    role: str
    action: ActionName
    evidence_type: str
    view: str
    permitted: bool
    code: str
    clause: str
    reason: str
    needs: tuple[str, ...] = ()
    media: tuple[str, ...] = ()
    max_size_bytes: int | None = None
    to: tuple[str, ...] = ()
    keep: str = ""
    review: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready members."""
        return {name: list(v) if isinstance(v, tuple) else v for name, v in ((n, getattr(self, n)) for n in _FIELDS)}


_FIELDS = tuple(Row.__dataclass_fields__)


def permission_matrix(agreement: Agreement) -> tuple[Row, ...]:
    """All rows, in the order of the agreement: by party, role, action, view, evidence type.

    The agreement is judged as if it were active, on the first day on which it is in force.
    """
    return tuple(
        row
        for party in agreement.parties
        for role in agreement.roles.values()
        for row in _Asker(agreement, party, role).rows()
    )


class _Asker:
    """Asks all questions for one role of one party."""

    def __init__(self, agreement: Agreement, party: str, role: Role) -> None:
        self._agreement = agreement
        self._role = role
        self._principal = Principal(f"{party}.{role.name}", party, frozenset({role.name}), role.needs)
        self._now = datetime.combine(agreement.in_force_from, time(12), UTC)

    def rows(self) -> Iterator[Row]:
        for action in ACTIONS:
            overall = self._decide(action)
            if action in ("audit", "hold"):
                yield self._row(action, overall, NONE, NONE)
            elif not overall.permitted:
                yield self._row(action, overall, ALL, NONE if action == "push" else ALL)
            elif action == "push":
                yield from self._types(action, NONE)
            else:
                for view in self._agreement.views:
                    answer = self._decide(action, view=view)
                    if action == "pull" and answer.permitted:
                        yield from self._types(action, view)
                    else:
                        yield self._row(action, answer, ALL, view)

    def _types(self, action: ActionName, view: str) -> Iterator[Row]:
        agreement = self._agreement
        for name, rule in agreement.evidence.items():
            answers = {m: self._decide(action, view or None, name, m) for m in sorted(rule.media)}
            passing = tuple(media for media, answer in answers.items() if answer.permitted)
            # If no media type passes, any of the refusals says why.
            row = self._row(action, answers[passing[0] if passing else min(answers)], name, view)
            if row.permitted:
                row = replace(row, media=passing)
                if action == "push":
                    to = recipients_of(agreement, self._principal.agency)
                    row = replace(row, max_size_bytes=rule.max_size_bytes, to=to)
                else:
                    row = replace(row, keep=keep_of(agreement, name, view), review=_review(agreement, view, passing))
            yield row
        for name in sorted(agreement.forbidden):
            yield self._row(action, self._decide(action, view or None, name), name, view)

    def _decide(
        self, action: ActionName, view: str | None = None, evidence_type: str | None = None, media: str | None = None
    ) -> Decision:
        request = Request(action, self._principal, self._now, evidence_type=evidence_type, media_type=media, view=view)
        return decide(request, self._agreement, AgreementState.ACTIVE)

    def _row(self, action: ActionName, answer: Decision, evidence_type: str, view: str) -> Row:
        return Row(
            party=self._principal.agency,
            role=self._role.name,
            action=action,
            evidence_type=evidence_type,
            view=view,
            permitted=answer.permitted,
            code=answer.code,
            clause=answer.clause,
            reason=answer.reasons[0],
            needs=tuple(sorted(self._role.needs)) if action in self._role.may else (),
        )


def keep_of(agreement: Agreement, evidence_type: str, view: str = "") -> str:
    """How long a release of the type is kept in a view (or, without one, in any), in one line."""
    ends: list[str] = []
    for rule, _ in agreement.retention_rules(evidence_type, view):
        ends.append(f"{rule.keep_period} from {rule.counted_from}")
        if rule.after_last_pull_period is not None:
            ends.append(f"{rule.after_last_pull_period} from last pull")
    return ends[0] if len(ends) == 1 else f"{', or '.join(ends)}, whichever ends first"


def keeps_of(agreement: Agreement, evidence_type: str) -> dict[str, str]:
    """How long a type is kept: under the empty name whatever the view, and for each view with a rule of its own."""
    views = agreement.retention_for(evidence_type)[0].views
    return {view: keep_of(agreement, evidence_type, view) for view in ("", *views)}


def _review(agreement: Agreement, view: str, media: Collection[str]) -> tuple[str, ...]:
    rule = agreement.review
    if rule is None:
        return ()
    if rule.required(view, 1.0):
        return ("always",)
    # What is not looked into has no findings whose confidence could be low.
    if rule.confidence_below is None or not REDACTABLE.intersection(media):
        return ()
    return (f"confidence below {rule.confidence_below:g}",)
