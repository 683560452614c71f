"""The question of a simulation: who would receive what, from whom, for which purpose; and the decisions.

The decision point's own answers, for principals that stand for a role: each is taken to hold the
attributes that the role needs. A draft is judged as if it were active.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from gateway.agreements.model import Agreement, AgreementState
from gateway.errors import InvalidInput
from gateway.evidence.package import Principal
from gateway.exchange.examine import MISMATCH, decide_with_contents, judge_mismatch
from gateway.exchange.ports.workbench import NOTHING_INSIDE, Inside
from gateway.policy.decide import decide
from gateway.policy.decision import Decision, Request, deny
from gateway.policy.reach import recipients_of, views_for


@dataclass(frozen=True, slots=True)
class Scenario:
    """The question: who would receive what, from whom, for which purpose, when."""

    agreement: Agreement
    role: str
    agency: str
    sender: str
    purpose: str
    now: datetime
    types: Mapping[str, str] = field(default_factory=dict)  # file name -> evidence type

    @property
    def reader(self) -> Principal:
        """The principal that stands for ROLE@AGENCY."""
        return Principal(
            f"{self.agency}.{self.role}", self.agency, frozenset({self.role}), self.agreement.roles[self.role].needs
        )

    @property
    def submitter(self) -> Principal:
        """A principal of the sending agency with every role that may push."""
        roles = frozenset(r.name for r in self.agreement.roles.values() if "push" in r.may)
        needs = frozenset(n for r in roles for n in self.agreement.roles[r].needs)
        return Principal(f"{self.sender}.simulated", self.sender, roles, needs)


@dataclass(frozen=True, slots=True)
class Judgement:
    """The decisions over one file for one reader.

    Attributes:
        pushed: May the sender push it?
        refusal: Why the reader would not receive it; None if it would, in the views of ``pulls``.
        pulls: View -> the permit to pull it.
        quarantines: Whether the file would be kept in quarantine, not only refused.
    """

    pushed: Decision
    refusal: Decision | None
    pulls: Mapping[str, Decision]
    quarantines: bool = False

    def refused(self) -> dict[str, Any]:
        """The members of a result that says why nothing is received."""
        answer = {**(self.refusal or self.pushed).as_dict(), "views": []}
        return {**answer, "outcome": "quarantine"} if self.quarantines else answer


def scenario(
    agreement: Agreement,
    who: str,
    now: datetime,
    *,
    sender: str | None = None,
    purpose: str | None = None,
    types: Mapping[str, str] | None = None,
) -> Scenario:
    """Check ``ROLE@AGENCY`` and the rest against the agreement.

    Raises:
        InvalidInput: ``simulate-invalid`` says which name does not exist and which do.
    """
    role, at, agency = who.partition("@")
    if not at or role not in agreement.roles:
        raise invalid("--as wants ROLE@AGENCY, or all", f"the roles are {', '.join(agreement.roles)}")
    if agency not in agreement.parties:
        raise invalid(f"'{agency}' is not a party", f"the parties are {', '.join(agreement.parties)}")
    senders = [p for p in agreement.parties if p != agency and agency in recipients_of(agreement, p)]
    chosen = sender or next((p for p in senders if "push" in agreement.parties[p].may), None)
    if chosen is None:
        # Nobody could send to this agency; the decision then says why.
        chosen = next((p for p in agreement.parties if p != agency), agency)
    if chosen not in agreement.parties:
        raise invalid(f"'{chosen}' is not a party", f"the parties are {', '.join(agreement.parties)}")
    if purpose is not None and purpose not in agreement.purposes:
        raise invalid(f"'{purpose}' is not a purpose", f"the purposes are {', '.join(agreement.purposes)}")
    return Scenario(agreement, role, agency, chosen, purpose or agreement.purposes[0], now, dict(types or {}))


def every_scenario(
    agreement: Agreement,
    now: datetime,
    *,
    sender: str | None = None,
    purpose: str | None = None,
    types: Mapping[str, str] | None = None,
) -> tuple[Scenario, ...]:
    """The same question for every role of every party, in the agreement's order; not for the sender, if one is named.

    Raises:
        InvalidInput: ``simulate-invalid``.
    """
    return tuple(
        scenario(agreement, f"{role}@{agency}", now, sender=sender, purpose=purpose, types=types)
        for agency in agreement.parties
        for role in agreement.roles
        if agency != sender
    )


def judge(
    question: Scenario,
    evidence_type: str | None,
    media_type: str,
    size_bytes: int,
    inside: Inside = NOTHING_INSIDE,
    *,
    declared: str = "",
) -> Judgement:
    """Whether a file would be received, in which views, or why not; an archive or a message with each type inside it.

    Args:
        declared: The media type the sender would declare, if that is not ``media_type``. As on a server, it is
            judged first, and what the bytes are then.
    """
    pushed = _push(question, evidence_type, declared or media_type, size_bytes, NOTHING_INSIDE if declared else inside)
    if pushed.permitted and declared and evidence_type is not None:
        agreement = question.agreement
        pushed = judge_mismatch(agreement, evidence_type, declared, media_type) or _push(
            question, evidence_type, media_type, size_bytes, inside
        )
    if not pushed.permitted:
        rule = question.agreement.evidence.get(evidence_type or "")
        kept = pushed.code == MISMATCH and rule is not None and rule.mismatch == "quarantine"
        return Judgement(pushed, pushed, {}, quarantines=kept)
    asked = {view: _pull(question, evidence_type, media_type, view)
             for view in views_for(question.reader, question.agreement)}  # fmt: skip
    pulls = {view: decision for view, decision in asked.items() if decision.permitted}
    if pulls:
        return Judgement(pushed, None, pulls)
    refusal = next(iter(asked.values()), None) or _pull(question, evidence_type, media_type, None)
    if refusal.permitted:
        refusal = deny("view-not-permitted", f"/roles/{question.role}", "this role may see no view")
    return Judgement(pushed, refusal, {})


def may_pull(question: Scenario) -> Decision:
    """Whether the reader may pull anything at all."""
    return _pull(question, None, None, None)


def invalid(reason: str, remedy: str) -> InvalidInput:
    """The error of a question that can't be asked."""
    return InvalidInput("simulate-invalid", f"The simulation cannot begin: {reason}.", remedy=remedy.capitalize() + ".")


def _push(question: Scenario, evidence_type: str | None, media_type: str, size_bytes: int, inside: Inside) -> Decision:
    agreement = question.agreement
    if evidence_type is None:
        return deny("media-type-not-permitted", "/evidence", f"no evidence type of this agreement permits {media_type}")
    if question.agency not in recipients_of(agreement, question.sender):
        index = list(agreement.parties).index(question.agency)
        return deny("party-may-not-pull", f"/parties/{index}", f"'{question.agency}' may not pull")
    request = Request(
        action="push",
        principal=question.submitter,
        now=question.now,
        purpose=question.purpose,
        evidence_type=evidence_type,
        media_type=media_type,
        size_bytes=size_bytes,
    )
    return decide_with_contents(
        request, inside, agreement.evidence, lambda asked: decide(asked, agreement, AgreementState.ACTIVE)
    )


def _pull(question: Scenario, evidence_type: str | None, media_type: str | None, view: str | None) -> Decision:
    request = Request(
        action="pull",
        principal=question.reader,
        now=question.now,
        purpose=question.purpose,
        evidence_type=evidence_type,
        media_type=media_type,
        view=view,
    )
    return decide(request, question.agreement, AgreementState.ACTIVE)
