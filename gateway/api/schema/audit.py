"""Answers to an officer's questions, as the API gives them."""

from __future__ import annotations

from pydantic import Field

from gateway.api.schema.base import Model, Time


class ReaderBody(Model):
    """Somebody who has read the exhibit, or a report about it."""

    agency: str
    principal: str
    times: int
    first: Time
    last: Time
    last_seq: int = Field(description="Sequence number of the last entry that says so.")


class Readers(Model):
    exhibit: str
    readers: list[ReaderBody]


class DenialsBody(Model):
    reason: str
    agency: str = Field(description="Whose principals were refused; empty if nobody was known.")
    count: int


class DenialsByReason(Model):
    since: Time
    until: Time
    denials: list[DenialsBody]


class AccessBody(Model):
    month: str = Field(description="YYYY-MM, UTC.")
    agency: str
    pulls: int


class AccessByMonth(Model):
    since: Time
    until: Time
    access: list[AccessBody]
