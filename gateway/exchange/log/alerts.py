"""Alerts: rules over the entries of the log, as a machine that is fed entry by entry and remembers.

The memory is a JSON value that the caller stores together with the place in the log that it has
reached and the alerts raised, in one transaction: so each entry is judged once, and each alert raised
once, whatever crashes. Times are those of the entries, not of this moment, so the same log gives the
same alerts. After an alert the same cause stays quiet for the rule's window. Alerts hold
identifiers and counts, nothing personal.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo
from typing import Any

from gateway.evidence.package import AgreementRef
from gateway.exchange import record
from gateway.translog.entry import Entry
from gateway.translog.event import AuditEvent

#: Of one principal; a window that would need more has long raised its alert.
_MOST_REMEMBERED = 2000
#: Action and reason of entries that are an alert by themselves, which the reason names: due, missed, too late.
_TELLING = frozenset(
    {
        ("deadline.due", "deadline-due"),
        ("deadline.breached", "deadline-breached"),
        ("deadline.answer", "answered-late"),
        ("attestation.overdue", "attestation-overdue"),
    }
)


@dataclass(frozen=True, slots=True)
class Hours:
    """An agency's working hours: from ``begin`` (included) to ``end``, on these weekdays (Monday is 0)."""

    zone: tzinfo
    begin: int
    end: int
    weekdays: frozenset[int] = frozenset(range(5))

    def include(self, time: datetime) -> bool:
        local = time.astimezone(self.zone)
        return local.weekday() in self.weekdays and self.begin <= local.hour < self.end


@dataclass(frozen=True, slots=True)
class AlertRules:
    """When to raise. ``hours`` names only the agencies whose hours are known."""

    bulk_releases: int = 50
    bulk_window: timedelta = timedelta(hours=1)
    denials: int = 20
    unknown_clients: int = 100
    denial_window: timedelta = timedelta(minutes=10)
    clock_tolerance: timedelta = timedelta(minutes=5)
    pending: int = 10_000
    quiet: timedelta = timedelta(hours=12)
    hours: Mapping[str, Hours] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Alert:
    """Something that an officer should look at; ``agency`` and ``agreement`` say whom it concerns."""

    rule: str
    agency: str
    agreement: AgreementRef | None
    detail: Mapping[str, Any]

    def event(self, alert_id: str, now: datetime) -> AuditEvent:
        """The entry that raises it."""
        return record.event(
            "alert.raised",
            "done",
            now,
            ("alert", alert_id),
            agreement=self.agreement,
            reason=self.rule,
            detail={**self.detail, **({"agency": self.agency} if self.agency else {})},
            system="alerts",
        )


class AlertMachine:
    """Judges entries in the order of the log.

    Args:
        memory: As :attr:`memory` was left; an empty dict at the very beginning. It is changed.
        sender_of: The agency that pushed a package, None if unknown.
    """

    def __init__(self, rules: AlertRules, memory: dict[str, Any], sender_of: Callable[[str], str | None]) -> None:
        self.memory = memory
        self._rules = rules
        self._sender_of = sender_of

    def judge(self, entry: Entry) -> list[Alert]:
        """Alerts that this entry gives cause to."""
        if entry.action.startswith("alert."):
            return []  # an alert gives no cause for another
        raised = self._clock(entry)
        if (entry.action, entry.reason) in _TELLING:
            # Written once each; the entry says which package or duty it is about.
            raised.append(self._alert(entry.reason, entry, "", **{entry.object["kind"]: entry.object["id"]}))
        if entry.action == "token.refuse" and entry.detail["attempts"] >= self._rules.unknown_clients:
            attempts = entry.detail["attempts"]
            raised += self._raise("unknown-clients", entry, "", timedelta(hours=1), attempts=attempts)
        agency, principal = entry.actor.get("agency", ""), entry.actor.get("principal", "")
        if agency and entry.action == "release.pull" and entry.outcome == "permit":
            raised += self._bulk(entry, agency, principal)
            raised += self._hours(entry, agency, principal)
            raised += self._first(entry, agency)
        if agency and entry.outcome == "deny":
            rules = self._rules
            times = self._remember("denials", principal or agency, entry, "", rules.denial_window)
            if len(times) >= rules.denials:
                raised += self._raise("denial-burst", entry, agency, rules.denial_window, principal, count=len(times))
        return raised

    def observe(self, now: datetime, *, pending: int, witnesses: Sequence[tuple[str, str]]) -> list[Alert]:
        """Alerts of what stands in no entry: a backlog, and witnesses (name, state) that are not well."""
        raised: list[Alert] = []
        if pending > self._rules.pending and self._loud("pending-backlog", now, timedelta(hours=1)):
            raised.append(Alert("pending-backlog", "", None, {"pending": pending}))
        for name, state in witnesses:
            if state not in ("ok", "unknown") and self._loud(f"witness-lag {name}", now, timedelta(hours=1)):
                raised.append(Alert("witness-lag", "", None, {"witness": name, "state": state}))
        return raised

    def _clock(self, entry: Entry) -> list[Alert]:
        latest = self.memory.get("latest")
        if latest is not None:
            back = datetime.fromisoformat(latest) - entry.time
            if back > self._rules.clock_tolerance:
                return self._raise(
                    "clock-trouble", entry, "", timedelta(hours=1), seconds_back=int(back.total_seconds())
                )
            if back > timedelta(0):
                return []
        self.memory["latest"] = entry.time.isoformat()
        return []

    def _bulk(self, entry: Entry, agency: str, principal: str) -> list[Alert]:
        # By release: a pull that is resumed ten times is one.
        window = self._rules.bulk_window
        pulls = self._remember("pulls", principal, entry, entry.object["id"], window)
        count = len({release for _, release in pulls})
        if count < self._rules.bulk_releases:
            return []
        return self._raise("bulk-pulls", entry, agency, window, principal, count=count)

    def _hours(self, entry: Entry, agency: str, principal: str) -> list[Alert]:
        hours = self._rules.hours.get(agency)
        if hours is None or hours.include(entry.time):
            return []
        return self._raise("outside-hours", entry, agency, self._rules.quiet, principal)

    def _first(self, entry: Entry, agency: str) -> list[Alert]:
        sender = self._sender_of(entry.object.get("package", ""))
        if sender is None or sender == agency:
            return []
        known: list[str] = self.memory.setdefault("pairs", [])
        pair = f"{sender} {agency} {entry.agreement.get('id', '')}"
        if pair in known:
            return []
        known.append(pair)
        return [self._alert("first-access", entry, agency, sender=sender)]

    def _remember(self, what: str, who: str, entry: Entry, thing: str, window: timedelta) -> list[tuple[str, str]]:
        since = (entry.time - window).isoformat()
        of_all = self.memory.setdefault(what, {})
        kept = [(t, x) for t, x in of_all.get(who, []) if t > since]
        of_all[who] = [*kept, (entry.time.isoformat(), thing)][-_MOST_REMEMBERED:]
        for name in [n for n, items in of_all.items() if not items or items[-1][0] <= since]:
            del of_all[name]
        remembered: list[tuple[str, str]] = of_all.get(who, [])
        return remembered

    def _raise(
        self, rule: str, entry: Entry, agency: str, window: timedelta, principal: str = "", **detail: Any
    ) -> list[Alert]:
        if not self._loud(f"{rule} {agency} {principal}", entry.time, window):
            return []
        return [self._alert(rule, entry, agency, **({"principal": principal} if principal else {}), **detail)]

    def _alert(self, rule: str, entry: Entry, agency: str, **detail: Any) -> Alert:
        agreement = AgreementRef(**entry.agreement) if entry.agreement else None
        return Alert(rule, agency, agreement, {"seq": entry.seq, **detail})

    def _loud(self, cause: str, now: datetime, window: timedelta) -> bool:
        quiet = self.memory.setdefault("quiet", {})
        for known in [k for k, until in quiet.items() if datetime.fromisoformat(until) <= now]:
            del quiet[known]
        if cause in quiet:
            return False
        quiet[cause] = (now + window).isoformat()
        return True
