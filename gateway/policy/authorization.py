"""The permit for a package: what authorize hands to receive, so that neither step knows the other."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.agreements.model import Agreement
from gateway.policy.decision import Decision


@dataclass(frozen=True, slots=True)
class PackageAuthorization:
    """The agreement a package rests on, the decision over it, and one decision per exhibit in order."""

    agreement: Agreement
    decision: Decision
    exhibits: tuple[Decision, ...]
