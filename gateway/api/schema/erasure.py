"""Erasures as the API takes and answers them."""

from __future__ import annotations

from typing import Self

from pydantic import Field

from gateway.api.schema.base import Model, ObjectId, Time
from gateway.evidence.erasure import WAITS, Erasure


class ErasureRequest(Model):
    """What is to be erased: exactly one of ``case`` and ``entry``."""

    case: ObjectId | None = Field(default=None, description="Id of the case.")
    entry: int | None = Field(default=None, ge=0, description="Sequence number of an entry of the log.")
    fields: list[str] | None = Field(default=None, description="Of the entry's commitments; all, if left out.")
    legal_basis: str = Field(min_length=3, max_length=120, description="Such as UK GDPR Art. 17(1)(a).")


class ErasureBody(Model):
    """An erasure. Nothing is erased before ``confirmed_at`` is set."""

    id: ObjectId
    case: ObjectId
    agreement: str
    entry: int | None
    fields: list[str]
    legal_basis: str
    asked_by: str
    asked_at: Time
    expires_at: Time = Field(description="Until then a second officer may confirm it.")
    confirmed_by: str | None
    confirmed_at: Time | None
    values: int | None = Field(description="How many values of the log were deleted, once it is confirmed.")

    @classmethod
    def of(cls, erasure: Erasure, values: int | None = None) -> Self:
        return cls(
            id=erasure.id,
            case=erasure.case_id,
            agreement=erasure.agreement,
            entry=erasure.entry_seq,
            fields=list(erasure.fields),
            legal_basis=erasure.legal_basis,
            asked_by=erasure.asked_by,
            asked_at=erasure.asked_at,
            expires_at=erasure.asked_at + WAITS,
            confirmed_by=erasure.confirmed_by,
            confirmed_at=erasure.confirmed_at,
            values=values,
        )


class Erasures(Model):
    erasures: list[ErasureBody]
