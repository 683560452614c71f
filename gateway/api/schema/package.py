"""Packages as their sender sees them: the request that creates one, its state, its receipt."""

from __future__ import annotations

from typing import Any, Literal, Self

from pydantic import Field

from gateway.api.schema.base import SHA256, Base64, Clause, Identifier, Model, ObjectId, Time
from gateway.evidence.package import AgreementRef, Exhibit, Package, Release, Rendition
from gateway.policy.decision import Decision


class DeclaredExhibitBody(Model):
    """One file as the submitter declares it."""

    name: str = Field(max_length=200, description="Plain file name; no path, control or bidirectional characters.")
    evidence_type: Identifier
    media_type: str = Field(description="Full media type, or one of txt, csv, json, jsonl, eml, docx, pdf, binary.")
    size: int = Field(ge=0, description="Bytes.")
    sha256: SHA256


class ManifestBody(Model):
    """The package manifest. Its RFC 8785 form is what the agency signs."""

    agreement: Identifier
    case: Identifier
    purpose: Identifier
    exhibits: list[DeclaredExhibitBody] = Field(min_length=1, max_length=1000)
    urgency: Literal["ordinary", "emergency"] = "ordinary"
    note: str = Field(default="", max_length=2000)


class PackageCreation(Model):
    """A manifest and the sending agency's signature over its canonical form."""

    manifest: ManifestBody
    signature: Base64 = Field(description="Detached ECDSA signature, DER, base64.")
    key_id: str = Field(description="The agency's registered signing key.")


CREATION_EXAMPLE: dict[str, Any] = {
    "manifest": {
        "agreement": "eu-uk-ai-incidents",
        "case": "2026-0042",
        "purpose": "incident-investigation",
        "urgency": "ordinary",
        "exhibits": [
            {
                "name": "incident-report.pdf",
                "evidence_type": "incident-report",
                "media_type": "application/pdf",
                "size": 48213,
                "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
            }
        ],
    },
    "signature": "MGUCMQDs0c3Rhbmdl…",
    "key_id": "0b7f3c9e-6f6b-4a55-9a53-2f0d1d9f3f11",
}


class AgreementBody(Model):
    """Which text of an agreement applies."""

    id: str
    version: int
    digest: SHA256

    @classmethod
    def of(cls, ref: AgreementRef) -> Self:
        return cls(id=ref.id, version=ref.version, digest=ref.digest)


class ObligationBody(Model):
    """What the gateway must do because of a permit. Its parameters depend on the kind."""

    kind: str
    clause: Clause
    params: dict[str, Any] = Field(default_factory=dict)


class DecisionBody(Model):
    """The answer of the policy for one exhibit, and the clause that decided."""

    outcome: Literal["permit", "deny"]
    code: str
    clause: Clause
    reasons: list[str]
    obligations: list[ObligationBody]

    @classmethod
    def of(cls, decision: Decision) -> Self:
        return cls(
            outcome="permit" if decision.permitted else "deny",
            code=decision.code,
            clause=decision.clause,
            reasons=list(decision.reasons),
            obligations=[
                ObligationBody(kind=o.kind, clause=o.clause, params=dict(o.params)) for o in decision.obligations
            ],
        )


class ExhibitBody(Model):
    """One exhibit of a package and how far it has come."""

    id: ObjectId
    ordinal: int
    name: str
    evidence_type: str
    declared_media_type: str
    media_type: str | None = Field(description="As the bytes show; null until examined.")
    size: int
    sha256: SHA256
    state: str
    reason: str
    clause: str
    received_at: Time | None
    decision: DecisionBody | None = Field(default=None, description="Only in the answer to the creation.")

    @classmethod
    def of(cls, exhibit: Exhibit, decision: Decision | None = None) -> Self:
        return cls(
            id=exhibit.id,
            ordinal=exhibit.ordinal,
            name=exhibit.name,
            evidence_type=exhibit.evidence_type,
            declared_media_type=exhibit.declared_media_type,
            media_type=exhibit.media_type,
            size=exhibit.size_bytes,
            sha256=exhibit.sha256,
            state=str(exhibit.state),
            reason=exhibit.reason,
            clause=exhibit.clause,
            received_at=exhibit.received_at,
            decision=None if decision is None else DecisionBody.of(decision),
        )


class PackageRenditionBody(Model):
    """A rendition of one of the package's exhibits."""

    id: ObjectId
    exhibit_id: ObjectId
    view: str
    audience: str
    state: str
    media_type: str
    size: int
    report_digest: SHA256
    lowest_confidence: float

    @classmethod
    def of(cls, rendition: Rendition) -> Self:
        return cls(
            id=rendition.id,
            exhibit_id=rendition.exhibit_id,
            view=rendition.view,
            audience=rendition.audience,
            state=str(rendition.state),
            media_type=rendition.media_type,
            size=rendition.size_bytes,
            report_digest=rendition.report_digest,
            lowest_confidence=rendition.lowest_confidence,
        )


class PackageReleaseBody(Model):
    """What became of a release of the package: to whom, and whether it was fetched."""

    id: ObjectId
    rendition_id: ObjectId
    exhibit_id: ObjectId
    view: str
    recipient: str
    state: str
    deadline: Time
    released_at: Time | None
    last_pull_at: Time | None
    acknowledged_at: Time | None

    @classmethod
    def of(cls, release: Release) -> Self:
        return cls(
            id=release.id,
            rendition_id=release.rendition_id,
            exhibit_id=release.exhibit_id,
            view=release.view,
            recipient=release.recipient,
            state=str(release.state),
            deadline=release.deadline,
            released_at=release.released_at,
            last_pull_at=release.last_pull_at,
            acknowledged_at=release.acknowledged_at,
        )


class PackageSummary(Model):
    """A package in a list."""

    id: ObjectId
    state: str
    agreement: AgreementBody
    case: str
    purpose: str
    urgency: str
    manifest_digest: SHA256
    submitter: str
    created_at: Time
    changed_at: Time
    reason: str

    @staticmethod
    def members(package: Package) -> dict[str, Any]:
        return {
            "id": package.id,
            "state": str(package.state),
            "agreement": AgreementBody.of(package.agreement),
            "case": package.case_reference,
            "purpose": package.purpose,
            "urgency": package.urgency,
            "manifest_digest": package.manifest_digest,
            "submitter": package.submitter,
            "created_at": package.created_at,
            "changed_at": package.changed_at,
            "reason": package.reason,
        }

    @classmethod
    def of(cls, package: Package) -> Self:
        return cls(**cls.members(package))


class PackageBody(PackageSummary):
    """A package with all that its sender may see of it."""

    exhibits: list[ExhibitBody]
    renditions: list[PackageRenditionBody] = Field(default_factory=list)
    releases: list[PackageReleaseBody] = Field(default_factory=list)


class PackageList(Model):
    """A page of packages, newest first; ``next`` is the value of ``after`` for the page that follows."""

    packages: list[PackageSummary]
    next: str | None


class Receipt(Model):
    """The gateway's signed receipt for a submitted package."""

    package: ObjectId
    receipt: Base64 = Field(description="RFC 8785 JSON bytes, base64: exactly what is signed.")
    signature: Base64 = Field(description="Detached ECDSA P-384 signature of the gateway, DER, base64.")


class Withdrawal(Model):
    """Why a package is taken back."""

    reason: str = Field(default="", max_length=200)
