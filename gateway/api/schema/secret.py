"""Registered secrets as the API takes and answers them: the text goes in, and never comes out."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field

from gateway.api.schema.base import Identifier, Model, ObjectId, Time
from gateway.exchange.ports.secrets import RegisteredSecret


class SecretMaterial(Model):
    """A secret to register: ``text`` of a term or document, or ``fields`` of a record."""

    kind: Literal["term", "record", "document"]
    text: str | None = Field(default=None, description="Of a term or a document. Kept as fingerprints only.")
    fields: list[str] | None = Field(default=None, min_length=2, max_length=32, description="Of a record.")
    needed: int | None = Field(
        default=None, ge=2, le=32, description="How many fields of a record must stand near each other; 2 if left out."
    )


class SecretBody(Model):
    """A registered secret. Reports name it as the rule ``registered/<id>``."""

    id: ObjectId
    label: Identifier
    kind: Literal["term", "record", "document"]
    registered_by: str
    registered_at: Time
    retired_at: Time | None

    @classmethod
    def of(cls, secret: RegisteredSecret) -> Self:
        return cls(
            id=secret.id,
            label=secret.label,
            kind=secret.kind.value,
            registered_by=secret.registered_by,
            registered_at=secret.registered_at,
            retired_at=secret.retired_at,
        )


class Secrets(Model):
    """A page by label, retired ones included."""

    secrets: list[SecretBody]
    next: str | None = Field(description="Give it as `after` to get the next page.")
