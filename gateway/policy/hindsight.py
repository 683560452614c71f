"""A draft held against what was pushed before: "14 of the last 200 packages would have been refused: …".

Pure: the metadata of past packages in, verdicts and sentences out. Each package is judged as if it
were pushed under the draft, in force, by the same principal with the roles it holds today. What
detection would find in the evidence is no metadata, so findings that stop an exhibit are not
foreseen; ``agreements simulate`` over files does that.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time
from typing import Any, Literal

from gateway.agreements.model import Agreement, AgreementState
from gateway.evidence.package import Principal
from gateway.policy.decide import decide
from gateway.policy.decision import Decision, Request, deny
from gateway.policy.reach import recipients_of, views_reaching

Outcome = Literal["permitted", "narrowed", "refused"]

#: Reasons for which the text of an agreement stops an exhibit. For any other (residue, another type than declared,
#: unreadable, forbidden findings) its bytes are the cause, of which a draft knows nothing.
DECIDED = frozenset(
    {
        "evidence-type-forbidden",
        "evidence-type-not-permitted",
        "media-type-not-permitted",
        "opaque-not-permitted",
        "size-exceeded",
        "purpose-not-permitted",
        "party-unknown",
        "party-may-not-push",
        "no-recipient",
        "role-missing",
        "role-may-not-push",
        "attribute-missing",
        "agreement-not-active",
        "agreement-not-in-force",
    }
)


@dataclass(frozen=True, slots=True)
class PastExhibit:
    """What is known of an exhibit. ``media_type`` is the sniffed type, or the declared one before that is known."""

    id: str
    evidence_type: str
    media_type: str
    size_bytes: int
    refused: bool  # whether it was refused or quarantined then
    by_policy: bool = True  # whether it was stopped for one of DECIDED


@dataclass(frozen=True, slots=True)
class PastRelease:
    """A rendition of an exhibit that was made available to an agency in a view."""

    exhibit_id: str
    recipient: str
    view: str


@dataclass(frozen=True, slots=True)
class PastPackage:
    """What is known of a package. ``submitter`` is as the directory has it today; None if it is gone."""

    id: str
    agency: str
    submitter: Principal | None
    purpose: str
    urgency: str
    exhibits: tuple[PastExhibit, ...]
    releases: tuple[PastRelease, ...] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """What would have become of a package: refused, narrowed (exhibits or releases less), or permitted.

    Attributes:
        decision: Over the package as a whole; a refusal if no exhibit would have passed.
        refused: Exhibits that went on then and would be refused, with the decision.
        admitted: Exhibits that a decision stopped then and that would be permitted. Of those stopped for what their
            bytes are, none.
        withheld: Releases that would not have been made although the exhibit passes, with the decision.
    """

    package_id: str
    outcome: Outcome
    decision: Decision
    refused: tuple[tuple[str, Decision], ...] = ()
    admitted: tuple[str, ...] = ()
    withheld: tuple[tuple[PastRelease, Decision], ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready members."""
        return {
            "package": self.package_id,
            "outcome": self.outcome,
            "decision": self.decision.as_dict(),
            "refused_exhibits": [{"exhibit": e, **_brief(d)} for e, d in self.refused],
            "admitted_exhibits": list(self.admitted),
            "withheld_releases": [
                {"exhibit": r.exhibit_id, "recipient": r.recipient, "view": r.view, **_brief(d)}
                for r, d in self.withheld
            ],
        }


def judge_past(draft: Agreement, packages: Iterable[PastPackage], now: datetime) -> tuple[Verdict, ...]:
    """A verdict for each package, in order.

    Args:
        draft: The version that there might be.
        packages: What was pushed.
        now: The moment to judge for; where the draft is not in force then, its first day is taken.
    """
    moment = now if draft.in_force(now) else datetime.combine(draft.in_force_from, time(12), UTC)
    return tuple(_judge(draft, package, moment) for package in packages)


def hindsight_sentences(verdicts: Sequence[Verdict]) -> tuple[str, ...]:
    """The verdicts in plain sentences, the refusals first, grouped by reason."""
    refused = [v for v in verdicts if v.outcome == "refused"]
    narrowed = [v for v in verdicts if v.outcome == "narrowed"]
    if not verdicts:
        return ("There are no past packages to judge.",)
    head = f"Under this draft, {len(refused)} of the last {len(verdicts)} packages would have been refused"
    sentences = [f"{head}{_reasons(v.decision for v in refused)}."]
    if narrowed:
        sentences.append(f"{len(narrowed)} more would have gone on with less.")
    exhibits = [decision for v in verdicts if v.outcome != "refused" for _, decision in v.refused]
    if exhibits:
        sentences.append(f"In them, {_count(len(exhibits), 'exhibit')} would have been refused{_reasons(exhibits)}.")
    releases = [decision for v in verdicts for _, decision in v.withheld]
    if releases:
        sentences.append(f"{_count(len(releases), 'release')} would not have been made{_reasons(releases)}.")
    admitted = sum(len(v.admitted) for v in verdicts)
    if admitted:
        sentences.append(
            f"{_count(admitted, 'exhibit')} that {'was' if admitted == 1 else 'were'} stopped then would be permitted."
        )
    return tuple(sentences)


def _judge(draft: Agreement, package: PastPackage, moment: datetime) -> Verdict:
    if package.submitter is None:
        gone = deny("submitter-unknown", "", "the submitter is no longer registered")
        return Verdict(package.id, "refused", gone)
    submitter = package.submitter
    whole = decide(
        Request("push", submitter, moment, purpose=package.purpose, urgency=package.urgency),
        draft,
        AgreementState.ACTIVE,
    )
    if not whole.permitted:
        return Verdict(package.id, "refused", whole)
    decisions = {
        exhibit.id: decide(
            Request(
                "push",
                submitter,
                moment,
                purpose=package.purpose,
                evidence_type=exhibit.evidence_type,
                media_type=exhibit.media_type,
                size_bytes=exhibit.size_bytes,
                urgency=package.urgency,
            ),
            draft,
            AgreementState.ACTIVE,
        )
        for exhibit in package.exhibits
    }
    refused = tuple(
        (exhibit.id, decisions[exhibit.id])
        for exhibit in package.exhibits
        if not exhibit.refused and not decisions[exhibit.id].permitted
    )
    admitted = tuple(e.id for e in package.exhibits if e.refused and e.by_policy and decisions[e.id].permitted)
    if refused and not any(decision.permitted for decision in decisions.values()):
        return Verdict(package.id, "refused", refused[0][1], refused)
    withheld = tuple(_withheld(draft, package, decisions))
    outcome: Outcome = "narrowed" if refused or withheld else "permitted"
    return Verdict(package.id, outcome, whole, refused, admitted, withheld)


def _withheld(
    draft: Agreement, package: PastPackage, decisions: Mapping[str, Decision]
) -> Iterator[tuple[PastRelease, Decision]]:
    for release in package.releases:
        if release.exhibit_id in decisions and not decisions[release.exhibit_id].permitted:
            continue  # told of the exhibit already
        if release.recipient not in recipients_of(draft, package.agency):
            yield release, deny("party-may-not-pull", "/parties", f"'{release.recipient}' would not receive")
        elif release.view not in views_reaching(draft, release.recipient):
            yield release, deny("view-not-permitted", "/roles", f"no role may pull the view '{release.view}'")


def _reasons(decisions: Iterable[Decision]) -> str:
    counts: dict[tuple[str, str], int] = {}
    for decision in decisions:
        key = (decision.reasons[0], decision.clause)
        counts[key] = counts.get(key, 0) + 1
    ordered = sorted(counts.items(), key=lambda item: -item[1])
    parts = [f"{number} because {reason}{f' ({clause})' if clause else ''}" for (reason, clause), number in ordered]
    return f": {'; '.join(parts)}" if parts else ""


def _brief(decision: Decision) -> dict[str, str]:
    return {"code": decision.code, "clause": decision.clause, "reason": decision.reasons[0]}


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
