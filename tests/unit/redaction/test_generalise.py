"""Coarser forms: right where the value is clear, none where it isn't."""

from __future__ import annotations

import pytest

from gateway.redaction.generalise import generalise


@pytest.mark.parametrize(
    ("entity", "value", "expected"),
    [
        ("DATE", "12 March 2019", "2019"),
        ("DATE", "2019-03-12T10:00:00Z", "2019"),
        ("DATE", "1998-1999", "1998–1999"),
        ("DATE", "3/4/98", None),
        ("DATE", "last spring", None),
        ("AGE", "47", "40–49"),
        ("AGE", "forty-seven", "40–49"),
        ("AGE", "9", "0–9"),
        ("AGE", "300", None),
        ("AMOUNT", "45,500", "10k–100k"),
        ("AMOUNT", "45.500,75", "10k–100k"),
        ("AMOUNT", "19.7 million", "10m–100m"),
        ("AMOUNT", "3.50", "0–10"),
        ("AMOUNT", "100", "100–1k"),
        ("AMOUNT", "from 5 to 10", None),
        ("AMOUNT", "a lot", None),
        ("PERCENT", "12.5", "10–20 %"),
        ("PERCENT", "sixty", "60–70 %"),
        ("PERCENT", "120", "100 % or more"),
        ("IP_ADDRESS", "106.31.73.20", "106.31.0.0/16"),
        ("IP_ADDRESS", "2001:db8:1::1", "2001:db8::/32"),
        ("IP_ADDRESS", "999.1.1.1", None),
        ("LOCATION", "Bradford", None),
        ("PERSON", "Ann Lee", None),
    ],
)
def test_generalise(entity: str, value: str, expected: str | None) -> None:
    assert generalise(entity, value) == expected
