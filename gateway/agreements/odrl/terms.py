"""The words of the ODRL form of an agreement: terms of ODRL 2.2 that we use, and our profile's own.

ODRL Information Model 2.2 and Vocabulary & Expression 2.2 (W3C Recommendations, 15 February 2018).
Where ODRL's core or common vocabulary has a term, that term is written; what is left is named in a
profile (Information Model §3), published in policies/odrl/profile.jsonld and listed in
docs/odrl.md; a test holds what is written to both. No context is ever fetched: documents are read as
JSON of one fixed shape, so nobody can change a term's meaning from outside.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeAlias

ODRL_CONTEXT = "http://www.w3.org/ns/odrl.jsonld"
PROFILE = "urn:evidence-gateway:odrl:1"
NAMESPACE = f"{PROFILE}#"
RESOURCE = "urn:evidence-gateway:"

Node: TypeAlias = dict[str, Any]

CONTEXT: list[Any] = [
    ODRL_CONTEXT,
    {
        "@version": 1.1,
        "eg": NAMESPACE,
        # JSON literals (JSON-LD 1.1 §4.2.2): data of ours that must come through untouched, as JSON.
        "eg:beyond": {"@id": "eg:beyond", "@type": "@json"},
        "eg:spelling": {"@id": "eg:spelling", "@type": "@json"},
        "eg:parameters": {"@id": "eg:parameters", "@type": "@json"},
    },
]


def iri(kind: str, *names: str) -> str:
    """The identifier of a resource, ``urn:evidence-gateway:role:investigator``; names are slugs and need no escape."""
    return RESOURCE + ":".join((kind, *names))


#: What the rules are about, as whole collections.
EVIDENCE, RENDITIONS, FINDINGS, LOG, PRINCIPALS = (
    iri(kind) for kind in ("evidence", "renditions", "findings", "log", "principals")
)
OTHER_TYPES = iri("evidence", "default")


def constraint(left: str, operator: str, right: Any) -> Node:
    """One ODRL constraint (Information Model §2.5.1)."""
    return {"leftOperand": left, "operator": operator, "rightOperand": right}


def typed(value: str, datatype: str) -> dict[str, str]:
    """A literal with a datatype of XML Schema."""
    return {"@value": value, "@type": f"xsd:{datatype}"}


def assets(uid: str, source: str, *refinement: Node) -> Node:
    """Part of a collection of assets, told apart by the refinement; all of it without one."""
    node: Node = {"@type": "AssetCollection", "uid": uid, "source": source}
    return {**node, "refinement": list(refinement)} if refinement else node


def principals(*refinement: Node) -> Node:
    """The principals that meet the refinement."""
    return {"@type": "PartyCollection", "source": PRINCIPALS, "refinement": list(refinement)}


def agencies(names: Iterable[str]) -> list[str]:
    """The identifiers of the agencies."""
    return [iri("agency", name) for name in names]
