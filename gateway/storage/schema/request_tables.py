"""Tables around requests: token ids, unknown clients, first answers under a key, blobs being written."""

from __future__ import annotations

from sqlalchemy import BigInteger, CheckConstraint, Column, Integer, LargeBinary, Table, Text

from gateway.storage.schema.columns import Instant, hex_digest
from gateway.storage.schema.metadata import metadata

replays = Table(
    "replays",
    metadata,
    Column("issuer", Text, primary_key=True),
    Column("jti", Text, primary_key=True),
    Column("expires_at", Instant, nullable=False, index=True),
)

idempotency = Table(
    "idempotency",
    metadata,
    Column("principal", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("request_digest", Text, nullable=False),
    Column("status", Integer, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("created_at", Instant, nullable=False, index=True),
    hex_digest("request_digest"),
    CheckConstraint("status BETWEEN 100 AND 599", name="status"),
)

unfinished_blobs = Table(
    "unfinished_blobs",
    metadata,
    Column("name", Text, primary_key=True),
    Column("begun_at", Instant, nullable=False, index=True),
    Column("given_up_at", Instant),
)

unknown_clients = Table(
    "unknown_clients",
    metadata,
    Column("begun_at", Instant, primary_key=True),
    Column("attempts", BigInteger, nullable=False),
)
