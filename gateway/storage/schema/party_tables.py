"""Tables of who takes part: agencies, principals, keys, agreements and their signatures."""

from __future__ import annotations

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY

from gateway.agreements.model import AgreementState
from gateway.storage.schema.columns import Instant, hex_digest, one_of
from gateway.storage.schema.metadata import metadata

agencies = Table(
    "agencies",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("jurisdiction", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    CheckConstraint("jurisdiction ~ '^[A-Z]{2}$'", name="jurisdiction_iso"),
)

principals = Table(
    "principals",
    metadata,
    Column("id", Text, primary_key=True),
    Column("agency", Text, ForeignKey("agencies.id"), nullable=False, index=True),
    Column("roles", ARRAY(Text), nullable=False),
    Column("attributes", ARRAY(Text), nullable=False),
    # Referenced together, so that a key can't be tied to a principal of another agency.
    UniqueConstraint("id", "agency"),
)

keys = Table(
    "keys",
    metadata,
    Column("id", Text, primary_key=True),
    Column("agency", Text, ForeignKey("agencies.id"), nullable=False),
    Column("principal", Text),
    Column("use", Text, nullable=False),
    Column("material", Text, nullable=False),
    Column("valid_from", Instant, nullable=False),
    Column("valid_until", Instant),
    Column("revoked_at", Instant),
    ForeignKeyConstraint(["principal", "agency"], ["principals.id", "principals.agency"]),
    one_of("use", ("authentication", "signing", "receiving"), "use"),
    CheckConstraint("(use = 'authentication') = (principal IS NOT NULL)", name="principal_authenticates"),
    CheckConstraint("valid_until IS NULL OR valid_until > valid_from", name="validity"),
)
Index("ix_keys_agency_use", keys.c.agency, keys.c.use)

agreements = Table(
    "agreements",
    metadata,
    Column("id", Text, primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("digest", Text, nullable=False),
    Column("source", Text, nullable=False),  # the YAML as proposed
    Column("document", LargeBinary, nullable=False),  # RFC 8785 bytes: what the parties sign
    Column("state", Text, nullable=False),
    Column("changed_at", Instant, nullable=False),
    CheckConstraint("version >= 1", name="version_from_one"),
    hex_digest("digest"),
    one_of("state", AgreementState, "state"),
)
Index(
    "uq_agreements_active",
    agreements.c.id,
    unique=True,
    postgresql_where=text("state = 'active'"),
)

agreement_signatures = Table(
    "agreement_signatures",
    metadata,
    Column("agreement_id", Text, primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("agency", Text, ForeignKey("agencies.id"), primary_key=True),
    Column("key_id", Text, ForeignKey("keys.id"), nullable=False),
    Column("signature", LargeBinary, nullable=False),
    Column("signed_at", Instant, nullable=False),
    ForeignKeyConstraint(["agreement_id", "version"], ["agreements.id", "agreements.version"]),
)
