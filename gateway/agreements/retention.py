"""When a release must be disposed of: the earliest of the agreement's rules, and which rule it was.

A moment that is not known yet never lengthens a period: a release that was not made counts from
receipt, one that was not pulled counts from release. While a case is open, a period that counts
from its closing counts from the end of the agreement, as if the case were closed by then, so that
there is always a deadline. Legal holds are not known here; they stop disposal, not the clock.
"""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

from gateway.agreements.durations import Duration
from gateway.agreements.model import Agreement, CountedFrom, RetentionRule

#: Starts of which each is never before the one to its left.
_IN_ORDER: tuple[CountedFrom, ...] = ("receipt", "release", "last-pull")


def release_deadline(
    agreement: Agreement,
    evidence_type: str,
    view: str,
    *,
    received_at: datetime,
    released_at: datetime | None,
    last_pull_at: datetime | None,
    case_closed_at: datetime | None,
) -> tuple[datetime, str]:
    """The end of retention of one release, and the clause that sets it.

    Args:
        agreement: The version under which the package was pushed.
        evidence_type: A type that the agreement permits.
        view: The view of the rendition; it may have a rule of its own.
        received_at: When the exhibit was complete at the gateway. All times are aware, UTC.
        released_at: When it was made available to the recipient, if it was.
        last_pull_at: The latest pull, if there was one.
        case_closed_at: When the case was closed, if it was.

    Returns:
        The deadline, and the JSON Pointer of the rule that decided: ``.../keep`` or
        ``.../after_last_pull``; of two that end together, ``keep``, and the rule of the whole type.
    """
    ends: list[tuple[datetime, str]] = []
    for rule, clause in agreement.retention_rules(evidence_type, view):
        start = _start(rule, agreement, received_at, released_at or received_at, last_pull_at, case_closed_at)
        ends.append((rule.keep_period.after(start), f"{clause}/keep"))
        after_last_pull = rule.after_last_pull_period
        if after_last_pull is not None and last_pull_at is not None:
            ends.append((after_last_pull.after(last_pull_at), f"{clause}/after_last_pull"))
    return min(ends, key=lambda end: end[0])


def _start(
    rule: RetentionRule,
    agreement: Agreement,
    received_at: datetime,
    released_at: datetime,
    last_pull_at: datetime | None,
    case_closed_at: datetime | None,
) -> datetime:
    if rule.counted_from == "receipt":
        return received_at
    if rule.counted_from == "release":
        return released_at
    if rule.counted_from == "last-pull":
        return last_pull_at or released_at
    over = datetime.combine(agreement.in_force_until, time(), tzinfo=UTC) + timedelta(days=1)
    return min(case_closed_at or over, over)


def never_decides(own: RetentionRule, whole: RetentionRule) -> bool:
    """Whether a view's rule ends no earlier than that of its type, whatever happens and whenever.

    False where the calendar or the order of events could make it end earlier.
    """
    keep_is_idle = _never_earlier(own.keep_period, own.counted_from, whole.keep_period, whole.counted_from)
    after = own.after_last_pull_period
    if after is None or not keep_is_idle:
        return keep_is_idle
    whole_after = whole.after_last_pull_period
    return _never_earlier(after, "last-pull", whole.keep_period, whole.counted_from) or (
        whole_after is not None and after.never_shorter(whole_after)
    )


def _never_earlier(period: Duration, start: CountedFrom, other: Duration, other_start: CountedFrom) -> bool:
    if not period.never_shorter(other):
        return False
    if start == other_start:
        return True
    if start not in _IN_ORDER or other_start not in _IN_ORDER:
        return False
    # Two later moments may end a month earlier in the day; exact time keeps the order.
    exact = period.months == 0 or other.months == 0
    return exact and _IN_ORDER.index(start) > _IN_ORDER.index(other_start)
