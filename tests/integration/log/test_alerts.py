"""Alerts on a real database: each once, as entries and as signed webhooks; and where webhooks may not go."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from gateway.errors import InvalidInput, Misconfigured
from gateway.exchange.custody import deadlines
from gateway.exchange.log.alerts import AlertRules, Hours
from gateway.keyring.file_keyring import FileKeyring
from gateway.keyring.gateway_keys import GatewayKeys
from gateway.storage.database import PostgresDatabase
from gateway.storage.log.sequence import LogSequence
from gateway.storage.schema.all_tables import log_pending, webhook_deliveries, webhooks
from gateway.translog.vkey import parse_vkey
from gateway.workers.alerts import Alerts, add_webhook, read_rules
from gateway.workers.sequencer import Sequencer
from gateway.workers.webhook import check_url, is_public, resolve
from tests.fakes import seeds
from tests.unit.api.world import World

pytest_plugins = ("tests.fakes.postgres",)

MONDAY = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
SECRET = bytes(range(32))
RULES = AlertRules(bulk_releases=3, denials=3, pending=1000, hours={"cnil-fr": Hours(ZoneInfo("Europe/Paris"), 8, 18)})


@pytest.fixture
def world(tmp_path: Path, postgres_url: str) -> Iterator[World]:
    database = PostgresDatabase(postgres_url, keyring=FileKeyring(GatewayKeys.generate("test.example/log")))
    yield World(tmp_path, database=database)
    database.close()


def act(world: World, time: datetime, release: str = "r", **members: Any) -> None:
    defaults: dict[str, Any] = {
        "action": "release.pull",
        "outcome": "permit",
        "time": time,
        "actor": {"agency": "cnil-fr", "principal": "cnil-fr.investigator"},
        "object": {"kind": "release", "id": release, "package": members.pop("package", "unknown")},
        "agreement": world.agreement.ref.as_dict(),
    }
    with world.database.transaction() as tx:
        tx.ledger.append(seeds.event(**{**defaults, **members}))


def raised(world: World, alerts: Alerts) -> list[tuple[str, Any]]:
    """Sequence, evaluate, and take what was raised."""
    keyring = world.keyring
    engine = world.gateway.database.engine
    sequencer = Sequencer(
        LogSequence(engine), world.gateway.log_store, keyring.log_signer, parse_vkey(keyring.log_vkey)
    )
    sequencer.sequence_once()
    sequencer.close()
    alerts.raise_once()
    with engine.connect() as connection:
        waiting = [json.loads(row.event) for row in connection.execute(select(log_pending))]
    return [(e["reason"], e["detail"]) for e in waiting if e["action"] == "alert.raised"]


@pytest.fixture
def alerts(world: World) -> Alerts:
    alerts = Alerts(world.gateway, RULES)
    raised(world, alerts)  # what setting up the world has left in the log
    raised(world, alerts)
    return alerts


def test_bulk_pulls_once(world: World, alerts: Alerts) -> None:
    later = datetime(2027, 3, 1, 10, tzinfo=UTC)
    for release in ("a", "a", "a", "a"):
        act(world, later, release)
    assert raised(world, alerts) == []
    for release in ("b", "c", "d"):
        act(world, later + timedelta(minutes=1), release)
    ((rule, detail),) = raised(world, alerts)
    assert (rule, detail["count"], detail["principal"]) == ("bulk-pulls", 3, "cnil-fr.investigator")
    assert raised(world, alerts) == []
    # Another process that begins anew goes on where this one stood.
    assert raised(world, Alerts(world.gateway, RULES)) == []


def test_denials_hours_and_clock(world: World, alerts: Alerts) -> None:
    later = datetime(2027, 3, 1, 10, tzinfo=UTC)
    for _ in range(3):
        act(world, later, outcome="deny", reason="role-may-not-pull")
    assert [rule for rule, _ in raised(world, alerts)] == ["denial-burst"]
    act(world, later + timedelta(hours=9))  # 20:00 in Paris
    act(world, later + timedelta(days=5))  # a Saturday
    assert [rule for rule, _ in raised(world, alerts)] == ["outside-hours", "outside-hours"]
    act(world, later + timedelta(days=4))
    ((rule, detail),) = raised(world, alerts)
    assert (rule, detail["seconds_back"]) == ("clock-trouble", 86400)


def test_first_access_across_agencies(world: World, alerts: Alerts) -> None:
    world.release(b"x")
    with world.database.transaction() as tx:
        (item,) = tx.releases.inbox("cnil-fr", after=None, limit=9)
    later = datetime(2027, 3, 1, 10, tzinfo=UTC)
    act(world, later, "r-1", package=item.package_id)
    act(world, later, "r-2", package=item.package_id)
    ((rule, detail),) = raised(world, alerts)
    assert (rule, detail["sender"], detail["agency"]) == ("first-access", "ico-uk", "cnil-fr")


def test_backlog(world: World) -> None:
    few = Alerts(world.gateway, AlertRules(pending=2))
    few.raise_once()
    with world.gateway.database.engine.connect() as connection:
        events = [json.loads(row.event) for row in connection.execute(select(log_pending))]
    assert [e["reason"] for e in events if e["action"] == "alert.raised"] == ["pending-backlog"]
    few.raise_once()
    with world.gateway.database.engine.connect() as connection:
        assert len(connection.execute(select(log_pending)).all()) == len(events)


@pytest.mark.enable_socket
def test_a_signed_webhook_reaches_the_sink_after_a_failure(world: World, alerts: Alerts) -> None:
    got: list[tuple[dict[str, str], bytes]] = []

    class Sink(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            got.append(({k.lower(): v for k, v in self.headers.items()}, body))
            self.send_response(500 if len(got) == 1 else 204)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Sink) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        url = f"http://127.0.0.1:{server.server_address[1]}/alerts"
        add_webhook(world.gateway, url, SECRET, "cnil-fr", allow_private=True)
        add_webhook(world.gateway, url, SECRET, "ftc-us", allow_private=True)  # no party: it gets nothing
        for release in ("a", "b", "c"):
            act(world, datetime(2027, 3, 1, 10, tzinfo=UTC), release)
        assert raised(world, alerts)
        assert alerts.deliver_once()
        assert not alerts.deliver_once()
        world.clock_offset += timedelta(seconds=6)
        assert alerts.deliver_once()
        assert not alerts.deliver_once()
        server.shutdown()
        thread.join()
    (first, body), (second, again) = got
    assert body == again
    assert first["webhook-id"] == second["webhook-id"]
    signed = f"{second['webhook-id']}.{second['webhook-timestamp']}.".encode() + again
    expected = base64.b64encode(hmac.new(SECRET, signed, hashlib.sha256).digest()).decode()
    assert second["webhook-signature"] == f"v1,{expected}"
    message = json.loads(body)
    assert (message["type"], message["data"]["rule"]) == ("alert.raised", "bulk-pulls")
    with world.gateway.database.engine.connect() as connection:
        row = connection.execute(select(webhook_deliveries)).one()
        stored = connection.execute(select(webhooks)).all()
    assert (row.attempts, row.last_outcome, row.next_at) == (2, "204", None)
    assert not any(SECRET in bytes(hook.wrapped) for hook in stored)


def test_a_deadline_that_comes_near_is_missed_and_answered_late_is_told_once_each(world: World) -> None:
    sent: list[str] = []

    def send(_url: str, _secret: bytes, _id: str, _timestamp: int, body: bytes, **_: Any) -> int:
        sent.append(json.loads(body)["data"]["rule"])
        return 204

    alerts = Alerts(world.gateway, RULES, send=send)
    world.release(b"x")
    with world.database.transaction() as tx:
        (item,) = tx.releases.inbox("cnil-fr", after=None, limit=9)
        package, investigator = tx.packages.get(item.package_id), tx.directory.principal("cnil-fr.investigator")
        assert package is not None
        assert investigator is not None
        clock = seeds.clock(package, started_at=world.now(), due_at=world.now() + timedelta(hours=8))
        tx.clocks.start(clock, seeds.event("deadline.start"))
    raised(world, alerts)
    raised(world, alerts)
    add_webhook(world.gateway, "https://example.org/x", SECRET, "ico-uk", allow_private=False)

    def housekeeping(hours: float) -> list[tuple[str, str]]:
        now = clock.started_at + timedelta(hours=hours)
        with world.database.transaction() as tx:
            deadlines.breach_overdue(tx, now)
            deadlines.warn_due(tx, now)
        return [(rule, detail["package"]) for rule, detail in raised(world, alerts)]

    assert housekeeping(5.9) == []
    assert housekeeping(6.1) == [("deadline-due", package.id)]
    assert housekeeping(7) == []
    assert housekeeping(8.1) == [("deadline-breached", package.id)]
    assert housekeeping(9) == []
    with world.database.transaction() as tx:
        late = clock.started_at + timedelta(hours=9.5)
        tx.releases.touch(item.id, seeds.event("release.acknowledge", time=late), acknowledged_at=late)
        deadlines.answer(tx, package, investigator, late)
    assert housekeeping(10) == [("answered-late", package.id)]
    assert housekeeping(11) == []
    while alerts.deliver_once():
        pass
    assert sorted(sent) == ["answered-late", "deadline-breached", "deadline-due"]


def test_410_ends_a_webhook_and_retries_end(world: World) -> None:
    answers = iter([410])
    alerts = Alerts(world.gateway, AlertRules(pending=0), send=lambda *_, **__: next(answers))
    webhook = add_webhook(world.gateway, "https://example.org/x", SECRET, None, allow_private=False)
    with world.gateway.database.engine.connect() as connection:
        events = [json.loads(row.event) for row in connection.execute(select(log_pending))]
    assert [e["object"]["id"] for e in events if e["action"] == "webhook.add"] == [webhook]
    alerts.raise_once()
    assert alerts.deliver_once()
    assert not alerts.deliver_once()
    with world.gateway.database.engine.connect() as connection:
        assert connection.execute(select(webhooks.c.disabled_reason)).scalar_one() == "gone"


@pytest.mark.enable_socket  # for getaddrinfo of literal addresses; nothing is connected to
@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.1.2.3", "192.168.0.1", "169.254.169.254", "100.64.0.1", "0.0.0.1", "224.0.0.1", "::1", "fe80::1",
     "fd00::1", "::ffff:10.0.0.1", "64:ff9b::a00:1", "2002:a00:1::"],
)  # fmt: skip
def test_private_addresses_are_refused(address: str) -> None:
    assert not is_public(address)
    with pytest.raises(InvalidInput) as refusal:
        resolve(address, 443, allow_private=False)
    assert refusal.value.code == "webhook-address-private"


def test_public_addresses_and_urls() -> None:
    assert is_public("93.184.215.14")
    assert is_public("2606:2800:21f:cb07:6820:80da:af6b:8b2c")
    assert check_url("https://example.org:8443/a", allow_private=False) == ("https", "example.org", 8443)
    for url in (
        "http://example.org",
        "ftp://example.org",
        "https://u:p@example.org",
        "https://",
        "//x",
        "https://[",
        "x",
    ):
        with pytest.raises(InvalidInput):
            check_url(url, allow_private=False)


def test_rules_file(tmp_path: Path) -> None:
    assert read_rules(tmp_path) == AlertRules()
    rules = {
        "bulk_releases": 7,
        "denial_window_minutes": 3,
        "hours": {"ico-uk": {"timezone": "Europe/London", "from": 9, "until": 17}},
    }
    (tmp_path / "alerts.json").write_text(json.dumps(rules))
    read = read_rules(tmp_path)
    assert (read.bulk_releases, read.denial_window) == (7, timedelta(minutes=3))
    assert read.hours["ico-uk"].include(datetime(2026, 7, 1, 8, 30, tzinfo=UTC))
    for bad in (
        '{"bulk": 1}',
        '{"hours": {"x": {"timezone": "Mars/Olympus", "from": 1, "until": 2}}}',
        "[",
        '{"quiet": 3}',
    ):
        (tmp_path / "alerts.json").write_text(bad)
        with pytest.raises(Misconfigured):
            read_rules(tmp_path)
