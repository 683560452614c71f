"""Erasures as the API takes and answers them."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field, model_validator

from gateway.api.schema.base import Model, ObjectId, Time
from gateway.api.schema.body import Body, ObjectName, chars, expected

_MAX_FIELDS = 16


class ErasureRequest(Body):
    """What is to be erased: exactly one of ``case`` and ``entry``."""

    legal_basis: Annotated[str, chars(120)] = Field(
        description="Such as UK GDPR Art. 17(1)(a).", json_schema_extra={"minLength": 3}
    )
    case: ObjectName | None = Field(default=None, description="Id of the case.")
    entry: Annotated[int, Field(ge=0), expected("a sequence number is expected")] | None = Field(
        default=None, description="Sequence number of an entry of the log."
    )
    fields: (
        Annotated[
            list[Annotated[str, chars(64)]],
            Field(min_length=1, max_length=_MAX_FIELDS),
            expected(f"1 to {_MAX_FIELDS} names are expected"),
        ]
        | None
    ) = Field(default=None, description="Of the entry's commitments; all, if left out.")

    @model_validator(mode="before")
    @classmethod
    def _names_one(cls, untrusted: dict[str, Any]) -> dict[str, Any]:
        case, entry, fields = (untrusted.get(name) for name in ("case", "entry", "fields"))
        if (case is None) == (entry is None) or (fields is not None and entry is None):
            raise ValueError("either a case, or an entry and perhaps its fields, must be named")
        return untrusted


class ErasureBody(Model):
    """An erasure. Nothing is erased before ``confirmed_at`` is set."""

    id: ObjectId
    case: ObjectId = Field(validation_alias="case_id")
    agreement: str
    entry: int | None = Field(validation_alias="entry_seq")
    fields: list[str]
    legal_basis: str
    asked_by: str
    asked_at: Time
    expires_at: Time = Field(description="Until then a second officer may confirm it.")
    confirmed_by: str | None
    confirmed_at: Time | None
    values: int | None = Field(description="How many values of the log were deleted, once it is confirmed.")


class Erasures(Model):
    erasures: list[ErasureBody]
