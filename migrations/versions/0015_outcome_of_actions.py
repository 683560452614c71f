"""The index of the log's actions holds the outcome too.

Revision 0015, after 0014.
"""

from __future__ import annotations

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

_NAME = "ix_log_entries_action"


def upgrade() -> None:
    op.drop_index(_NAME, table_name="log_entries")
    op.create_index(_NAME, "log_entries", ["action", "seq"], postgresql_include=["outcome"])


def downgrade() -> None:
    op.drop_index(_NAME, table_name="log_entries")
    op.create_index(_NAME, "log_entries", ["action", "seq"])
