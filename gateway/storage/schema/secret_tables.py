"""The table of registered secrets: keyed digests, and beside them nothing that tells their text."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, ForeignKey, Integer, LargeBinary, Table, Text, UniqueConstraint

from gateway.redaction.fingerprint import Kind
from gateway.storage.schema.columns import Instant, one_of
from gateway.storage.schema.metadata import metadata

secrets = Table(
    "secrets",
    metadata,
    Column("id", Text, primary_key=True),
    Column("agency", Text, ForeignKey("agencies.id"), nullable=False),
    Column("label", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("digests", LargeBinary, nullable=False),
    Column("shape", LargeBinary, nullable=False),
    Column("kek_id", Text, nullable=False),
    Column("kek_version", Integer, nullable=False),
    Column("registered_by", Text, ForeignKey("principals.id"), nullable=False),
    Column("registered_at", Instant, nullable=False),
    Column("retired_at", Instant),
    UniqueConstraint("agency", "label"),
    one_of("kind", Kind, "kind"),
    CheckConstraint("octet_length(digests) % 12 = 0", name="whole_digests"),
    # A retired secret is empty, and an empty one says that it is retired.
    CheckConstraint(
        "(retired_at IS NULL) = (octet_length(digests) > 0) AND (retired_at IS NULL) = (octet_length(shape) > 0)",
        name="retired_is_empty",
    ),
)
