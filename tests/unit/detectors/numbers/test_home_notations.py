"""Telephone numbers as they are written at home, without a country code; dates as servers write them."""

from __future__ import annotations

import pytest

from gateway.detectors.numbers.dates import find_dates
from gateway.detectors.numbers.identifiers import find_identifiers
from gateway.detectors.text.passage import Passage

NUMBERS = (
    "07700 900123", "07712345678", "01632 960123", "(01632) 960 123", "0171 1234567", "0664 1234567", "0501234567",
    "06 12 34 56 78", "030 12345678",
)  # fmt: skip


@pytest.mark.parametrize("number", NUMBERS)
def test_a_telephone_number_without_country_or_context(number: str) -> None:
    text = f"He wrote: {number} and left."
    found = [text[s.start : s.end] for s in find_identifiers(Passage(text, 0)) if s.entity == "PHONE"]
    assert number in found


@pytest.mark.parametrize("text", ["0.1234567890", "checksum 00123456789abc", "version 0123.4567", "in 2004 and 2005"])
def test_other_figures_are_no_telephone_numbers(text: str) -> None:
    assert [s for s in find_identifiers(Passage(text, 0)) if s.entity == "PHONE"] == []


@pytest.mark.parametrize("date", ["05/Jan/2026:10:00:10 +0000", "05-JAN-2026", "05/jan/2026"])
def test_dates_of_servers(date: str) -> None:
    text = f"- - [{date}] GET"
    assert date in [text[s.start : s.end] for s in find_dates(Passage(text, 0))]
