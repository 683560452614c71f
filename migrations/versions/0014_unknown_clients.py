"""How often clients that nobody knows asked for a token: one row a window, until it is written into the log.

Revision 0014, after 0013.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "unknown_clients",
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("begun_at", name=op.f("pk_unknown_clients")),
    )


def downgrade() -> None:
    op.drop_table("unknown_clients")
