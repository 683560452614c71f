"""No version of an agreement is stored as a draft: nothing ever made one.

Revision 0012, after 0011.
"""

from __future__ import annotations

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_STATES = "'proposed', 'active', 'superseded', 'suspended', 'ended'"


def upgrade() -> None:
    _allow(_STATES)


def downgrade() -> None:
    _allow(f"'draft', {_STATES}")


def _allow(states: str) -> None:
    op.drop_constraint(op.f("ck_agreements_state"), "agreements", type_="check")
    op.create_check_constraint(op.f("ck_agreements_state"), "agreements", f"state IN ({states})")
