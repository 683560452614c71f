"""Each rule of the alerts, just short of raising and just over: judged from entries alone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from gateway.evidence.package import Principal
from gateway.exchange.log.alerts import AlertMachine, AlertRules, Hours
from gateway.exchange.record import event
from gateway.translog.entry import Entry, parse_entry, pending, place

MONDAY = datetime(2027, 3, 1, 10, tzinfo=UTC)
RULES = AlertRules(bulk_releases=3, denials=3, pending=10, hours={"cnil-fr": Hours(ZoneInfo("Europe/Paris"), 8, 18)})


def told(action: str, kind: str, reason: str = "") -> Entry:
    made = event(action, "done", MONDAY, (kind, "x"), reason=reason, system="worker")
    return parse_entry(place(pending(made, {}), 0, "0" * 64)[1])


def strange(attempts: int, minutes: float = 0) -> Entry:
    now = MONDAY + timedelta(minutes=minutes)
    about = ("gateway", "token-endpoint")
    made = event("token.refuse", "deny", now, about, detail={"attempts": attempts}, reason="client-unknown")
    return parse_entry(place(pending(made, {}), 0, "0" * 64)[1])


def act(minutes: float = 0, release: str = "r", outcome: Any = "permit", who: str = "p", **members: Any) -> Entry:
    made = event(
        "release.pull",
        outcome,
        MONDAY + timedelta(minutes=minutes),
        ("release", release),
        actor=Principal(who, "cnil-fr", frozenset()),
        **members,
    )
    return parse_entry(place(pending(made, {}), 0, "0" * 64)[1])


CASES: dict[str, tuple[list[Entry], list[str]]] = {
    "bulk": ([act(0, "a"), act(1, "b"), act(2, "c")], ["bulk-pulls"]),
    "bulk, one release again and again": ([act(n, "a") for n in range(9)], []),
    "bulk, outside the window": ([act(0, "a"), act(30, "b"), act(61, "c")], []),
    "bulk, by several persons": ([act(n, str(n), who=f"p{n}") for n in range(3)], []),
    "denials": ([act(n, outcome="deny") for n in range(3)], ["denial-burst"]),
    "denials, too few": ([act(n, outcome="deny") for n in range(2)], []),
    "denials, slowly": ([act(n * 6, outcome="deny") for n in range(6)], []),
    "hours, late": ([act(60 * 9)], ["outside-hours"]),
    "hours, Saturday": ([act(60 * 24 * 5)], ["outside-hours"]),
    "hours, last minute": ([act(60 * 7 - 1)], []),
    "first access": ([act(package="k"), act(1, package="k")], ["first-access"]),
    "first access, own package": ([act(package="own")], []),
    "clock": ([act(10), act(4)], ["clock-trouble"]),
    "strangers": ([strange(99), strange(100), strange(100, 10), strange(100, 61)], ["unknown-clients"] * 2),
    "deadline near": ([told("deadline.due", "package", "deadline-due")], ["deadline-due"]),
    "deadline missed": ([told("deadline.breached", "package", "deadline-breached")], ["deadline-breached"]),
    "answered late": ([told("deadline.answer", "package", "answered-late")], ["answered-late"]),
    "attestation overdue": ([told("attestation.overdue", "duty", "attestation-overdue")], ["attestation-overdue"]),
    "deadline started": ([told("deadline.start", "package")], []),
    "answered in time": ([told("deadline.answer", "package")], []),
    "clock, within tolerance": ([act(10), act(5)], []),
}


@pytest.mark.parametrize("name", CASES)
def test_entries(name: str) -> None:
    entries, expected = CASES[name]
    machine = AlertMachine(RULES, {}, {"k": "ico-uk", "own": "cnil-fr"}.get)
    assert [alert.rule for entry in entries for alert in machine.judge(entry)] == expected


@pytest.mark.parametrize(
    ("pending_entries", "witnesses", "expected"),
    [
        (10, [("w", "ok"), ("v", "unknown")], []),
        (11, [], ["pending-backlog"]),
        (0, [("w", "behind")], ["witness-lag"]),
        (0, [("w", "refused"), ("v", "ok")], ["witness-lag"]),
    ],
    ids=["well", "backlog", "lag", "refusal"],
)
def test_what_stands_in_no_entry(pending_entries: int, witnesses: list[tuple[str, str]], expected: list[str]) -> None:
    machine = AlertMachine(RULES, {}, lambda _: None)

    def rules(now: datetime) -> list[str]:
        return [a.rule for a in machine.observe(now, pending=pending_entries, witnesses=witnesses)]

    assert rules(MONDAY) == expected
    assert rules(MONDAY + timedelta(minutes=59)) == []
    assert rules(MONDAY + timedelta(minutes=60)) == expected
