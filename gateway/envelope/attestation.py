"""The attestation of deletion: what a receiving agency signs when its copies are gone.

RFC 8785 JSON, detached ECDSA signature with the agency's signing key, as the acknowledgement is
(manifest.py). It names the duty that it answers, so it counts for that duty and no other.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from gateway.envelope.signed_json import Members, format_time, parse_canonical
from gateway.evidence.canonical import CanonicalDocument

ATTESTATION_TYPE = "evidence-gateway/deletion-attestation/v1"
_MAX_RELEASES = 100_000


@dataclass(frozen=True, slots=True)
class DeletionAttestation(CanonicalDocument):
    """All copies of these releases are deleted, says the agency.

    Attributes:
        duty: The duty's UUID.
        releases: Ids of the releases, as the duty lists them.
        deleted_at: When the last copy was deleted; aware UTC.
    """

    duty: str
    package: str
    agency: str
    releases: tuple[str, ...]
    deleted_at: datetime

    def as_dict(self) -> dict[str, Any]:
        return {
            "type": ATTESTATION_TYPE,
            "duty": self.duty,
            "package": self.package,
            "agency": self.agency,
            "releases": list(self.releases),
            "deleted_at": format_time(self.deleted_at),
        }

    @classmethod
    def parse(cls, untrusted: bytes) -> DeletionAttestation:
        """Read an attestation from its canonical bytes. Verify its signature first.

        Raises:
            InvalidInput: ``attestation-invalid``, ``not-canonical`` or a ``json-`` code.
            TooLarge: ``json-too-large``, ``json-too-deep``.
        """
        members = Members(
            parse_canonical(untrusted, what="attestation"),
            "",
            "attestation-invalid",
            {"type", "duty", "package", "agency", "releases", "deleted_at"},
        )
        members.constant("type", ATTESTATION_TYPE)
        releases = members.array("releases", at_most=_MAX_RELEASES)
        if not releases or not all(isinstance(item, str) and 0 < len(item) <= 64 for item in releases):
            raise members.error("a list of release ids was expected", "releases")
        return cls(
            members.identifier("duty"),
            members.identifier("package"),
            members.identifier("agency"),
            tuple(releases),
            members.time("deleted_at"),
        )
