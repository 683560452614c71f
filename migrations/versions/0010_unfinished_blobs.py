"""Names of blobs that are being written, so that those whose writer died are found and erased.

Revision 0010, after 0009.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "unfinished_blobs",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("given_up_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_unfinished_blobs")),
    )
    op.create_index(op.f("ix_unfinished_blobs_begun_at"), "unfinished_blobs", ["begun_at"])


def downgrade() -> None:
    op.drop_table("unfinished_blobs")
