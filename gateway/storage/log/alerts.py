"""Where the evaluation of alerts stands, who is told, and what is still to be delivered (ports.AlertStore)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from gateway.envelope.wrapping import WrappedKey
from gateway.exchange.ports.alerts import Delivery, Webhook
from gateway.exchange.ports.log import Ledger
from gateway.storage.schema.all_tables import alert_progress, webhook_deliveries, webhooks
from gateway.storage.schema.log_tables import log_pending
from gateway.translog.event import AuditEvent


class PostgresAlerts:
    """All of it, in one transaction."""

    def __init__(self, connection: Connection, ledger: Ledger) -> None:
        self._connection = connection
        self._ledger = ledger

    def progress(self) -> tuple[int, dict[str, Any]]:
        start = upsert(alert_progress).values(id=1, next_seq=0, state="{}").on_conflict_do_nothing()
        self._connection.execute(start)
        row = self._connection.execute(select(alert_progress).with_for_update()).one()
        return row.next_seq, json.loads(row.state)

    def advance(self, next_seq: int, memory: dict[str, Any]) -> None:
        self._connection.execute(update(alert_progress).values(next_seq=next_seq, state=json.dumps(memory)))

    def pending(self, most: int) -> int:
        some = select(log_pending.c.created).limit(most).subquery()
        return int(self._connection.execute(select(func.count()).select_from(some)).scalar_one())

    def add(self, webhook: Webhook, event: AuditEvent) -> None:
        self._connection.execute(
            insert(webhooks).values(
                id=webhook.id,
                agency=webhook.agency,
                url=webhook.url,
                wrapped=webhook.secret.wrapped,
                kek_id=webhook.secret.kek_id,
                kek_version=webhook.secret.kek_version,
                allow_private=webhook.allow_private,
                created_at=event.time,
            )
        )
        self._ledger.append(event)

    def enabled(self) -> Sequence[Webhook]:
        rows = self._connection.execute(select(webhooks).where(webhooks.c.disabled_at.is_(None))).all()
        return [_webhook(row) for row in rows]

    def disable(self, webhook_id: str, reason: str, now: datetime) -> None:
        of_it = webhooks.c.id == webhook_id
        self._connection.execute(update(webhooks).where(of_it).values(disabled_at=now, disabled_reason=reason))
        waiting = webhook_deliveries.c.webhook_id == webhook_id
        self._connection.execute(update(webhook_deliveries).where(waiting).values(next_at=None))

    def enqueue(self, message_id: str, webhook: Webhook, body: bytes, now: datetime) -> None:
        self._connection.execute(
            insert(webhook_deliveries).values(
                id=message_id, webhook_id=webhook.id, body=body, created_at=now, next_at=now
            )
        )

    def claim(self, now: datetime, lease: timedelta) -> Delivery | None:
        d = webhook_deliveries.c
        query = (
            select(d.id, d.body, d.attempts, d.webhook_id)
            .where(d.next_at <= now)
            .order_by(d.next_at)
            .limit(1)
            .with_for_update(skip_locked=True)
        )
        row = self._connection.execute(query).one_or_none()
        if row is None:
            return None
        self._connection.execute(update(webhook_deliveries).where(d.id == row.id).values(next_at=now + lease))
        hook = self._connection.execute(select(webhooks).where(webhooks.c.id == row.webhook_id)).one()
        return Delivery(row.id, bytes(row.body), row.attempts, _webhook(hook))

    def settle(self, delivery: Delivery, outcome: str, now: datetime, again: datetime | None, *, done: bool) -> None:
        self._connection.execute(
            update(webhook_deliveries)
            .where(webhook_deliveries.c.id == delivery.id)
            .values(
                attempts=delivery.attempts + 1,
                next_at=again,
                last_outcome=outcome,
                delivered_at=now if done else None,
            )
        )


def _webhook(row: Any) -> Webhook:
    secret = WrappedKey(row.id, bytes(row.wrapped), row.kek_id, row.kek_version, b"", row.created_at)
    return Webhook(row.id, row.agency, row.url, secret, row.allow_private)
