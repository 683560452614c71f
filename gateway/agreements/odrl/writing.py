"""An agreement as the rules of an ODRL 2.2 policy: who may do what with which assets, and who may not.

Everything that decides is written as rules; see docs/odrl.md for the mapping, clause by clause.
Assets and duties (duties.py) stand once, with an identifier, and rules refer to them (that is one
graph in JSON-LD). Reading it back is reading.py.
"""

from __future__ import annotations

from collections.abc import Iterator

from gateway.agreements.model import Agreement, EvidenceRule, Role
from gateway.agreements.odrl.duties import duties_of, obligations, redactions, reviews
from gateway.agreements.odrl.terms import (
    EVIDENCE,
    LOG,
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
from gateway.evidence.media import resolve_media_type
from gateway.evidence.taxonomy import Action

#: Rights over evidence that ODRL has a word for; the others are the profile's.
ACTIONS = {"push": "distribute", "pull": "read", "review": "eg:review", "audit": "eg:audit", "hold": "eg:hold"}


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
        "eg:views": [assets(iri("view", v), RENDITIONS, constraint("eg:view", "eq", v)) for v in agreement.views],
        "eg:redactions": [*redactions(agreement)],
        "eg:reviews": [*reviews(agreement)],
        "permission": [*_permissions(agreement)],
        "prohibition": [*_prohibitions(agreement)],
        "obligation": [*obligations(agreement)],
    }


def view_defaults(agreement: Agreement) -> dict[str, dict[str, str]]:
    """What each view does with kinds of finding that nobody has named yet: ODRL has no such rule."""
    return {
        name: {str(category): str(action) for category, action in view.defaults.items() if action is not Action.REMOVE}
        for name, view in agreement.views.items()
    }


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
        yield assets(iri("evidence", rule.evidence_type), EVIDENCE, *limits)
    for name in sorted(agreement.forbidden):
        yield assets(iri("evidence", name), EVIDENCE, constraint("eg:evidenceType", "eq", name))
    if "default" in agreement.retention:
        named = sorted(agreement.retention.keys() - {"default"})
        yield assets(OTHER_TYPES, EVIDENCE, constraint("eg:evidenceType", "isNoneOf", named))


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
                        "duty": [*duties_of(agreement, view)],
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
    return principals(*refinement)


def _purposes_and_dates(agreement: Agreement) -> list[Node]:
    return [
        constraint("purpose", "isAnyOf", list(agreement.purposes)),
        constraint("dateTime", "gteq", typed(agreement.in_force_from.isoformat(), "date")),
        constraint("dateTime", "lteq", typed(agreement.in_force_until.isoformat(), "date")),
    ]


def _prohibitions(agreement: Agreement) -> Iterator[Node]:
    for name in sorted(agreement.forbidden):
        yield {
            "uid": iri("prohibition", name),
            "assignee": agencies(agreement.parties),
            "action": "distribute",
            "target": iri("evidence", name),
        }
