"""The documents that say who sent what: release manifest, package receipt, acknowledgement.

An age file proves that it is whole, not who wrote it. The release manifest, signed by the gateway, does
(docs/spec/envelope.md): it holds the policy, the digests of header and body, and the place in the log. The
receipt answers a push, the acknowledgement answers a pull; all three are RFC 8785 JSON with detached
signatures (signature.py), each with a ``type`` of its own. The package manifest is in
``gateway.evidence.manifest``.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from gateway.envelope.policy import ReleasePolicy
from gateway.envelope.signed_json import Members, format_time, parse_canonical
from gateway.errors import IntegrityFailure
from gateway.evidence.canonical import canonical_json, sha256_hex
from gateway.evidence.media import resolve_media_type
from gateway.evidence.names import check_exhibit_name

MANIFEST_TYPE = "evidence-gateway/release-manifest/v1"
RECEIPT_TYPE = "evidence-gateway/package-receipt/v1"
ACKNOWLEDGEMENT_TYPE = "evidence-gateway/acknowledgement/v1"
MAX_EXHIBITS = 1000

Outcome = Literal["accepted", "rejected"]


@dataclass(frozen=True, slots=True)
class SizedDigest:
    """SHA-256 (hex) and size in bytes of some bytes."""

    sha256: str
    size_bytes: int

    @classmethod
    def of(cls, data: bytes) -> SizedDigest:
        return cls(sha256_hex(data), len(data))

    def as_dict(self) -> dict[str, Any]:
        return {"sha256": self.sha256, "size": self.size_bytes}

    @classmethod
    def from_members(cls, members: Members) -> SizedDigest:
        return cls(members.sha256("sha256"), members.integer("size"))


@dataclass(frozen=True, slots=True)
class ReleaseManifest:
    """What a release holds and where it stands in the log.

    Attributes:
        sender: The agency that pushed the exhibit.
        header, body: The two parts of the .age file; the file is exactly one after the other.
        name: File name of the rendition. ``media_type`` is its type.
        plaintext: Digest and size of the rendition itself, to check what decryption gave.
        report_digest: SHA-256 (hex) of the redaction report.
        log_origin, log_position: The log, and the sequence number of the entry that recorded the sealing.
        time: Aware UTC, when the manifest was made.
    """

    release_id: str
    package_id: str
    sender: str
    policy: ReleasePolicy
    header: SizedDigest
    body: SizedDigest
    name: str
    media_type: str
    plaintext: SizedDigest
    report_digest: str
    log_origin: str
    log_position: int
    time: datetime

    def as_dict(self) -> dict[str, Any]:
        """The JSON members, as they are signed."""
        return {
            "type": MANIFEST_TYPE,
            "release": self.release_id,
            "package": self.package_id,
            "sender": self.sender,
            "policy": self.policy.as_dict(),
            "header": self.header.as_dict(),
            "body": self.body.as_dict(),
            "exhibits": [{"name": self.name, "media_type": self.media_type, **self.plaintext.as_dict()}],
            "redaction_report": self.report_digest,
            "log": {"origin": self.log_origin, "position": self.log_position},
            "time": format_time(self.time),
        }

    def canonical(self) -> bytes:
        """RFC 8785 bytes: what the gateway's signature covers."""
        return canonical_json(self.as_dict())

    def digest(self) -> str:
        """SHA-256 of the canonical bytes, hex."""
        return sha256_hex(self.canonical())

    @classmethod
    def parse(cls, untrusted: bytes) -> ReleaseManifest:
        """Read a manifest from its canonical bytes. Verify its signature first.

        Raises:
            InvalidInput: ``release-manifest-invalid``, ``release-policy-invalid``, ``not-canonical`` or
                a ``json-`` code. TooLarge: ``json-too-large``, ``json-too-deep``.
        """
        members = Members(
            parse_canonical(untrusted, what="release manifest"),
            "",
            "release-manifest-invalid",
            {
                *("type", "release", "package", "sender", "policy", "header", "body", "exhibits"),
                *("redaction_report", "log", "time"),
            },
        )
        members.constant("type", MANIFEST_TYPE)
        exhibits = members.objects("exhibits", {"name", "media_type", "sha256", "size"}, at_most=1)
        if not exhibits:
            raise members.error("exactly one exhibit was expected", "exhibits")
        log = members.object("log", {"origin", "position"})
        return cls(
            release_id=members.identifier("release"),
            package_id=members.identifier("package"),
            sender=members.identifier("sender"),
            policy=ReleasePolicy.from_value(members.value("policy"), "/policy"),
            header=SizedDigest.from_members(members.object("header", {"sha256", "size"})),
            body=SizedDigest.from_members(members.object("body", {"sha256", "size"})),
            name=check_exhibit_name(exhibits[0].value("name"), where="/exhibits/0/name"),
            media_type=resolve_media_type(exhibits[0].value("media_type"), where="/exhibits/0/media_type"),
            plaintext=SizedDigest.from_members(exhibits[0]),
            report_digest=members.sha256("redaction_report"),
            log_origin=log.text("origin", at_most=255),
            log_position=log.integer("position"),
            time=members.time("time"),
        )

    def check_header(self, header: bytes) -> None:
        """Return if these are the header bytes that the manifest names.

        Raises:
            IntegrityFailure: ``release-mismatch``.
        """
        self._check(self.header, SizedDigest.of(header), "header")

    def check_body(self, sha256: str, size_bytes: int) -> None:
        """Return if the body, hashed while it streamed, is the one that the manifest names.

        Raises:
            IntegrityFailure: ``release-mismatch``.
        """
        self._check(self.body, SizedDigest(sha256, size_bytes), "body")

    def _check(self, expected: SizedDigest, found: SizedDigest, part: str) -> None:
        if expected != found:
            raise IntegrityFailure(
                "release-mismatch",
                f"The {part} of the file is not the one that the signed manifest names.",
                remedy="Do not use the file; fetch file and manifest again, and tell the sender if it fails again.",
                where=part,
            )


@dataclass(frozen=True, slots=True)
class ReceivedExhibit:
    """An exhibit as the gateway took it in: digest and size of its plain bytes."""

    exhibit_id: str
    name: str
    content: SizedDigest


@dataclass(frozen=True, slots=True)
class PackageReceipt:
    """What the gateway answers to a push: this is what we have, from whom, and when.

    Attributes:
        manifest_digest: SHA-256 (hex) of the submitter's package manifest.
        exhibits: Those that were taken in; refused ones are missing.
    """

    package_id: str
    agency: str
    manifest_digest: str
    exhibits: tuple[ReceivedExhibit, ...]
    time: datetime

    def as_dict(self) -> dict[str, Any]:
        """The JSON members, as they are signed."""
        return {
            "type": RECEIPT_TYPE,
            "package": self.package_id,
            "agency": self.agency,
            "manifest": self.manifest_digest,
            "exhibits": [{"id": e.exhibit_id, "name": e.name, **e.content.as_dict()} for e in self.exhibits],
            "time": format_time(self.time),
        }

    def canonical(self) -> bytes:
        """RFC 8785 bytes: what the gateway's signature covers."""
        return canonical_json(self.as_dict())

    def digest(self) -> str:
        """SHA-256 of the canonical bytes, hex."""
        return sha256_hex(self.canonical())

    @classmethod
    def parse(cls, untrusted: bytes) -> PackageReceipt:
        """Read a receipt from its canonical bytes. Verify its signature first.

        Raises:
            InvalidInput: ``package-receipt-invalid``, ``not-canonical`` or a ``json-`` code.
            TooLarge: ``json-too-large``, ``json-too-deep``.
        """
        members = Members(
            parse_canonical(untrusted, what="package receipt"),
            "",
            "package-receipt-invalid",
            {"type", "package", "agency", "manifest", "exhibits", "time"},
        )
        members.constant("type", RECEIPT_TYPE)
        return cls(
            package_id=members.identifier("package"),
            agency=members.identifier("agency"),
            manifest_digest=members.sha256("manifest"),
            exhibits=tuple(
                ReceivedExhibit(
                    exhibit_id=item.identifier("id"),
                    name=check_exhibit_name(item.value("name"), where=f"/exhibits/{i}/name"),
                    content=SizedDigest.from_members(item),
                )
                for i, item in enumerate(
                    members.objects("exhibits", {"id", "name", "sha256", "size"}, at_most=MAX_EXHIBITS)
                )
            ),
            time=members.time("time"),
        )


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """What a receiver answers to a pull, signed with the agency's signing key.

    Attributes:
        manifest_digest: SHA-256 (hex) of the release manifest it received.
        outcome: ``accepted``: opened and checked; ``rejected``: something did not verify.
        reason: A kebab-case code for a rejection, else empty. No personal data.
    """

    release_id: str
    manifest_digest: str
    outcome: Outcome
    time: datetime
    reason: str = ""

    def as_dict(self) -> dict[str, Any]:
        """The JSON members, as they are signed."""
        return {
            "type": ACKNOWLEDGEMENT_TYPE,
            "release": self.release_id,
            "manifest": self.manifest_digest,
            "outcome": self.outcome,
            "reason": self.reason,
            "time": format_time(self.time),
        }

    def canonical(self) -> bytes:
        """RFC 8785 bytes: what the receiver's signature covers."""
        return canonical_json(self.as_dict())

    def digest(self) -> str:
        """SHA-256 of the canonical bytes, hex."""
        return sha256_hex(self.canonical())

    @classmethod
    def parse(cls, untrusted: bytes) -> Acknowledgement:
        """Read an acknowledgement from its canonical bytes. Verify its signature first.

        Raises:
            InvalidInput: ``acknowledgement-invalid``, ``not-canonical`` or a ``json-`` code.
            TooLarge: ``json-too-large``, ``json-too-deep``.
        """
        members = Members(
            parse_canonical(untrusted, what="acknowledgement"),
            "",
            "acknowledgement-invalid",
            {"type", "release", "manifest", "outcome", "reason", "time"},
        )
        members.constant("type", ACKNOWLEDGEMENT_TYPE)
        outcome = members.text("outcome", at_most=16)
        reason = members.text("reason", at_most=64, empty=True)
        if outcome == "accepted":
            if reason:
                raise members.error("an acceptance has no reason", "reason")
            return cls(members.identifier("release"), members.sha256("manifest"), "accepted", members.time("time"))
        if outcome == "rejected":
            if not reason or not set(reason) <= set("abcdefghijklmnopqrstuvwxyz0123456789-"):
                raise members.error("a rejection gives its reason as a kebab-case code", "reason")
            return cls(
                members.identifier("release"), members.sha256("manifest"), "rejected", members.time("time"), reason
            )
        raise members.error("outcome must be 'accepted' or 'rejected'", "outcome")
