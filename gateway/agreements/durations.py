"""ISO 8601 durations as agreements write them: ``P180D``, ``P6M``, ``PT8H``.

Years and months are counted by the calendar (six months after 31 August is 28 or 29 February), the
rest in exact time. Fractions, signs, weeks mixed with other units, and lower case are refused: two
lawyers must not read one period in two ways.
"""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import datetime, timedelta

from gateway.errors import InvalidInput

#: Fifty years. A longer period in a sharing agreement is a slip of the pen.
MAX_DURATION = timedelta(days=18263)

#: The grammar, as the JSON Schema publishes it.
DURATION_PATTERN = (
    r"^P(?=[0-9T])(?:[0-9]{1,6}W"
    r"|(?:[0-9]{1,6}Y)?(?:[0-9]{1,6}M)?(?:[0-9]{1,6}D)?(?:T(?=[0-9])(?:[0-9]{1,6}H)?(?:[0-9]{1,6}M)?(?:[0-9]{1,6}S)?)?)$"
)
_DURATION = re.compile(
    r"P(?=[0-9T])(?:(?P<weeks>[0-9]{1,6})W"
    r"|(?:(?P<years>[0-9]{1,6})Y)?(?:(?P<months>[0-9]{1,6})M)?(?:(?P<days>[0-9]{1,6})D)?"
    r"(?:T(?=[0-9])(?:(?P<hours>[0-9]{1,6})H)?(?:(?P<minutes>[0-9]{1,6})M)?(?:(?P<seconds>[0-9]{1,6})S)?)?)"
)


@dataclass(frozen=True, slots=True)
class Duration:
    """A period: calendar months, then exact time."""

    months: int = 0
    rest: timedelta = timedelta(0)

    @property
    def nominal(self) -> timedelta:
        """Its usual length, for comparing and showing: a year is 365 days, a month 30."""
        years, months = divmod(self.months, 12)
        return timedelta(days=365 * years + 30 * months) + self.rest

    def never_shorter(self, other: Duration) -> bool:
        """Whether this ends no earlier than ``other``, whatever the moment from which both are counted.

        False also where that depends on the calendar: ``P1M`` and ``P30D``.
        """
        if self.months == other.months:
            return self.rest >= other.rest
        more = self.months - other.months
        least = timedelta(days=(28 if more > 0 else 31) * more)
        return least + self.rest >= other.rest

    def after(self, moment: datetime) -> datetime:
        """The end of the period that begins at ``moment``; a day that a month lacks is its last day."""
        year, month = divmod(moment.year * 12 + moment.month - 1 + self.months, 12)
        day = min(moment.day, monthrange(year, month + 1)[1])
        return moment.replace(year=year, month=month + 1, day=day) + self.rest

    def __str__(self) -> str:
        years, months = divmod(self.months, 12)
        hours, seconds = divmod(self.rest.seconds, 3600)
        minutes, seconds = divmod(seconds, 60)
        date_part = _units((years, "Y"), (months, "M"), (self.rest.days, "D"))
        time_part = _units((hours, "H"), (minutes, "M"), (seconds, "S"))
        return f"P{date_part}{'T' + time_part if time_part else ''}" if date_part or time_part else "PT0S"


def parse_duration(text: str) -> Duration:
    """The duration that a text such as ``P180D`` writes.

    Raises:
        InvalidInput: ``agreement-invalid-duration`` for the wrong form,
            ``agreement-duration-out-of-range`` for nothing or more than fifty years.
    """
    match = _DURATION.fullmatch(text)
    if match is None:
        raise InvalidInput(
            "agreement-invalid-duration",
            f"{text[:40]!a} is not an ISO 8601 duration.",
            remedy="Write whole numbers with units, such as P180D (180 days), P6M (6 months) or PT8H (8 hours).",
        )
    number = {unit: int(digits) for unit, digits in match.groupdict(default="0").items()}
    months = number["years"] * 12 + number["months"]
    rest = timedelta(
        weeks=number["weeks"],
        days=number["days"],
        hours=number["hours"],
        minutes=number["minutes"],
        seconds=number["seconds"],
    )
    duration = Duration(months, rest)
    # The months are compared first: a million years would overflow a timedelta's days no matter what.
    if months > 600 or not timedelta(0) < duration.nominal <= MAX_DURATION:
        raise InvalidInput(
            "agreement-duration-out-of-range",
            f"The duration {text} is nothing, or longer than fifty years.",
            remedy="Write a duration of more than zero and at most P50Y.",
        )
    return duration


def _units(*parts: tuple[int, str]) -> str:
    return "".join(f"{number}{unit}" for number, unit in parts if number)
