"""Which newer version of its agreement the end of a release's retention was last held against.

Revision 0013, after 0012.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("releases", sa.Column("dated_version", sa.Integer(), nullable=True))


def downgrade() -> None:
    op.drop_column("releases", "dated_version")
