"""Releases and renditions as receivers and reviewers see them."""

from __future__ import annotations

from typing import Annotated, Any, Self

from pydantic import ConfigDict, Field

from gateway.api.schema.base import SHA256, Model, ObjectId, Time
from gateway.api.schema.body import Body, KeyId, chars, octets
from gateway.api.schema.package import AgreementBody
from gateway.evidence.package import Rendition
from gateway.exchange.deliver import InboxItem
from gateway.exchange.review import PendingReview

MAX_ACKNOWLEDGEMENT_BYTES = 16_384


class ReleaseBody(Model):
    """A release that the caller may pull. ``etag`` is that of the .age file at ``content``."""

    id: ObjectId
    package: ObjectId = Field(validation_alias="package_id")
    exhibit: ObjectId = Field(validation_alias="exhibit_id")
    rendition: ObjectId
    case: str
    agreement: AgreementBody
    purpose: str
    urgency: str
    sender: str
    view: str
    name: str
    media_type: str
    evidence_type: str
    size: int = Field(description="Bytes of the plain rendition.")
    content_size: int = Field(description="Bytes of the .age file.")
    etag: str
    header_sha256: SHA256
    body_sha256: SHA256
    recipient_key: str = Field(
        validation_alias="recipient_key_id", description="The receiving key of your agency that it is encrypted to."
    )
    state: str
    sealed_at: Time
    released_at: Time | None
    deadline: Time = Field(description="When the gateway disposes of it.")
    acknowledged_at: Time | None
    content: str = Field(description="Where the .age file is.")
    manifest: str = Field(description="Where the signed manifest is; its signature is at the same address with .sig.")
    report: str = Field(description="Where the redaction report is.")

    @classmethod
    def described(cls, item: InboxItem) -> Self:
        release, rendition = item.release, item.rendition
        address = f"/v1/releases/{release.id}"
        return cls.of(
            release,
            rendition=rendition.id,
            case=item.package.case_reference,
            purpose=item.package.purpose,
            urgency=item.package.urgency,
            name=rendition.name,
            media_type=rendition.media_type,
            evidence_type=item.exhibit.evidence_type,
            size=rendition.size_bytes,
            content_size=len(release.header) + rendition.body_size_bytes,
            etag=content_etag(release.header_sha256, rendition.body_sha256),
            body_sha256=rendition.body_sha256,
            content=f"{address}/content",
            manifest=f"{address}/manifest",
            report=report_address(rendition),
        )


def report_address(rendition: Rendition) -> str:
    """Where the redaction report of a rendition is."""
    return f"/v1/renditions/{rendition.id}/report"


def content_etag(header_sha256: str, body_sha256: str) -> str:
    """Strong entity tag of ``header || body``: both digests name their bytes, so the pair names the file."""
    return f'"{header_sha256[:32]}-{body_sha256}"'


class Inbox(Model):
    """A page of releases, newest first; ``next`` is the value of ``after`` for the page that follows."""

    releases: list[ReleaseBody]
    next: str | None


class AcknowledgementBody(Body):
    """The receiver's signed word that a release arrived, and whether it verified."""

    acknowledgement: Annotated[bytes, octets(MAX_ACKNOWLEDGEMENT_BYTES)] = Field(
        description="RFC 8785 JSON bytes, base64: exactly what is signed."
    )
    signature: Annotated[bytes, octets()] = Field(
        description="Detached ECDSA signature of the receiving agency, DER, base64."
    )
    key_id: KeyId


class RedactionReport(Model):
    """What was taken out of a rendition, and why; never the values themselves (docs/spec/report.md)."""

    model_config = ConfigDict(extra="allow", frozen=True)

    exhibit: str
    view: str
    source_commitment: str
    findings: list[dict[str, Any]]
    verified: dict[str, Any]


class ReviewBody(Model):
    """A rendition that waits for, or has been through, review."""

    rendition: ObjectId = Field(validation_alias="id")
    package: ObjectId = Field(validation_alias="package_id")
    exhibit: ObjectId = Field(validation_alias="exhibit_id")
    view: str
    audience: str
    name: str
    media_type: str
    state: str
    lowest_confidence: float
    report_digest: SHA256
    report: str = Field(description="Where the redaction report is.")
    approvals: list[str] = Field(default_factory=list)
    approvals_needed: int | None = None

    @classmethod
    def decided(cls, rendition: Rendition) -> Self:
        return cls.of(rendition, report=report_address(rendition))

    @classmethod
    def pending(cls, item: PendingReview) -> Self:
        return cls.of(
            item.rendition,
            report=report_address(item.rendition),
            approvals=list(item.approvals),
            approvals_needed=item.needed,
        )


class Reviews(Model):
    """Renditions of the caller's agency that wait for approval, oldest first."""

    reviews: list[ReviewBody]
    next: ObjectId | None = Field(description="Give it as `after` for the next page; null: that was all.")


class ReviewNote(Body):
    """An optional remark. It is recorded as an erasable field, not in the clear."""

    note: Annotated[str, chars(500)] = ""
