"""Pulls counted by month, erasures that wait for a second person, indexes for the officer's rarer questions.

Revision 0008, after 0007.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_READINGS = "exhibit_id IS NOT NULL AND action IN ('release.pull', 'exhibit.read', 'report.read') AND outcome <> 'deny'"


def upgrade() -> None:
    op.create_table(
        "log_access_progress",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("next_seq", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_log_access_progress_one_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_log_access_progress")),
    )
    op.create_table(
        "log_access",
        sa.Column("month", sa.DateTime(timezone=False), nullable=False),
        sa.Column("agency", sa.Text(), nullable=False),
        sa.Column("agreement", sa.Text(), nullable=False),
        sa.Column("pulls", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("month", "agency", "agreement", name=op.f("pk_log_access")),
    )
    op.create_table(
        "log_erasures",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("case_id", sa.Text(), nullable=False),
        sa.Column("agreement", sa.Text(), nullable=False),
        sa.Column("entry_seq", sa.BigInteger(), nullable=True),
        sa.Column("fields", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("legal_basis", sa.Text(), nullable=False),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_by", sa.Text(), nullable=True),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(confirmed_by IS NULL) = (confirmed_at IS NULL)", name=op.f("ck_log_erasures_confirmed_by_somebody")
        ),
        sa.CheckConstraint("confirmed_by <> asked_by", name=op.f("ck_log_erasures_two_persons")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_log_erasures")),
    )
    op.create_index(
        "ix_log_erasures_waiting", "log_erasures", ["agreement"], postgresql_where=sa.text("confirmed_at IS NULL")
    )
    op.create_index(
        "ix_log_entries_readings",
        "log_entries",
        ["exhibit_id", "actor_agency", "actor_principal", "time", "seq", "agreement_id"],
        postgresql_where=sa.text(_READINGS),
    )
    op.create_index(
        "ix_log_entries_reason", "log_entries", ["reason", "seq"], postgresql_where=sa.text("reason IS NOT NULL")
    )
    op.create_index("ix_log_entries_failures", "log_entries", ["seq"], postgresql_where=sa.text("outcome = 'failed'"))


def downgrade() -> None:
    for name in ("failures", "reason", "readings"):
        op.drop_index(f"ix_log_entries_{name}", table_name="log_entries")
    for name in ("log_erasures", "log_access", "log_access_progress"):
        op.drop_table(name)
