"""Holds, clocks of packages, duties to attest deletion, certificates of destruction.

Revision 0003, after 0002.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_TIME = sa.DateTime(timezone=True)
_DIGEST = "agreement_digest ~ '^[0-9a-f]{64}$'"


def upgrade() -> None:
    op.create_table(
        "holds",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("agreement", sa.Text(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("object_id", sa.Text(), nullable=False),
        sa.Column("case_id", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("placed_by", sa.Text(), nullable=False),
        sa.Column("agency", sa.Text(), nullable=False),
        sa.Column("placed_at", _TIME, nullable=False),
        sa.Column("expires_at", _TIME, nullable=True),
        sa.Column("lift_asked_by", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("lifted_at", _TIME, nullable=True),
        sa.CheckConstraint("expires_at IS NULL OR expires_at > placed_at", name=op.f("ck_holds_expiry")),
        sa.CheckConstraint("scope IN ('case', 'package', 'exhibit')", name=op.f("ck_holds_scope")),
        sa.ForeignKeyConstraint(["agency"], ["agencies.id"], name=op.f("fk_holds_agency")),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_holds_case_id")),
        sa.ForeignKeyConstraint(["placed_by"], ["principals.id"], name=op.f("fk_holds_placed_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_holds")),
    )
    op.create_index(op.f("ix_holds_case_id"), "holds", ["case_id"], unique=False)
    op.create_index("ix_holds_open", "holds", ["object_id"], postgresql_where=sa.text("lifted_at IS NULL"))

    op.create_table(
        "clocks",
        sa.Column("package_id", sa.Text(), nullable=False),
        sa.Column("case_id", sa.Text(), nullable=False),
        sa.Column("agreement", sa.Text(), nullable=False),
        sa.Column("sender", sa.Text(), nullable=False),
        sa.Column("urgency", sa.Text(), nullable=False),
        sa.Column("clause", sa.Text(), nullable=False),
        sa.Column("started_at", _TIME, nullable=False),
        sa.Column("due_at", _TIME, nullable=False),
        sa.Column("answered_at", _TIME, nullable=True),
        sa.Column("breached_at", _TIME, nullable=True),
        sa.CheckConstraint("due_at > started_at", name=op.f("ck_clocks_due")),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_clocks_case_id")),
        sa.ForeignKeyConstraint(["package_id"], ["packages.id"], name=op.f("fk_clocks_package_id")),
        sa.ForeignKeyConstraint(["sender"], ["agencies.id"], name=op.f("fk_clocks_sender")),
        sa.PrimaryKeyConstraint("package_id", name=op.f("pk_clocks")),
    )
    op.create_index("ix_clocks_unanswered", "clocks", ["due_at"], postgresql_where=sa.text("answered_at IS NULL"))

    op.create_table(
        "duties",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("package_id", sa.Text(), nullable=False),
        sa.Column("case_id", sa.Text(), nullable=False),
        sa.Column("agreement_id", sa.Text(), nullable=False),
        sa.Column("agreement_version", sa.Integer(), nullable=False),
        sa.Column("agreement_digest", sa.Text(), nullable=False),
        sa.Column("sender", sa.Text(), nullable=False),
        sa.Column("agency", sa.Text(), nullable=False),
        sa.Column("releases", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("due_at", _TIME, nullable=False),
        sa.Column("attested_at", _TIME, nullable=True),
        sa.Column("attestation", sa.LargeBinary(), nullable=True),
        sa.Column("signature", sa.LargeBinary(), nullable=True),
        sa.Column("key_id", sa.Text(), nullable=True),
        sa.Column("overdue_at", _TIME, nullable=True),
        sa.CheckConstraint(
            "(attested_at IS NULL) = (attestation IS NULL) AND (attested_at IS NULL) = (signature IS NULL)",
            name=op.f("ck_duties_attested_is_signed"),
        ),
        sa.CheckConstraint(_DIGEST, name=op.f("ck_duties_agreement_digest_hex")),
        sa.ForeignKeyConstraint(["agency"], ["agencies.id"], name=op.f("fk_duties_agency")),
        sa.ForeignKeyConstraint(
            ["agreement_id", "agreement_version"],
            ["agreements.id", "agreements.version"],
            name=op.f("fk_duties_agreement_id_agreement_version"),
        ),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_duties_case_id")),
        sa.ForeignKeyConstraint(["key_id"], ["keys.id"], name=op.f("fk_duties_key_id")),
        sa.ForeignKeyConstraint(["package_id"], ["packages.id"], name=op.f("fk_duties_package_id")),
        sa.ForeignKeyConstraint(["sender"], ["agencies.id"], name=op.f("fk_duties_sender")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_duties")),
    )
    op.create_index(op.f("ix_duties_package_id"), "duties", ["package_id"], unique=False)
    for column in ("agency", "sender"):
        op.create_index(
            f"ix_duties_{column}",
            "duties",
            [column, sa.literal_column("created_at DESC"), sa.literal_column("id DESC")],
        )
    op.create_index(
        "ix_duties_unattested",
        "duties",
        ["due_at"],
        postgresql_where=sa.text("attested_at IS NULL AND overdue_at IS NULL"),
    )

    op.create_table(
        "certificates",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("package_id", sa.Text(), nullable=False),
        sa.Column("case_id", sa.Text(), nullable=False),
        sa.Column("sender", sa.Text(), nullable=False),
        sa.Column("agreement_id", sa.Text(), nullable=False),
        sa.Column("agreement_version", sa.Integer(), nullable=False),
        sa.Column("agreement_digest", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("disposed_at", _TIME, nullable=False),
        sa.Column("facts", sa.LargeBinary(), nullable=False),
        sa.Column("entry_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("document", sa.LargeBinary(), nullable=True),
        sa.Column("signature", sa.LargeBinary(), nullable=True),
        sa.Column("issued_at", _TIME, nullable=True),
        sa.CheckConstraint(
            "(issued_at IS NULL) = (document IS NULL) AND (issued_at IS NULL) = (signature IS NULL)",
            name=op.f("ck_certificates_issued_is_signed"),
        ),
        sa.CheckConstraint(_DIGEST, name=op.f("ck_certificates_agreement_digest_hex")),
        sa.ForeignKeyConstraint(
            ["agreement_id", "agreement_version"],
            ["agreements.id", "agreements.version"],
            name=op.f("fk_certificates_agreement_id_agreement_version"),
        ),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_certificates_case_id")),
        sa.ForeignKeyConstraint(["package_id"], ["packages.id"], name=op.f("fk_certificates_package_id")),
        sa.ForeignKeyConstraint(["sender"], ["agencies.id"], name=op.f("fk_certificates_sender")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_certificates")),
    )
    op.create_index(op.f("ix_certificates_package_id"), "certificates", ["package_id"], unique=False)
    op.create_index(
        "ix_certificates_pending", "certificates", ["disposed_at"], postgresql_where=sa.text("issued_at IS NULL")
    )


def downgrade() -> None:
    for table in ("certificates", "duties", "clocks", "holds"):
        op.drop_table(table)
