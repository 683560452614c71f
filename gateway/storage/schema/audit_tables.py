"""Tables of the officer's side of the log: pulls by month, alerts, webhooks, erasures that wait.

None of them is evidence. What happened is in the log; what lies here is counted from it (pulls by
month), or says where an evaluation stands (one row each), to whom alerts are sent, which messages are
still to be delivered, and which erasures wait for a second person. Secrets of webhooks rest wrapped by
the key-encryption key.
"""

from __future__ import annotations

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    text,
)

from gateway.storage.schema.columns import Instant
from gateway.storage.schema.metadata import metadata

alert_progress = Table(
    "alert_progress",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("next_seq", BigInteger, nullable=False),
    Column("state", Text, nullable=False),  # JSON: the rules' memory (exchange/log/alerts.py)
    CheckConstraint("id = 1", name="one_row"),
    CheckConstraint("next_seq >= 0", name="next_seq"),
)

log_access_progress = Table(
    "log_access_progress",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("next_seq", BigInteger, nullable=False),
    CheckConstraint("id = 1", name="one_row"),
)

log_access = Table(
    "log_access",
    metadata,
    Column("month", DateTime(timezone=False), primary_key=True),  # its first moment, UTC
    Column("agency", Text, primary_key=True),  # who pulled
    Column("agreement", Text, primary_key=True),
    Column("pulls", BigInteger, nullable=False),
)

#: An erasure that one officer has asked for. ``entry_seq`` and ``fields`` name part of one entry, else the case goes.
log_erasures = Table(
    "log_erasures",
    metadata,
    Column("id", Text, primary_key=True),
    Column("case_id", Text, nullable=False),
    Column("agreement", Text, nullable=False),
    Column("entry_seq", BigInteger),
    Column("fields", ARRAY(Text), nullable=False),
    Column("legal_basis", Text, nullable=False),
    Column("asked_by", Text, nullable=False),
    Column("asked_at", Instant, nullable=False),
    Column("confirmed_by", Text),
    Column("confirmed_at", Instant),
    CheckConstraint("(confirmed_by IS NULL) = (confirmed_at IS NULL)", name="confirmed_by_somebody"),
    CheckConstraint("confirmed_by <> asked_by", name="two_persons"),
)
Index("ix_log_erasures_waiting", log_erasures.c.agreement, postgresql_where=text("confirmed_at IS NULL"))

webhooks = Table(
    "webhooks",
    metadata,
    Column("id", Text, primary_key=True),
    Column("agency", Text, ForeignKey("agencies.id")),  # NULL: the operator's, which gets every alert
    Column("url", Text, nullable=False),
    Column("wrapped", LargeBinary, nullable=False),
    Column("kek_id", Text, nullable=False),
    Column("kek_version", Integer, nullable=False),
    Column("allow_private", Boolean, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("disabled_at", Instant),
    Column("disabled_reason", Text, nullable=False, server_default=""),
)

webhook_deliveries = Table(
    "webhook_deliveries",
    metadata,
    Column("id", Text, primary_key=True),  # the message's id, the same in every attempt
    Column("webhook_id", Text, ForeignKey("webhooks.id"), nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("next_at", Instant),  # NULL once it is delivered or given up
    Column("delivered_at", Instant),
    Column("last_outcome", Text, nullable=False, server_default=""),
)
Index("ix_webhook_deliveries_due", webhook_deliveries.c.next_at, postgresql_where=text("next_at IS NOT NULL"))
