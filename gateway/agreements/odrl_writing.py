"""An agreement as the rules of an ODRL 2.2 policy: permissions, prohibitions, duties, constraints.

Everything that decides is written as rules; see docs/odrl.md for the mapping, clause by clause.
Assets, duties to redact and duties to have approved stand once, with an identifier, and rules refer
to them (that is one graph in JSON-LD). Reading it back is odrl_reading.py.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from gateway.agreements.durations import Duration
from gateway.agreements.model import ATTEST_WITHIN, Agreement, EvidenceRule, RetentionRule, Role
from gateway.agreements.odrl_terms import constraint, iri, typed
from gateway.evidence.media import resolve_media_type
from gateway.evidence.taxonomy import ENTITIES, Action, Category

Node = dict[str, Any]

#: Rights over evidence that ODRL has a word for; the others are the profile's.
ACTIONS = {"push": "distribute", "pull": "read", "review": "eg:review", "audit": "eg:audit", "hold": "eg:hold"}
EVIDENCE, RENDITIONS, FINDINGS, LOG, PRINCIPALS = (
    iri(kind) for kind in ("evidence", "renditions", "findings", "log", "principals")
)
OTHER_TYPES = iri("evidence", "default")


def write_rules(agreement: Agreement) -> Node:
    """The members of the policy that state rules, and the nodes that the rules refer to."""
    return {
        "eg:parties": [
            {
                "@type": "Party",
                "uid": iri("agency", party.agency),
                "eg:agency": party.agency,
                "eg:jurisdiction": party.jurisdiction,
            }
            for party in agreement.parties.values()
        ],
        "eg:evidence": [*_evidence(agreement)],
        "eg:views": [_assets(iri("view", v), RENDITIONS, constraint("eg:view", "eq", v)) for v in agreement.views],
        "eg:redactions": [*_redactions(agreement)],
        "eg:reviews": [*_reviews(agreement)],
        "permission": [*_permissions(agreement)],
        "prohibition": [*_prohibitions(agreement)],
        "obligation": [*_obligations(agreement)],
    }


def view_defaults(agreement: Agreement) -> dict[str, dict[str, str]]:
    """What each view does with kinds of finding that nobody has named yet: ODRL has no such rule."""
    return {
        name: {str(category): str(action) for category, action in view.defaults.items() if action is not Action.REMOVE}
        for name, view in agreement.views.items()
    }


def review_conditions(agreement: Agreement) -> tuple[str, ...]:
    """The conditions of review as the agreement's vocabulary writes them, in one fixed order."""
    rule = agreement.review
    if rule is None:
        return ()
    confidence = () if rule.confidence_below is None else (f"confidence-below-{rule.confidence_below:g}",)
    views = tuple(f"view-{view}" for view in agreement.views if view in rule.views)
    return (*confidence, *views, *(("always",) if rule.always else ()))


def _assets(uid: str, source: str, *refinement: Node) -> Node:
    node: Node = {"@type": "AssetCollection", "uid": uid, "source": source}
    return {**node, "refinement": list(refinement)} if refinement else node


def _principals(*refinement: Node) -> Node:
    return {"@type": "PartyCollection", "source": PRINCIPALS, "refinement": list(refinement)}


def _evidence(agreement: Agreement) -> Iterator[Node]:
    for rule in agreement.evidence.values():
        limits = [
            constraint("eg:evidenceType", "eq", rule.evidence_type),
            constraint("fileFormat", "isAnyOf", _media(agreement, rule)),
            constraint("eg:sizeInBytes", "lteq", rule.max_size_bytes),
            constraint("eg:opaque", "eq", rule.opaque),
        ]
        if rule.mismatch == "refuse":
            limits.append(constraint("eg:mismatch", "eq", rule.mismatch))
        yield _assets(iri("evidence", rule.evidence_type), EVIDENCE, *limits)
    for name in sorted(agreement.forbidden):
        yield _assets(iri("evidence", name), EVIDENCE, constraint("eg:evidenceType", "eq", name))
    if "default" in agreement.retention:
        named = sorted(agreement.retention.keys() - {"default"})
        yield _assets(OTHER_TYPES, EVIDENCE, constraint("eg:evidenceType", "isNoneOf", named))


def _media(agreement: Agreement, rule: EvidenceRule) -> list[str]:
    # In the order of the signed text, which the frozen set of the model does not keep.
    section = agreement.document.get("evidence")
    written = section.get(rule.evidence_type) if isinstance(section, dict) else None
    media = written.get("media") if isinstance(written, dict) else None
    return [resolve_media_type(each) for each in media] if isinstance(media, list) else sorted(rule.media)


def _permissions(agreement: Agreement) -> Iterator[Node]:
    types = [iri("evidence", name) for name in agreement.evidence]
    limits = _purposes_and_dates(agreement)
    for role in agreement.roles.values():
        for right in ACTIONS:
            if right not in role.may:
                continue
            rule: Node = {
                "uid": iri("permission", role.name, right),
                "assignee": _holders(agreement, role, right),
                "action": ACTIONS[right],
            }
            if right == "push":
                yield {**rule, "target": types, "constraint": limits}
            elif right == "pull":
                for view in role.views:
                    yield {
                        **rule,
                        "uid": iri("permission", role.name, right, view),
                        "target": iri("view", view),
                        "constraint": limits,
                        "duty": [*_duties_of(agreement, view)],
                    }
            elif right == "review":
                views = [iri("view", view) for view in role.views]
                yield {**rule, "target": views or [RENDITIONS], "constraint": limits}
            else:
                yield {**rule, "target": LOG if right == "audit" else EVIDENCE}


def _holders(agreement: Agreement, role: Role, right: str) -> Node:
    able = [p.agency for p in agreement.parties.values() if right in p.may or right not in ("push", "pull")]
    refinement = [constraint("eg:agencyIs", "isAnyOf", able), constraint("eg:role", "eq", role.name)]
    if role.needs:
        refinement.append(constraint("eg:attribute", "isAllOf", sorted(role.needs)))
    return _principals(*refinement)


def _purposes_and_dates(agreement: Agreement) -> list[Node]:
    return [
        constraint("purpose", "isAnyOf", list(agreement.purposes)),
        constraint("dateTime", "gteq", typed(agreement.in_force_from.isoformat(), "date")),
        constraint("dateTime", "lteq", typed(agreement.in_force_until.isoformat(), "date")),
    ]


def _duties_of(agreement: Agreement, view: str) -> Iterator[str]:
    yield from (node["uid"] for node in _redactions(agreement, only=view))
    for condition in review_conditions(agreement):
        if condition in (f"view-{view}", "always") or condition.startswith("confidence-"):
            yield _review_uid(condition)


def _redactions(agreement: Agreement, only: str | None = None) -> Iterator[Node]:
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
                        "target": _assets(
                            f"{uid}:findings",
                            FINDINGS,
                            constraint("eg:view", "eq", view.name),
                            constraint("eg:category", "eq", str(category)),
                            constraint("eg:entity", "isAnyOf", kinds),
                        ),
                    }


def _reviews(agreement: Agreement) -> Iterator[Node]:
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
            "consentingParty": _principals(
                constraint("eg:role", "isAnyOf", reviewers), constraint("eg:isSubmitter", "eq", False)
            ),
            "constraint": limits,
        }


def _review_uid(condition: str) -> str:
    return iri("review", condition)


def _prohibitions(agreement: Agreement) -> Iterator[Node]:
    for name in sorted(agreement.forbidden):
        yield {
            "uid": iri("prohibition", name),
            "assignee": _everybody(agreement),
            "action": "distribute",
            "target": iri("evidence", name),
        }


def _obligations(agreement: Agreement) -> Iterator[Node]:
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
            "assignee": _everybody(agreement),
            "action": "eg:attest",
            "target": RENDITIONS,
            "constraint": [_after("disposal", "elapsedTime", "lteq", Duration(rest=agreement.attest_within))],
        }
    for urgency, time in agreement.deadlines.items():
        yield {
            "uid": iri("obligation", "answer", urgency),
            "assignee": _everybody(agreement),
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
            "assignee": _everybody(agreement),
            "action": "delete",
            "target": OTHER_TYPES if name == "default" else iri("evidence", name),
            "constraint": [*of_view, _after(event, "delayPeriod", "eq", period)],
        }


def _after(event: str, operand: str, operator: str, period: Duration) -> Node:
    """First the event, then the period: a sequence (Information Model §2.5.2)."""
    steps: Sequence[Node] = (
        constraint("event", "gt", {"@id": f"eg:{event}"}),
        constraint(operand, operator, typed(str(period), "duration")),
    )
    return {"@type": "LogicalConstraint", "andSequence": {"@list": list(steps)}}


def _everybody(agreement: Agreement) -> list[str]:
    return [iri("agency", agency) for agency in agreement.parties]
