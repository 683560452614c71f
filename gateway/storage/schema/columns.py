"""Columns and checks that mean the same in every table: instants, digests, states, the agreement's text."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import CheckConstraint, Column, DateTime, ForeignKeyConstraint, Integer, Text
from sqlalchemy.schema import SchemaItem

#: Every time in the database is an instant; psycopg returns it aware, in UTC.
Instant = DateTime(timezone=True)


def one_of(column: str, values: Iterable[str], name: str) -> CheckConstraint:
    """A CHECK that the column holds one of the words, so that no writer but ours can invent a state."""
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=name)


def hex_digest(column: str) -> CheckConstraint:
    """A CHECK that the column is the lower-case hex of a SHA-256."""
    return CheckConstraint(f"{column} ~ '^[0-9a-f]{{64}}$'", name=f"{column}_hex")


def agreement_ref() -> tuple[SchemaItem, ...]:
    """Columns of the version that governs a row (AgreementRef); it must be one that is stored."""
    return (
        Column("agreement_id", Text, nullable=False),
        Column("agreement_version", Integer, nullable=False),
        Column("agreement_digest", Text, nullable=False),
        ForeignKeyConstraint(["agreement_id", "agreement_version"], ["agreements.id", "agreements.version"]),
        hex_digest("agreement_digest"),
    )
