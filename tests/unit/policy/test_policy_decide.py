"""Each condition of the decision, met and unmet, with its code and clause."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from gateway.agreements.model import Agreement, AgreementState
from gateway.agreements.text.parsing import parse_agreement
from gateway.evidence.canonical import canonical_json
from gateway.evidence.media import CSV, OCTETS, PDF
from gateway.evidence.package import Principal
from gateway.policy.decide import decide, recipients_of, stop_categories, views_for, views_reaching
from gateway.policy.decision import Decision, Request
from gateway.policy.rulebook import rulebook

SOURCE = (Path(__file__).parents[3] / "policies" / "agreements" / "eu-uk-ai-incidents.yaml").read_text("utf-8")
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


def agreement_with(*changes: tuple[str, str]) -> Agreement:
    text = SOURCE
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    return parse_agreement(text.encode())


AGREEMENT = agreement_with()


def who(*roles: str, agency: str = "cnil-fr", holds: tuple[str, ...] = (), name: str = "p1") -> Principal:
    return Principal(name, agency, frozenset(roles), frozenset(holds))


def ask(request: Request, agreement: Agreement | None = AGREEMENT) -> Decision:
    return decide(request, agreement, AgreementState.ACTIVE)


def push(**members: Any) -> Request:
    exhibit: dict[str, Any] = {
        "purpose": "incident-investigation",
        "evidence_type": "incident-report",
        "media_type": PDF,
        "size_bytes": 1000,
    }
    return Request(**{"action": "push", "principal": who("submitter"), "now": NOW, **exhibit, **members})


def pull(**members: Any) -> Request:
    asked: dict[str, Any] = {"view": "standard", "evidence_type": "incident-report", "media_type": PDF}
    return Request(
        **{"action": "pull", "principal": who("investigator", agency="ico-uk"), "now": NOW, **asked, **members}
    )


DENIALS = [
    (push(purpose="marketing"), "purpose-not-permitted", "/purposes"),
    (push(principal=who("submitter", agency="edpb-eu")), "party-unknown", "/parties"),
    (push(principal=who()), "role-missing", "/roles"),
    (push(principal=who("emperor")), "role-missing", "/roles"),
    (push(principal=who("investigator")), "role-may-not-push", "/roles/investigator/may"),
    (push(evidence_type="model-artifact", media_type=OCTETS), "evidence-type-not-permitted", "/evidence"),
    (push(evidence_type="special-category-data"), "evidence-type-forbidden", "/evidence/special-category-data"),
    (push(media_type=CSV), "media-type-not-permitted", "/evidence/incident-report/media"),
    (push(evidence_type=None), "evidence-type-not-permitted", "/evidence"),
    (push(size_bytes=50_000_001), "size-exceeded", "/evidence/incident-report/max_size"),
    (push(size_bytes=-1), "size-exceeded", "/evidence/incident-report/max_size"),
    (push(now=datetime(2025, 12, 31, 23, 59, 59, tzinfo=UTC)), "agreement-not-in-force", "/in_force/from"),
    (push(now=datetime(2030, 1, 1, tzinfo=UTC)), "agreement-not-in-force", "/in_force/until"),
    (pull(view="confidentiality-ring"), "view-not-permitted", "/roles/investigator/views"),
    (pull(view="no-such-view"), "view-not-permitted", "/roles/investigator/views"),
    (pull(principal=who("submitter", agency="ico-uk")), "role-may-not-pull", "/roles/submitter/may"),
    (pull(principal=who("ring-counsel", agency="ico-uk")), "attribute-missing", "/roles/ring-counsel/needs"),
    (Request("review", who("submitter"), NOW), "role-may-not-review", "/roles/submitter/may"),
    (Request("review", who("reviewer"), NOW, submitter="p1"), "submitter-may-not-review", "/review/not_by"),
    (Request("audit", who("reviewer"), NOW), "role-may-not-audit", "/roles/reviewer/may"),
    (Request("hold", who("investigator"), NOW), "role-may-not-hold", "/roles/investigator/may"),
]


@pytest.mark.parametrize(("request_", "code", "clause"), DENIALS, ids=[f"{d[1]}-{i}" for i, d in enumerate(DENIALS)])
def test_an_unmet_condition_denies_and_names_its_clause(request_: Request, code: str, clause: str) -> None:
    decision = ask(request_)
    assert (decision.permitted, decision.code, decision.clause) == (False, code, clause)
    assert decision.reasons
    assert not decision.obligations


def test_without_an_agreement_everything_is_denied() -> None:
    decision = ask(push(), None)
    assert (decision.permitted, decision.code, decision.clause) == (False, "agreement-unknown", "")


@pytest.mark.parametrize("state", [None, *(s for s in AgreementState if s is not AgreementState.ACTIVE)])
@pytest.mark.parametrize(
    "request_", [push(), pull(), Request("review", who("reviewer"), NOW)], ids=["push", "pull", "review"]
)
def test_evidence_moves_only_under_an_active_version(request_: Request, state: AgreementState | None) -> None:
    decision = decide(request_, AGREEMENT, state)
    assert (decision.permitted, decision.code, decision.clause) == (False, "agreement-not-active", "/version")


@pytest.mark.parametrize("action", ["audit", "hold"])
def test_audit_and_hold_outlast_an_agreement_that_was_active(action: Any) -> None:
    request = Request(action, who("compliance-officer"), datetime(2031, 1, 1, tzinfo=UTC))
    for state in (AgreementState.ACTIVE, AgreementState.SUSPENDED, AgreementState.SUPERSEDED, AgreementState.ENDED):
        assert decide(request, AGREEMENT, state).permitted
    for never in (None, AgreementState.PROPOSED):
        assert not decide(request, AGREEMENT, never).permitted


def test_both_days_of_force_are_included() -> None:
    assert ask(push(now=datetime(2026, 1, 1, tzinfo=UTC))).permitted
    assert ask(push(now=datetime(2029, 12, 31, 23, 59, 59, tzinfo=UTC))).permitted


def test_a_party_that_says_less_may_less() -> None:
    one_way = agreement_with(("{agency: cnil-fr, jurisdiction: FR, may: [push, pull]}",
                              "{agency: cnil-fr, jurisdiction: FR, may: [pull]}"))  # fmt: skip
    decision = ask(push(), one_way)
    assert (decision.code, decision.clause) == ("party-may-not-push", "/parties/1/may")
    nobody = ask(pull(), agreement_with(("{agency: ico-uk, jurisdiction: GB, may: [push, pull]}",
                                         "{agency: ico-uk, jurisdiction: GB, may: [push]}")))  # fmt: skip
    assert (nobody.code, nobody.clause) == ("party-may-not-pull", "/parties/0/may")


def test_a_push_that_nobody_may_pull_is_denied() -> None:
    one_way = agreement_with(("{agency: ico-uk, jurisdiction: GB, may: [push, pull]}",
                              "{agency: ico-uk, jurisdiction: GB, may: [push]}"))  # fmt: skip
    assert ask(push(), one_way).code == "no-recipient"
    assert ask(push(principal=who("submitter", agency="ico-uk")), one_way).permitted


def test_any_role_that_permits_wins_and_otherwise_the_nearest_refusal_is_told() -> None:
    both = who("investigator", "ring-counsel", agency="ico-uk")
    assert ask(pull(principal=both)).permitted
    near = ask(pull(principal=both, view="confidentiality-ring"))
    assert (near.code, near.clause) == ("attribute-missing", "/roles/ring-counsel/needs")
    holder = replace(both, attributes=frozenset({"protective-order"}))
    permitted = ask(pull(principal=holder, view="confidentiality-ring"))
    assert (permitted.permitted, permitted.clause) == (True, "/roles/ring-counsel/views/1")


def test_opaque_bytes_pass_only_where_the_agreement_says_so() -> None:
    typed = ("  contract:        {media: [pdf, txt, docx], max_size: 50 MB}",
             "  contract:        {media: [application/octet-stream], max_size: 50 MB}")  # fmt: skip
    request = push(evidence_type="contract", media_type=OCTETS)
    refused = ask(request, agreement_with(typed))
    assert (refused.code, refused.clause) == ("opaque-not-permitted", "/evidence/contract")
    written = agreement_with((typed[0], typed[1].replace("50 MB}", "50 MB, opaque: forbidden}")))
    assert ask(request, written).clause == "/evidence/contract/opaque"
    allowed = agreement_with((typed[0], typed[1].replace("50 MB}", "50 MB, opaque: allowed}")))
    assert ask(request, allowed).permitted
    redact = ask(pull(evidence_type="contract", media_type=OCTETS), allowed).obligations[0]
    assert redact.as_dict()["opaque"] is True


def test_a_reviewer_with_views_reviews_those_only() -> None:
    limited = agreement_with(("{may: [review]}", "{may: [review], views: [confidentiality-ring]}"))
    ring = Request("review", who("reviewer"), NOW, view="confidentiality-ring", submitter="p2")
    assert ask(ring, limited).permitted
    denied = ask(replace(ring, view="standard"), limited)
    assert (denied.code, denied.clause) == ("view-not-permitted", "/roles/reviewer/views")
    assert ask(replace(ring, view="standard")).permitted


def test_four_eyes_hold_even_where_the_agreement_is_silent() -> None:
    silent = agreement_with((", not_by: submitter", ""))
    decision = ask(Request("review", who("reviewer"), NOW, submitter="p1"), silent)
    assert (decision.code, decision.clause) == ("submitter-may-not-review", "/review")


def test_a_permitted_push_carries_its_obligations() -> None:
    decision = ask(push(urgency="emergency"))
    assert (decision.permitted, decision.code, decision.clause) == (True, "permitted", "/evidence/incident-report")
    assert [o.as_dict() for o in decision.obligations] == [
        {"kind": "encrypt", "clause": "/encryption/recipients", "recipients": "classical"},
        {"kind": "retain", "clause": "/retention/incident-report", "keep": "P180D", "counted_from": "release",
         "after_last_pull": "P30D"},
        {"kind": "review", "clause": "/review", "when": ("view-confidentiality-ring",), "approvals": 1,
         "not_by_submitter": True},
        {"kind": "answer-by", "clause": "/deadlines/emergency", "urgency": "emergency", "by": "2026-11-24T20:00:00Z"},
    ]  # fmt: skip
    assert canonical_json(decision.as_dict())


def test_a_package_is_asked_about_before_its_exhibits() -> None:
    decision = ask(Request("push", who("submitter"), NOW, purpose="joint-enforcement"))
    assert (decision.permitted, decision.clause) == (True, "/roles/submitter/may")


def test_a_permitted_pull_carries_its_obligations() -> None:
    decision = ask(pull())
    assert decision.clause == "/roles/investigator/views/0"
    assert [o.kind for o in decision.obligations] == ["redact", "encrypt", "retain"]
    assert decision.obligations[0].as_dict() == {
        "kind": "redact",
        "clause": "/views/standard",
        "view": "standard",
        "opaque": False,
    }


def test_the_sample_permits_what_the_demo_sends() -> None:
    for evidence_type, names in {
        "incident-report": ("pdf", "txt", "docx", "eml"),
        "correspondence": ("eml",),
        "contract": ("txt", "pdf", "docx"),
        "system-log": ("csv", "json", "jsonl", "txt"),
    }.items():
        from gateway.evidence.media import SHORT_NAMES

        for name in names:
            assert ask(push(evidence_type=evidence_type, media_type=SHORT_NAMES[name])).permitted


def test_who_receives_what() -> None:
    assert recipients_of(AGREEMENT, "cnil-fr") == ("ico-uk",)
    assert recipients_of(AGREEMENT, "edpb-eu") == ()
    assert views_reaching(AGREEMENT, "ico-uk") == ("standard", "confidentiality-ring")
    assert views_reaching(AGREEMENT, "edpb-eu") == ()
    assert views_for(who("investigator"), AGREEMENT) == ("standard",)
    assert views_for(who("ring-counsel"), AGREEMENT) == ()
    assert views_for(who("ring-counsel", holds=("protective-order",)), AGREEMENT) == (
        "standard",
        "confidentiality-ring",
    )
    assert views_for(who("submitter", "reviewer"), AGREEMENT) == ()
    assert views_for(who("investigator", agency="edpb-eu"), AGREEMENT) == ()
    assert stop_categories(AGREEMENT) == {"special-category"}
    assert stop_categories(agreement_with(("  special-category-data: forbidden\n", ""))) == frozenset()


def test_the_rulebook_grows_with_the_rules_and_not_with_types_times_views() -> None:
    many = [f"n{number}" for number in range(120)]
    document = {
        "agreement": "large", "version": 1, "title": "Large",
        "parties": [{"agency": "a", "jurisdiction": "FR"}, {"agency": "b", "jurisdiction": "FR"}],
        "in_force": {"from": "2026-01-01", "until": "2026-12-31"}, "purposes": ["p"],
        "roles": {"r": {"may": ["push", "pull"], "views": many}},
        "evidence": {name: {"media": ["pdf"], "max_size": "1 MB"} for name in many},
        "retention": {
            "default": {"keep": "P90D", "counted_from": "release"},
            "n7": {"keep": "P80D", "counted_from": "release",
                   "views": {"n9": {"keep": "P5D", "counted_from": "release"}}},
        },
        "views": {name: {"personal_data": {"default": "remove"}} for name in many},
    }  # fmt: skip
    book = rulebook(parse_agreement(json.dumps(document).encode()))
    assert len(book.retain) == len(many) + 1
    assert [o.clause for o in book.retain_for("n7", "n9")] == ["/retention/n7", "/retention/n7/views/n9"]
    assert [o.clause for o in book.retain_for("n7", "n8")] == ["/retention/n7"]
    assert [o.clause for o in book.retain_for("n8", "n9")] == ["/retention/default"]
