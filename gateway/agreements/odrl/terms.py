"""The words of the ODRL form of an agreement: terms of ODRL 2.2 that we use, and our profile's own.

ODRL Information Model 2.2 and Vocabulary & Expression 2.2 (W3C Recommendations, 15 February 2018).
Where ODRL's core or common vocabulary has a term, that term is written; what is left is named in a
profile (Information Model §3), published in policies/odrl/profile.jsonld and listed in
docs/odrl.md. A test holds all three to these tables. No context is ever fetched: documents are
read as JSON of one fixed shape, so nobody can change a term's meaning from outside.
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

#: Terms of ODRL 2.2 that the documents use.
ODRL_TERMS = frozenset(
    {
        *("Agreement", "Set", "Asset", "AssetCollection", "Party", "PartyCollection", "Duty", "LogicalConstraint"),
        *("uid", "profile", "conflict", "prohibit", "permission", "prohibition", "obligation", "duty"),
        *("assigner", "assignee", "consentingParty", "action", "target", "source", "constraint", "refinement"),
        *("leftOperand", "operator", "rightOperand", "andSequence"),
        *("eq", "gt", "gteq", "lt", "lteq", "isAnyOf", "isAllOf", "isNoneOf"),
        *("distribute", "read", "delete", "obtainConsent"),
        *("purpose", "dateTime", "fileFormat", "event", "delayPeriod", "elapsedTime", "count"),
    }
)

#: Terms of our profile: name -> (kind, what it means, ODRL term it is included in, for actions).
PROFILE_TERMS: dict[str, tuple[str, str, str | None]] = {
    "review": ("Action", "Approve or reject a rendition before it is released.", "use"),
    "audit": ("Action", "Read the log of what was done under the agreement.", "use"),
    "hold": ("Action", "Stop the disposal of evidence for a legal hold.", "use"),
    "remove": ("Action", "Take a finding out of the asset and leave a reason code.", "modify"),
    "pseudonymise": ("Action", "Replace a finding by a pseudonym of this case and recipient.", "anonymize"),
    "generalise": ("Action", "Make a finding coarser: a date its year, an amount its band.", "anonymize"),
    "stop": ("Action", "Quarantine the asset because a finding stands in it.", "use"),
    "encrypt": ("Action", "Encrypt to the recipient's registered key.", "use"),
    "attest": ("Action", "Attest that one's own copies are deleted.", "use"),
    "answer": ("Action", "Answer a package that was pushed.", "use"),
    "retain": ("Action", "Keep no longer than said.", "use"),
    "redact": ("Action", "Redact as a view of the agreement says.", "modify"),
    "oblige": ("Action", "Another obligation of the gateway; eg:kind names it.", "use"),
    "agencyIs": ("LeftOperand", "Agency of the principal that acts.", None),
    "role": ("LeftOperand", "Role of the principal that acts.", None),
    "attribute": ("LeftOperand", "Attribute that the principal holds.", None),
    "isSubmitter": ("LeftOperand", "Whether the principal pushed the package.", None),
    "evidenceType": ("LeftOperand", "Type of the exhibit as the agreement names it.", None),
    "sizeInBytes": ("LeftOperand", "Size of the exhibit in bytes.", None),
    "opaque": ("LeftOperand", "Whether the exhibit may be one that the gateway can't look into.", None),
    "mismatch": ("LeftOperand", "What becomes of an exhibit that is not of the declared media type.", None),
    "view": ("LeftOperand", "View that a rendition was prepared for.", None),
    "category": ("LeftOperand", "Category of a finding.", None),
    "entity": ("LeftOperand", "Kind of a finding.", None),
    "confidence": ("LeftOperand", "Confidence of the weakest finding of a rendition, 0 to 1.", None),
    "recipientKind": ("LeftOperand", "Kind of the recipient's key: classical or post-quantum.", None),
    "urgency": ("LeftOperand", "Urgency of the package: emergency or ordinary.", None),
    "receipt": ("RightOperand", "Event: the exhibit was received.", None),
    "release": ("RightOperand", "Event: the rendition was released.", None),
    "last-pull": ("RightOperand", "Event: the rendition was last pulled.", None),
    "case-closing": ("RightOperand", "Event: the case was closed.", None),
    "disposal": ("RightOperand", "Event: the gateway disposed of the release.", None),
    "push": ("RightOperand", "Event: the package was pushed.", None),
    "agreement": ("Property", "Identifier of the agreement; the same in all its versions.", None),
    "version": ("Property", "Version of the agreement.", None),
    "digest": ("Property", "SHA-256 of the agreement's RFC 8785 form: what the parties sign.", None),
    "parties": ("Property", "The agencies that are bound.", None),
    "agency": ("Property", "Identifier of an agency.", None),
    "jurisdiction": ("Property", "ISO 3166-1 alpha-2 code of an agency's country, or EU.", None),
    "evidence": ("Property", "The evidence types, as collections of assets.", None),
    "views": ("Property", "The views, as collections of assets.", None),
    "redactions": ("Property", "The duties to redact, which permissions refer to.", None),
    "reviews": ("Property", "The duties to have a rendition approved, which permissions refer to.", None),
    "beyond": ("Property", "What ODRL can't say, as JSON.", None),
    "spelling": ("Property", "How the signed text writes what the rules say, as JSON.", None),
    "clause": ("Property", "JSON Pointer of the clause in the agreement.", None),
    "kind": ("Property", "Kind of an obligation.", None),
    "parameters": ("Property", "Parameters of an obligation, as JSON.", None),
    "case": ("Property", "Reference of the case.", None),
    "releasedView": ("Property", "View that the released rendition was prepared for.", None),
}


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


def profile_document() -> dict[str, Any]:
    """The profile as JSON-LD (Information Model §3): each term with its kind and meaning."""
    return {
        "@context": [
            ODRL_CONTEXT,
            {"eg": NAMESPACE, "label": "rdfs:label", "definition": "skos:definition", "graph": "@graph"},
        ],
        "graph": [
            {
                "@id": f"eg:{name}",
                "@type": "rdf:Property" if kind == "Property" else f"odrl:{kind}",
                "label": name,
                "definition": meaning,
                **({"includedIn": f"odrl:{parent}"} if parent else {}),
            }
            for name, (kind, meaning, parent) in PROFILE_TERMS.items()
        ],
    }
