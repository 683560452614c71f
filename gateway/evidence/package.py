"""Packages, exhibits, renditions and releases as the domain sees them: frozen, without I/O.

Identifiers are UUID strings made by the caller (the domain has no randomness of its own). Times are
timezone-aware UTC. Sizes are bytes. Digests are lower-case hex SHA-256.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from gateway.evidence.lifecycle import ExhibitState, PackageState, ReleaseState, RenditionState

#: Audience of a rendition that is the same for every receiving agency.
EVERYONE = "*"


@dataclass(frozen=True, slots=True)
class AgreementRef:
    """Which text of an agreement applies: id, version, and digest of the canonical document."""

    id: str
    version: int
    digest: str

    def as_dict(self) -> dict[str, str | int]:
        return {"id": self.id, "version": self.version, "digest": self.digest}


@dataclass(frozen=True, slots=True)
class Principal:
    """Who acts: a client or person of an agency, with roles and attributes (say protective-order)."""

    id: str
    agency: str
    roles: frozenset[str]
    attributes: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Case:
    """The matter under which evidence is exchanged. ``reference`` is unique within its agreement."""

    id: str
    reference: str
    agreement: str
    purpose: str
    opened_by: str
    opened_at: datetime
    closed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Package:
    """A manifest and its files, pushed by one agency under one version of an agreement."""

    id: str
    agency: str
    submitter: str
    agreement: AgreementRef
    case_id: str
    case_reference: str
    purpose: str
    urgency: str
    manifest: bytes
    manifest_digest: str
    manifest_signature: bytes | None
    state: PackageState
    created_at: datetime
    changed_at: datetime
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Exhibit:
    """One file of a package. ``blob`` and ``file_key_id`` locate the encrypted original."""

    id: str
    package_id: str
    ordinal: int
    name: str
    evidence_type: str
    declared_media_type: str
    size_bytes: int
    sha256: str
    state: ExhibitState
    media_type: str | None = None  # as sniffed
    blob: str | None = None
    body_sha256: str | None = None
    file_key_id: str | None = None
    reason: str = ""
    clause: str = ""
    received_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Rendition:
    """An exhibit as prepared for one view and audience (an agency, or :data:`EVERYONE`)."""

    id: str
    exhibit_id: str
    package_id: str
    view: str
    audience: str
    name: str
    media_type: str
    size_bytes: int
    sha256: str
    blob: str
    body_size_bytes: int
    body_sha256: str
    file_key_id: str
    report: bytes
    report_digest: str
    lowest_confidence: float
    state: RenditionState
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Release:
    """A rendition made available to one agency."""

    id: str
    rendition_id: str
    exhibit_id: str
    package_id: str
    case_id: str
    agreement: AgreementRef
    view: str
    sender: str
    recipient: str
    recipient_key_id: str
    policy: bytes
    policy_digest: str
    header: bytes
    header_sha256: str
    state: ReleaseState
    sealed_at: datetime
    deadline: datetime
    manifest: bytes | None = None
    manifest_signature: bytes | None = None
    released_at: datetime | None = None
    last_pull_at: datetime | None = None
    acknowledged_at: datetime | None = None
