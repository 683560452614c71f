"""Marks that enclose more than detectors read at once."""

from __future__ import annotations

import pytest

from gateway.detectors.ensemble import Ensemble
from gateway.detectors.structure.legends import find_enclosed
from gateway.redaction.document import CanonicalText, Segment


def enclosed(text: str) -> list[str]:
    return [text[each.start : each.end] for each in find_enclosed(text)]


def test_marks_are_paired_over_a_whole_document(detector: Ensemble) -> None:
    inside = "[BEGIN CONFIDENTIAL] " + "plain words here. " * 1500 + "[END CONFIDENTIAL]"
    text = f"open {inside} open"
    assert enclosed(text) == [inside]
    findings = detector.detect(CanonicalText(text, (Segment(0, len(text), "text"),), "plain", "1"))
    assert any((f.start, f.end, f.entity) == (5, 5 + len(inside), "MARKED_PASSAGE") for f in findings)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a <cbi>b <secret>c</secret> d</cbi> e", ["<cbi>b <secret>c</secret> d</cbi>"]),
        ("a [END CONFIDENTIAL] b", []),
        ("a [BEGIN TRADE SECRET] b", ["[BEGIN TRADE SECRET] b"]),
        ("[CONFIDENTIAL] b", []),
    ],
)
def test_nesting_and_missing_marks(text: str, expected: list[str]) -> None:
    assert enclosed(text) == expected
