"""Ready-made rows for tests: valid values with sensible defaults, every member can be set.

tx.directory.add_agency(seeds.agency("cnil-fr"), seeds.event("agency.add"))
package = seeds.package(case, agreement.ref)
"""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from gateway.envelope.wrapping import WrappedKey
from gateway.evidence.agency import Agency, KeyUse, RegisteredKey
from gateway.evidence.deadline import Clock
from gateway.evidence.duty import Duty
from gateway.evidence.erasure import Erasure
from gateway.evidence.hold import Hold, HoldScope
from gateway.evidence.lifecycle import ExhibitState, PackageState, ReleaseState, RenditionState
from gateway.evidence.package import EVERYONE, AgreementRef, Case, Exhibit, Package, Principal, Release, Rendition
from gateway.exchange.ports.custody import Certificate
from gateway.exchange.ports.secrets import RegisteredSecret
from gateway.redaction.fingerprint import Kind
from gateway.translog.event import AuditEvent

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


def new_id() -> str:
    return str(uuid.uuid4())


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def event(action: str = "test.act", **members: Any) -> AuditEvent:
    defaults: dict[str, Any] = {
        "outcome": "done",
        "time": NOW,
        "actor": {"agency": "ico-uk", "principal": "ico-uk-submitter"},
        "object": {"kind": "test", "id": "1"},
    }
    return AuditEvent(action, **{**defaults, **members})


def agency(agency_id: str = "ico-uk", jurisdiction: str = "GB") -> Agency:
    return Agency(agency_id, f"Authority {agency_id}", jurisdiction, NOW)


def principal(principal_id: str = "ico-uk-submitter", agency_id: str = "ico-uk", *roles: str) -> Principal:
    return Principal(principal_id, agency_id, frozenset(roles or ("submitter",)))


def key(key_id: str, agency_id: str = "ico-uk", use: KeyUse = "signing", **members: Any) -> RegisteredKey:
    row = RegisteredKey(key_id, agency_id, None, use, "material of the key", NOW - timedelta(days=1), None)
    return replace(row, **members)


def case(agreement_id: str = "eu-uk-ai-incidents", reference: str = "case-2026-017", **members: Any) -> Case:
    row = Case(new_id(), reference, agreement_id, "incident-investigation", "ico-uk-submitter", NOW)
    return replace(row, **members)


def package(of: Case, agreement: AgreementRef, **members: Any) -> Package:
    row = Package(
        id=new_id(),
        agency="ico-uk",
        submitter="ico-uk-submitter",
        agreement=agreement,
        case_id=of.id,
        case_reference=of.reference,
        purpose=of.purpose,
        urgency="ordinary",
        manifest=b"{}",
        manifest_digest=digest("{}"),
        manifest_signature=None,
        state=PackageState.OPEN,
        created_at=NOW,
        changed_at=NOW,
    )
    return replace(row, **members)


def exhibit(of: Package, ordinal: int = 0, **members: Any) -> Exhibit:
    row = Exhibit(
        id=new_id(),
        package_id=of.id,
        ordinal=ordinal,
        name=f"report-{ordinal}.txt",
        evidence_type="incident-report",
        declared_media_type="text/plain",
        size_bytes=12,
        sha256=digest(f"exhibit {ordinal}"),
        state=ExhibitState.DECLARED,
    )
    return replace(row, **members)


def file_key(**members: Any) -> WrappedKey:
    return replace(WrappedKey(new_id(), bytes(44), "kek-1", 1, bytes(32), NOW), **members)


def rendition(of: Exhibit, key: WrappedKey, **members: Any) -> Rendition:
    rendition_id = new_id()
    row = Rendition(
        id=rendition_id,
        exhibit_id=of.id,
        package_id=of.package_id,
        view="standard",
        audience=EVERYONE,
        name=of.name,
        media_type="text/plain",
        size_bytes=10,
        sha256=digest("clean"),
        blob=f"renditions/{rendition_id}",
        body_size_bytes=42,
        body_sha256=digest("body"),
        file_key_id=key.id,
        report=b"{}",
        report_digest=digest("{}"),
        lowest_confidence=0.85,
        state=RenditionState.REDACTED,
        created_at=NOW,
    )
    return replace(row, **members)


def release(of: Rendition, package: Package, recipient: str = "cnil-fr", **members: Any) -> Release:
    row = Release(
        id=new_id(),
        rendition_id=of.id,
        exhibit_id=of.exhibit_id,
        package_id=package.id,
        case_id=package.case_id,
        agreement=package.agreement,
        view=of.view,
        sender=package.agency,
        recipient=recipient,
        recipient_key_id=f"{recipient}-receiving",
        policy=b"{}",
        policy_digest=digest("{}"),
        header=b"age-encryption.org/v1\n",
        header_sha256=digest("header"),
        state=ReleaseState.SEALED,
        sealed_at=NOW,
        deadline=NOW + timedelta(days=90),
    )
    return replace(row, **members)


def hold(of: Package, **members: Any) -> Hold:
    row = Hold(
        id=new_id(),
        agreement=of.agreement.id,
        scope=HoldScope.PACKAGE,
        object_id=of.id,
        case_id=of.case_id,
        reason="order of the court",
        placed_by=of.submitter,
        agency=of.agency,
        placed_at=NOW,
    )
    return replace(row, **members)


def clock(of: Package, **members: Any) -> Clock:
    row = Clock(
        package_id=of.id,
        case_id=of.case_id,
        agreement=of.agreement.id,
        sender=of.agency,
        urgency="ordinary",
        clause="/deadlines/ordinary",
        started_at=NOW,
        due_at=NOW + timedelta(days=10),
    )
    return replace(row, **members)


def duty(of: Package, release: Release, **members: Any) -> Duty:
    row = Duty(
        id=new_id(),
        package_id=of.id,
        case_id=of.case_id,
        agreement=of.agreement,
        sender=of.agency,
        agency=release.recipient,
        releases=(release.id,),
        reason="retention-over",
        created_at=NOW,
        due_at=NOW + timedelta(days=30),
    )
    return replace(row, **members)


def certificate(of: Package, **members: Any) -> Certificate:
    row = Certificate(
        id=new_id(),
        package_id=of.id,
        case_id=of.case_id,
        sender=of.agency,
        agreement=of.agreement,
        reason="retention-over",
        disposed_at=NOW,
        facts=b"{}",
    )
    return replace(row, **members)


def erasure(of: Case, **members: Any) -> Erasure:
    row = Erasure(new_id(), of.id, of.agreement, None, (), "UK GDPR Art. 17(1)(a)", "ico-uk.officer", NOW)
    return replace(row, **members)


def secret(of: Package, label: str, kind: Kind = Kind.TERM, size: int = 12) -> RegisteredSecret:
    return RegisteredSecret(new_id(), of.agency, label, kind, b"\x01" * size, b"shape", "kek-1", 1, of.submitter, NOW)
