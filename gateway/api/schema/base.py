"""What all answers share: closed objects, and times as RFC 3339 in UTC with a Z."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer

from gateway.errors import NotFound

SHA256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$", description="Lower-case hexadecimal SHA-256.")]
Identifier = Annotated[str, Field(pattern=r"^[a-z0-9]([a-z0-9._-]{0,62}[a-z0-9])?$", max_length=64)]
ObjectId = Annotated[str, Field(json_schema_extra={"format": "uuid"})]
Clause = Annotated[
    str, Field(description="JSON Pointer (RFC 6901) into the agreement document: the rule that decided.")
]
Base64 = Annotated[str, Field(json_schema_extra={"contentEncoding": "base64"})]


_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


def object_id(untrusted: str) -> str:
    """A UUID in canonical form.

    Raises:
        NotFound: ``not-found``; what cannot be an identifier names nothing.
    """
    if not _UUID.fullmatch(untrusted):
        raise NotFound("not-found", "There is no such object for your agency.", remedy="Check the identifier.")
    return untrusted


def rfc3339(time: datetime) -> str:
    """The time in UTC, with microseconds only where there are any."""
    return time.astimezone(UTC).isoformat().replace("+00:00", "Z")


Time = Annotated[datetime, PlainSerializer(rfc3339, return_type=str)]


class Model(BaseModel):
    """Base of all answers: no unknown members; made from the domain's frozen values by attribute."""

    model_config = ConfigDict(extra="forbid", from_attributes=True, frozen=True, validate_by_name=True)

    @classmethod
    def of(cls, value: object, **given: Any) -> Self:
        """Made of the attributes that the value has, and of members that are given instead, or that it has not."""
        names = {name: str(field.validation_alias or name) for name, field in cls.model_fields.items()}
        taken = {name: getattr(value, attribute) for name, attribute in names.items() if hasattr(value, attribute)}
        return cls(**{**taken, **given})


def file_answer(description: str, media_type: str = "application/octet-stream") -> dict[str, Any]:
    """Entry of a route's ``responses`` for an answer that is a file and no model."""
    schema = {"type": "string"} if media_type == "text/plain" else {"type": "string", "format": "binary"}
    return {"description": description, "content": {media_type: {"schema": schema}}}


#: A document that was signed, and the signature over it, each at an address of its own.
SIGNED_DOCUMENT = {
    "description": "RFC 8785 JSON, byte for byte as it was signed.",
    "content": {"application/json": {"schema": {"type": "object"}}},
}
DETACHED_SIGNATURE = file_answer("Detached ECDSA signature (P-384, SHA-384), DER, as `openssl dgst -verify` reads it.")
