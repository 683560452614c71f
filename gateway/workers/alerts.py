"""Raising alerts and delivering them: judge new entries, append ``alert.raised``, send webhooks, try again.

Judging, the place reached, the entries raised and the messages to send are one transaction, under a
lock on one row: any number of processes may run this, and each alert is raised once. Sending happens
outside of it; a message keeps its id through all attempts, so that a receiver can drop a second copy.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import httpx

from gateway.bootstrap.gateway import Gateway
from gateway.errors import GatewayError, Misconfigured
from gateway.evidence.canonical import canonical_json, parse_json
from gateway.exchange.log.alerts import Alert, AlertMachine, AlertRules, Hours
from gateway.exchange.log.witness_report import read_witness_report
from gateway.exchange.ports.alerts import Delivery, Webhook
from gateway.exchange.ports.audit_query import AuditQuery
from gateway.exchange.ports.database import Transaction
from gateway.translog.entry import format_time, parse_entry
from gateway.workers.webhook import deliver

_log = logging.getLogger(__name__)

#: Name of the file in the gateway's folder that says when to raise; without it the defaults hold.
RULES_FILE = "alerts.json"
WEBHOOK_USE = "webhook"
_PAUSE_SECONDS = 5.0
_PAGE = 1000
_LEASE = timedelta(minutes=2)
#: Pauses between attempts, as Standard Webhooks suggests; after the last the message is given up.
_PAUSES = tuple(timedelta(seconds=s) for s in (5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400))

Send = Callable[..., int]


def read_rules(home: Path) -> AlertRules:
    """The rules of this gateway.

    Raises:
        Misconfigured: ``alert-rules-invalid``.
    """
    path = home / RULES_FILE
    if not path.exists():
        return AlertRules()
    try:
        given = dict(parse_json(path.read_bytes()))
        hours = {
            str(agency): Hours(
                ZoneInfo(item["timezone"]),
                int(item["from"]),
                int(item["until"]),
                frozenset(int(day) for day in item.get("weekdays", range(5))),
            )
            for agency, item in dict(given.pop("hours", {})).items()
        }
        minutes = ("bulk_window", "denial_window", "clock_tolerance", "quiet")
        values = {
            name.removesuffix("_minutes"): timedelta(minutes=int(value)) if name.endswith("_minutes") else int(value)
            for name, value in given.items()
        }
        if any(isinstance(value, int) and name in minutes for name, value in values.items()):
            raise ValueError("a window without unit")
        return AlertRules(hours=hours, **values)  # type: ignore[arg-type]  # wrong names raise TypeError
    except (OSError, GatewayError, KeyError, TypeError, ValueError, ZoneInfoNotFoundError) as error:
        raise Misconfigured(
            "alert-rules-invalid",
            f"{RULES_FILE} in the gateway's folder cannot be used.",
            remedy="Compare it with docs/audit.md, 'Alerts'.",
        ) from error


class Alerts:
    """Raises and delivers for one gateway."""

    def __init__(self, gateway: Gateway, rules: AlertRules | None = None, send: Send = deliver) -> None:
        self._gateway = gateway
        self._rules = rules or read_rules(gateway.settings.home)
        self._send = send

    def run(self, stop: threading.Event) -> None:
        """Until ``stop`` is set. Outages are survived; what was missed is made up for."""
        while not stop.is_set():
            try:
                while self.raise_once() == _PAGE:
                    pass
                while self.deliver_once():
                    pass
            except GatewayError as error:
                _log.warning("alerts stand still: %s", error.code)
            except Exception as error:
                # A defect of one rule must not end the thread in silence; the class is told, no text.
                _log.error("alerts failed: %s", type(error).__name__)
            stop.wait(_PAUSE_SECONDS)

    def raise_once(self) -> int:
        """Judge a page of entries; how many there were."""
        gateway, now = self._gateway, self._gateway.clock()
        report = read_witness_report(gateway.log_store)
        witnesses = [(w.name, w.state) for w in report.witnesses] if report else []
        with gateway.database.transaction() as tx:
            store = tx.alerts
            start, memory = store.progress()
            senders: dict[str, str | None] = {}

            def sender_of(package_id: str) -> str | None:
                if package_id not in senders:
                    package = tx.packages.get(package_id) if package_id else None
                    senders[package_id] = package.agency if package else None
                return senders[package_id]

            machine = AlertMachine(self._rules, memory, sender_of)
            page = tx.audit.find(AuditQuery(), None, start=start, limit=_PAGE)
            raised = [alert for logged in page for alert in machine.judge(parse_entry(logged.leaf))]
            raised += machine.observe(now, pending=store.pending(self._rules.pending + 1), witnesses=witnesses)
            hooks = store.enabled() if raised else []
            for alert in raised:
                self._raise(tx, alert, hooks, now)
            store.advance(page[-1].seq + 1 if page else start, machine.memory)
        return len(page)

    def deliver_once(self) -> bool:
        """Attempt one message that is due; False if there is none."""
        gateway = self._gateway
        with gateway.database.transaction() as tx:
            delivery = tx.alerts.claim(gateway.clock(), _LEASE)
        if delivery is None:
            return False
        status, outcome = self._attempt(delivery)
        now = gateway.clock()
        with gateway.database.transaction() as tx:
            done = status is not None and 200 <= status < 300
            last = done or delivery.attempts >= len(_PAUSES)
            again = None if last else now + _PAUSES[delivery.attempts]
            tx.alerts.settle(delivery, outcome, now, again, done=done)
            if status == 410:  # the receiver says that it is gone for good
                tx.alerts.disable(delivery.webhook.id, "gone", now)
        return True

    def _attempt(self, delivery: Delivery) -> tuple[int | None, str]:
        hook = delivery.webhook
        try:
            secret = self._gateway.keyring.unwrap_secret(hook.secret, use=WEBHOOK_USE)
            timestamp = int(self._gateway.clock().timestamp())
            status = self._send(
                hook.url, secret, delivery.id, timestamp, delivery.body, allow_private=hook.allow_private
            )
        except GatewayError as error:
            return None, error.code
        except (OSError, httpx.HTTPError, httpx.InvalidURL) as error:
            return None, type(error).__name__
        return status, str(status)

    def _raise(self, tx: Transaction, alert: Alert, hooks: Sequence[Webhook], now: datetime) -> None:
        alert_id = self._gateway.new_id()
        tx.ledger.append(alert.event(alert_id, now))
        parties: set[str] = {alert.agency} - {""}
        if alert.agreement is not None:
            stored = tx.agreements.version(alert.agreement.id, alert.agreement.version)
            parties |= set(stored.agreement.parties) if stored else set()
        data = {
            "id": alert_id,
            "rule": alert.rule,
            "log": self._gateway.keyring.log_signer.name,
            "agency": alert.agency or None,
            "agreement": alert.agreement.as_dict() if alert.agreement else None,
            "detail": dict(alert.detail),
        }
        body = canonical_json({"type": "alert.raised", "timestamp": format_time(now), "data": data})
        for hook in hooks:
            if hook.agency is None or hook.agency in parties:
                tx.alerts.enqueue(f"msg_{self._gateway.new_id()}", hook, body, now)


def add_webhook(gateway: Gateway, url: str, secret: bytes, agency: str | None, *, allow_private: bool) -> str:
    """Register a webhook; its id.

    Raises:
        InvalidInput: ``webhook-url-invalid``, ``secret-size-invalid``.
    """
    from gateway.exchange import record
    from gateway.workers.webhook import check_url

    check_url(url, allow_private=allow_private)
    webhook_id, now = gateway.new_id(), gateway.clock()
    wrapped = gateway.keyring.wrap_secret(secret, use=WEBHOOK_USE, owner=webhook_id, now=now)
    added = record.event(
        "webhook.add",
        "done",
        now,
        ("webhook", webhook_id),
        detail={"agency": agency, "allow_private": allow_private},
        system="operator",
    )
    with gateway.database.transaction() as tx:
        tx.alerts.add(Webhook(webhook_id, agency, url, wrapped, allow_private), added)
    return webhook_id
