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

from gateway.envelope.header import parse_header
from gateway.envelope.policy import ReleasePolicy, check_policy
from gateway.envelope.signed_json import Members, format_time, parse_canonical
from gateway.errors import IntegrityFailure
from gateway.evidence.canonical import CanonicalDocument, canonical_json, parse_json, sha256_hex
from gateway.evidence.media import resolve_media_type
from gateway.evidence.names import check_exhibit_name

MANIFEST_TYPE = "evidence-gateway/release-manifest/v1"
RECEIPT_TYPE = "evidence-gateway/package-receipt/v1"
ACKNOWLEDGEMENT_TYPE = "evidence-gateway/acknowledgement/v1"
MAX_EXHIBITS = 1000

Outcome = Literal["accepted", "rejected"]


@dataclass(frozen=True, slots=True)
class ReleaseManifest(CanonicalDocument):
    """What a release holds and where it stands in the log.

    Attributes:
        release: The release's UUID.
        sender: The agency that pushed the exhibit.
        policy: Canonical bytes of the release policy; :meth:`release_policy` parses them.
        header_sha256, header_size, body_sha256, body_size: The two parts of the .age file, which is
            exactly one after the other. Digests are hex, sizes bytes.
        exhibit_name, media_type, plaintext_size: Of the rendition, as it comes out of decryption.
        report_digest: SHA-256 (hex) of the redaction report.
        log_position: Sequence number of the log entry that recorded the sealing.
        released_at: Aware UTC.
    """

    release: str
    sender: str
    policy: bytes
    header_sha256: str
    header_size: int
    body_sha256: str
    body_size: int
    exhibit_name: str
    media_type: str
    plaintext_size: int
    report_digest: str
    log_position: int
    released_at: datetime

    def as_dict(self) -> dict[str, Any]:
        return {
            "type": MANIFEST_TYPE,
            "release": self.release,
            "sender": self.sender,
            "policy": parse_json(self.policy),
            "header": {"sha256": self.header_sha256, "size": self.header_size},
            "body": {"sha256": self.body_sha256, "size": self.body_size},
            "exhibit": {"name": self.exhibit_name, "media_type": self.media_type, "size": self.plaintext_size},
            "redaction_report": self.report_digest,
            "log_position": self.log_position,
            "released_at": format_time(self.released_at),
        }

    def release_policy(self) -> ReleasePolicy:
        """The policy, parsed.

        Raises:
            InvalidInput: ``release-policy-invalid``, ``not-canonical``.
        """
        return ReleasePolicy.parse(self.policy)

    @classmethod
    def parse(cls, untrusted: bytes) -> ReleaseManifest:
        """Read a manifest from its canonical bytes. Verify its signature first.

        Raises:
            InvalidInput: ``release-manifest-invalid``, ``release-policy-invalid``, ``name-unsafe``,
                ``media-type-invalid``, ``not-canonical`` or a ``json-`` code.
            TooLarge: ``json-too-large``, ``json-too-deep``, ``name-too-long``.
        """
        members = Members(
            parse_canonical(untrusted, what="release manifest"),
            "",
            "release-manifest-invalid",
            {
                *("type", "release", "sender", "policy", "header", "body", "exhibit"),
                *("redaction_report", "log_position", "released_at"),
            },
        )
        members.constant("type", MANIFEST_TYPE)
        policy = canonical_json(members.value("policy"))
        ReleasePolicy.parse(policy)
        header = members.object("header", {"sha256", "size"})
        body = members.object("body", {"sha256", "size"})
        exhibit = members.object("exhibit", {"name", "media_type", "size"})
        manifest = cls(
            release=members.identifier("release"),
            sender=members.identifier("sender"),
            policy=policy,
            header_sha256=header.sha256("sha256"),
            header_size=header.integer("size"),
            body_sha256=body.sha256("sha256"),
            body_size=body.integer("size"),
            exhibit_name=check_exhibit_name(exhibit.value("name"), where="/exhibit/name"),
            media_type=resolve_media_type(exhibit.value("media_type"), where="/exhibit/media_type"),
            plaintext_size=exhibit.integer("size"),
            report_digest=members.sha256("redaction_report"),
            log_position=members.integer("log_position"),
            released_at=members.time("released_at"),
        )
        if manifest.canonical() != untrusted:
            # A name or media type that the checks above normalised: the digest would be of other bytes.
            raise members.error("a name or media type is not in its normal form", "exhibit")
        return manifest

    def check_header(self, header: bytes) -> None:
        """Return if these are the header bytes that the manifest names, and they name its policy.

        Raises:
            IntegrityFailure: ``release-mismatch``, ``policy-mismatch``.
            InvalidInput: ``age-header-invalid``, ``policy-stanza-invalid``.
        """
        if (sha256_hex(header), len(header)) != (self.header_sha256, self.header_size):
            raise _mismatch("header")
        check_policy(parse_header(header), self.release_policy())

    def check_body(self, sha256: str, size_bytes: int) -> None:
        """Return if the body, hashed while it streamed, is the one that the manifest names.

        Raises:
            IntegrityFailure: ``release-mismatch``.
        """
        if (sha256, size_bytes) != (self.body_sha256, self.body_size):
            raise _mismatch("body")


def _mismatch(part: str) -> IntegrityFailure:
    return IntegrityFailure(
        "release-mismatch",
        f"The {part} of the file is not the one that the signed manifest names.",
        remedy="Do not use the file; fetch file and manifest again, and tell the sender if it fails again.",
        where=part,
    )


@dataclass(frozen=True, slots=True)
class PackageReceipt(CanonicalDocument):
    """What the gateway answers to a push: this is what we have, in which state, and since when.

    Attributes:
        package: The package's UUID.
        manifest_digest: SHA-256 (hex) of the submitter's package manifest.
        exhibits: For each exhibit its UUID, the SHA-256 (hex) of its plain bytes, and its state.
        received_at: Aware UTC.
    """

    package: str
    manifest_digest: str
    exhibits: tuple[tuple[str, str, str], ...]
    received_at: datetime

    def as_dict(self) -> dict[str, Any]:
        return {
            "type": RECEIPT_TYPE,
            "package": self.package,
            "manifest": self.manifest_digest,
            "exhibits": [{"id": e[0], "sha256": e[1], "state": e[2]} for e in self.exhibits],
            "received_at": format_time(self.received_at),
        }

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
            {"type", "package", "manifest", "exhibits", "received_at"},
        )
        members.constant("type", RECEIPT_TYPE)
        exhibits = members.objects("exhibits", {"id", "sha256", "state"}, at_most=MAX_EXHIBITS)
        return cls(
            package=members.identifier("package"),
            manifest_digest=members.sha256("manifest"),
            exhibits=tuple((e.identifier("id"), e.sha256("sha256"), e.identifier("state")) for e in exhibits),
            received_at=members.time("received_at"),
        )


@dataclass(frozen=True, slots=True)
class Acknowledgement(CanonicalDocument):
    """What a receiver answers to a pull, signed with the agency's signing key.

    Attributes:
        release: The release's UUID.
        manifest_digest: SHA-256 (hex) of the release manifest it received.
        outcome: ``accepted``: opened and checked; ``rejected``: something did not verify.
        reason: A kebab-case code for a rejection, else empty. No personal data.
    """

    release: str
    manifest_digest: str
    outcome: Outcome
    time: datetime
    reason: str = ""

    def as_dict(self) -> dict[str, Any]:
        return {
            "type": ACKNOWLEDGEMENT_TYPE,
            "release": self.release,
            "manifest": self.manifest_digest,
            "outcome": self.outcome,
            "reason": self.reason,
            "time": format_time(self.time),
        }

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
