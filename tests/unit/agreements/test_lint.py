"""Doubts about valid files are warnings, each at its line; the worked agreements raise none."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from gateway.agreements.lint import lint_agreement
from gateway.agreements.lint_people import KnownPeople
from gateway.evidence.package import Principal

TODAY = date(2026, 11, 24)
ROOT = Path(__file__).parents[3]
POLICIES = sorted((ROOT / "policies" / "agreements").glob("*.yaml"))
Bend = Callable[..., bytes]

DOUBTFUL = [
    ([("2026-01-01, until: 2027-12-31", "2025-01-01, until: 2025-12-31")], "is-over", 7),
    ([('legal_basis: ["UK GDPR Art. 50"]\n', "")], "no-legal-basis", 1),
    ([("review: {when: [confidence-below-0.80, view-ring], approvals: 1, not_by: submitter}\n", "")], "no-review", 1),
    ([("review: {when: [confidence-below-0.80, view-ring], approvals: 1, not_by: submitter}\n", "")],
     "right-is-idle", 14),
    ([("may: [audit, hold]", "may: [audit]")], "nobody-may-hold", 10),
    ([("may: [audit, hold]", "may: [hold]")], "nobody-may-audit", 10),
    ([("[activate, unseal, lift-hold, export-log]", "[]")], "one-person-acts", 33),
    ([(", jurisdiction: FR}", ", jurisdiction: FR, may: [pull]}")], "right-is-idle", 5),
    ([(", opaque: allowed", "")], "type-nobody-can-push", 18),
    ([("octet-stream], max", "octet-stream, pdf], max"), (", opaque: allowed", "")], "media-never-passes", 18),
    ([("until: 2027-12-31", "until: 2026-12-01")], "ends-soon", 7),
    ([("max_size: 50 MB}", "max_size: 50 MB, opaque: allowed}")], "opaque-is-idle", 17),
    ([("incident-report", "incident-reports")], "type-like-published", 17),
    ([("keep: P90D", "keep: P5D")], "retention-shorter-than-deadline", 22),
    ([("after_last_pull: P30D", "after_last_pull: P5D")], "retention-shorter-than-deadline", 21),
    ([("after_last_pull: P30D", "after_last_pull: P180D")], "rule-is-idle", 21),
    ([("  default: {keep", "  model-artifact: {keep: P1D, counted_from: receipt}\n  default: {keep")],
     "rule-is-idle", 23),
    ([("personal_data: {default: remove, PERSON: pseudonymise, DATE: keep}", "personal_data: {default: remove}"),
      ("trade_secrets: {default: keep}", "trade_secrets: {default: remove}")], "views-alike", 27),
    ([("personal_data: {default: remove}", "personal_data: {default: keep}")], "view-keeps-by-default", 28),
    ([("DATE: keep", "DATE: remove")], "rule-is-idle", 25),
    ([("view-ring]", "always]")], "rule-is-idle", 30),
]  # fmt: skip


#: What is done to the people whom the sample needs, the doubt it raises, and its line.
UNPEOPLED = [
    ({"agencies": {"ico-uk"}}, "party-not-registered", 6),
    ({"without": {"cnil.sub", "uk.sub"}}, "party-without-holder", 5),
    ({"without": {"cnil.sub", "uk.sub"}}, "role-nobody-holds", 13),
    ({"attributes": frozenset({"another"})}, "needs-nobody-meets", 12),
    ({"attributes": frozenset({"another"})}, "view-nobody-sees", 27),
    ({"without": {"uk.rev"}}, "too-few-reviewers", 30),
]  # fmt: skip


def people(
    agencies: Collection[str] = ("ico-uk", "cnil-fr"),
    without: Collection[str] = (),
    attributes: frozenset[str] = frozenset({"order"}),
) -> KnownPeople:
    everybody = (
        Principal("uk.sub", "ico-uk", frozenset({"submitter"})),
        Principal("cnil.sub", "cnil-fr", frozenset({"submitter"})),
        Principal("uk.inv", "ico-uk", frozenset({"investigator", "counsel"}), attributes),
        Principal("cnil.inv", "cnil-fr", frozenset({"investigator"})),
        Principal("uk.rev", "ico-uk", frozenset({"reviewer", "officer"})),
        Principal("it.rev", "garante-it", frozenset({"reviewer"})),  # no party: counts for nothing
    )
    return KnownPeople(frozenset(agencies), tuple(p for p in everybody if p.id not in without))


def test_with_the_right_people_there_is_no_doubt(sample: bytes) -> None:
    assert lint_agreement(sample, TODAY, people=people()) == ()


@pytest.mark.parametrize(("change", "code", "line"), UNPEOPLED, ids=[u[1] for u in UNPEOPLED])
def test_people_who_lack_are_a_doubt(sample: bytes, change: dict[str, Any], code: str, line: int) -> None:
    findings = lint_agreement(sample, TODAY, people=people(**change))
    assert (f"agreement-{code}", line) in [(f.code, f.line) for f in findings]
    assert {f.severity for f in findings} == {"warning"}
    assert all(f.remedy and f.message.endswith(".") for f in findings)


@pytest.mark.parametrize("path", POLICIES, ids=lambda p: p.stem)
def test_the_worked_agreements_are_clean(path: Path) -> None:
    assert lint_agreement(path.read_bytes(), TODAY) == ()


def test_the_sample_is_clean(sample: bytes) -> None:
    assert lint_agreement(sample, TODAY) == ()


@pytest.mark.parametrize(("changes", "code", "line"), DOUBTFUL, ids=[d[1] for d in DOUBTFUL])
def test_a_doubt_is_a_warning_at_its_line(bent: Bend, changes: list[tuple[str, str]], code: str, line: int) -> None:
    findings = lint_agreement(bent(*changes), TODAY)
    assert (f"agreement-{code}", line) in [(f.code, f.line) for f in findings]
    assert {f.severity for f in findings} == {"warning"}
    assert all(f.remedy and f.message.endswith(".") for f in findings)


def test_every_warning_is_documented() -> None:
    page = (ROOT / "docs" / "agreements.md").read_text("utf-8")
    for code in {doubt[1] for doubt in DOUBTFUL} | {code for _, code, _ in UNPEOPLED}:
        assert f"`agreement-{code}`" in page, code


def test_roles_nobody_holds_are_named_if_the_holders_are_known(sample: bytes) -> None:
    findings = lint_agreement(sample, TODAY, held_roles={"investigator", "submitter", "reviewer", "officer"})
    assert [(f.code, f.line) for f in findings] == [("agreement-role-nobody-holds", 12)]


def test_errors_come_without_warnings(bent: Bend) -> None:
    findings = lint_agreement(bent(("version: 3", "version: x"), ("P90D", "P5D")), TODAY)
    assert [(f.severity, f.line) for f in findings] == [("error", 2)]
