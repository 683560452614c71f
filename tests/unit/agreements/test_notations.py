"""Durations, sizes and country codes: what they mean, exactly."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from gateway.agreements.countries import JURISDICTIONS
from gateway.agreements.durations import Duration, parse_duration
from gateway.agreements.sizes import parse_size
from gateway.errors import InvalidInput


@pytest.mark.parametrize(
    ("text", "months", "rest"),
    [
        ("P180D", 0, timedelta(days=180)),
        ("PT8H", 0, timedelta(hours=8)),
        ("P2W", 0, timedelta(weeks=2)),
        ("P1Y6M", 18, timedelta(0)),
        ("P1Y2M3DT4H5M6S", 14, timedelta(days=3, hours=4, minutes=5, seconds=6)),
        ("PT90M", 0, timedelta(minutes=90)),
        ("P50Y", 600, timedelta(0)),
    ],
)
def test_a_duration_is_what_it_says(text: str, months: int, rest: timedelta) -> None:
    assert parse_duration(text) == Duration(months, rest)


@pytest.mark.parametrize("text", ["P180D", "PT8H", "P1Y6M", "P1Y2M3DT4H5M6S", "P1D", "PT1S"])
def test_a_duration_writes_back(text: str) -> None:
    assert str(parse_duration(text)) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "P",
        "PT",
        "P1",
        "1D",
        "P1S",
        "PT1D",
        "P1H",
        "P1W1D",
        "P1D1Y",
        "P 1D",
        "P1D ",
        "P1D\n",
        "P-1D",
        "P١D",
        "P1,5D",
    ],
)
def test_a_malformed_duration_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        parse_duration(text)
    assert caught.value.code == "agreement-invalid-duration"


@pytest.mark.parametrize("text", ["P0D", "PT0S", "P51Y", "P601M", "P999999Y", "P18264D", "P999999W"])
def test_nothing_and_forever_are_refused(text: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        parse_duration(text)
    assert caught.value.code == "agreement-duration-out-of-range"


@pytest.mark.parametrize(
    ("start", "text", "end"),
    [
        ("2026-08-31", "P6M", "2027-02-28"),
        ("2027-08-31", "P6M", "2028-02-29"),
        ("2028-02-29", "P1Y", "2029-02-28"),
        ("2026-12-31", "P1M", "2027-01-31"),
        ("2026-01-31", "P1M1D", "2026-03-01"),
        ("2026-03-28", "P90D", "2026-06-26"),
        ("2026-12-15", "P50Y", "2076-12-15"),
    ],
)
def test_months_count_by_the_calendar(start: str, text: str, end: str) -> None:
    moment = datetime.fromisoformat(f"{start}T10:30:00+00:00")
    assert parse_duration(text).after(moment) == datetime.fromisoformat(f"{end}T10:30:00").replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "size"),
    [("50 MB", 50_000_000), ("2 GB", 2 * 10**9), ("50MB", 50_000_000), ("1 KiB", 1024), ("1.5 kB", 1500), ("1 B", 1),
     ("16 TiB", 2**44)],
)  # fmt: skip
def test_a_size_is_what_it_says(text: str, size: int) -> None:
    assert parse_size(text) == size


@pytest.mark.parametrize(
    "text", ["", "MB", "50", "50 Mb", "50 M", "+50 MB", "50 MB ", "٥٠ MB", "0x5 MB", "5_0 MB", ".5 MB"]
)
def test_a_malformed_size_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        parse_size(text)
    assert caught.value.code == "agreement-invalid-size"


def test_jurisdictions_are_iso_3166_and_the_union() -> None:
    assert len(JURISDICTIONS) == 249 + 1
    assert {"NO", "GB", "FR", "EU", "SS"} <= JURISDICTIONS
    assert not {"UK", "XK", "AN", "ZZ", "AA"} & JURISDICTIONS
