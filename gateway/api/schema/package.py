"""Packages as their sender sees them: the request that creates one, its state, its receipt."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from gateway.api.schema.base import SHA256, Base64, Clause, Identifier, Model, ObjectId, Time
from gateway.api.schema.body import Body, KeyId, Parsed, chars, octets
from gateway.evidence.manifest import PackageManifest, parse_manifest


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


class PackageCreation(Body):
    """A manifest and the sending agency's signature over its canonical form."""

    manifest: Annotated[PackageManifest, Parsed(parse_manifest, ManifestBody)]
    signature: Annotated[bytes, octets()] = Field(description="Detached ECDSA signature, DER, base64.")
    key_id: KeyId


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


class ObligationBody(Model):
    """What the gateway must do because of a permit. Its parameters depend on the kind."""

    kind: str
    clause: Clause
    params: Annotated[dict[str, Any], BeforeValidator(dict)] = Field(default_factory=dict)


class DecisionBody(Model):
    """The answer of the policy for one exhibit, and the clause that decided."""

    outcome: Literal["permit", "deny"]
    code: str
    clause: Clause
    reasons: list[str]
    obligations: list[ObligationBody]


class ExhibitBody(Model):
    """One exhibit of a package and how far it has come."""

    id: ObjectId
    ordinal: int
    name: str
    evidence_type: str
    declared_media_type: str
    media_type: str | None = Field(description="As the bytes show; null until examined.")
    size: int = Field(validation_alias="size_bytes")
    sha256: SHA256
    state: str
    reason: str
    clause: str
    received_at: Time | None
    decision: DecisionBody | None = Field(default=None, description="Only in the answer to the creation.")


class PackageRenditionBody(Model):
    """A rendition of one of the package's exhibits."""

    id: ObjectId
    exhibit_id: ObjectId
    view: str
    audience: str
    state: str
    media_type: str
    size: int = Field(validation_alias="size_bytes")
    report_digest: SHA256
    lowest_confidence: float


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


class PackageSummary(Model):
    """A package in a list."""

    id: ObjectId
    state: str
    agreement: AgreementBody
    case: str = Field(validation_alias="case_reference")
    purpose: str
    urgency: str
    manifest_digest: SHA256
    submitter: str
    created_at: Time
    changed_at: Time
    reason: str


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


class Withdrawal(Body):
    """Why a package is taken back."""

    reason: Annotated[str, chars(200)] = ""
