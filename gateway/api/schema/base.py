"""What all models share: closed objects, and times as RFC 3339 in UTC with a Z."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer

SHA256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$", description="Lower-case hexadecimal SHA-256.")]
Identifier = Annotated[str, Field(pattern=r"^[a-z0-9]([a-z0-9._-]{0,62}[a-z0-9])?$", max_length=64)]
ObjectId = Annotated[str, Field(json_schema_extra={"format": "uuid"})]
Clause = Annotated[
    str, Field(description="JSON Pointer (RFC 6901) into the agreement document: the rule that decided.")
]
Base64 = Annotated[str, Field(json_schema_extra={"contentEncoding": "base64"})]


def rfc3339(time: datetime) -> str:
    """The time in UTC, with microseconds only where there are any."""
    return time.astimezone(UTC).isoformat().replace("+00:00", "Z")


Time = Annotated[datetime, PlainSerializer(rfc3339, return_type=str)]


class Model(BaseModel):
    """Base of all: no unknown members; made from the domain's frozen values by attribute."""

    model_config = ConfigDict(extra="forbid", from_attributes=True, frozen=True)


def body_schema(model: type[Model], example: Any = None, *, required: bool = True) -> dict[str, Any]:
    """``openapi_extra`` for a JSON body that the handler parses strictly by itself."""
    content: dict[str, Any] = {"schema": {"$ref": f"#/components/schemas/{model.__name__}"}}
    if example is not None:
        content["example"] = example
    return {"requestBody": {"required": required, "content": {"application/json": content}}}


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
