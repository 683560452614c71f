"""docs/errors.md says what the source says."""

from __future__ import annotations

from tests.architecture.error_catalogue import ROOT, catalogue, rows


def test_the_catalogue_is_current() -> None:
    committed = (ROOT / "docs" / "errors.md").read_text(encoding="utf-8")
    assert committed == catalogue(), "run: python -m tests.architecture.error_catalogue > docs/errors.md"


def test_it_is_not_empty() -> None:
    assert len({code for code, *_ in rows()}) > 150


def test_a_refusal_says_what_to_do() -> None:
    silent = {
        (code, module)
        for code, kind, message, remedy, module in rows()
        if kind in ("InvalidInput", "TooLarge", "Conflict", "Misconfigured") and not remedy and message
    }
    assert silent == set()
