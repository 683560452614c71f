"""What must hold of every decision, over agreements and requests that hypothesis makes up.

Agreements are written as documents and go through the real parser, so that only agreements that can
exist are judged; what the parser refuses is not counted.
"""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from gateway.agreements.finding import AgreementInvalid
from gateway.agreements.model import Agreement, AgreementState
from gateway.agreements.text.parsing import parse_agreement
from gateway.evidence.media import CSV, OCTETS, PDF
from gateway.evidence.package import Principal
from gateway.policy import checks
from gateway.policy.decide import decide
from gateway.policy.decision import Request
from gateway.policy.rulebook import rulebook

AGENCIES = ["alpha", "beta", "gamma"]
ROLES = ["r1", "r2", "r3", "r4"]
VIEWS = ["v1", "v2"]
TYPES = ["t1", "t2", "t3"]
MEDIA = [PDF, CSV, OCTETS]
PURPOSES = ["p1", "p2"]
RIGHTS = ["push", "pull", "review", "audit", "hold"]
NEEDS = ["order", "training"]
ACTIVE = AgreementState.ACTIVE

Document = dict[str, Any]


def _subset(items: list[str], least: int = 1) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(items), unique=True, min_size=least, max_size=len(items))


@st.composite
def documents(draw: st.DrawFn) -> Document:
    roles: Document = {}
    for name in draw(_subset(ROLES, 2)):
        role: Document = {"may": draw(_subset(RIGHTS))}
        if {"pull", "review"} & set(role["may"]):
            role["views"] = draw(_subset(VIEWS))
        if draw(st.booleans()):
            role["needs"] = draw(_subset(NEEDS))
        roles[name] = role
    roles["base"] = {"may": ["push", "pull", "review"], "views": VIEWS}
    evidence: Document = {}
    for name in draw(_subset(TYPES)):
        if draw(st.integers(0, 3)):
            rule: Document = {"media": draw(_subset(MEDIA)), "max_size": draw(st.sampled_from(["10 B", "1 kB"]))}
            if draw(st.booleans()):
                rule["opaque"] = draw(st.sampled_from(["allowed", "forbidden"]))
            evidence[name] = rule
        else:
            evidence[name] = "forbidden"
    parties = [{"agency": a, "jurisdiction": "FR"} for a in draw(_subset(AGENCIES, 2))]
    for party in parties:
        if draw(st.booleans()):
            party["may"] = draw(_subset(["push", "pull"]))
    document: Document = {
        "agreement": "made-up",
        "version": 1,
        "title": "Made up",
        "parties": parties,
        "in_force": {"from": "2026-01-01", "until": "2026-12-31"},
        "purposes": draw(_subset(PURPOSES)),
        "roles": roles,
        "evidence": evidence,
        "retention": {"default": {"keep": "P90D", "counted_from": "release"}},
        "views": {v: {"personal_data": {"default": "remove"}} for v in VIEWS},
    }
    if draw(st.booleans()):
        document["review"] = {"when": ["always"]}
    if draw(st.booleans()):
        document["retention"]["default"]["views"] = {
            view: {"keep": draw(st.sampled_from(["P1D", "P89D"])), "counted_from": "release"}
            for view in draw(_subset(VIEWS))
        }
    return document


def _request(rng: random.Random) -> Request:
    principal = Principal(
        id=rng.choice(["me", "you"]),
        agency=rng.choice([*AGENCIES, "stranger"]),
        roles=frozenset(rng.sample([*ROLES, "base", "no-such-role"], rng.randint(0, 3))),
        attributes=frozenset(rng.sample(NEEDS, rng.randint(0, 2))),
    )
    return Request(
        action=rng.choice(RIGHTS),  # type: ignore[arg-type]  # the list has the literals
        principal=principal,
        now=datetime(rng.choice([2026, 2026, 2026, 2027]), 6, 1, tzinfo=UTC),
        purpose=rng.choice([None, *PURPOSES, "p9"]),
        evidence_type=rng.choice([None, *TYPES, "t9"]),
        media_type=rng.choice([None, *MEDIA, "image/png"]),
        size_bytes=rng.choice([None, 0, 10, 11, 1001]),
        view=rng.choice([None, *VIEWS, "v9"]),
        submitter=rng.choice([None, "me"]),
    )


#: The agreements are made up anew for each example, the questions once: each agreement is asked all.
_RNG = random.Random("questions")
QUESTIONS = [_request(_RNG) for _ in range(400)]


def _parse(document: Document) -> Agreement:
    try:
        return parse_agreement(json.dumps(document).encode())
    except AgreementInvalid:
        assume(False)
        raise AssertionError from None  # not reached


PLAIN = settings(
    max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much]
)


def test_the_questions_are_worth_asking() -> None:
    open_document = {
        "agreement": "open", "version": 1, "title": "Open",
        "parties": [{"agency": "alpha", "jurisdiction": "FR"}, {"agency": "beta", "jurisdiction": "FR"}],
        "in_force": {"from": "2026-01-01", "until": "2026-12-31"}, "purposes": PURPOSES,
        "roles": {name: {"may": RIGHTS, "views": VIEWS} for name in ROLES},
        "evidence": {name: {"media": MEDIA, "max_size": "1 kB", "opaque": "allowed"} for name in TYPES},
        "retention": {"default": {"keep": "P90D", "counted_from": "release"}},
        "views": {v: {"personal_data": {"default": "remove"}} for v in VIEWS}, "review": {"when": ["always"]},
    }  # fmt: skip
    answers = [decide(request, _parse(open_document), ACTIVE).permitted for request in QUESTIONS]
    assert answers.count(True) >= 15
    assert answers.count(False) >= 100


@PLAIN
@given(documents(), st.sampled_from([None, *AgreementState]))
def test_every_decision_names_a_clause_that_exists(document: Document, state: AgreementState | None) -> None:
    agreement = _parse(document)
    for request in QUESTIONS:
        decision = decide(request, agreement, state)
        for clause in (decision.clause, *(o.clause for o in decision.obligations)):
            assert _exists(agreement.document, clause), clause
        assert decision.reasons
        assert decision.permitted == (decision.code == "permitted")


@PLAIN
@given(documents())
def test_denied_unless_everything_permits(document: Document) -> None:
    """A second, naive reading of the document: what is permitted is permitted by name in each section."""
    agreement = _parse(document)
    for request in QUESTIONS:
        assert decide(request, agreement, ACTIVE).permitted == _naive(document, request), request
        assert not decide(request, None, ACTIVE).permitted
        if request.action in ("push", "pull", "review"):
            assert not any(decide(request, agreement, s).permitted for s in (None, *AgreementState) if s is not ACTIVE)


@PLAIN
@given(documents(), st.integers(0, 2**32))
def test_saying_less_or_forbidding_more_never_permits_more(document: Document, seed: int) -> None:
    rng = random.Random(seed)
    agreement = _parse(document)
    stricter = copy.deepcopy(document)
    for tighten in rng.sample(TIGHTENINGS, rng.randint(1, 3)):
        tighten(stricter, rng)
    narrowed = _parse(stricter)
    for request in QUESTIONS:
        if decide(request, narrowed, ACTIVE).permitted:
            assert decide(request, agreement, ACTIVE).permitted


@PLAIN
@given(documents(), st.integers(0, 2**32))
def test_the_order_in_which_rules_are_written_does_not_matter(document: Document, seed: int) -> None:
    agreement, shuffled = _parse(document), _parse(_shuffle(document, random.Random(seed)))
    for request in QUESTIONS:
        one, other = decide(request, agreement, ACTIVE), decide(request, shuffled, ACTIVE)
        assert (one.permitted, one.code) == (other.permitted, other.code)
        # Places in a list may differ; what stands there must be the same.
        assert _resolve(agreement.document, one.clause) == _resolve(shuffled.document, other.clause)


@PLAIN
@given(documents(), st.integers(0, 2**32))
def test_the_order_in_which_checks_are_asked_does_not_matter(document: Document, seed: int) -> None:
    agreement = _parse(document)
    book = rulebook(agreement)
    order = list(checks.CHECKS)
    random.Random(seed).shuffle(order)
    for request in QUESTIONS:
        passed = all(check(request, book, ACTIVE) is None for check in order)
        assert passed == decide(request, agreement, ACTIVE).permitted


@PLAIN
@given(documents())
def test_the_same_question_has_the_same_answer(document: Document) -> None:
    agreement, again = _parse(document), _parse(document)
    for request in QUESTIONS:
        assert decide(request, agreement, ACTIVE) == decide(request, again, ACTIVE)


def _drop_right(document: Document, rng: random.Random) -> None:
    role = document["roles"][rng.choice(sorted(document["roles"]))]
    if len(role["may"]) > 1:
        role["may"].remove(rng.choice(role["may"]))
    if not {"pull", "review"} & set(role["may"]):
        role.pop("views", None)


def _drop_role(document: Document, rng: random.Random) -> None:
    del document["roles"][rng.choice(sorted(document["roles"]))]


def _drop_view(document: Document, rng: random.Random) -> None:
    role = document["roles"][rng.choice(sorted(document["roles"]))]
    # One view less; the last one stays, since a reviewer without views may review all.
    if len(role.get("views", [])) > 1:
        role["views"].remove(rng.choice(role["views"]))


def _add_need(document: Document, rng: random.Random) -> None:
    role = document["roles"][rng.choice(sorted(document["roles"]))]
    role["needs"] = sorted({*role.get("needs", []), rng.choice(NEEDS)})


def _drop_purpose(document: Document, rng: random.Random) -> None:
    document["purposes"] = document["purposes"][:1]


def _restrict_party(document: Document, rng: random.Random) -> None:
    party = rng.choice(document["parties"])
    if len(party.get("may", ["push", "pull"])) == 2:
        party["may"] = [rng.choice(["push", "pull"])]


def _forbid_type(document: Document, rng: random.Random) -> None:
    document["evidence"][rng.choice(sorted(document["evidence"]))] = "forbidden"


def _drop_type(document: Document, rng: random.Random) -> None:
    if len(document["evidence"]) > 1:
        del document["evidence"][rng.choice(sorted(document["evidence"]))]


def _drop_media(document: Document, rng: random.Random) -> None:
    rule = document["evidence"][rng.choice(sorted(document["evidence"]))]
    if isinstance(rule, dict):
        rule["media"] = rule["media"][:1]


def _shrink(document: Document, rng: random.Random) -> None:
    rule = document["evidence"][rng.choice(sorted(document["evidence"]))]
    if isinstance(rule, dict):
        rule["max_size"] = "5 B"


def _close(document: Document, rng: random.Random) -> None:
    rule = document["evidence"][rng.choice(sorted(document["evidence"]))]
    if isinstance(rule, dict):
        rule["opaque"] = "forbidden"


TIGHTENINGS: list[Callable[[Document, random.Random], None]] = [
    _drop_right, _drop_role, _drop_view, _add_need, _drop_purpose, _restrict_party, _forbid_type, _drop_type,
    _drop_media, _shrink, _close,
]  # fmt: skip


def _naive(document: Document, request: Request) -> bool:
    principal, action = request.principal, request.action
    parties = {p["agency"]: p.get("may", ["push", "pull"]) for p in document["parties"]}
    if principal.agency not in parties or (request.purpose and request.purpose not in document["purposes"]):
        return False
    if request.now.year != 2026 and action not in ("audit", "hold"):
        return False
    if action in ("push", "pull") and action not in parties[principal.agency]:
        return False
    if action == "push" and not any("pull" in may for agency, may in parties.items() if agency != principal.agency):
        return False
    if action == "review" and request.submitter == principal.id:
        return False
    if not any(_role_permits(document["roles"].get(name), request) for name in principal.roles):
        return False
    if request.evidence_type is None:
        return request.media_type is None
    rule = document["evidence"].get(request.evidence_type, "forbidden")
    if rule == "forbidden":
        return False
    if request.media_type is not None:
        opaque = request.media_type not in (PDF, CSV)
        if request.media_type not in rule["media"] or (opaque and rule.get("opaque") != "allowed"):
            return False
    return request.size_bytes is None or request.size_bytes <= {"10 B": 10, "1 kB": 1000}[rule["max_size"]]


def _role_permits(role: Document | None, request: Request) -> bool:
    if (
        role is None
        or request.action not in role["may"]
        or not set(role.get("needs", [])) <= request.principal.attributes
    ):
        return False
    return request.view is None or request.action not in ("pull", "review") or request.view in role["views"]


def _resolve(document: object, pointer: str) -> object:
    value = document
    for token in pointer.split("/")[1:]:
        if isinstance(value, list):
            value = value[int(token)]
        else:
            assert isinstance(value, Mapping)
            value = value[token]
    return _unordered(value)


def _unordered(value: object) -> object:
    if isinstance(value, Mapping):
        return {key: _unordered(item) for key, item in value.items()}
    if isinstance(value, list):
        return sorted((_unordered(item) for item in value), key=lambda item: json.dumps(item, sort_keys=True))
    return value


def _exists(document: object, pointer: str) -> bool:
    try:
        _resolve(document, pointer)
    except (KeyError, IndexError, ValueError, AssertionError):
        return False
    return True


def _shuffle(value: Any, rng: random.Random) -> Any:
    if isinstance(value, dict):
        names = list(value)
        rng.shuffle(names)
        return {name: _shuffle(value[name], rng) for name in names}
    if isinstance(value, list):
        items = [_shuffle(item, rng) for item in value]
        rng.shuffle(items)
        return items
    return value
