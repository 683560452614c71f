"""The duties of an ODRL 2.2 policy: what must be redacted, approved, encrypted, deleted, attested and answered.

Duties to redact and to have approved stand once, with an identifier, and the permissions that carry
them refer to it; the others bind the parties by themselves. See docs/odrl.md for the mapping.
"""

from __future__ import annotations

from collections.abc import Iterator

from gateway.agreements.durations import Duration
from gateway.agreements.model import ATTEST_WITHIN, Agreement, RetentionRule
from gateway.agreements.odrl.terms import (
    EVIDENCE,
    FINDINGS,
    OTHER_TYPES,
    RENDITIONS,
    Node,
    agencies,
    assets,
    constraint,
    iri,
    principals,
    typed,
)
from gateway.evidence.taxonomy import ENTITIES, Action, Category


def review_conditions(agreement: Agreement) -> tuple[str, ...]:
    """The conditions of review as the agreement's vocabulary writes them, in one fixed order."""
    rule = agreement.review
    if rule is None:
        return ()
    confidence = () if rule.confidence_below is None else (f"confidence-below-{rule.confidence_below:g}",)
    views = tuple(f"view-{view}" for view in agreement.views if view in rule.views)
    return (*confidence, *views, *(("always",) if rule.always else ()))


def duties_of(agreement: Agreement, view: str) -> Iterator[str]:
    """Identifiers of the duties that come with pulling renditions of a view."""
    yield from (node["uid"] for node in redactions(agreement, only=view))
    for condition in review_conditions(agreement):
        if condition in (f"view-{view}", "always") or condition.startswith("confidence-"):
            yield _review_uid(condition)


def redactions(agreement: Agreement, only: str | None = None) -> Iterator[Node]:
    """One duty for each view, category and action, over the kinds of finding it applies to; none for ``keep``."""
    for view in agreement.views.values():
        if only not in (None, view.name):
            continue
        for category in Category:
            for action in Action:
                kinds = [
                    entity.name
                    for entity in ENTITIES.values()
                    if entity.category is category and view.action(category, entity.name) is action
                ]
                if kinds and action is not Action.KEEP:
                    uid = iri("redaction", view.name, str(category), str(action))
                    yield {
                        "@type": "Duty",
                        "uid": uid,
                        "action": f"eg:{action}",
                        "target": assets(
                            f"{uid}:findings",
                            FINDINGS,
                            constraint("eg:view", "eq", view.name),
                            constraint("eg:category", "eq", str(category)),
                            constraint("eg:entity", "isAnyOf", kinds),
                        ),
                    }


def reviews(agreement: Agreement) -> Iterator[Node]:
    """One duty to obtain consent for each condition of review."""
    rule = agreement.review
    if rule is None:
        return
    reviewers = [role.name for role in agreement.roles.values() if "review" in role.may]
    for condition in review_conditions(agreement):
        limits = [constraint("count", "gteq", rule.approvals)]
        if condition.startswith("confidence-"):
            limits.append(constraint("eg:confidence", "lt", rule.confidence_below))
        elif condition != "always":
            limits.append(constraint("eg:view", "eq", condition.removeprefix("view-")))
        yield {
            "@type": "Duty",
            "uid": _review_uid(condition),
            "action": "obtainConsent",
            "consentingParty": principals(
                constraint("eg:role", "isAnyOf", reviewers), constraint("eg:isSubmitter", "eq", False)
            ),
            "constraint": limits,
        }


def obligations(agreement: Agreement) -> Iterator[Node]:
    """Duties that no permission carries: ends of retention, encryption, attestations, answers."""
    for name, rule in agreement.retention.items():
        yield from _deletions(agreement, name, rule)
    yield {
        "uid": iri("obligation", "encrypt"),
        "action": "eg:encrypt",
        "target": RENDITIONS,
        "constraint": [constraint("eg:recipientKind", "eq", agreement.recipients)],
    }
    if agreement.attest_within != ATTEST_WITHIN:
        yield {
            "uid": iri("obligation", "attest"),
            "assignee": agencies(agreement.parties),
            "action": "eg:attest",
            "target": RENDITIONS,
            "constraint": [_after("disposal", "elapsedTime", "lteq", Duration(rest=agreement.attest_within))],
        }
    for urgency, time in agreement.deadlines.items():
        yield {
            "uid": iri("obligation", "answer", urgency),
            "assignee": agencies(agreement.parties),
            "action": "eg:answer",
            "target": EVIDENCE,
            "constraint": [
                constraint("eg:urgency", "eq", urgency),
                _after("push", "elapsedTime", "lteq", Duration(rest=time)),
            ],
        }


def _deletions(agreement: Agreement, name: str, rule: RetentionRule, view: str = "") -> Iterator[Node]:
    of_view = [constraint("eg:view", "eq", view)] if view else []
    for own, inner in rule.views.items():
        yield from _deletions(agreement, name, inner, own)
    ends = [(rule.counted_from, rule.keep_period, "keep")]
    if rule.after_last_pull_period is not None:
        ends.append(("last-pull", rule.after_last_pull_period, "after_last_pull"))
    for event, period, key in ends:
        yield {
            "uid": iri("obligation", "delete", name, *([view] if view else []), key),
            "assignee": agencies(agreement.parties),
            "action": "delete",
            "target": OTHER_TYPES if name == "default" else iri("evidence", name),
            "constraint": [*of_view, _after(event, "delayPeriod", "eq", period)],
        }


def _after(event: str, operand: str, operator: str, period: Duration) -> Node:
    """First the event, then the period: a sequence (Information Model §2.5.2)."""
    steps = [
        constraint("event", "gt", {"@id": f"eg:{event}"}),
        constraint(operand, operator, typed(str(period), "duration")),
    ]
    return {"@type": "LogicalConstraint", "andSequence": {"@list": steps}}


def _review_uid(condition: str) -> str:
    return iri("review", condition)
