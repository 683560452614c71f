"""Holds, deadlines, duties to attest, certificates and cases, as the API answers them."""

from __future__ import annotations

from datetime import datetime
from typing import Self

from pydantic import Field

from gateway.api.schema.base import SHA256, Base64, Clause, Identifier, Model, ObjectId, Time
from gateway.api.schema.package import AgreementBody
from gateway.evidence.canonical import sha256_hex
from gateway.evidence.deadline import Clock, ClockState
from gateway.evidence.duty import Duty
from gateway.evidence.hold import Hold
from gateway.evidence.package import Case
from gateway.exchange.ports.custody import Certificate


class HoldPlacement(Model):
    """What is to be held: exactly one of ``case`` (with ``agreement``), ``package`` and ``exhibit``."""

    agreement: Identifier | None = None
    case: Identifier | None = Field(default=None, description="Reference of the case under the agreement.")
    package: ObjectId | None = None
    exhibit: ObjectId | None = None
    reason: str = Field(min_length=1, max_length=500, description="By whose order, or for which proceedings.")
    expires_at: datetime | None = Field(default=None, description="RFC 3339 with a zone; none: until it is lifted.")


class HoldBody(Model):
    """A legal hold. It is over when ``lifted_at`` is set or ``expires_at`` has passed."""

    id: ObjectId
    agreement: str
    scope: str
    object: ObjectId
    reason: str
    placed_by: str
    agency: str
    placed_at: Time
    expires_at: Time | None
    lift_asked_by: list[str]
    lifted_at: Time | None

    @classmethod
    def of(cls, hold: Hold) -> Self:
        return cls(
            id=hold.id,
            agreement=hold.agreement,
            scope=str(hold.scope),
            object=hold.object_id,
            reason=hold.reason,
            placed_by=hold.placed_by,
            agency=hold.agency,
            placed_at=hold.placed_at,
            expires_at=hold.expires_at,
            lift_asked_by=list(hold.lift_asked_by),
            lifted_at=hold.lifted_at,
        )


class Holds(Model):
    """Holds in force, oldest first."""

    holds: list[HoldBody]


class DeadlineBody(Model):
    """A package's clock: by when every receiving agency must have acknowledged a release of it."""

    package: ObjectId
    agreement: str
    sender: str
    urgency: str
    clause: Clause
    state: str = Field(description="running, due (less than a quarter of the time is left) or breached.")
    started_at: Time
    due_at: Time

    @classmethod
    def of(cls, clock: Clock, state: ClockState) -> Self:
        return cls(
            package=clock.package_id,
            agreement=clock.agreement,
            sender=clock.sender,
            urgency=clock.urgency,
            clause=clock.clause,
            state=str(state),
            started_at=clock.started_at,
            due_at=clock.due_at,
        )


class Deadlines(Model):
    """Clocks without an answer, soonest due first."""

    deadlines: list[DeadlineBody]
    next: str | None


class DutyBody(Model):
    """What an agency owes after a disposal: to delete what it pulled and to attest it."""

    id: ObjectId
    package: ObjectId
    agreement: AgreementBody
    sender: str
    agency: str
    releases: list[ObjectId]
    reason: str
    state: str = Field(description="open, overdue, attested or attested-late.")
    created_at: Time
    due_at: Time
    attested_at: Time | None

    @classmethod
    def of(cls, duty: Duty, now: datetime) -> Self:
        return cls(
            id=duty.id,
            package=duty.package_id,
            agreement=AgreementBody.of(duty.agreement),
            sender=duty.sender,
            agency=duty.agency,
            releases=list(duty.releases),
            reason=duty.reason,
            state=str(duty.state(now)),
            created_at=duty.created_at,
            due_at=duty.due_at,
            attested_at=duty.attested_at,
        )


class Duties(Model):
    """A page of duties, newest first: one's own, and those owed for packages that one sent."""

    duties: list[DutyBody]
    next: str | None


class AttestationBody(Model):
    """The agency's signed attestation of deletion."""

    attestation: Base64 = Field(description="RFC 8785 JSON bytes, base64: exactly what is signed.")
    signature: Base64 = Field(description="Detached ECDSA signature of the agency, DER, base64.")
    key_id: str = Field(description="The agency's registered signing key.")


class CertificateBody(Model):
    """A certificate of destruction in a list; the document itself is at ``document``."""

    id: ObjectId
    package: ObjectId
    agreement: AgreementBody
    sender: str
    reason: str
    disposed_at: Time
    sha256: SHA256 = Field(description="Of the signed document.")
    document: str = Field(description="Where it is; its signature is at the same address with .sig, a PDF with .pdf.")

    @classmethod
    def of(cls, certificate: Certificate) -> Self:
        return cls(
            id=certificate.id,
            package=certificate.package_id,
            agreement=AgreementBody.of(certificate.agreement),
            sender=certificate.sender,
            reason=certificate.reason,
            disposed_at=certificate.disposed_at,
            sha256=sha256_hex(certificate.document or b""),
            document=f"/v1/certificates/{certificate.id}/document",
        )


class Certificates(Model):
    """A page of certificates, newest first."""

    certificates: list[CertificateBody]
    next: str | None


class CaseBody(Model):
    """A case."""

    id: ObjectId
    agreement: str
    case: str
    purpose: str
    opened_by: str
    opened_at: Time
    closed_at: Time | None

    @classmethod
    def of(cls, case: Case) -> Self:
        return cls(
            id=case.id,
            agreement=case.agreement,
            case=case.reference,
            purpose=case.purpose,
            opened_by=case.opened_by,
            opened_at=case.opened_at,
            closed_at=case.closed_at,
        )
