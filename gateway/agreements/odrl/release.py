"""A release policy as an ODRL 2.2 policy in JSON-LD, and back: what a receiver may do with one exhibit, until when.

The source is envelope/policy.py, whose RFC 8785 bytes the age header is bound to; the ODRL form is for
rights-management systems of receivers and binds nobody by itself. Reading is strict in the same way
as for agreements (document.py): what is read is written again and compared.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gateway.agreements.odrl.members import Constraints, Members, odrl_invalid
from gateway.agreements.odrl.terms import CONTEXT, PROFILE, constraint, iri, typed
from gateway.envelope.policy import ReleasePolicy
from gateway.evidence.canonical import canonical_json, parse_json

#: Kinds of obligation that have an action of their own; any other is ``eg:oblige`` with its kind.
_ACTIONS = {"encrypt": "eg:encrypt", "retain": "eg:retain", "redact": "eg:redact", "answer-by": "eg:answer"}
MAX_RELEASE_ODRL_BYTES = 256 * 1024


def export_release_odrl(policy: ReleasePolicy) -> dict[str, Any]:
    """The policy as a JSON value: permission to read, duty to delete in time, the other obligations."""
    members = policy.as_dict()
    exhibit, recipient = iri("exhibit", policy.exhibit), iri("agency", policy.recipient)
    until = constraint("dateTime", "lteq", typed(members["retain_until"], "dateTime"))
    return {
        "@context": CONTEXT,
        "@type": "Set",
        "uid": iri("release-policy", policy.digest()),
        "profile": PROFILE,
        "conflict": "prohibit",
        "eg:agreement": policy.agreement,
        "eg:version": policy.agreement_version,
        "eg:digest": policy.agreement_digest,
        "eg:case": policy.case,
        "eg:releasedView": policy.view,
        "permission": [{"assignee": recipient, "action": "read", "target": exhibit, "constraint": [until]}],
        "obligation": [
            {"assignee": recipient, "action": "delete", "target": exhibit, "constraint": [until]},
            *(_obligation(obligation, exhibit) for obligation in policy.obligations),
        ],
    }


def import_release_odrl(untrusted: bytes) -> ReleasePolicy:
    """The release policy that an ODRL document states.

    Raises:
        InvalidInput: ``odrl-invalid``, ``release-policy-invalid``, or a ``json-`` code.
        TooLarge: ``json-too-large``, ``json-too-deep``.
    """
    value = parse_json(untrusted, max_bytes=MAX_RELEASE_ODRL_BYTES)
    members = Members(value)
    (permission,) = _exactly_one(members)
    until = Constraints(permission, "constraint").literal("dateTime", "lteq")
    stated = {
        "type": "evidence-gateway/release-policy/v1",
        "agreement": {
            "id": members.text("eg:agreement"),
            "version": members.integer("eg:version"),
            "digest": members.text("eg:digest"),
        },
        "case": members.text("eg:case"),
        "view": members.text("eg:releasedView"),
        "exhibit": ":".join(permission.names("target", "exhibit")),
        "recipient": ":".join(permission.names("assignee", "agency")),
        "retain_until": until,
        "obligations": [
            {"kind": rule.text("eg:kind"), **dict(_parameters(rule))}
            for rule in members.objects("obligation")
            if rule.has("eg:kind")
        ],
    }
    policy = ReleasePolicy.parse(canonical_json(stated))
    if canonical_json(export_release_odrl(policy)) != canonical_json(value):
        raise odrl_invalid("it says something that was not understood", "")
    return policy


def _exactly_one(members: Members) -> list[Members]:
    rules = list(members.objects("permission"))
    if len(rules) != 1:
        raise odrl_invalid("a release has one permission", members.at("permission"))
    return rules


def _obligation(obligation: Mapping[str, Any], exhibit: str) -> dict[str, Any]:
    parameters = {key: value for key, value in obligation.items() if key != "kind"}
    return {
        "action": _ACTIONS.get(obligation["kind"], "eg:oblige"),
        "target": exhibit,
        "eg:kind": obligation["kind"],
        "eg:parameters": parameters,
    }


def _parameters(rule: Members) -> Mapping[str, Any]:
    value = rule.value("eg:parameters")
    if not isinstance(value, dict) or "kind" in value:
        raise odrl_invalid("an object without 'kind' is expected here", rule.at("eg:parameters"))
    return value
