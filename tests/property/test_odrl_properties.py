"""Whatever agreement there can be: its ODRL form gives it back, and the rules alone mean the same."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from hypothesis import assume, given
from hypothesis import strategies as st

from gateway.agreements.finding import AgreementInvalid
from gateway.agreements.model import Agreement
from gateway.agreements.odrl.document import export_odrl, import_odrl
from gateway.agreements.odrl.release import export_release_odrl
from gateway.agreements.spelling import spelled, spelling_of
from gateway.agreements.text.parsing import parse_agreement
from gateway.agreements.vocabulary import CATEGORY_KEYS
from gateway.evidence.taxonomy import ENTITIES, GENERALISABLE, PSEUDONYMISABLE, Action
from gateway.policy.decide import decide
from tests.property.test_policy_properties import ACTIVE, PLAIN, QUESTIONS, VIEWS, documents
from tests.unit.agreements.odrl.test_odrl import RELEASE, stated_in

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.text("ab/~0", max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab/~0", max_size=2), inner, max_size=3),
    max_leaves=12,
)


def _possible(action: Action, entity: str) -> bool:
    if action is Action.PSEUDONYMISE:
        return entity in PSEUDONYMISABLE
    return entity in GENERALISABLE if action is Action.GENERALISE else True


@st.composite
def views(draw: st.DrawFn) -> dict[str, Any]:
    view: dict[str, Any] = {}
    for section, category in CATEGORY_KEYS.items():
        own = [name for name, entity in ENTITIES.items() if entity.category is category]
        actions = [action for action in Action if any(_possible(action, name) for name in own)]
        if draw(st.booleans()):
            view[section] = {"default": str(draw(st.sampled_from(actions)))}
            for name in draw(st.lists(st.sampled_from(own), unique=True, max_size=3)):
                action = draw(st.sampled_from([a for a in Action if _possible(a, name)]))
                view[section][name] = str(action)
    return view


@st.composite
def rich_documents(draw: st.DrawFn) -> dict[str, Any]:
    document = draw(documents())
    document["views"] = {name: draw(views()) for name in VIEWS}
    document["legal_basis"] = draw(st.lists(st.sampled_from(["Art. 1", "§ 2", "Ünion"]), unique=True, min_size=1))
    document["retention"] = {
        "default": {
            "keep": draw(st.sampled_from(["P2W", "P14D", "P12M", "P1Y", "P90D", "PT36H"])),
            "counted_from": draw(st.sampled_from(["receipt", "release", "case-closing"])),
        }
    }
    if draw(st.booleans()):
        document["retention"]["default"]["after_last_pull"] = draw(st.sampled_from(["PT24H", "P1D", "PT1H"]))
    if draw(st.booleans()):
        document["review"] = {
            "when": draw(
                st.lists(st.sampled_from(["always", "view-v1", "view-v2", "confidence-below-0.80"]), unique=True,
                         min_size=1)
            ),
            "approvals": draw(st.integers(1, 3)),
        }  # fmt: skip
    if draw(st.booleans()):
        document["deadlines"] = draw(
            st.sampled_from(
                [{"emergency": "PT8H"}, {"ordinary": "P2W", "attestation": "P2W"}, {"attestation": "P30D"}, {}]
            )
        )
    if draw(st.booleans()):
        document["retention"]["default"]["views"] = {
            view: {
                "keep": draw(st.sampled_from(["P1D", "PT5H", "P1M", "P400D", "P3W"])),
                "counted_from": draw(st.sampled_from(["receipt", "release", "last-pull", "case-closing"])),
            }
            for view in draw(st.lists(st.sampled_from(VIEWS), unique=True, min_size=1))
        }
    for rule in document["evidence"].values():
        if isinstance(rule, dict) and draw(st.booleans()):
            rule["mismatch"] = draw(st.sampled_from(["refuse", "quarantine"]))
    if draw(st.booleans()):
        document["safeguards"] = {"two_persons": draw(st.sampled_from([[], ["suspend", "activate"]]))}
    if draw(st.booleans()):
        document["encryption"] = {"recipients": draw(st.sampled_from(["classical", "post-quantum"]))}
    return document


def _parse(document: dict[str, Any]) -> Agreement:
    try:
        return parse_agreement(json.dumps(document).encode())
    except AgreementInvalid:
        assume(False)
        raise AssertionError from None  # not reached


@PLAIN
@given(rich_documents())
def test_export_and_import_give_the_agreement_back(document: dict[str, Any]) -> None:
    agreement = _parse(document)
    again = import_odrl(json.dumps(export_odrl(agreement)).encode())
    assert again == agreement
    assert again.digest == agreement.digest


@PLAIN
@given(rich_documents())
def test_the_rules_alone_decide_the_same(document: dict[str, Any]) -> None:
    agreement = _parse(document)
    policy = {**export_odrl(agreement), "eg:spelling": []}
    del policy["eg:digest"]
    again = import_odrl(json.dumps(policy).encode())
    for request in QUESTIONS[:150]:
        one, other = decide(request, agreement, ACTIVE), decide(request, again, ACTIVE)
        assert (one.permitted, one.code) == (other.permitted, other.code)
    for name, view in agreement.views.items():
        for entity in ENTITIES.values():
            assert again.views[name].action(entity.category, entity.name) == view.action(entity.category, entity.name)
        assert again.views[name].defaults == view.defaults
    assert again.retention == agreement.retention
    assert again.attest_within == agreement.attest_within
    assert {n: r.mismatch for n, r in again.evidence.items()} == {n: r.mismatch for n, r in agreement.evidence.items()}
    assert again.review == agreement.review
    assert (again.deadlines, again.two_persons) == (agreement.deadlines, agreement.two_persons)


@given(JSON, JSON)
def test_spelling_makes_any_object_of_any_other(plain: Any, written: Any) -> None:
    one, other = {"x": plain}, {"x": written}
    assert spelled(one, spelling_of(one, other)) == other
    assert spelling_of(other, other) == []


@given(st.lists(st.dictionaries(st.sampled_from(["clause", "by", "n"]), JSON, max_size=3), max_size=4))
def test_a_release_policy_is_written_with_all_it_says(obligations: list[dict[str, Any]]) -> None:
    policy = replace(RELEASE, obligations=tuple({**o, "kind": "retain"} for o in obligations))
    assert stated_in(json.loads(json.dumps(export_release_odrl(policy)))) == policy.as_dict()
