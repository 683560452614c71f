"""The release policy: under what an exhibit was released, bound into the age header.

RFC 8785 JSON, whose SHA-256 stands in a stanza ``evidence-gateway/policy-v1`` of the header
(docs/spec/envelope.md). Stock readers skip the stanza, yet the header MAC covers it: whoever swaps the
policy breaks decryption for everybody. The stanza says which policy; whose word it is, the signed
release manifest says (manifest.py).
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from gateway.envelope import rawbase64
from gateway.envelope.header import Header, Stanza
from gateway.envelope.signed_json import Members, format_time, parse_canonical
from gateway.errors import IntegrityFailure, InvalidInput
from gateway.evidence.canonical import CanonicalDocument

POLICY_TYPE = "evidence-gateway/release-policy/v1"
STANZA_TYPE = "evidence-gateway/policy-v1"
MAX_OBLIGATIONS = 100


@dataclass(frozen=True, slots=True)
class ReleasePolicy(CanonicalDocument):
    """What governs one release.

    Attributes:
        agreement, agreement_version, agreement_digest: Id, version and digest (hex) of the agreement.
        case: The case's reference.
        view: The view that the rendition was prepared for.
        exhibit: The exhibit's UUID.
        recipient: The receiving agency.
        retain_until: Aware UTC; the receiver must have erased the exhibit by then.
        obligations: JSON objects with ``kind``, ``clause`` and parameters, as the decision gave them.
    """

    agreement: str
    agreement_version: int
    agreement_digest: str
    case: str
    view: str
    exhibit: str
    recipient: str
    retain_until: datetime
    obligations: tuple[Mapping[str, Any], ...] = ()

    def as_dict(self) -> dict[str, Any]:
        return {
            "type": POLICY_TYPE,
            "agreement": {"id": self.agreement, "version": self.agreement_version, "digest": self.agreement_digest},
            "case": self.case,
            "view": self.view,
            "exhibit": self.exhibit,
            "recipient": self.recipient,
            "retain_until": format_time(self.retain_until),
            "obligations": [dict(obligation) for obligation in self.obligations],
        }

    def digest_bytes(self) -> bytes:
        """SHA-256 of the canonical bytes: what the stanza holds and a wrapped key is bound to."""
        return hashlib.sha256(self.canonical()).digest()

    @classmethod
    def parse(cls, untrusted: bytes) -> ReleasePolicy:
        """Read a policy from its canonical bytes.

        Raises:
            InvalidInput: ``release-policy-invalid``, ``not-canonical``, or a ``json-`` code.
            TooLarge: ``json-too-large`` or ``json-too-deep``.
        """
        members = Members(
            parse_canonical(untrusted, what="release policy"),
            "",
            "release-policy-invalid",
            {"type", "agreement", "case", "view", "exhibit", "recipient", "retain_until", "obligations"},
        )
        members.constant("type", POLICY_TYPE)
        agreement = members.object("agreement", {"id", "version", "digest"})
        obligations = members.array("obligations", at_most=MAX_OBLIGATIONS)
        for i, obligation in enumerate(obligations):
            if not isinstance(obligation, dict) or not isinstance(obligation.get("kind"), str):
                raise members.error("an obligation must be an object with a kind", f"obligations/{i}")
        return cls(
            agreement=agreement.identifier("id"),
            agreement_version=agreement.integer("version"),
            agreement_digest=agreement.sha256("digest"),
            case=members.identifier("case"),
            view=members.identifier("view"),
            exhibit=members.identifier("exhibit"),
            recipient=members.identifier("recipient"),
            retain_until=members.time("retain_until"),
            obligations=tuple(obligations),
        )


def policy_stanza(policy: ReleasePolicy) -> Stanza:
    """The header stanza that names the policy."""
    return Stanza((STANZA_TYPE, rawbase64.encode(policy.digest_bytes())))


def policy_digest(header: Header) -> bytes | None:
    """The policy digest that a header names, or None if it has no policy stanza.

    Believe it only of a header whose MAC was verified (:meth:`Header.open`).

    Raises:
        InvalidInput: ``policy-stanza-invalid`` if there are several or one is malformed; a reader that
            picked one of them could be made to pick the wrong one.
    """
    stanzas = [stanza for stanza in header.stanzas if stanza.args[0] == STANZA_TYPE]
    if not stanzas:
        return None
    if len(stanzas) == 1 and len(stanzas[0].args) == 2 and not stanzas[0].body:
        digest = rawbase64.decode(stanzas[0].args[1], where="policy stanza")
        if len(digest) == hashlib.sha256().digest_size:
            return digest
    raise InvalidInput(
        "policy-stanza-invalid",
        "The header does not name exactly one release policy.",
        remedy="Fetch the release again; if it fails again, tell the sender.",
    )


def check_policy(header: Header, policy: ReleasePolicy) -> None:
    """Return if the header names exactly this policy.

    Raises:
        IntegrityFailure: ``policy-mismatch``: no policy stanza, or another policy.
        InvalidInput: ``policy-stanza-invalid``, ``base64-not-canonical``.
    """
    digest = policy_digest(header)
    if digest is None or not hmac.compare_digest(digest, policy.digest_bytes()):
        raise IntegrityFailure(
            "policy-mismatch",
            "The file was not released under the policy that its manifest states.",
            remedy="Do not use the file; fetch file and manifest again, and tell the sender if it fails again.",
        )
