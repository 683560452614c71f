"""Tables of the officer's side of the log: how far alerts have looked, webhooks, erasures that wait.

None of them is evidence. An alert is an entry of the log; what lies here is only where the evaluation
stands (one row, changed in the transaction that appends the alerts), to whom alerts are sent, and the
messages that are still to be delivered. Secrets of webhooks rest wrapped by the key-encryption key.
"""

from __future__ import annotations

from sqlalchemy import (
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

from gateway.storage.metadata import metadata

_Instant = DateTime(timezone=True)

alert_progress = Table(
    "alert_progress",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("next_seq", BigInteger, nullable=False),
    Column("state", Text, nullable=False),  # JSON: the rules' memory (exchange/alerts.py)
    CheckConstraint("id = 1", name="one_row"),
    CheckConstraint("next_seq >= 0", name="next_seq"),
)

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
    Column("created_at", _Instant, nullable=False),
    Column("disabled_at", _Instant),
    Column("disabled_reason", Text, nullable=False, server_default=""),
)

webhook_deliveries = Table(
    "webhook_deliveries",
    metadata,
    Column("id", Text, primary_key=True),  # the message's id, the same in every attempt
    Column("webhook_id", Text, ForeignKey("webhooks.id"), nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("created_at", _Instant, nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("next_at", _Instant),  # NULL once it is delivered or given up
    Column("delivered_at", _Instant),
    Column("last_outcome", Text, nullable=False, server_default=""),
)
Index("ix_webhook_deliveries_due", webhook_deliveries.c.next_at, postgresql_where=text("next_at IS NOT NULL"))
