"""Every way to write a wrong agreement is an error with its code and its line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from gateway.agreements.finding import AgreementInvalid
from gateway.agreements.text.parsing import parse_agreement

Bend = Callable[..., bytes]
ErrorsOf = Callable[[bytes], list[tuple[str, int]]]

#: (text in the sample, what stands there instead, code, line)
WRONG = [
    # keys
    ("title:", "titel:", "unknown-key", 3),
    ("max_size: 50 MB", "max_size: 50 MB, max-size: 1 MB", "unknown-key", 17),
    ("keep: P90D", "keep: P90D, keep: P91D", "duplicate-key", 22),
    ("  ring:\n", "  standard:\n", "duplicate-key", 27),
    ("version: 3\n", "version: 3\nversion: 3\n", "duplicate-key", 3),
    ("version: 3\n", "", "missing-key", 1),
    (", jurisdiction: FR", "", "missing-key", 6),
    (", max_size: 50 MB", "", "missing-key", 17),
    (", counted_from: release}", "}", "missing-key", 22),
    ("{default: keep}", "{AMOUNT: keep}", "missing-key", 29),
    # types
    ("version: 3", "version: '3'", "wrong-type", 2),
    ("version: 3", "version: 03", "wrong-type", 2),
    ("version: 3", "version: 3.0", "wrong-type", 2),
    ("version: 3", "version: +3", "wrong-type", 2),
    ("version: 3", "version: 0x3", "wrong-type", 2),
    ("version: 3", "version: true", "wrong-type", 2),
    ("version: 3", "version:", "wrong-type", 2),
    ("title: Memorandum of understanding", "title: 2026", "wrong-type", 3),
    ("title: Memorandum of understanding", "title: null", "wrong-type", 3),
    ("title: Memorandum of understanding", "title: [a]", "wrong-type", 3),
    ("purposes: [investigation, enforcement]", "purposes: investigation", "wrong-type", 9),
    ("submitter: {may: [push]}", "submitter: [push]", "wrong-type", 13),
    ("{default: keep}", "keep", "wrong-type", 29),
    ("trade_secrets: {default: keep}", "trade_secrets: {}", "wrong-type", 29),
    # values
    ("version: 3", "version: 0", "number-out-of-range", 2),
    ("version: 3", "version: 99999999999999999999", "number-out-of-range", 2),
    ("approvals: 1", "approvals: 0", "number-out-of-range", 30),
    ("approvals: 1", "approvals: 11", "number-out-of-range", 30),
    ("title: Memorandum of understanding", "title: ''", "invalid-text", 3),
    ("title: Memorandum of understanding", "title: ' x'", "invalid-text", 3),
    ("title: Memorandum of understanding", "title: " + "x" * 301, "invalid-text", 3),
    ("agreement: eu-uk", "agreement: EU-UK", "invalid-name", 1),
    ("agreement: eu-uk", "agreement: eu/uk", "invalid-name", 1),
    ("agreement: eu-uk", "agreement: eu..uk", "invalid-name", 1),
    ("agreement: eu-uk", "agreement: " + "x" * 65, "invalid-name", 1),
    ("  reviewer: {may", "  Reviewer: {may", "invalid-name", 14),
    ("purposes: [investigation, enforcement]", "purposes: []", "empty-list", 9),
    ("may: [push, pull]", "may: []", "empty-list", 5),
    ("enforcement]", "investigation]", "duplicate-item", 9),
    ("docx, eml]", "docx, txt]", "duplicate-item", 17),
    ("[standard, ring]", "[standard, ring, ring]", "duplicate-item", 12),
    ("view-ring]", "view-ring, view-ring]", "duplicate-item", 30),
    ("view-ring]", "view-ring, confidence-below-0.5]", "duplicate-item", 30),
    ("- {agency: cnil-fr", "- {agency: ico-uk", "duplicate-party", 6),
    # closed lists
    ("may: [push, pull]", "may: [push, pul]", "unknown-right", 5),
    ("may: [push, pull]", "may: [push, review]", "unknown-right", 5),
    ("may: [audit, hold]", "may: [audit, Hold]", "unknown-right", 15),
    ("views: [standard]", "views: [standart]", "unknown-view", 11),
    ("view-ring]", "view-rng]", "unknown-view", 30),
    ("incident-report: {keep", "incident-reports: {keep", "unknown-evidence-type", 21),
    ("jurisdiction: GB", "jurisdiction: UK", "unknown-country", 5),
    ("jurisdiction: GB", "jurisdiction: gb", "unknown-country", 5),
    ("jurisdiction: GB", "jurisdiction: XX", "unknown-country", 5),
    ("jurisdiction: GB", "jurisdiction: GBR", "unknown-country", 5),
    ("PERSON: pseudonymise", "PERSN: pseudonymise", "unknown-entity", 25),
    ("PERSON: pseudonymise", "person: pseudonymise", "unknown-entity", 25),
    ("PERSON: pseudonymise", "AMOUNT: keep", "entity-in-wrong-category", 25),
    ("default: keep", "default: blur", "unknown-action", 29),
    ("DATE: keep", "DATE: KEEP", "unknown-action", 25),
    ("DATE: keep", "DATE: pseudonymise", "action-not-possible", 25),
    ("PERSON: pseudonymise", "PERSON: generalise", "action-not-possible", 25),
    ("default: keep", "default: pseudonymise", "action-not-possible", 29),
    ("counted_from: release}", "counted_from: relase}", "unknown-counted-from", 22),
    ("special-category-data: forbidden", "special-category-data: allowed", "unknown-rule", 19),
    ("opaque: allowed", "opaque: yes", "unknown-opaque", 18),
    ("recipients: post-quantum", "recipients: quantum", "unknown-recipients", 31),
    ("lift-hold", "lift_hold", "unknown-act", 33),
    ("not_by: submitter", "not_by: submiter", "unknown-role", 30),
    ("confidence-below-0.80", "confidence-under-0.80", "unknown-condition", 30),
    ("confidence-below-0.80", "confidence-below-80", "unknown-condition", 30),
    ("confidence-below-0.80", "confidence-below-1.01", "unknown-condition", 30),
    ("confidence-below-0.80", "confidence-below--0.5", "unknown-condition", 30),
    ("emergency: PT8H", "urgent: PT8H", "unknown-key", 32),
    ("application/pdf", "pdff", "invalid-media-type", 17),
    ("application/pdf", "application/pdf;x=y", "invalid-media-type", 17),
    ("application/pdf", "Application/PDF", "invalid-media-type", 17),
    # dates, durations, sizes
    ("2026-01-01", "2026-02-30", "invalid-date", 7),
    ("2026-01-01", "2026-1-1", "invalid-date", 7),
    ("2026-01-01", "01.01.2026", "invalid-date", 7),
    ("2026-01-01", "20260101", "wrong-type", 7),
    ("2026-01-01", "2026-01-01T00:00:00Z", "invalid-date", 7),
    ("2026-01-01", "2026-W01-1", "invalid-date", 7),
    ("2026-01-01", "1026-01-01", "invalid-date", 7),
    ("2027-12-31", "2025-12-31", "dates-reversed", 7),
    ("keep: P90D", "keep: 90 days", "invalid-duration", 22),
    ("keep: P90D", "keep: P90", "invalid-duration", 22),
    ("keep: P90D", "keep: p90d", "invalid-duration", 22),
    ("keep: P90D", "keep: -P90D", "invalid-duration", 22),
    ("keep: P90D", "keep: P1.5D", "invalid-duration", 22),
    ("keep: P90D", "keep: P", "invalid-duration", 22),
    ("keep: P90D", "keep: PT", "invalid-duration", 22),
    ("keep: P90D", "keep: P1DT", "invalid-duration", 22),
    ("keep: P90D", "keep: P0D", "duration-out-of-range", 22),
    ("keep: P90D", "keep: P1000Y", "duration-out-of-range", 22),
    ("keep: P90D", "keep: P999999D", "duration-out-of-range", 22),
    ("keep: P90D", "keep: P9999999D", "invalid-duration", 22),
    ("ordinary: P10D", "ordinary: P1M", "invalid-duration", 32),
    ("50 MB", "50", "wrong-type", 17),
    ("50 MB", "50 mb", "invalid-size", 17),
    ("50 MB", "-50 MB", "invalid-size", 17),
    ("50 MB", "50  MB", "invalid-size", 17),
    ("50 MB", "1e3 MB", "invalid-size", 17),
    ("50 MB", "0 MB", "size-out-of-range", 17),
    ("50 MB", "0.5 B", "size-out-of-range", 17),
    ("50 MB", "50 TB", "size-out-of-range", 17),
    # contradictions, and rules that can never apply
    ("submitter: {may: [push]}", "submitter: {may: [push], views: [ring]}", "never-applies", 13),
    (", views: [standard]}", "}", "pull-without-views", 11),
    ("[standard, ring]", "[standard]", "view-nobody-may-see", 27),
    ("reviewer: {may: [review]}", "reviewer: {may: [audit]}", "review-without-reviewer", 30),
    ("reviewer: {may: [review]}", "reviewer: {may: [review], views: [standard]}", "review-without-reviewer", 30),
    ("submitter: {may: [push]}", "submitter: {may: [audit]}", "nobody-may-push", 10),
    ("confidence-below-0.80", "confidence-below-0.00", "never-applies", 30),
    ("after_last_pull: P30D", "after_last_pull: P181D", "never-applies", 21),
    ("counted_from: release, after", "counted_from: last-pull, after", "contradiction", 21),
    ("emergency: PT8H", "emergency: P11D", "contradiction", 32),
    ("incident-report: {keep", "special-category-data: {keep", "never-applies", 21),
    ("trade_secrets: {default: keep}", "special_category: {default: keep}", "contradiction", 29),
    ("  default: {keep: P90D, counted_from: release}\n", "", "retention-missing", 20),
    ("  model-artifact: {media", "  default: {media", "reserved-name", 18),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "code", "line"), WRONG, ids=[f"{w[1][:30]!a}-{w[2]}" for w in WRONG])
def test_one_slip_is_found_at_its_line(
    bent: Bend, errors_of: ErrorsOf, old: str, new: str, code: str, line: int
) -> None:
    assert (code, line) in errors_of(bent((old, new)))


@pytest.mark.parametrize(
    ("changes", "code", "line"),
    [
        ([("may: [push, pull]", "may: [pull]"), (", jurisdiction: FR}", ", jurisdiction: FR, may: [pull]}")],
         "nobody-may-push", 4),
        ([("may: [push, pull]", "may: [push]"), (", jurisdiction: FR}", ", jurisdiction: FR, may: [push]}")],
         "nobody-may-pull", 4),
        ([("  - {agency: cnil-fr, jurisdiction: FR}\n", "")], "too-few-parties", 4),
        ([("{media: [application/pdf, text/plain, docx, eml], max_size: 50 MB}", "forbidden"),
          ("{media: [application/octet-stream], max_size: 20 GB, opaque: allowed}", "forbidden"),
          ("  incident-report: {keep: P180D, counted_from: release, after_last_pull: P30D}\n", "")],
         "nothing-permitted", 16),
    ],
    ids=["no-party-pushes", "no-party-pulls", "one-party", "all-forbidden"],
)  # fmt: skip
def test_an_agreement_that_moves_nothing(
    bent: Bend, errors_of: ErrorsOf, changes: list[tuple[str, str]], code: str, line: int
) -> None:
    assert errors_of(bent(*changes)) == [(code, line)]


def test_all_errors_are_told_at_once_in_the_order_of_the_file(bent: Bend, errors_of: ErrorsOf) -> None:
    file = bent(
        ("version: 3", "version: x"), ("n: GB", "n: UK"), ("P90D", "90"), ("view-ring", "view-x"), ("PT8H", "8h")
    )
    assert errors_of(file) == [
        ("wrong-type", 2),
        ("unknown-country", 5),
        ("wrong-type", 22),
        ("unknown-view", 30),
        ("invalid-duration", 32),
    ]


@pytest.mark.parametrize(
    ("old", "new", "hint"),
    [
        ("title:", "titel:", "Did you mean 'title'?"),
        ("jurisdiction: GB", "jurisdiction: UK", "Did you mean 'GB'?"),
        ("views: [standard]", "views: [standart]", "Did you mean 'standard'?"),
        ("PERSON:", "PERSN:", "Did you mean 'PERSON'?"),
        ("agreement: eu-uk", "agreement: EU UK", "Did you mean 'eu-uk'?"),
        ("export-log", "export_log", "Did you mean 'export-log'?"),
        ("incident-report: {keep", "incident-reprot: {keep", "Did you mean 'incident-report'?"),
    ],
)
def test_a_near_miss_is_named_but_not_accepted(bent: Bend, old: str, new: str, hint: str) -> None:
    with pytest.raises(AgreementInvalid) as caught:
        parse_agreement(bent((old, new)))
    assert any(hint in finding.remedy for finding in caught.value.findings)


def test_each_error_says_where_why_and_what_to_do(bent: Bend) -> None:
    for old, new, code, _ in WRONG:
        with pytest.raises(AgreementInvalid) as caught:
            parse_agreement(bent((old, new)))
        for finding in caught.value.findings:
            assert finding.message.endswith("."), code
            assert finding.remedy, code
            assert finding.pointer == "" or finding.pointer.startswith("/"), code
            assert finding.column >= 1, code


def test_every_code_is_documented() -> None:
    page = (Path(__file__).parents[4] / "docs" / "agreements.md").read_text("utf-8")
    for code in {wrong[2] for wrong in WRONG}:
        assert f"`agreement-{code}`" in page, code


def test_a_message_never_carries_a_character_that_steers_a_terminal(bent: Bend) -> None:
    with pytest.raises(AgreementInvalid) as caught:
        parse_agreement(bent(("jurisdiction: GB", 'jurisdiction: "\\e[31mGB"')))
    assert "\x1b" not in str(caught.value)
    with pytest.raises(AgreementInvalid) as caught:
        parse_agreement(bent(("jurisdiction: GB", "jurisdiction: ＧＢ")))
    assert str(caught.value).isascii()
