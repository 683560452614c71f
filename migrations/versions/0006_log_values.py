"""Values behind the log's commitments under a key per case; columns and indexes for the officer's search.

Revision 0006, after 0003. The column that held salts and values in the clear goes, and with it its rows: the
key-encryption key is not at hand in a migration, and what is personal is not left in the clear.
The commitments in the entries stay as they are.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "case_keys",
        sa.Column("case_id", sa.Text(), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=False),
        sa.Column("kek_id", sa.Text(), nullable=False),
        sa.Column("kek_version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("destroyed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(destroyed_at IS NULL) = (octet_length(wrapped) > 0)", name=op.f("ck_case_keys_destroyed_is_empty")
        ),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_case_keys")),
    )
    op.execute("DELETE FROM log_commitments")
    op.drop_constraint(op.f("ck_log_commitments_salt_size"), "log_commitments", type_="check")
    op.drop_column("log_commitments", "salt")
    op.drop_column("log_commitments", "value")
    op.add_column("log_commitments", sa.Column("sealed", sa.LargeBinary(), nullable=False))
    op.create_check_constraint(op.f("ck_log_commitments_sealed_size"), "log_commitments", "octet_length(sealed) >= 60")
    op.add_column("log_entries", sa.Column("clause", sa.Text(), nullable=True))
    op.add_column("log_entries", sa.Column("reason", sa.Text(), nullable=True))
    op.execute(
        "UPDATE log_entries SET clause = NULLIF(convert_from(leaf, 'UTF8')::json ->> 'clause', ''), "
        "reason = NULLIF(convert_from(leaf, 'UTF8')::json ->> 'reason', '')"
    )
    op.drop_index("ix_log_entries_time", table_name="log_entries")
    op.create_index("ix_log_entries_time", "log_entries", ["time", "seq"])
    op.create_index(
        "ix_log_entries_refusals",
        "log_entries",
        ["time", "reason", "actor_agency", "agreement_id"],
        postgresql_where=sa.text("outcome = 'deny'"),
    )
    op.create_index(
        "ix_log_entries_pulls",
        "log_entries",
        ["time", "actor_agency", "agreement_id"],
        postgresql_where=sa.text("action = 'release.pull' AND outcome = 'permit'"),
    )
    op.create_index("ix_log_entries_action", "log_entries", ["action", "seq"])
    op.create_index(
        "ix_log_entries_clause", "log_entries", ["clause", "seq"], postgresql_where=sa.text("clause IS NOT NULL")
    )


def downgrade() -> None:
    for name in ("clause", "action", "pulls", "refusals", "time"):
        op.drop_index(f"ix_log_entries_{name}", table_name="log_entries")
    op.create_index("ix_log_entries_time", "log_entries", ["time"], postgresql_using="brin")
    op.drop_column("log_entries", "reason")
    op.drop_column("log_entries", "clause")
    op.execute("DELETE FROM log_commitments")
    op.drop_constraint(op.f("ck_log_commitments_sealed_size"), "log_commitments", type_="check")
    op.drop_column("log_commitments", "sealed")
    op.add_column("log_commitments", sa.Column("salt", sa.LargeBinary(), nullable=False))
    op.add_column("log_commitments", sa.Column("value", sa.Text(), nullable=False))
    op.create_check_constraint(op.f("ck_log_commitments_salt_size"), "log_commitments", "octet_length(salt) = 32")
    op.drop_table("case_keys")
