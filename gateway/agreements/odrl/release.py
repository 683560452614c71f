"""A release policy as an ODRL 2.2 policy in JSON-LD: what a receiver may do with one exhibit, until when.

The source is envelope/policy.py, whose RFC 8785 bytes the age header is bound to; the ODRL form is for
rights-management systems of receivers and binds nobody by itself. It is never read back.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gateway.agreements.odrl.terms import CONTEXT, PROFILE, constraint, iri, typed
from gateway.envelope.policy import ReleasePolicy

#: Kinds of obligation that have an action of their own; any other is ``eg:oblige`` with its kind.
_ACTIONS = {"encrypt": "eg:encrypt", "retain": "eg:retain", "redact": "eg:redact", "answer-by": "eg:answer"}


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


def _obligation(obligation: Mapping[str, Any], exhibit: str) -> dict[str, Any]:
    parameters = {key: value for key, value in obligation.items() if key != "kind"}
    return {
        "action": _ACTIONS.get(obligation["kind"], "eg:oblige"),
        "target": exhibit,
        "eg:kind": obligation["kind"],
        "eg:parameters": parameters,
    }
