"""Holds, deadlines, duties to attest, certificates and cases, as the API answers them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from pydantic import Field, model_validator

from gateway.api.schema.base import SHA256, Clause, Model, ObjectId, Time
from gateway.api.schema.body import Body, KeyId, ObjectName, Parsed, Refused, chars, identifier, octets, string
from gateway.api.schema.package import AgreementBody
from gateway.errors import InvalidInput
from gateway.evidence.hold import HoldScope
from gateway.exchange.custody.hold import MAX_REASON_CHARS, Target

MAX_ATTESTATION_BYTES = 1 << 19


def _moment(untrusted: Any) -> datetime:
    written = string(untrusted, 40)
    try:
        moment = datetime.fromisoformat(written)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise InvalidInput(
            "request-invalid",
            "expires_at is not an RFC 3339 time with a zone.",
            remedy="Write it like 2027-06-30T00:00:00Z.",
            where="/expires_at",
        )
    return moment


class HoldPlacement(Body):
    """What is to be held: exactly one of ``case`` (with ``agreement``), ``package`` and ``exhibit``."""

    agreement: Annotated[str, identifier("agreement")] | None = None
    case: Annotated[str, identifier("case")] | None = Field(
        default=None, description="Reference of the case under the agreement."
    )
    package: ObjectName | None = None
    exhibit: ObjectName | None = None
    reason: Annotated[str, chars(MAX_REASON_CHARS)] = Field(
        description="By whose order, or for which proceedings.", json_schema_extra={"minLength": 1}
    )
    expires_at: Annotated[datetime, Parsed(_moment, datetime)] | None = Field(
        default=None, description="RFC 3339 with a zone; none: until it is lifted."
    )

    @model_validator(mode="before")
    @classmethod
    def _names_one(cls, untrusted: dict[str, Any]) -> dict[str, Any]:
        named = [name for name in ("case", "package", "exhibit") if untrusted.get(name) is not None]
        if len(named) != 1 or (named == ["case"]) != (untrusted.get("agreement") is not None):
            error = InvalidInput(
                "request-invalid",
                "The request must name either a case and its agreement, or a package, or an exhibit.",
                remedy="Compare it with /v1/openapi.json.",
                where="/",
            )
            raise Refused(error)
        return untrusted

    @property
    def target(self) -> Target:
        """What is named."""
        if self.case is not None:
            return Target(HoldScope.CASE, agreement=self.agreement or "", case_reference=self.case)
        if self.package is not None:
            return Target(HoldScope.PACKAGE, self.package)
        return Target(HoldScope.EXHIBIT, self.exhibit or "")


class HoldBody(Model):
    """A legal hold. It is over when ``lifted_at`` is set or ``expires_at`` has passed."""

    id: ObjectId
    agreement: str
    scope: str
    object: ObjectId = Field(validation_alias="object_id")
    reason: str
    placed_by: str
    agency: str
    placed_at: Time
    expires_at: Time | None
    lift_asked_by: list[str]
    lifted_at: Time | None


class Holds(Model):
    """Holds in force, oldest first."""

    holds: list[HoldBody]


class DeadlineBody(Model):
    """A package's clock: by when every receiving agency must have acknowledged a release of it."""

    package: ObjectId = Field(validation_alias="package_id")
    agreement: str
    sender: str
    urgency: str
    clause: Clause
    state: str = Field(description="running, due (less than a quarter of the time is left) or breached.")
    started_at: Time
    due_at: Time


class Deadlines(Model):
    """Clocks without an answer, soonest due first."""

    deadlines: list[DeadlineBody]
    next: str | None


class DutyBody(Model):
    """What an agency owes after a disposal: to delete what it pulled and to attest it."""

    id: ObjectId
    package: ObjectId = Field(validation_alias="package_id")
    agreement: AgreementBody
    sender: str
    agency: str
    releases: list[ObjectId]
    reason: str
    state: str = Field(description="open, overdue, attested or attested-late.")
    created_at: Time
    due_at: Time
    attested_at: Time | None


class Duties(Model):
    """A page of duties, newest first: one's own, and those owed for packages that one sent."""

    duties: list[DutyBody]
    next: str | None


class AttestationBody(Body):
    """The agency's signed attestation of deletion."""

    attestation: Annotated[bytes, octets(MAX_ATTESTATION_BYTES)] = Field(
        description="RFC 8785 JSON bytes, base64: exactly what is signed."
    )
    signature: Annotated[bytes, octets()] = Field(description="Detached ECDSA signature of the agency, DER, base64.")
    key_id: KeyId


class CertificateBody(Model):
    """A certificate of destruction in a list; the document itself is at ``document``."""

    id: ObjectId
    package: ObjectId = Field(validation_alias="package_id")
    agreement: AgreementBody
    sender: str
    reason: str
    disposed_at: Time
    sha256: SHA256 = Field(description="Of the signed document.")
    document: str = Field(description="Where it is; its signature is at the same address with .sig, a PDF with .pdf.")


class Certificates(Model):
    """A page of certificates, newest first."""

    certificates: list[CertificateBody]
    next: str | None


class CaseBody(Model):
    """A case."""

    id: ObjectId
    agreement: str
    case: str = Field(validation_alias="reference")
    purpose: str
    opened_by: str
    opened_at: Time
    closed_at: Time | None
