"""Tables of what is exchanged: cases, packages, exhibits, renditions, approvals, releases, file keys.

The states that a CHECK admits are those of lifecycle.py. The checks beside them are a last guard:
what an exhibit must have once it holds bytes, what a release must have before anyone may pull it.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Double,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)

from gateway.evidence.lifecycle import ExhibitState, PackageState, ReleaseState, RenditionState
from gateway.storage.schema.columns import Instant, agreement_ref, hex_digest, one_of
from gateway.storage.schema.metadata import metadata

file_keys = Table(
    "file_keys",
    metadata,
    Column("id", Text, primary_key=True),
    Column("wrapped", LargeBinary, nullable=False),
    Column("kek_id", Text, nullable=False),
    Column("kek_version", Integer, nullable=False),
    Column("aad", LargeBinary, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("destroyed_at", Instant),
    CheckConstraint("octet_length(aad) = 32", name="aad_size"),
    # A destroyed key has no ciphertext, and a key without ciphertext says that it is destroyed.
    CheckConstraint("(destroyed_at IS NULL) = (octet_length(wrapped) > 0)", name="destroyed_is_empty"),
)

cases = Table(
    "cases",
    metadata,
    Column("id", Text, primary_key=True),
    Column("reference", Text, nullable=False),
    Column("agreement", Text, nullable=False),
    Column("purpose", Text, nullable=False),
    Column("opened_by", Text, nullable=False),
    Column("opened_at", Instant, nullable=False),
    Column("closed_at", Instant),
    UniqueConstraint("agreement", "reference"),
)

packages = Table(
    "packages",
    metadata,
    Column("id", Text, primary_key=True),
    Column("agency", Text, ForeignKey("agencies.id"), nullable=False),
    Column("submitter", Text, ForeignKey("principals.id"), nullable=False),
    *agreement_ref(),
    Column("case_id", Text, ForeignKey("cases.id"), nullable=False),
    Column("case_reference", Text, nullable=False),
    Column("purpose", Text, nullable=False),
    Column("urgency", Text, nullable=False),
    Column("manifest", LargeBinary, nullable=False),
    Column("manifest_digest", Text, nullable=False),
    Column("manifest_signature", LargeBinary),
    Column("state", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("changed_at", Instant, nullable=False),
    Column("reason", Text, nullable=False, server_default=""),
    hex_digest("manifest_digest"),
    one_of("state", PackageState, "state"),
)
Index("ix_packages_pushed_by", packages.c.agency, packages.c.created_at.desc(), packages.c.id.desc())
# Workers look for what is under way; what has ended is nearly everything, and stays out of the index.
Index(
    "ix_packages_under_way",
    packages.c.state,
    packages.c.changed_at,
    postgresql_where=text("state <> 'disposed'"),
)
Index("ix_packages_case_id", packages.c.case_id)

exhibits = Table(
    "exhibits",
    metadata,
    Column("id", Text, primary_key=True),
    Column("package_id", Text, ForeignKey("packages.id"), nullable=False),
    Column("ordinal", Integer, nullable=False),
    Column("name", Text, nullable=False),
    Column("evidence_type", Text, nullable=False),
    Column("declared_media_type", Text, nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("media_type", Text),
    Column("blob", Text),
    Column("body_sha256", Text),
    Column("file_key_id", Text, ForeignKey("file_keys.id")),
    Column("reason", Text, nullable=False, server_default=""),
    Column("clause", Text, nullable=False, server_default=""),
    Column("received_at", Instant),
    UniqueConstraint("package_id", "ordinal"),
    UniqueConstraint("package_id", "name"),
    UniqueConstraint("id", "package_id"),
    CheckConstraint("size_bytes >= 0", name="size_bytes"),
    hex_digest("sha256"),
    one_of("state", ExhibitState, "state"),
    CheckConstraint(
        "state NOT IN ('uploaded', 'examined', 'redacted') OR (blob IS NOT NULL AND file_key_id IS NOT NULL)",
        name="received_has_bytes",
    ),
)

renditions = Table(
    "renditions",
    metadata,
    Column("id", Text, primary_key=True),
    Column("exhibit_id", Text, nullable=False),
    Column("package_id", Text, nullable=False, index=True),
    Column("view", Text, nullable=False),
    Column("audience", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("media_type", Text, nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("blob", Text, nullable=False),  # an opaque rendition shares the blob and key of its original
    Column("body_size_bytes", BigInteger, nullable=False),
    Column("body_sha256", Text, nullable=False),
    Column("file_key_id", Text, ForeignKey("file_keys.id"), nullable=False),
    Column("report", LargeBinary, nullable=False),
    Column("report_digest", Text, nullable=False),
    Column("lowest_confidence", Double, nullable=False),
    Column("state", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    UniqueConstraint("exhibit_id", "view", "audience"),
    # Referenced together, so that a rendition can't be filed under another package than its exhibit.
    ForeignKeyConstraint(["exhibit_id", "package_id"], ["exhibits.id", "exhibits.package_id"]),
    UniqueConstraint("id", "package_id"),
    CheckConstraint("size_bytes >= 0 AND body_size_bytes > 0", name="sizes"),
    CheckConstraint("lowest_confidence BETWEEN 0 AND 1", name="confidence"),
    hex_digest("sha256"),
    hex_digest("body_sha256"),
    hex_digest("report_digest"),
    one_of("state", RenditionState, "state"),
)
Index(
    "ix_renditions_in_review",
    renditions.c.created_at,
    postgresql_where=text("state = 'in-review'"),
)

reviews = Table(
    "reviews",
    metadata,
    Column("rendition_id", Text, ForeignKey("renditions.id"), primary_key=True),
    Column("principal", Text, ForeignKey("principals.id"), primary_key=True),
    Column("approved_at", Instant, nullable=False),
)

releases = Table(
    "releases",
    metadata,
    Column("id", Text, primary_key=True),
    Column("rendition_id", Text, nullable=False),
    Column("exhibit_id", Text, nullable=False),
    Column("package_id", Text, nullable=False, index=True),
    Column("case_id", Text, ForeignKey("cases.id"), nullable=False, index=True),
    *agreement_ref(),
    Column("view", Text, nullable=False),
    Column("sender", Text, ForeignKey("agencies.id"), nullable=False),
    Column("recipient", Text, ForeignKey("agencies.id"), nullable=False),
    Column("recipient_key_id", Text, ForeignKey("keys.id"), nullable=False),
    Column("policy", LargeBinary, nullable=False),
    Column("policy_digest", Text, nullable=False),
    Column("header", LargeBinary, nullable=False),
    Column("header_sha256", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("sealed_at", Instant, nullable=False),
    Column("deadline", Instant, nullable=False),
    Column("seal_entry_id", Uuid(as_uuid=False), nullable=False),  # of log_pending, later log_entries
    Column("manifest", LargeBinary),
    Column("manifest_signature", LargeBinary),
    Column("released_at", Instant),
    Column("last_pull_at", Instant),
    Column("acknowledged_at", Instant),
    Column("dated_version", Integer),  # of the agreement; the deadline is no later than it wants
    UniqueConstraint("rendition_id", "recipient"),
    ForeignKeyConstraint(["rendition_id", "package_id"], ["renditions.id", "renditions.package_id"]),
    ForeignKeyConstraint(["exhibit_id", "package_id"], ["exhibits.id", "exhibits.package_id"]),
    CheckConstraint("sender <> recipient", name="two_agencies"),
    hex_digest("policy_digest"),
    hex_digest("header_sha256"),
    one_of("state", ReleaseState, "state"),
    CheckConstraint(
        "state <> 'available' OR (manifest IS NOT NULL AND manifest_signature IS NOT NULL)",
        name="available_is_signed",
    ),
)
Index(
    "ix_releases_inbox",
    releases.c.recipient,
    releases.c.sealed_at.desc(),
    releases.c.id.desc(),
    postgresql_where=text("state = 'available'"),
)
Index(
    "ix_releases_due",
    releases.c.deadline,
    postgresql_where=text("state <> 'disposed'"),
)
