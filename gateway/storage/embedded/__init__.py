"""The private PostgreSQL of the embedded default."""
