"""The register of secrets: keyed fingerprints of what a party wants found in its exhibits.

Revision 0009, after 0008.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "secrets",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("agency", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("digests", sa.LargeBinary(), nullable=False),
        sa.Column("shape", sa.LargeBinary(), nullable=False),
        sa.Column("kek_id", sa.Text(), nullable=False),
        sa.Column("kek_version", sa.Integer(), nullable=False),
        sa.Column("registered_by", sa.Text(), nullable=False),
        sa.Column("registered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("kind IN ('term', 'record', 'document')", name=op.f("ck_secrets_kind")),
        sa.CheckConstraint("octet_length(digests) % 12 = 0", name=op.f("ck_secrets_whole_digests")),
        sa.CheckConstraint(
            "(retired_at IS NULL) = (octet_length(digests) > 0) AND (retired_at IS NULL) = (octet_length(shape) > 0)",
            name=op.f("ck_secrets_retired_is_empty"),
        ),
        sa.ForeignKeyConstraint(["agency"], ["agencies.id"], name=op.f("fk_secrets_agency")),
        sa.ForeignKeyConstraint(["registered_by"], ["principals.id"], name=op.f("fk_secrets_registered_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_secrets")),
        sa.UniqueConstraint("agency", "label", name=op.f("uq_secrets_agency_label")),
    )


def downgrade() -> None:
    op.drop_table("secrets")
