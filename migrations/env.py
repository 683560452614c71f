"""What alembic runs: migrations on the connection that gateway/storage/migrate.py hands over.

There is no alembic.ini and no offline mode: ``evidence-gateway`` migrates through code, in one
transaction, under a lock, so that processes which start together don't get into each other's way.
"""

from __future__ import annotations

from alembic import context

from gateway.storage.migrate import is_ours
from gateway.storage.schema.all_tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    include_name=is_ours,
    compare_type=True,
    compare_server_default=True,
)
context.run_migrations()
