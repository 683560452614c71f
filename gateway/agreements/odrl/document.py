"""An agreement as an ODRL 2.2 policy in JSON-LD, and back, without loss.

ODRL Information Model 2.2; the mapping stands in docs/odrl.md. What ODRL can say is said in rules.
What it can't is named by :func:`beyond_odrl` and travels in ``eg:beyond``; how the signed text spells
things travels in ``eg:spelling``, so that an imported agreement has the digest that was signed.

An import fails closed. The document is read strictly, made an agreement by the one parser there is,
written again and compared: a member that was not understood, or rules that say one thing and the
spelling another, leave a difference and are refused. Nothing is fetched.
"""

from __future__ import annotations

import hmac
import json
from dataclasses import dataclass
from typing import Any

from gateway.agreements.finding import AgreementInvalid
from gateway.agreements.model import Agreement
from gateway.agreements.odrl.members import Members, odrl_invalid
from gateway.agreements.odrl.reading import read_rules
from gateway.agreements.odrl.terms import CONTEXT, PROFILE, agencies, iri
from gateway.agreements.odrl.writing import view_defaults, write_rules
from gateway.agreements.spelling import spelled, spelling_of
from gateway.agreements.text.parsing import parse_agreement
from gateway.errors import IntegrityFailure, InvalidInput
from gateway.evidence.canonical import canonical_json, parse_json

#: A document of the largest agreement that the parser takes stays well below this.
MAX_ODRL_BYTES = 4 * 1024 * 1024
MAX_ODRL_DEPTH = 16


@dataclass(frozen=True, slots=True)
class Beyond:
    """Something an agreement says that ODRL can't. ``clause`` points into the agreement."""

    clause: str
    what: str
    carried_in: str

    def as_dict(self) -> dict[str, str]:
        return {"clause": self.clause, "what": self.what, "carried_in": self.carried_in}


def export_odrl(agreement: Agreement) -> dict[str, Any]:
    """The policy as a JSON value."""
    policy = {
        "@context": CONTEXT,
        "@type": "Agreement",
        "uid": iri("agreement", agreement.id, str(agreement.version)),
        "profile": PROFILE,
        # A prohibition always wins, as in the decision point.
        "conflict": "prohibit",
        "dct:title": agreement.title,
        "eg:agreement": agreement.id,
        "eg:version": agreement.version,
        "eg:digest": agreement.digest,
        # Each party lets all others do what the rules permit (compact form, Information Model §2.7.1).
        "assigner": agencies(agreement.parties),
        **write_rules(agreement),
        "eg:beyond": {
            "view_defaults": view_defaults(agreement),
            "two_persons": sorted(agreement.two_persons),
            "legal_basis": list(agreement.legal_basis),
        },
    }
    plain = read_rules(Members(policy), Members(policy["eg:beyond"]))
    return {**policy, "eg:spelling": spelling_of(plain, agreement.document)}


def beyond_odrl(agreement: Agreement) -> tuple[Beyond, ...]:
    """What this agreement says that ODRL can't, in the order of the form; see docs/odrl.md."""
    found = [
        Beyond("", "that everything which no rule permits is refused; ODRL leaves it open", "the profile"),
        Beyond("/parties", "the jurisdiction of each party", "eg:jurisdiction"),
    ]
    if agreement.legal_basis:
        found.append(Beyond("/legal_basis", "the provisions of law on which the parties share", "eg:beyond"))
    found.append(Beyond("/views", "what is done with kinds of finding that are named later", "eg:beyond"))
    if "special-category-data" in agreement.forbidden:
        found.append(
            Beyond(
                "/evidence/special-category-data",
                "that findings of special categories stop exhibits of every type",
                "the profile",
            )
        )
    clause = "/safeguards" if "safeguards" in agreement.document else ""
    found.append(Beyond(clause, "which acts on the agreement itself take two persons", "eg:beyond"))
    found.append(Beyond("", "how the signed text spells its rules, which its digest covers", "eg:spelling"))
    return tuple(found)


def import_odrl(untrusted: bytes) -> Agreement:
    """The agreement that an ODRL document states.

    Args:
        untrusted: JSON of at most 4 MiB in the form that :func:`export_odrl` writes. The order of
            rules does not matter; a document without ``eg:digest`` and with an empty ``eg:spelling`` may
            be written by hand.

    Raises:
        InvalidInput: ``odrl-invalid``, ``odrl-agreement-invalid`` (the rules make no agreement),
            ``odrl-not-understood`` (something in it was not understood), or a ``json-`` code.
        TooLarge: ``json-too-large``, ``json-too-deep``.
        IntegrityFailure: ``odrl-digest-mismatch``: not the text that was exported.
    """
    value = parse_json(untrusted, max_bytes=MAX_ODRL_BYTES, max_depth=MAX_ODRL_DEPTH)
    policy = Members(value)
    if policy.value("@context") != CONTEXT or policy.value("profile") != PROFILE:
        raise odrl_invalid(f"the context or the profile is not that of {PROFILE}", "/@context")
    agreement = _agreement(policy)
    again = export_odrl(agreement)
    if policy.has("eg:digest"):
        if not hmac.compare_digest(policy.text("eg:digest").encode(), agreement.digest.encode()):
            raise IntegrityFailure(
                "odrl-digest-mismatch",
                "The rules do not make the text whose digest the document states.",
                remedy="Export the agreement again; if you changed the rules, take 'eg:digest' out and give the "
                "text a new version.",
            )
    else:
        again.pop("eg:digest")
    # Spelling is compared by its effect, the text: it may be written in more than one way.
    theirs = {name: member for name, member in value.items() if name != "eg:spelling"}
    again.pop("eg:spelling")
    _compare(theirs, again)
    return agreement


def _agreement(policy: Members) -> Agreement:
    plain = read_rules(policy, policy.object("eg:beyond"))
    try:
        document = spelled(plain, policy.value("eg:spelling"))
        source = json.dumps(document, ensure_ascii=False).encode()
    except (LookupError, TypeError, ValueError, AttributeError, RecursionError) as error:
        raise odrl_invalid("a place in 'eg:spelling' does not exist", "/eg:spelling") from error
    try:
        return parse_agreement(source)
    except AgreementInvalid as error:
        raise InvalidInput(
            "odrl-agreement-invalid",
            f"The rules do not make a valid agreement: {error.message}",
            remedy=error.remedy,
            where=str(error.detail.get("pointer", "")),
            finding=error.code,
        ) from error


def _compare(theirs: dict[str, Any], ours: dict[str, Any]) -> None:
    for name in sorted(theirs.keys() | ours.keys()):
        if name not in theirs or name not in ours or _unordered(theirs[name]) != _unordered(ours[name]):
            raise InvalidInput(
                "odrl-not-understood",
                "The document says something that the gateway does not understand or that contradicts the rest.",
                remedy="Nothing is ignored here. Compare with what 'agreements export-odrl' writes for the agreement "
                "that you mean.",
                where=f"/{name}",
            )


def _unordered(value: Any) -> bytes:
    """A value in one form, whatever the order of its lists, which JSON-LD does not give a meaning."""
    return canonical_json(_sorted(value))


def _sorted(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: item if key == "@list" else _sorted(item) for key, item in value.items()}
    if isinstance(value, list):
        return sorted((_sorted(item) for item in value), key=lambda item: canonical_json(item))
    return value
