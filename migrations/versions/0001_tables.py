"""All tables of the gateway.

Revision 0001, the first.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:

    op.create_table(
        "agencies",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("jurisdiction", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("jurisdiction ~ '^[A-Z]{2}$'", name=op.f("ck_agencies_jurisdiction_iso")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agencies")),
    )
    op.create_table(
        "agreements",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("document", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("digest ~ '^[0-9a-f]{64}$'", name=op.f("ck_agreements_digest_hex")),
        sa.CheckConstraint(
            "state IN ('draft', 'proposed', 'active', 'superseded', 'suspended', 'ended')",
            name=op.f("ck_agreements_state"),
        ),
        sa.CheckConstraint("version >= 1", name=op.f("ck_agreements_version_from_one")),
        sa.PrimaryKeyConstraint("id", "version", name=op.f("pk_agreements")),
    )
    op.create_index(
        "uq_agreements_active", "agreements", ["id"], unique=True, postgresql_where=sa.text("state = 'active'")
    )
    op.create_table(
        "cases",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("agreement", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("opened_by", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cases")),
        sa.UniqueConstraint("agreement", "reference", name=op.f("uq_cases_agreement_reference")),
    )
    op.create_table(
        "file_keys",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=False),
        sa.Column("kek_id", sa.Text(), nullable=False),
        sa.Column("kek_version", sa.Integer(), nullable=False),
        sa.Column("aad", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("destroyed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(destroyed_at IS NULL) = (octet_length(wrapped) > 0)", name=op.f("ck_file_keys_destroyed_is_empty")
        ),
        sa.CheckConstraint("octet_length(aad) = 32", name=op.f("ck_file_keys_aad_size")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_file_keys")),
    )
    op.create_table(
        "idempotency",
        sa.Column("principal", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("request_digest", sa.Text(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("request_digest ~ '^[0-9a-f]{64}$'", name=op.f("ck_idempotency_request_digest_hex")),
        sa.CheckConstraint("status BETWEEN 100 AND 599", name=op.f("ck_idempotency_status")),
        sa.PrimaryKeyConstraint("principal", "key", name=op.f("pk_idempotency")),
    )
    op.create_index(op.f("ix_idempotency_created_at"), "idempotency", ["created_at"], unique=False)
    op.create_table(
        "log_commitments",
        sa.Column("entry_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("case_id", sa.Text(), nullable=True),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.CheckConstraint("octet_length(salt) = 32", name=op.f("ck_log_commitments_salt_size")),
        sa.PrimaryKeyConstraint("entry_id", "field", name=op.f("pk_log_commitments")),
    )
    op.create_index("ix_log_commitments_case_id", "log_commitments", ["case_id"], unique=False)
    op.create_table(
        "log_entries",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("entry_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("leaf", sa.LargeBinary(), nullable=False),
        sa.Column("leaf_hash", sa.LargeBinary(), nullable=False),
        sa.Column("time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_agency", sa.Text(), nullable=True),
        sa.Column("actor_principal", sa.Text(), nullable=True),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("agreement_id", sa.Text(), nullable=True),
        sa.Column("case_id", sa.Text(), nullable=True),
        sa.Column("package_id", sa.Text(), nullable=True),
        sa.Column("exhibit_id", sa.Text(), nullable=True),
        sa.Column("object_kind", sa.Text(), nullable=True),
        sa.Column("object_id", sa.Text(), nullable=True),
        sa.CheckConstraint("octet_length(leaf) <= 65535", name=op.f("ck_log_entries_leaf_size")),
        sa.CheckConstraint("octet_length(leaf_hash) = 32", name=op.f("ck_log_entries_leaf_hash_size")),
        sa.CheckConstraint("seq >= 0", name=op.f("ck_log_entries_seq_from_zero")),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_log_entries")),
        sa.UniqueConstraint("entry_id", name=op.f("uq_log_entries_entry_id")),
    )
    op.create_index(
        "ix_log_entries_actor_agency",
        "log_entries",
        ["actor_agency", "seq"],
        unique=False,
        postgresql_where=sa.text("actor_agency IS NOT NULL"),
    )
    op.create_index(
        "ix_log_entries_actor_principal",
        "log_entries",
        ["actor_principal", "seq"],
        unique=False,
        postgresql_where=sa.text("actor_principal IS NOT NULL"),
    )
    op.create_index(
        "ix_log_entries_agreement_id",
        "log_entries",
        ["agreement_id", "seq"],
        unique=False,
        postgresql_where=sa.text("agreement_id IS NOT NULL"),
    )
    op.create_index(
        "ix_log_entries_case_id",
        "log_entries",
        ["case_id", "seq"],
        unique=False,
        postgresql_where=sa.text("case_id IS NOT NULL"),
    )
    op.create_index(
        "ix_log_entries_denials", "log_entries", ["seq"], unique=False, postgresql_where=sa.text("outcome = 'deny'")
    )
    op.create_index(
        "ix_log_entries_exhibit_id",
        "log_entries",
        ["exhibit_id", "seq"],
        unique=False,
        postgresql_where=sa.text("exhibit_id IS NOT NULL"),
    )
    op.create_index(
        "ix_log_entries_package_id",
        "log_entries",
        ["package_id", "seq"],
        unique=False,
        postgresql_where=sa.text("package_id IS NOT NULL"),
    )
    op.create_index("ix_log_entries_time", "log_entries", ["time"], unique=False, postgresql_using="brin")
    op.create_table(
        "log_pending",
        sa.Column("created", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("event", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("created", name=op.f("pk_log_pending")),
    )
    op.create_table(
        "replays",
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("jti", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("issuer", "jti", name=op.f("pk_replays")),
    )
    op.create_index(op.f("ix_replays_expires_at"), "replays", ["expires_at"], unique=False)
    op.create_table(
        "principals",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("agency", sa.Text(), nullable=False),
        sa.Column("roles", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("attributes", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(["agency"], ["agencies.id"], name=op.f("fk_principals_agency")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_principals")),
        sa.UniqueConstraint("id", "agency", name=op.f("uq_principals_id_agency")),
    )
    op.create_index(op.f("ix_principals_agency"), "principals", ["agency"], unique=False)
    op.create_table(
        "keys",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("agency", sa.Text(), nullable=False),
        sa.Column("principal", sa.Text(), nullable=True),
        sa.Column("use", sa.Text(), nullable=False),
        sa.Column("material", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("valid_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(use = 'authentication') = (principal IS NOT NULL)", name=op.f("ck_keys_principal_authenticates")
        ),
        sa.CheckConstraint("use IN ('authentication', 'signing', 'receiving')", name=op.f("ck_keys_use")),
        sa.CheckConstraint("valid_until IS NULL OR valid_until > valid_from", name=op.f("ck_keys_validity")),
        sa.ForeignKeyConstraint(["agency"], ["agencies.id"], name=op.f("fk_keys_agency")),
        sa.ForeignKeyConstraint(
            ["principal", "agency"], ["principals.id", "principals.agency"], name=op.f("fk_keys_principal_agency")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_keys")),
    )
    op.create_index("ix_keys_agency_use", "keys", ["agency", "use"], unique=False)
    op.create_table(
        "packages",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("agency", sa.Text(), nullable=False),
        sa.Column("submitter", sa.Text(), nullable=False),
        sa.Column("agreement_id", sa.Text(), nullable=False),
        sa.Column("agreement_version", sa.Integer(), nullable=False),
        sa.Column("agreement_digest", sa.Text(), nullable=False),
        sa.Column("case_id", sa.Text(), nullable=False),
        sa.Column("case_reference", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("urgency", sa.Text(), nullable=False),
        sa.Column("manifest", sa.LargeBinary(), nullable=False),
        sa.Column("manifest_digest", sa.Text(), nullable=False),
        sa.Column("manifest_signature", sa.LargeBinary(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint("agreement_digest ~ '^[0-9a-f]{64}$'", name=op.f("ck_packages_agreement_digest_hex")),
        sa.CheckConstraint("manifest_digest ~ '^[0-9a-f]{64}$'", name=op.f("ck_packages_manifest_digest_hex")),
        sa.CheckConstraint(
            "state IN ('open', 'submitted', 'examined', 'redacted', 'in-review', "
            "'sealed', 'released', 'quarantined', 'withdrawn', 'disposed')",
            name=op.f("ck_packages_state"),
        ),
        sa.ForeignKeyConstraint(["agency"], ["agencies.id"], name=op.f("fk_packages_agency")),
        sa.ForeignKeyConstraint(
            ["agreement_id", "agreement_version"],
            ["agreements.id", "agreements.version"],
            name=op.f("fk_packages_agreement_id_agreement_version"),
        ),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_packages_case_id")),
        sa.ForeignKeyConstraint(["submitter"], ["principals.id"], name=op.f("fk_packages_submitter")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_packages")),
    )
    op.create_index("ix_packages_case_id", "packages", ["case_id"], unique=False)
    op.create_index(
        "ix_packages_pushed_by",
        "packages",
        ["agency", sa.literal_column("created_at DESC"), sa.literal_column("id DESC")],
        unique=False,
    )
    op.create_index(
        "ix_packages_under_way",
        "packages",
        ["state", "changed_at"],
        unique=False,
        postgresql_where=sa.text("state <> 'disposed'"),
    )
    op.create_table(
        "agreement_signatures",
        sa.Column("agreement_id", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("agency", sa.Text(), nullable=False),
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["agency"], ["agencies.id"], name=op.f("fk_agreement_signatures_agency")),
        sa.ForeignKeyConstraint(
            ["agreement_id", "version"],
            ["agreements.id", "agreements.version"],
            name=op.f("fk_agreement_signatures_agreement_id_version"),
        ),
        sa.ForeignKeyConstraint(["key_id"], ["keys.id"], name=op.f("fk_agreement_signatures_key_id")),
        sa.PrimaryKeyConstraint("agreement_id", "version", "agency", name=op.f("pk_agreement_signatures")),
    )
    op.create_table(
        "exhibits",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("package_id", sa.Text(), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("evidence_type", sa.Text(), nullable=False),
        sa.Column("declared_media_type", sa.Text(), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=True),
        sa.Column("blob", sa.Text(), nullable=True),
        sa.Column("body_sha256", sa.Text(), nullable=True),
        sa.Column("file_key_id", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("clause", sa.Text(), server_default="", nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("sha256 ~ '^[0-9a-f]{64}$'", name=op.f("ck_exhibits_sha256_hex")),
        sa.CheckConstraint(
            "state IN ('declared', 'refused', 'uploaded', 'examined', 'redacted', 'quarantined', 'disposed')",
            name=op.f("ck_exhibits_state"),
        ),
        sa.CheckConstraint(
            "state NOT IN ('uploaded', 'examined', 'redacted') OR (blob IS NOT NULL AND file_key_id IS NOT NULL)",
            name=op.f("ck_exhibits_received_has_bytes"),
        ),
        sa.CheckConstraint("size_bytes >= 0", name=op.f("ck_exhibits_size_bytes")),
        sa.ForeignKeyConstraint(["file_key_id"], ["file_keys.id"], name=op.f("fk_exhibits_file_key_id")),
        sa.ForeignKeyConstraint(["package_id"], ["packages.id"], name=op.f("fk_exhibits_package_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exhibits")),
        sa.UniqueConstraint("id", "package_id", name=op.f("uq_exhibits_id_package_id")),
        sa.UniqueConstraint("package_id", "name", name=op.f("uq_exhibits_package_id_name")),
        sa.UniqueConstraint("package_id", "ordinal", name=op.f("uq_exhibits_package_id_ordinal")),
    )
    op.create_table(
        "renditions",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("exhibit_id", sa.Text(), nullable=False),
        sa.Column("package_id", sa.Text(), nullable=False),
        sa.Column("view", sa.Text(), nullable=False),
        sa.Column("audience", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("blob", sa.Text(), nullable=False),
        sa.Column("body_size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("body_sha256", sa.Text(), nullable=False),
        sa.Column("file_key_id", sa.Text(), nullable=False),
        sa.Column("report", sa.LargeBinary(), nullable=False),
        sa.Column("report_digest", sa.Text(), nullable=False),
        sa.Column("lowest_confidence", sa.Double(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("body_sha256 ~ '^[0-9a-f]{64}$'", name=op.f("ck_renditions_body_sha256_hex")),
        sa.CheckConstraint("report_digest ~ '^[0-9a-f]{64}$'", name=op.f("ck_renditions_report_digest_hex")),
        sa.CheckConstraint("sha256 ~ '^[0-9a-f]{64}$'", name=op.f("ck_renditions_sha256_hex")),
        sa.CheckConstraint(
            "state IN ('redacted', 'in-review', 'approved', 'rejected', 'disposed')", name=op.f("ck_renditions_state")
        ),
        sa.CheckConstraint("lowest_confidence BETWEEN 0 AND 1", name=op.f("ck_renditions_confidence")),
        sa.CheckConstraint("size_bytes >= 0 AND body_size_bytes > 0", name=op.f("ck_renditions_sizes")),
        sa.ForeignKeyConstraint(
            ["exhibit_id", "package_id"],
            ["exhibits.id", "exhibits.package_id"],
            name=op.f("fk_renditions_exhibit_id_package_id"),
        ),
        sa.ForeignKeyConstraint(["file_key_id"], ["file_keys.id"], name=op.f("fk_renditions_file_key_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_renditions")),
        sa.UniqueConstraint("exhibit_id", "view", "audience", name=op.f("uq_renditions_exhibit_id_view_audience")),
        sa.UniqueConstraint("id", "package_id", name=op.f("uq_renditions_id_package_id")),
    )
    op.create_index(
        "ix_renditions_in_review",
        "renditions",
        ["created_at"],
        unique=False,
        postgresql_where=sa.text("state = 'in-review'"),
    )
    op.create_index(op.f("ix_renditions_package_id"), "renditions", ["package_id"], unique=False)
    op.create_table(
        "releases",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("rendition_id", sa.Text(), nullable=False),
        sa.Column("exhibit_id", sa.Text(), nullable=False),
        sa.Column("package_id", sa.Text(), nullable=False),
        sa.Column("case_id", sa.Text(), nullable=False),
        sa.Column("agreement_id", sa.Text(), nullable=False),
        sa.Column("agreement_version", sa.Integer(), nullable=False),
        sa.Column("agreement_digest", sa.Text(), nullable=False),
        sa.Column("view", sa.Text(), nullable=False),
        sa.Column("sender", sa.Text(), nullable=False),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("recipient_key_id", sa.Text(), nullable=False),
        sa.Column("policy", sa.LargeBinary(), nullable=False),
        sa.Column("policy_digest", sa.Text(), nullable=False),
        sa.Column("header", sa.LargeBinary(), nullable=False),
        sa.Column("header_sha256", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("sealed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("deadline", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seal_entry_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("manifest", sa.LargeBinary(), nullable=True),
        sa.Column("manifest_signature", sa.LargeBinary(), nullable=True),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_pull_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("agreement_digest ~ '^[0-9a-f]{64}$'", name=op.f("ck_releases_agreement_digest_hex")),
        sa.CheckConstraint("header_sha256 ~ '^[0-9a-f]{64}$'", name=op.f("ck_releases_header_sha256_hex")),
        sa.CheckConstraint("policy_digest ~ '^[0-9a-f]{64}$'", name=op.f("ck_releases_policy_digest_hex")),
        sa.CheckConstraint(
            "state <> 'available' OR (manifest IS NOT NULL AND manifest_signature IS NOT NULL)",
            name=op.f("ck_releases_available_is_signed"),
        ),
        sa.CheckConstraint("state IN ('sealed', 'available', 'withdrawn', 'disposed')", name=op.f("ck_releases_state")),
        sa.CheckConstraint("sender <> recipient", name=op.f("ck_releases_two_agencies")),
        sa.ForeignKeyConstraint(
            ["agreement_id", "agreement_version"],
            ["agreements.id", "agreements.version"],
            name=op.f("fk_releases_agreement_id_agreement_version"),
        ),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_releases_case_id")),
        sa.ForeignKeyConstraint(
            ["exhibit_id", "package_id"],
            ["exhibits.id", "exhibits.package_id"],
            name=op.f("fk_releases_exhibit_id_package_id"),
        ),
        sa.ForeignKeyConstraint(["recipient"], ["agencies.id"], name=op.f("fk_releases_recipient")),
        sa.ForeignKeyConstraint(["recipient_key_id"], ["keys.id"], name=op.f("fk_releases_recipient_key_id")),
        sa.ForeignKeyConstraint(
            ["rendition_id", "package_id"],
            ["renditions.id", "renditions.package_id"],
            name=op.f("fk_releases_rendition_id_package_id"),
        ),
        sa.ForeignKeyConstraint(["sender"], ["agencies.id"], name=op.f("fk_releases_sender")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_releases")),
        sa.UniqueConstraint("rendition_id", "recipient", name=op.f("uq_releases_rendition_id_recipient")),
    )
    op.create_index(op.f("ix_releases_case_id"), "releases", ["case_id"], unique=False)
    op.create_index(
        "ix_releases_due", "releases", ["deadline"], unique=False, postgresql_where=sa.text("state <> 'disposed'")
    )
    op.create_index(
        "ix_releases_inbox",
        "releases",
        ["recipient", sa.literal_column("sealed_at DESC"), sa.literal_column("id DESC")],
        unique=False,
        postgresql_where=sa.text("state = 'available'"),
    )
    op.create_index(op.f("ix_releases_package_id"), "releases", ["package_id"], unique=False)
    op.create_table(
        "reviews",
        sa.Column("rendition_id", sa.Text(), nullable=False),
        sa.Column("principal", sa.Text(), nullable=False),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["principal"], ["principals.id"], name=op.f("fk_reviews_principal")),
        sa.ForeignKeyConstraint(["rendition_id"], ["renditions.id"], name=op.f("fk_reviews_rendition_id")),
        sa.PrimaryKeyConstraint("rendition_id", "principal", name=op.f("pk_reviews")),
    )


def downgrade() -> None:

    op.drop_table("reviews")
    op.drop_index(op.f("ix_releases_package_id"), table_name="releases")
    op.drop_index("ix_releases_inbox", table_name="releases", postgresql_where=sa.text("state = 'available'"))
    op.drop_index("ix_releases_due", table_name="releases", postgresql_where=sa.text("state <> 'disposed'"))
    op.drop_index(op.f("ix_releases_case_id"), table_name="releases")
    op.drop_table("releases")
    op.drop_index(op.f("ix_renditions_package_id"), table_name="renditions")
    op.drop_index("ix_renditions_in_review", table_name="renditions", postgresql_where=sa.text("state = 'in-review'"))
    op.drop_table("renditions")
    op.drop_table("exhibits")
    op.drop_table("agreement_signatures")
    op.drop_index("ix_packages_under_way", table_name="packages", postgresql_where=sa.text("state <> 'disposed'"))
    op.drop_index("ix_packages_pushed_by", table_name="packages")
    op.drop_index("ix_packages_case_id", table_name="packages")
    op.drop_table("packages")
    op.drop_index("ix_keys_agency_use", table_name="keys")
    op.drop_table("keys")
    op.drop_index(op.f("ix_principals_agency"), table_name="principals")
    op.drop_table("principals")
    op.drop_index(op.f("ix_replays_expires_at"), table_name="replays")
    op.drop_table("replays")
    op.drop_table("log_pending")
    op.drop_index("ix_log_entries_time", table_name="log_entries", postgresql_using="brin")
    op.drop_index(
        "ix_log_entries_package_id", table_name="log_entries", postgresql_where=sa.text("package_id IS NOT NULL")
    )
    op.drop_index(
        "ix_log_entries_exhibit_id", table_name="log_entries", postgresql_where=sa.text("exhibit_id IS NOT NULL")
    )
    op.drop_index("ix_log_entries_denials", table_name="log_entries", postgresql_where=sa.text("outcome = 'deny'"))
    op.drop_index("ix_log_entries_case_id", table_name="log_entries", postgresql_where=sa.text("case_id IS NOT NULL"))
    op.drop_index(
        "ix_log_entries_agreement_id", table_name="log_entries", postgresql_where=sa.text("agreement_id IS NOT NULL")
    )
    op.drop_index(
        "ix_log_entries_actor_principal",
        table_name="log_entries",
        postgresql_where=sa.text("actor_principal IS NOT NULL"),
    )
    op.drop_index(
        "ix_log_entries_actor_agency", table_name="log_entries", postgresql_where=sa.text("actor_agency IS NOT NULL")
    )
    op.drop_table("log_entries")
    op.drop_index("ix_log_commitments_case_id", table_name="log_commitments")
    op.drop_table("log_commitments")
    op.drop_index(op.f("ix_idempotency_created_at"), table_name="idempotency")
    op.drop_table("idempotency")
    op.drop_table("file_keys")
    op.drop_table("cases")
    op.drop_index("uq_agreements_active", table_name="agreements", postgresql_where=sa.text("state = 'active'"))
    op.drop_table("agreements")
    op.drop_table("agencies")
