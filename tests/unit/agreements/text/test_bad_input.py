"""Bad input of issue 3, one by one: each is refused with a code, the line, an explanation and a remedy."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from gateway.agreements.finding import AgreementInvalid
from gateway.agreements.text.parsing import parse_agreement

POLICIES = sorted((Path(__file__).parents[4] / "policies" / "agreements").glob("*.yaml"))
Bend = Callable[..., bytes]

BOMB = "title: &a [x, x]\nx1: &b [*a, *a]\nx2: &c [*b, *b]\nx3: [*c, *c]"
BAD: list[tuple[str, tuple[str, str], str, int]] = [
    ("YAML bomb", ("title: Memorandum of understanding", BOMB), "anchor", 3),
    ("anchor that hides a key", ("submitter: {may: [push]}", "submitter: &s {may: [push]}"), "anchor", 13),
    ("alias of a hidden key", ("reviewer: {may: [review]}", "reviewer: *s"), "alias", 14),
    ("merge that hides a key", ("reviewer: {may: [review]}", "reviewer: {<<: {may: [hold]}, may: [review]}"),
     "merge-key", 14),
    ("duplicate key", ("submitter: {may: [push]}", "submitter: {may: [push], may: [push, hold]}"), "duplicate-key", 13),
    ("duplicate key in quotes", ("version: 3", 'version: 3\n"version": 4'), "duplicate-key", 3),
    ("duplicate key in two spellings", ("title: M", "titl\\x65: M"), "unknown-key", 3),
    ("30 February", ("from: 2026-01-01", "from: 2026-02-30"), "invalid-date", 7),
    ("29 February of a common year", ("until: 2027-12-31", "until: 2027-02-29"), "invalid-date", 7),
    ("month 13", ("until: 2027-12-31", "until: 2027-13-01"), "invalid-date", 7),
    ("year 9999", ("until: 2027-12-31", "until: 9999-12-31"), "invalid-date", 7),
    ("year 0", ("from: 2026-01-01", "from: 0000-01-01"), "invalid-date", 7),
    ("a thousand years", ("keep: P90D", "keep: P1000Y"), "duration-out-of-range", 22),
    ("a thousand years in days", ("keep: P90D", "keep: P365250D"), "duration-out-of-range", 22),
    ("a thousand years in hours", ("emergency: PT8H", "emergency: PT999999H"), "duration-out-of-range", 32),
    ("more digits than any year", ("keep: P90D", "keep: P99999999999Y"), "invalid-duration", 22),
    ("no time at all", ("keep: P90D", "keep: P0D"), "duration-out-of-range", 22),
]  # fmt: skip


@pytest.mark.parametrize(("name", "change", "code", "line"), BAD, ids=[b[0] for b in BAD])
def test_bad_input_is_refused_with_line_and_remedy(
    bent: Bend, name: str, change: tuple[str, str], code: str, line: int
) -> None:
    with pytest.raises(AgreementInvalid) as refused:
        parse_agreement(bent(change))
    found = {(finding.code, finding.line): finding for finding in refused.value.findings}
    assert (f"agreement-{code}", line) in found
    for finding in found.values():
        assert finding.remedy
        assert finding.message.endswith(".")


def test_what_is_not_utf8_is_refused_at_its_line(sample: bytes) -> None:
    for broken, line in (
        (sample.replace(b"title: Memorandum", b"title: M\xe9morandum"), 3),
        (sample.decode().encode("utf-16"), 1),
        (sample.replace(b"purposes:", b"# \xff\npurposes:"), 9),
        (sample.replace(b"eu-uk", b"eu\xc0\xafuk"), 1),  # an overlong slash
    ):
        with pytest.raises(AgreementInvalid) as refused:
            parse_agreement(broken)
        assert (refused.value.code, refused.value.where) == ("agreement-not-utf8", f"line {line}")
        assert refused.value.remedy


def test_the_worked_agreements_name_their_schema_for_editors() -> None:
    assert len(POLICIES) >= 3
    for path in POLICIES:
        first = path.read_text("utf-8").splitlines()[0]
        assert first.startswith("# yaml-language-server: $schema=")
        assert (path.parent / first.partition("=")[2]).resolve().is_file()
