"""Periods and measures that say something of one person, and those that do not."""

from __future__ import annotations

import pytest

from gateway.detectors.numbers.identifiers import find_identifiers
from gateway.detectors.numbers.quantities import find_quantities
from gateway.detectors.text.passage import Passage


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("sentenced him to three years and nine months’ imprisonment", "three years and nine months"),
        ("was reduced; a sentence of two and a half years", "two and a half years"),
        ("he got ten days’ leave", "ten days"),
        ("on the basis of a two-year contract", "two-year"),
        ("debarred him from public service for three years", "three years"),
        ("she had worked there for at least fifteen years", "fifteen years"),
        ("an area of 2,282 square metres", "2,282 square metres"),
        ("the owner of ten plots of land", "ten plots of land"),
        ("an allowance of 588 GDR marks", "588 GDR marks"),
    ],
)
def test_found(text: str, expected: str) -> None:
    spans = list(find_quantities(Passage(text, 0, "en")))
    assert expected in [text[span.start : span.end] for span in spans]


@pytest.mark.parametrize(
    "text", ["an appeal lies within ten days", "for many years the law was applied", "in five years"]
)
def test_not_found(text: str) -> None:
    assert not list(find_quantities(Passage(text, 0, "en")))


def test_plots_of_land() -> None:
    text = "registered under plot no. 937 of block C and sheet/plan 33/29; no. 5 of the list"
    found = [text[s.start : s.end] for s in find_identifiers(Passage(text, 0, "en")) if s.rule == "number/land"]
    assert found == ["sheet/plan 33/29", "plot no. 937 of block C"]
