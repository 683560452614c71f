"""State, log and queue on PostgreSQL: one module a port, tables apart from what is done with them."""
