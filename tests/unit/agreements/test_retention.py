"""The earliest rule ends retention, and the answer says which rule it was."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from gateway.agreements.finding import AgreementInvalid
from gateway.agreements.lint import lint_agreement
from gateway.agreements.retention import release_deadline
from gateway.agreements.text.parsing import parse_agreement

Bend = Callable[..., bytes]

RECEIVED = datetime(2026, 3, 1, 9, tzinfo=UTC)
RELEASED = datetime(2026, 3, 3, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def _deadline(
    file: bytes, evidence_type: str = "incident-report", view: str = "standard", **moments: datetime | None
) -> tuple[datetime, str]:
    known: dict[str, datetime | None] = {
        "released_at": RELEASED,
        "last_pull_at": None,
        "case_closed_at": None,
        **moments,
    }
    return release_deadline(
        parse_agreement(file),
        evidence_type,
        view,
        received_at=RECEIVED,
        released_at=known["released_at"],
        last_pull_at=known["last_pull_at"],
        case_closed_at=known["case_closed_at"],
    )


def test_keep_counts_from_release(sample: bytes) -> None:
    assert _deadline(sample) == (RELEASED + 180 * DAY, "/retention/incident-report/keep")
    assert _deadline(sample, "model-artifact") == (RELEASED + 90 * DAY, "/retention/default/keep")


def test_a_pull_brings_the_end_nearer_and_never_farther(sample: bytes) -> None:
    pulled = RELEASED + 10 * DAY
    assert _deadline(sample, last_pull_at=pulled) == (pulled + 30 * DAY, "/retention/incident-report/after_last_pull")
    late = RELEASED + 170 * DAY
    assert _deadline(sample, last_pull_at=late) == (RELEASED + 180 * DAY, "/retention/incident-report/keep")


RULE = "{keep: P180D, counted_from: release, after_last_pull: P30D}"
WITH_VIEW = "{keep: P180D, counted_from: release, after_last_pull: P30D, views: {ring: %s}}"


def test_a_view_may_end_earlier_and_never_later(bent: Bend) -> None:
    file = bent((RULE, WITH_VIEW % "{keep: P20D, counted_from: release, after_last_pull: P2D}"))
    clause = "/retention/incident-report"
    assert _deadline(file) == (RELEASED + 180 * DAY, f"{clause}/keep")
    assert _deadline(file, view="ring") == (
        RELEASED + 20 * DAY,
        f"{clause}/views/ring/keep",
    )
    pulled = RELEASED + 3 * DAY
    assert _deadline(file, view="ring", last_pull_at=pulled) == (
        pulled + 2 * DAY,
        f"{clause}/views/ring/after_last_pull",
    )
    assert _deadline(file, "model-artifact", view="ring")[0] == RELEASED + 90 * DAY
    other_start = bent((RULE, WITH_VIEW % "{keep: P300D, counted_from: receipt}"))
    assert _deadline(other_start, view="ring") == (RELEASED + 180 * DAY, f"{clause}/keep")


@pytest.mark.parametrize(
    ("rule", "code", "where"),
    [
        ("{keep: P200D, counted_from: release}", "never-applies", "ring/keep"),
        ("{keep: P180D, counted_from: release}", "never-applies", "ring/keep"),
        ("{keep: P1000Y, counted_from: receipt}", "duration-out-of-range", "ring/keep"),
        ("{keep: P20D}", "missing-key", "ring"),
        ("{keep: P20D, counted_from: release, views: {}}", "unknown-key", "ring/views"),
    ],
)  # fmt: skip
def test_rules_of_views_are_read_strictly(bent: Bend, rule: str, code: str, where: str) -> None:
    with pytest.raises(AgreementInvalid) as refusal:
        parse_agreement(bent((RULE, WITH_VIEW % rule)))
    found = refusal.value.findings[0]
    assert (found.code, found.pointer) == (f"agreement-{code}", f"/retention/incident-report/views/{where}")
    assert found.line > 1
    assert found.remedy


@pytest.mark.parametrize(
    ("whole", "own", "never"),
    [
        ("keep: P90D, counted_from: receipt", "keep: P90D, counted_from: release", True),
        ("keep: P90D, counted_from: release", "keep: P90D, counted_from: last-pull", True),
        ("keep: P90D, counted_from: release", "keep: P90D, counted_from: receipt", False),
        ("keep: P90D, counted_from: case-closing", "keep: P91D, counted_from: release", False),
        ("keep: P30D, counted_from: release", "keep: P1M, counted_from: release", False),
        ("keep: P1M, counted_from: release", "keep: P30D, counted_from: release", False),
        ("keep: P1M, counted_from: release", "keep: P31D, counted_from: release", True),
        ("keep: P365D, counted_from: release", "keep: P12M, counted_from: release", False),
        ("keep: P1M, counted_from: receipt", "keep: P1M, counted_from: release", False),
        ("keep: P90D, counted_from: release, after_last_pull: P30D",
         "keep: P99D, counted_from: release, after_last_pull: P60D", True),
        ("keep: P90D, counted_from: release, after_last_pull: P30D",
         "keep: P99D, counted_from: release, after_last_pull: P20D", False),
        ("keep: P90D, counted_from: release", "keep: P99D, counted_from: release, after_last_pull: P95D", True),
    ],
)  # fmt: skip
def test_a_views_rule_is_refused_only_where_it_can_never_decide(bent: Bend, whole: str, own: str, never: bool) -> None:
    file = bent((RULE, f"{{{whole}, views: {{ring: {{{own}}}}}}}"))
    if not never:
        parse_agreement(file)
        return
    with pytest.raises(AgreementInvalid) as refusal:
        parse_agreement(file)
    assert [found.code for found in refusal.value.findings] == ["agreement-never-applies"]


def test_a_rule_for_a_view_that_is_none(bent: Bend) -> None:
    rule = WITH_VIEW.replace("ring", "rings") % "{keep: P2D, counted_from: release}"
    with pytest.raises(AgreementInvalid) as refusal:
        parse_agreement(bent((RULE, rule)))
    assert refusal.value.findings[0].code == "agreement-unknown-view"
    assert "ring" in refusal.value.findings[0].remedy


def test_time_to_attest(sample: bytes, bent: Bend) -> None:
    assert parse_agreement(sample).attest_within == 30 * DAY
    file = bent(("emergency: PT8H, ordinary: P10D", "emergency: PT8H, ordinary: P10D, attestation: P14D"))
    assert parse_agreement(file).attest_within == 14 * DAY
    assert set(parse_agreement(file).deadlines) == {"emergency", "ordinary"}


def test_what_is_not_as_declared(sample: bytes, bent: Bend) -> None:
    assert parse_agreement(sample).evidence["model-artifact"].mismatch == "quarantine"
    file = bent(("max_size: 20 GB, opaque: allowed}", "max_size: 20 GB, opaque: allowed, mismatch: refuse}"))
    assert parse_agreement(file).evidence["model-artifact"].mismatch == "refuse"
    with pytest.raises(AgreementInvalid) as refusal:
        parse_agreement(
            bent(("max_size: 20 GB, opaque: allowed}", "max_size: 20 GB, opaque: allowed, mismatch: accept}"))
        )
    assert refusal.value.findings[0].code == "agreement-unknown-mismatch"


def test_what_was_never_released_counts_from_receipt(sample: bytes) -> None:
    assert _deadline(sample, released_at=None)[0] == RECEIVED + 180 * DAY


def test_counted_from_receipt(bent: Bend) -> None:
    file = bent(("keep: P180D, counted_from: release", "keep: P6M, counted_from: receipt"))
    assert _deadline(file)[0] == datetime(2026, 9, 1, 9, tzinfo=UTC)


def test_counted_from_the_last_pull(bent: Bend) -> None:
    file = bent(("keep: P90D, counted_from: release", "keep: P90D, counted_from: last-pull"))
    assert _deadline(file, "model-artifact")[0] == RELEASED + 90 * DAY
    pulled = RELEASED + 80 * DAY
    assert _deadline(file, "model-artifact", last_pull_at=pulled)[0] == pulled + 90 * DAY


def test_counted_from_case_closing_always_ends(bent: Bend) -> None:
    file = bent(("keep: P90D, counted_from: release", "keep: P90D, counted_from: case-closing"))
    end_of_agreement = datetime(2028, 1, 1, tzinfo=UTC)
    assert _deadline(file, "model-artifact")[0] == end_of_agreement + 90 * DAY
    closed = datetime(2026, 6, 1, tzinfo=UTC)
    assert _deadline(file, "model-artifact", case_closed_at=closed)[0] == closed + 90 * DAY
    long_after = datetime(2030, 6, 1, tzinfo=UTC)
    assert _deadline(file, "model-artifact", case_closed_at=long_after)[0] == end_of_agreement + 90 * DAY


@pytest.mark.parametrize("counted_from", ["receipt", "release", "last-pull", "case-closing"])
def test_knowing_more_never_lengthens_beyond_the_last_pull_rule(bent: Bend, counted_from: str) -> None:
    file = bent(("keep: P90D, counted_from: release", f"keep: P90D, counted_from: {counted_from}"))
    unknown, clause = _deadline(file, "model-artifact", released_at=None)
    known, _ = _deadline(file, "model-artifact", case_closed_at=RELEASED)
    assert clause == "/retention/default/keep"
    assert known <= unknown + (RELEASED - RECEIVED)


def test_less_than_a_day_to_attest_is_doubted(bent: Bend) -> None:
    for written, doubted in (("PT23H", True), ("P1D", False)):
        file = bent(("emergency: PT8H, ordinary: P10D", f"emergency: PT8H, ordinary: P10D, attestation: {written}"))
        codes = [finding.code for finding in lint_agreement(file, RECEIVED.date())]
        assert ("agreement-attestation-too-soon" in codes) is doubted
