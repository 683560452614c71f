"""The certificate of destruction: what was destroyed, under which rule, when, and what could not be.

RFC 8785 JSON, signed by the gateway with a detached ECDSA P-384 signature as the release manifest is
(manifest.py). The facts are fixed in the transaction that destroys the keys, and the log entry of that
transaction commits to their digest; the log position of that entry is added when the log has placed
it, and then the whole is signed. No content, name or case reference stands in it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from gateway.envelope.signed_json import Members, format_time, parse_canonical
from gateway.errors import InvalidInput
from gateway.evidence.canonical import CanonicalDocument, canonical_json, parse_json, sha256_hex
from gateway.evidence.package import AgreementRef

CERTIFICATE_TYPE = "evidence-gateway/disposal-certificate/v1"
_MAX_ITEMS = 100_000

#: What no gateway can destroy; part of every certificate.
REMAINS = (
    "Copies that receiving agencies pulled before this moment. Each of them has a duty to delete and to attest it.",
    "Earlier bytes of database rows, until vacuum has run and write-ahead logs and backups have expired. "
    "Keys among them stay wrapped by the gateway's key-encryption key.",
    "The entries of the audit log: identifiers and digests, no content.",
)
_FACTS = frozenset(
    {
        *("type", "certificate", "package", "case", "sender", "agreement", "clauses", "reason", "disposed_at"),
        *("keys", "bodies", "releases", "pulled_releases", "remains"),
    }
)


@dataclass(frozen=True, slots=True)
class DestroyedKey:
    """A file key whose ciphertext is gone, and what it opened: an ``original`` or a ``rendition``."""

    id: str
    of: str
    object_id: str


@dataclass(frozen=True, slots=True)
class DestroyedBody:
    """An encrypted body that nobody can open any more. ``view`` is empty for an original."""

    kind: str
    object_id: str
    exhibit: str
    view: str
    body_sha256: str


@dataclass(frozen=True, slots=True)
class DisposalFacts(CanonicalDocument):
    """What a disposal destroyed, before the log has placed its entry; its digest is in that entry.

    Attributes:
        certificate: The certificate's UUID.
        clauses: JSON Pointers of the retention rules that ended; ``/retention`` for another reason.
        releases: (release id, receiving agency) of every release that can no longer be pulled.
        pulled_releases: How many of them had been pulled.
    """

    certificate: str
    package: str
    case: str
    sender: str
    agreement: AgreementRef
    clauses: tuple[str, ...]
    reason: str
    disposed_at: datetime
    keys: tuple[DestroyedKey, ...]
    bodies: tuple[DestroyedBody, ...]
    releases: tuple[tuple[str, str], ...]
    pulled_releases: int

    def as_dict(self) -> dict[str, Any]:
        return {
            "type": CERTIFICATE_TYPE,
            "certificate": self.certificate,
            "package": self.package,
            "case": self.case,
            "sender": self.sender,
            "agreement": self.agreement.as_dict(),
            "clauses": list(self.clauses),
            "reason": self.reason,
            "disposed_at": format_time(self.disposed_at),
            "keys": [{"id": k.id, "of": k.of, "object": k.object_id} for k in self.keys],
            "bodies": [
                {
                    "kind": b.kind,
                    "object": b.object_id,
                    "exhibit": b.exhibit,
                    "view": b.view,
                    "body_sha256": b.body_sha256,
                }
                for b in self.bodies
            ],
            "releases": [{"id": release, "recipient": agency} for release, agency in self.releases],
            "pulled_releases": self.pulled_releases,
            "remains": list(REMAINS),
        }


def complete(facts: bytes, log_position: int) -> bytes:
    """The certificate as it is signed: the facts, their digest, and the place of their entry in the log."""
    members: dict[str, Any] = parse_json(facts)
    return canonical_json({**members, "facts_digest": sha256_hex(facts), "log_position": log_position})


def parse_certificate(untrusted: bytes) -> Mapping[str, Any]:
    """The members of a certificate, checked. Verify its signature first.

    Raises:
        InvalidInput: ``disposal-certificate-invalid``, ``not-canonical`` or a ``json-`` code.
        TooLarge: ``json-too-large``, ``json-too-deep``.
    """
    value = parse_canonical(untrusted, what="disposal certificate")
    members = Members(value, "", "disposal-certificate-invalid", _FACTS | {"facts_digest", "log_position"})
    members.constant("type", CERTIFICATE_TYPE)
    for name in ("certificate", "package", "case", "sender", "reason"):
        members.identifier(name)
    agreement = members.object("agreement", {"id", "version", "digest"})
    agreement.identifier("id")
    agreement.integer("version")
    agreement.sha256("digest")
    members.time("disposed_at")
    members.integer("pulled_releases")
    members.integer("log_position")
    for name in ("clauses", "remains"):
        if not all(isinstance(item, str) for item in members.array(name, at_most=_MAX_ITEMS)):
            raise members.error("texts were expected", name)
    for key in members.objects("keys", {"id", "of", "object"}, at_most=_MAX_ITEMS):
        key.identifier("id")
        key.identifier("of")
        key.identifier("object")
    for body in members.objects("bodies", {"kind", "object", "exhibit", "view", "body_sha256"}, at_most=_MAX_ITEMS):
        body.sha256("body_sha256")
        body.text("view", at_most=64, empty=True)
        for name in ("kind", "object", "exhibit"):
            body.identifier(name)
    for release in members.objects("releases", {"id", "recipient"}, at_most=_MAX_ITEMS):
        release.identifier("id")
        release.identifier("recipient")
    facts = canonical_json({name: value[name] for name in _FACTS})
    if members.sha256("facts_digest") != sha256_hex(facts):
        raise InvalidInput(
            "disposal-certificate-invalid",
            "The certificate's digest is not that of its own facts.",
            remedy="Fetch the certificate again, and compare it with the entry of the log.",
            where="/facts_digest",
        )
    result: dict[str, Any] = value
    return result
