"""What an agreement says and what a new version changes, in words for people who sign."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from gateway.agreements.diff import compare_agreements
from gateway.agreements.explain import explain_agreement
from gateway.agreements.text.parsing import parse_agreement

POLICIES = sorted((Path(__file__).parents[3] / "policies" / "agreements").glob("*.yaml"))
Bend = Callable[..., bytes]


def test_one_page_says_everything_that_matters(sample: bytes) -> None:
    agreement = parse_agreement(sample)
    page = explain_agreement(agreement)
    for sentence in (
        "In force from 2026-01-01 to 2027-12-31, both days included (UTC).",
        agreement.digest,
        "ico-uk (GB) may send evidence and receive evidence",
        "counsel may receive evidence, in the views standard and ring; only with order",
        "incident-report (Report of an incident or harm involving an AI system) as docx, eml, pdf and txt, up to 50 MB",
        "passes even where the gateway can't look inside",
        "special-category-data is forbidden: findings stop an exhibit",
        "standard: personal data are removed, but PERSON replaced by pseudonyms; DATE kept",
        "ring: trade secrets are kept",
        "ring: secrets of third parties are removed",
        "incident-report is kept 180 days from its release, or 30 days from its last pull, whichever ends first",
        "any other type is kept 90 days from its release",
        "one person must approve when the view is ring or a finding's confidence is below 0.8; the submitter may not",
        "emergency packages are answered within 8 hours",
        "two different persons must activate, export-log, lift-hold and unseal",
    ):
        assert sentence in page


@pytest.mark.parametrize("path", POLICIES, ids=lambda p: p.stem)
def test_the_worked_agreements_can_be_explained(path: Path) -> None:
    agreement = parse_agreement(path.read_bytes())
    page = explain_agreement(agreement)
    for name in (*agreement.parties, *agreement.roles, *agreement.evidence, *agreement.views, *agreement.purposes):
        assert name in page


def test_nothing_changes_between_a_version_and_itself(sample: bytes) -> None:
    assert compare_agreements(parse_agreement(sample), parse_agreement(sample)) == ()


@pytest.mark.parametrize(
    ("change", "affected", "effect", "sentence"),
    [
        (("n: FR}", "n: FR, may: [push]}"), "the agency cnil-fr", "less", "cnil-fr may no longer pull."),
        (("[standard, ring]", "[ring]"), "the role counsel", "less",
         "Holders of counsel may no longer pull the view standard."),
        (("views: [standard]}", "views: [standard, ring]}"), "the role investigator", "more",
         "Holders of investigator may now pull the view ring."),
        ((", needs: [order]", ""), "the role counsel", "more", "Holders of counsel no longer need order."),
        (("  officer: {may: [audit, hold]}\n", ""), "the role officer", "less", "The role officer no longer exists."),
        (("DATE: keep", "DATE: remove"), "readers of the view standard", "less",
         "In the view standard, DATE (date or time): remove, before keep."),
        (("docx, eml]", "docx]"), "whoever sends evidence", "less",
         "incident-report may no longer be sent as message/rfc822."),
        (("50 MB", "60 MB"), "whoever sends evidence", "more",
         "incident-report may have 60,000,000 bytes, before 50,000,000."),
        ((", enforcement]", "]"), "whoever sends evidence", "less", "Evidence may no longer be used for enforcement."),
        (("P90D", "P1Y"), "how long evidence is kept", "more",
         "model-artifact is kept P1Y from release; before, P90D from release."),
        (("after_last_pull: P30D}", "after_last_pull: P30D, views: {ring: {keep: P9D, counted_from: receipt}}}"),
         "how long evidence is kept", "less",
         "incident-report in the view ring is kept P9D from receipt; before, as long as elsewhere."),
        (("opaque: allowed}", "opaque: allowed, mismatch: refuse}"), "whoever sends evidence", "other",
         "model-artifact that is not as declared is now refused and destroyed."),
        (("ordinary: P10D}", "ordinary: P10D, attestation: P7D}"), "everybody", "other",
         "Deadlines: emergency PT8H, ordinary P10D, attestation P7D; before, emergency PT8H, ordinary P10D."),
        (("2027-12-31", "2028-12-31"), "everybody", "other", "The last day: 2028-12-31; before, 2027-12-31."),
        (("post-quantum", "classical"), "everybody", "other", "Encryption: classical; before, post-quantum."),
        (("approvals: 1", "approvals: 2"), "everybody", "other",
         "Review: when confidence-below-0.80 or view-ring, approvals 2, not by submitter; before, "
         "when confidence-below-0.80 or view-ring, approvals 1, not by submitter."),
    ],
    ids=lambda v: v[0][:24] if isinstance(v, tuple) else None,
)  # fmt: skip
def test_one_change_is_one_sentence(
    sample: bytes, bent: Bend, change: tuple[str, str], affected: str, effect: str, sentence: str
) -> None:
    old, new = parse_agreement(sample), parse_agreement(bent(change))
    changes = compare_agreements(old, new)
    assert [(c.affected, c.effect, c.sentence) for c in changes] == [(affected, effect, sentence)]
    for clause, there in ((c.clause, (new.document, old.document)) for c in changes):
        assert any(_exists(document, clause) for document in there), clause


def _exists(document: Mapping[str, object], pointer: str) -> bool:
    value: object = document
    for token in pointer.split("/")[1:]:
        if isinstance(value, list):
            value = value[int(token)] if int(token) < len(value) else None
        else:
            value = value.get(token) if isinstance(value, Mapping) else None
    return value is not None
