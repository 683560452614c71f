"""A draft against past packages: who would have been refused, what would be missing, in which words."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gateway.agreements.text.parsing import parse_agreement
from gateway.evidence.media import CSV, PDF
from gateway.evidence.package import Principal
from gateway.policy.hindsight import PastExhibit, PastPackage, PastRelease, hindsight_sentences, judge_past

MEMORANDUM = (Path(__file__).parents[3] / "policies" / "agreements" / "eu-uk-ai-incidents.yaml").read_text("utf-8")
NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
SUBMITTER = Principal("cnil-fr.sub", "cnil-fr", frozenset({"submitter"}))
REPORT = PastExhibit("e1", "incident-report", PDF, 1_000, False)
LOG = PastExhibit("e2", "system-log", CSV, 10_000_000, False)
WEIGHTS = PastExhibit("e3", "model-artifact", "application/octet-stream", 10, True)
PACKAGE = PastPackage(
    "p1", "cnil-fr", SUBMITTER, "incident-investigation", "ordinary", (REPORT, LOG, WEIGHTS),
    (PastRelease("e1", "ico-uk", "standard"), PastRelease("e1", "ico-uk", "confidentiality-ring"),
     PastRelease("e2", "ico-uk", "standard")),
)  # fmt: skip
NO_LOG = ("  system-log:      {media: [csv, json, jsonl, txt], max_size: 2 GB}\n", "")


def judged(*changes: tuple[str, str], packages: tuple[PastPackage, ...] = (PACKAGE,), now: datetime = NOW):  # type: ignore[no-untyped-def]
    text = MEMORANDUM
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    return judge_past(parse_agreement(text.encode()), packages, now)


def test_under_the_same_text_nothing_changes() -> None:
    (verdict,) = judged()
    assert (verdict.outcome, verdict.refused, verdict.admitted, verdict.withheld) == ("permitted", (), (), ())
    assert hindsight_sentences([verdict]) == ("Under this draft, 0 of the last 1 packages would have been refused.",)


def test_no_packages_is_said_so() -> None:
    assert hindsight_sentences(judged(packages=())) == ("There are no past packages to judge.",)


@pytest.mark.parametrize(
    ("change", "code", "clause"),
    [
        (("[incident-investigation, joint-enforcement]", "[joint-enforcement]"), "purpose-not-permitted", "/purposes"),
        (("{agency: cnil-fr, jurisdiction: FR, may: [push, pull]}", "{agency: cnil-fr, jurisdiction: FR, may: [pull]}"),
         "party-may-not-push", "/parties/1/may"),
        (("{may: [push]}", "{may: [push], needs: [badge]}"), "attribute-missing", "/roles/submitter/needs"),
    ],
)  # fmt: skip
def test_a_package_would_have_been_refused(change: tuple[str, str], code: str, clause: str) -> None:
    (verdict,) = judged(change)
    assert (verdict.outcome, verdict.decision.code, verdict.decision.clause) == ("refused", code, clause)


def test_a_submitter_who_is_gone_would_be_refused() -> None:
    (verdict,) = judged(packages=(replace(PACKAGE, submitter=None),))
    assert (verdict.outcome, verdict.decision.code) == ("refused", "submitter-unknown")


def test_an_exhibit_less_is_narrower_and_its_releases_are_not_told_twice() -> None:
    (verdict,) = judged(NO_LOG)
    assert verdict.outcome == "narrowed"
    assert [(e, d.code) for e, d in verdict.refused] == [("e2", "evidence-type-not-permitted")]
    assert verdict.withheld == ()


def test_no_exhibit_left_is_a_refusal() -> None:
    (verdict,) = judged(NO_LOG, packages=(replace(PACKAGE, exhibits=(LOG, WEIGHTS), releases=()),))
    assert (verdict.outcome, verdict.decision.clause) == ("refused", "/evidence")


def test_a_release_less_is_narrower() -> None:
    (verdict,) = judged(("{default: keep}", "{default: remove, AMOUNT: keep}"))
    assert verdict.outcome == "permitted"
    other = "  - {agency: ico-uk, jurisdiction: GB, may: [push]}\n  - {agency: garante-it, jurisdiction: IT}"
    (verdict,) = judged(("  - {agency: ico-uk, jurisdiction: GB, may: [push, pull]}", other))
    assert verdict.outcome == "narrowed"
    assert [(release.view, decision.code) for release, decision in verdict.withheld] == [
        ("standard", "party-may-not-pull"), ("confidentiality-ring", "party-may-not-pull"),
        ("standard", "party-may-not-pull"),
    ]  # fmt: skip
    assert hindsight_sentences([verdict])[-1] == (
        "3 releases would not have been made: 3 because 'ico-uk' would not receive (/parties)."
    )


def test_what_was_stopped_then_may_be_permitted_now() -> None:
    permit = ("  special-category-data: forbidden",
              "  model-artifact: {media: [binary], max_size: 1 GB, opaque: allowed}")  # fmt: skip
    (verdict,) = judged(permit)
    assert (verdict.outcome, verdict.admitted) == ("permitted", ("e3",))


def test_a_draft_that_is_not_yet_in_force_is_judged_on_its_first_day() -> None:
    (verdict,) = judged(("from: 2026-01-01", "from: 2027-01-01"))
    assert verdict.outcome == "permitted"


def test_sentences_count_and_group_by_reason() -> None:
    others = tuple(replace(PACKAGE, id=f"q{i}", purpose="joint-enforcement") for i in range(3))
    gone = replace(PACKAGE, id="gone", submitter=None)
    verdicts = judged(("incident-investigation, ", ""), NO_LOG, packages=(PACKAGE, gone, *others))
    assert hindsight_sentences(verdicts) == (
        "Under this draft, 2 of the last 5 packages would have been refused: 1 because the agreement does not list "
        "this purpose (/purposes); 1 because the submitter is no longer registered.",
        "3 more would have gone on with less.",
        "In them, 3 exhibits would have been refused: 3 because the agreement does not list this evidence type "
        "(/evidence).",
    )
    assert [v.as_dict()["outcome"] for v in verdicts] == ["refused", "refused", "narrowed", "narrowed", "narrowed"]


@pytest.mark.parametrize(("by_policy", "admitted"), [(True, ("e1",)), (False, ())])
def test_only_what_a_text_stopped_can_a_draft_permit(by_policy: bool, admitted: tuple[str, ...]) -> None:
    stopped = replace(REPORT, refused=True, by_policy=by_policy)
    (verdict,) = judged(packages=(replace(PACKAGE, exhibits=(stopped, LOG), releases=()),))
    assert verdict.admitted == admitted
