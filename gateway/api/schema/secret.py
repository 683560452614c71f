"""Registered secrets as the API takes and answers them: the text goes in, and never comes out."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from gateway.api.schema.base import Identifier, Model, ObjectId, Time
from gateway.api.schema.body import Body, Refused, chars, expected, invalid
from gateway.evidence.canonical import MAX_JSON_BYTES
from gateway.exchange.parties.secret_register import MAX_FIELDS, Material
from gateway.redaction.fingerprint import Kind

_RECORD = f"a record has 2 to {MAX_FIELDS} fields and no text"


class SecretMaterial(Body):
    """A secret to register: ``text`` of a term or document, or ``fields`` of a record."""

    kind: Annotated[Literal["term", "record", "document"], expected(f"the kind is one of {', '.join(Kind)}")]
    text: Annotated[str, chars(MAX_JSON_BYTES)] = Field(
        default_factory=str, repr=False, description="Of a term or a document. Kept as fingerprints only."
    )
    fields: Annotated[
        list[Annotated[str, chars(400)]], Field(min_length=2, max_length=MAX_FIELDS), expected(_RECORD)
    ] = Field(default_factory=list, repr=False, description="Of a record.")
    needed: Annotated[int, expected("a number is expected")] = Field(
        default=2,
        description="How many fields of a record must stand near each other; 2 if left out.",
        json_schema_extra={"minimum": 2, "maximum": MAX_FIELDS},
    )

    @model_validator(mode="before")
    @classmethod
    def _fits_its_kind(cls, untrusted: dict[str, Any]) -> dict[str, Any]:
        if untrusted["kind"] == Kind.RECORD:
            if "text" in untrusted or "fields" not in untrusted:
                raise Refused(invalid(_RECORD, "/fields"))
        elif untrusted["kind"] in list(Kind):
            if "fields" in untrusted or "needed" in untrusted:
                raise ValueError("only a record has fields")
            if "text" not in untrusted:
                raise Refused(invalid(f"a string of at most {MAX_JSON_BYTES} characters is expected", "/text"))
        return untrusted

    @property
    def material(self) -> Material:
        """What is registered."""
        kind = Kind(self.kind)
        return Material(kind, tuple(self.fields) if kind is Kind.RECORD else (self.text,), self.needed)


class SecretBody(Model):
    """A registered secret. Reports name it as the rule ``registered/<id>``."""

    id: ObjectId
    label: Identifier
    kind: Literal["term", "record", "document"]
    registered_by: str
    registered_at: Time
    retired_at: Time | None


class Secrets(Model):
    """A page by label, retired ones included."""

    secrets: list[SecretBody]
    next: str | None = Field(description="Give it as `after` to get the next page.")
