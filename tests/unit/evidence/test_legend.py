"""The legend explains every code there is, and fits on a screen's width."""

from __future__ import annotations

from gateway.evidence.legend import legend
from gateway.evidence.taxonomy import REASON_CODES


def test_every_code_is_explained() -> None:
    lines = legend().splitlines()
    for code, reason in REASON_CODES.items():
        assert any(line.split()[:1] == [code] and reason.meaning in line for line in lines)
    assert legend().endswith("\n")
    assert max(map(len, lines)) <= 140
