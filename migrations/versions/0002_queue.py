"""The work queue: procrastinate's own schema, as the installed version defines it.

Revision 0002, after 0001.

A migration must do the same wherever it runs, so it accepts only the schema it was tested with. An
upgrade of procrastinate that changes its schema needs a migration here that runs procrastinate's own
scripts, and the new digest below.
"""

from __future__ import annotations

import hashlib

from alembic import op
from procrastinate.schema import SchemaManager

from gateway.errors import Misconfigured

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

#: SHA-256 of the schema of procrastinate 3.10.
TESTED_SCHEMA = "c70ec4b400a60ad9592787653aae5ae77ae41bf801d56b5bd2712751a07f2009"


def upgrade() -> None:
    schema = SchemaManager.get_schema()
    if hashlib.sha256(schema.encode()).hexdigest() != TESTED_SCHEMA:
        raise Misconfigured(
            "queue-schema-unknown",
            "The installed procrastinate defines another schema than this version of the gateway was tested with.",
            remedy="Install the versions of the lock file, or a newer evidence-gateway.",
        )
    # By the driver's own cursor: the text holds colons and percent signs that SQLAlchemy would read.
    op.get_bind().connection.cursor().execute(schema)


def downgrade() -> None:
    op.execute(
        """
        DO $$
        DECLARE item record;
        BEGIN
            -- CASCADE takes along the triggers, and the one function that returns a row of jobs.
            DROP TABLE procrastinate_events, procrastinate_periodic_defers, procrastinate_jobs, procrastinate_workers
                CASCADE;
            FOR item IN
                SELECT oid::regprocedure AS name FROM pg_proc
                WHERE pronamespace = current_schema()::regnamespace AND proname LIKE 'procrastinate\\_%'
            LOOP
                EXECUTE format('DROP FUNCTION %s', item.name);
            END LOOP;
            DROP TYPE procrastinate_job_to_defer_v1, procrastinate_job_status, procrastinate_job_event_type;
        END
        $$
        """
    )
