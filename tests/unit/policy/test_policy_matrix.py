"""The matrix is the decision point's answer, complete; and consequences say in plain words what changes."""

from __future__ import annotations

import itertools
import json
from collections.abc import Mapping
from datetime import UTC, datetime, time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

from gateway.agreements.model import Agreement, AgreementState
from gateway.agreements.text.parsing import parse_agreement
from gateway.evidence.package import Principal
from gateway.policy.consequences import consequences, plural
from gateway.policy.decide import decide
from gateway.policy.decision import Request
from gateway.policy.matrix import ACTIONS, ALL, NONE, Row, permission_matrix
from tests.property.test_policy_properties import PLAIN, _exists, _parse, documents

POLICIES = sorted((Path(__file__).parents[3] / "policies" / "agreements").glob("*.yaml"))
MEMORANDUM = (Path(__file__).parents[3] / "policies" / "agreements" / "eu-uk-ai-incidents.yaml").read_text("utf-8")


def check(agreement: Agreement) -> tuple[Row, ...]:
    """Every question there is has exactly one row, and the row is the decision."""
    rows = permission_matrix(agreement)
    noon = datetime.combine(agreement.in_force_from, time(12), UTC)
    types = [*agreement.evidence, *agreement.forbidden]
    for party, role, action in itertools.product(agreement.parties, agreement.roles.values(), ACTIONS):
        person = Principal("somebody", party, frozenset({role.name}), role.needs)
        asked = [r for r in rows if (r.party, r.role, r.action) == (party, role.name, action)]
        views: list[str] = [*agreement.views] if action in ("pull", "review") else [NONE]
        for view, name in itertools.product(views, [NONE] if action in ("audit", "hold") else types):
            covering = [r for r in asked if r.view in (view, ALL) and r.evidence_type in (name, ALL)]
            assert len(covering) == 1, (party, role.name, action, view, name)
            row = covering[0]
            if action == "review":
                name = NONE  # nothing of a forbidden type is ever there to be reviewed
            media = [*agreement.evidence[name].media] if name in agreement.evidence else [None]
            answers = [
                decide(
                    Request(action, person, noon, evidence_type=name or None, media_type=m, view=view or None),
                    agreement,
                    AgreementState.ACTIVE,
                )
                for m in media
            ]
            assert row.permitted == any(answer.permitted for answer in answers)
            assert row.code in {answer.code for answer in answers}
            if row.permitted and action in ("push", "pull"):
                assert set(row.media) == {m for m, answer in zip(media, answers, strict=True) if answer.permitted}
            assert _exists(agreement.document, row.clause)
    return rows


@pytest.mark.parametrize("path", POLICIES, ids=lambda p: p.stem)
def test_the_matrix_of_worked_agreements_is_what_is_decided(path: Path) -> None:
    rows = check(parse_agreement(path.read_bytes()))
    assert any(row.permitted for row in rows)
    assert any(not row.permitted for row in rows)


@PLAIN
@given(documents())
def test_the_matrix_of_any_agreement_is_what_is_decided(document: dict[str, Any]) -> None:
    check(_parse(document))


def test_rows_name_conditions() -> None:
    rows = {(r.party, r.role, r.action, r.view, r.evidence_type): r
            for r in permission_matrix(parse_agreement(MEMORANDUM.encode()))}  # fmt: skip
    pushed = rows["ico-uk", "submitter", "push", NONE, "incident-report"]
    assert (pushed.max_size_bytes, pushed.to) == (50_000_000, ("cnil-fr",))
    ring = rows["ico-uk", "ring-counsel", "pull", "confidentiality-ring", "contract"]
    assert (ring.needs, ring.review, ring.keep) == (("protective-order",), ("always",), "P1Y from release")
    forbidden = rows["ico-uk", "investigator", "pull", "standard", "special-category-data"]
    assert (forbidden.permitted, forbidden.code) == (False, "evidence-type-forbidden")
    assert rows["ico-uk", "submitter", "pull", ALL, ALL].code == "role-may-not-pull"


def changed(*changes: tuple[str, str]) -> list[tuple[str, str, str]]:
    text = MEMORANDUM
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    before, after = parse_agreement(MEMORANDUM.encode()), parse_agreement(text.encode())
    found = consequences(before, after)
    for change in found:
        there: tuple[Mapping[str, object], ...] = (after.document, before.document)
        assert any(_exists(document, change.clause) for document in there), change.clause
    return [(change.affected, change.effect, change.sentence) for change in found]


NO_LOG = ("  system-log:      {media: [csv, json, jsonl, txt], max_size: 2 GB}\n", "")
UK = "{agency: ico-uk, jurisdiction: GB, may: [push, pull]}"
FR = "{agency: cnil-fr, jurisdiction: FR, may: [push, pull]}"


def test_nothing_changes_for_nobody() -> None:
    assert changed() == []
    assert changed(("Memorandum", "Big memorandum"), ("50 MB", "60 MB")) == []


def test_a_type_taken_out_is_told_to_those_who_pulled_it() -> None:
    sentences = [sentence for _, effect, sentence in changed(NO_LOG) if effect == "less"]
    assert sentences == [
        "Investigators of ico-uk and cnil-fr may no longer pull system-log.",
        "Ring-counsel of ico-uk and cnil-fr may no longer pull system-log.",
        "Submitters of ico-uk and cnil-fr may no longer push system-log.",
    ]


def test_a_party_that_may_no_longer_pull() -> None:
    assert changed((FR, FR.replace("[push, pull]", "[push]")), (UK, UK.replace("[push, pull]", "[pull]"))) == [
        ("investigators of cnil-fr", "less", "Investigators of cnil-fr may no longer pull anything."),
        ("ring-counsel of cnil-fr", "less", "Ring-counsel of cnil-fr may no longer pull anything."),
        ("submitters of ico-uk", "less", "Submitters of ico-uk may no longer push anything."),
    ]


@pytest.mark.parametrize(
    ("change", "sentences"),
    [
        (("[standard, confidentiality-ring]", "[confidentiality-ring]"),
         ["Ring-counsel of ico-uk and cnil-fr may no longer pull incident-report, correspondence, contract and "
          "system-log in the view standard."]),
        (("{may: [pull], views: [standard]}", "{may: [pull], views: [standard, confidentiality-ring]}"),
         ["Investigators of ico-uk and cnil-fr may now pull incident-report, correspondence, contract and system-log "
          "in the view confidentiality-ring."]),
        (("{may: [audit, hold]}", "{may: [audit]}"),
         ["Compliance-officers of ico-uk and cnil-fr may no longer hold."]),
        (("{may: [review]}", "{may: [review, audit]}"), ["Reviewers of ico-uk and cnil-fr may now audit the log."]),
        (("{may: [review]}", "{may: [review], views: [confidentiality-ring]}"),
         ["Reviewers of ico-uk and cnil-fr may no longer review the view standard."]),
        (("  special-category-data: forbidden", "  special-category-data: {media: [txt], max_size: 1 MB}"),
         ["Investigators of ico-uk and cnil-fr may now pull special-category-data.",
          "Ring-counsel of ico-uk and cnil-fr may now pull special-category-data.",
          "Submitters of ico-uk and cnil-fr may now push special-category-data."]),
        ((FR, FR + "\n  - {agency: garante-it, jurisdiction: IT, may: [pull]}"),
         ["Investigators of garante-it may now pull incident-report, correspondence, contract and system-log.",
          "Ring-counsel of garante-it may now pull incident-report, correspondence, contract and system-log.",
          "Reviewers of garante-it may now review the views standard and confidentiality-ring.",
          "Compliance-officers of garante-it may now audit the log.",
          "Compliance-officers of garante-it may now hold."]),
    ],
    ids=lambda v: v[1][:30] if isinstance(v, tuple) else None,
)  # fmt: skip
def test_each_change_is_told_to_whom_it_concerns(change: tuple[str, str], sentences: list[str]) -> None:
    assert [sentence for _, _, sentence in changed(change)] == sentences


@PLAIN
@given(documents(), documents())
def test_consequences_are_the_difference_of_permissions(one: dict[str, Any], other: dict[str, Any]) -> None:
    before, after = _parse(one), _parse(other)
    found = consequences(before, after)
    sets = [{(r.party, r.role, r.action, r.view, r.evidence_type) for r in permission_matrix(a) if r.permitted}
            for a in (before, after)]  # fmt: skip
    effects = {change.effect for change in found}
    assert ("less" in effects) == bool(sets[0] - sets[1])
    assert ("more" in effects) == bool(sets[1] - sets[0])
    assert all(change.sentence.endswith(".") and change.sentence[0].isupper() for change in found)
    json.dumps([change.as_dict() for change in found])


def test_plurals() -> None:
    assert [plural(n) for n in ("investigator", "ring-counsel", "attorney", "deputy", "boss", "contact-person")] == [
        "investigators", "ring-counsel", "attorneys", "deputies", "bosses", "contact-persons",
    ]  # fmt: skip
