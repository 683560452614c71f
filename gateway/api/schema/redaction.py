"""Counts of redactions by rule, as the API answers them."""

from __future__ import annotations

from pydantic import Field

from gateway.api.schema.base import Identifier, Model


class RuleCountsBody(Model):
    rule: str = Field(description="As in reports, without `/again`.")
    reports: int = Field(description="In how many of the reports it stands.")
    redactions: int
    again: int = Field(description="How many of the redactions are recurrences.")
    lowest_confidence: float
    mean_confidence: float
    entities: list[str]


class RedactionCounts(Model):
    """Over the newest reports under an agreement."""

    agreement: Identifier
    reports: int
    complete: bool = Field(description="Whether these are all; one answer reads 500 reports or 16 MiB.")
    rules: list[RuleCountsBody]
