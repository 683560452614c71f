"""From members of a dataclass to columns of a row, and back: the agreement's three columns, states as words."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from sqlalchemy import Row

from gateway.evidence.package import AgreementRef


def agreement_columns(agreement: AgreementRef) -> dict[str, Any]:
    """The three columns that name a version of an agreement."""
    return {
        "agreement_id": agreement.id,
        "agreement_version": agreement.version,
        "agreement_digest": agreement.digest,
    }


def members(value: Any, *left_out: str) -> dict[str, Any]:
    """The members of a frozen dataclass as columns of the same names; states as their words."""
    row = {item.name: getattr(value, item.name) for item in fields(value) if item.name not in left_out}
    return {**row, "state": row["state"].value}


def agreement_ref(row: Row[Any]) -> AgreementRef:
    """The version of an agreement that a row names."""
    return AgreementRef(row.agreement_id, row.agreement_version, row.agreement_digest)


def without_agreement(row: Row[Any]) -> dict[str, Any]:
    """The columns of a row that are members of its dataclass under the same names."""
    return {name: value for name, value in row._mapping.items() if not name.startswith("agreement_")}
