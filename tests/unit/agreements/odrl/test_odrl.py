"""ODRL: what goes out comes back, terms are those that are documented, and nothing is ignored."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from gateway.agreements.model import Agreement
from gateway.agreements.odrl.document import beyond_odrl, export_odrl, import_odrl
from gateway.agreements.odrl.release import export_release_odrl
from gateway.agreements.odrl.terms import NAMESPACE, ODRL_CONTEXT
from gateway.agreements.text.parsing import parse_agreement
from gateway.envelope.policy import ReleasePolicy
from gateway.errors import GatewayError

ROOT = Path(__file__).parents[4]
POLICIES = sorted((ROOT / "policies" / "agreements").glob("*.yaml"))
#: Terms of ODRL 2.2 that the documents use.
ODRL_TERMS = {
    *("Agreement", "Set", "Asset", "AssetCollection", "Party", "PartyCollection", "Duty", "LogicalConstraint"),
    *("uid", "profile", "conflict", "prohibit", "permission", "prohibition", "obligation", "duty"),
    *("assigner", "assignee", "consentingParty", "action", "target", "source", "constraint", "refinement"),
    *("leftOperand", "operator", "rightOperand", "andSequence"),
    *("eq", "gt", "gteq", "lt", "lteq", "isAnyOf", "isAllOf", "isNoneOf"),
    *("distribute", "read", "delete", "obtainConsent"),
    *("purpose", "dateTime", "fileFormat", "event", "delayPeriod", "elapsedTime", "count"),
}
#: Members that are no terms: JSON-LD keywords, and what stands in JSON literals.
LITERALS = {"eg:beyond", "eg:spelling", "eg:parameters"}
RELEASE = ReleasePolicy(
    agreement="eu-uk",
    agreement_version=3,
    agreement_digest="0" * 64,
    case="case-1",
    view="standard",
    exhibit="00000000-0000-4000-8000-000000000001",
    recipient="ico-uk",
    retain_until=datetime(2027, 1, 1, tzinfo=UTC),
    obligations=(
        {"kind": "encrypt", "clause": "/encryption/recipients", "recipients": "classical"},
        {"kind": "retain", "clause": "/retention/default", "keep": "P90D", "counted_from": "release"},
        {"kind": "redact", "clause": "/views/standard", "view": "standard", "opaque": False},
        {"kind": "answer-by", "clause": "/deadlines/emergency", "by": "2026-12-01T00:00:00Z"},
        {"kind": "new-kind", "clause": "/x"},
    ),
)


@pytest.fixture(params=POLICIES, ids=lambda p: p.stem)
def worked(request: pytest.FixtureRequest) -> Agreement:
    return parse_agreement(request.param.read_bytes())


@pytest.fixture
def exported(sample: bytes) -> dict[str, Any]:
    return export_odrl(parse_agreement(sample))


def read(value: Any) -> Agreement:
    return import_odrl(json.dumps(value).encode())


def refusal(value: Any) -> GatewayError:
    with pytest.raises(GatewayError) as refused:
        read(value)
    return refused.value


def test_there_are_worked_agreements() -> None:
    assert len(POLICIES) >= 3


def test_what_goes_out_comes_back_with_its_digest(worked: Agreement) -> None:
    again = read(export_odrl(worked))
    assert again == worked
    assert again.digest == worked.digest


def test_the_rules_alone_say_all_that_decides(worked: Agreement) -> None:
    """Without spelling the text differs; its meaning may not."""
    policy = {**export_odrl(worked), "eg:spelling": []}
    del policy["eg:digest"]
    again = read(policy)
    for name in ("id", "version", "title", "parties", "in_force_from", "in_force_until", "legal_basis", "purposes",
                 "evidence", "forbidden", "retention", "review", "recipients", "deadlines", "two_persons"):  # fmt: skip
        assert getattr(again, name) == getattr(worked, name), name
    assert {n: (r.may, set(r.views), r.needs) for n, r in again.roles.items()} == {
        n: (r.may, set(r.views), r.needs) for n, r in worked.roles.items()
    }
    assert export_odrl(again)["eg:redactions"] == export_odrl(worked)["eg:redactions"]
    assert {n: v.defaults for n, v in again.views.items()} == {n: v.defaults for n, v in worked.views.items()}


def test_the_order_of_rules_does_not_matter(exported: dict[str, Any], sample: bytes) -> None:
    for name in ("permission", "obligation", "eg:redactions", "eg:reviews", "eg:evidence"):
        exported[name].reverse()
    assert read(exported) == parse_agreement(sample)


def test_a_rule_may_be_written_by_hand(exported: dict[str, Any]) -> None:
    del exported["eg:digest"]
    exported["eg:spelling"] = []
    for asset in exported["eg:evidence"]:
        for limit in asset["refinement"]:
            if limit["leftOperand"] == "eg:sizeInBytes":
                limit["rightOperand"] = 7_000_000
    assert {rule.max_size_bytes for rule in read(exported).evidence.values()} == {7_000_000}


def _spell_another_meaning(policy: dict[str, Any]) -> None:
    # The rules say 50 MB; the spelling says more. The rules written again show it.
    policy["eg:spelling"].append({"clause": "/evidence/incident-report/max_size", "written": "16 TiB"})


def _drop_duty(policy: dict[str, Any]) -> None:
    next(rule for rule in policy["permission"] if rule["action"] == "read")["duty"].pop()


def _drop_duty_of_redaction(policy: dict[str, Any]) -> None:
    policy["eg:redactions"].pop(0)


def _other_assignee(policy: dict[str, Any]) -> None:
    policy["prohibition"][0]["assignee"] = ["urn:evidence-gateway:agency:somebody-else"]


TAMPERED: list[tuple[str, Callable[[dict[str, Any]], object], set[str]]] = [
    ("an unknown member", lambda p: p.update({"remedy": "none"}), {"odrl-not-understood"}),
    ("an unknown member of a rule", lambda p: p["permission"][0].update(remedy="none"), {"odrl-not-understood"}),
    ("another purpose in one rule", lambda p: p["permission"][0]["constraint"][0].update(rightOperand=["fun"]),
     {"odrl-not-understood", "odrl-digest-mismatch"}),
    ("a permission more", lambda p: p["permission"].append({**p["permission"][0], "uid": "urn:x"}),
     {"odrl-not-understood"}),
    ("a permission less", lambda p: p["permission"].pop(0),
     {"odrl-agreement-invalid", "odrl-digest-mismatch", "odrl-invalid"}),
    ("a duty less", _drop_duty, {"odrl-not-understood"}),
    ("a redaction less", _drop_duty_of_redaction, {"odrl-not-understood", "odrl-digest-mismatch"}),
    ("a prohibition of somebody else", _other_assignee, {"odrl-not-understood"}),
    ("spelling with another meaning", _spell_another_meaning, {"odrl-not-understood", "odrl-digest-mismatch"}),
    ("another digest", lambda p: p.update({"eg:digest": "0" * 64}), {"odrl-digest-mismatch"}),
    ("another title", lambda p: p.update({"dct:title": "Another"}), {"odrl-digest-mismatch"}),
    ("another conflict strategy", lambda p: p.update(conflict="perm"), {"odrl-not-understood"}),
    ("another profile", lambda p: p.update(profile="urn:x"), {"odrl-invalid"}),
    ("another context", lambda p: p.update({"@context": "https://example.org/evil"}), {"odrl-invalid"}),
    ("no rules", lambda p: p.pop("permission"), {"odrl-invalid"}),
    ("an unknown action", lambda p: p["permission"][0].update(action="sell"), {"odrl-invalid"}),
    ("a size that is no number", lambda p: p["eg:evidence"][0]["refinement"][2].update(rightOperand="1"),
     {"odrl-invalid"}),
    ("a size of true", lambda p: p["eg:evidence"][0]["refinement"][2].update(rightOperand=True), {"odrl-invalid"}),
    ("a place that does not exist", lambda p: p["eg:spelling"].append({"clause": "/a/b/c", "written": 1}),
     {"odrl-invalid"}),
    ("a place that is none", lambda p: p["eg:spelling"].append({"clause": 3, "written": 1}), {"odrl-invalid"}),
    ("spelling that is no list", lambda p: p.update({"eg:spelling": {"clause": "/"}}), {"odrl-invalid"}),
    ("no spelling", lambda p: p.pop("eg:spelling"), {"odrl-invalid"}),
    ("a date that does not exist", lambda p: [
        rule["constraint"][1]["rightOperand"].update({"@value": "2026-02-30"})
        for rule in p["permission"] if "constraint" in rule], {"odrl-agreement-invalid"}),
    ("a thousand years", lambda p: [
        step["andSequence"]["@list"][1]["rightOperand"].update({"@value": "P1000Y"})
        for rule in p["obligation"] if rule["action"] == "delete" for step in rule["constraint"]],
     {"odrl-agreement-invalid"}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "tamper", "codes"), TAMPERED, ids=[t[0] for t in TAMPERED])
def test_what_was_tampered_with_is_refused(
    exported: dict[str, Any], name: str, tamper: Callable[[dict[str, Any]], object], codes: set[str]
) -> None:
    tampered = copy.deepcopy(exported)
    tamper(tampered)
    assert tampered != exported
    error = refusal(tampered)
    assert error.code in codes
    assert error.remedy


@pytest.mark.parametrize(
    ("file", "code"),
    [(b"[]", "odrl-invalid"), (b"{}", "odrl-invalid"), (b"{", "json-invalid"), (b"[" * 40, "json-too-deep"),
     (b'{"a":1,"a":2}', "json-duplicate-key"), (b" " * (4 * 1024 * 1024 + 1), "json-too-large")],
    ids=lambda v: v if isinstance(v, str) else None,
)  # fmt: skip
def test_what_is_no_such_document_is_refused(file: bytes, code: str) -> None:
    with pytest.raises(GatewayError) as refused:
        import_odrl(file)
    assert refused.value.code == code


def test_what_odrl_cannot_say_is_listed_with_clauses_that_exist(sample: bytes) -> None:
    agreement = parse_agreement(sample)
    found = beyond_odrl(agreement)
    written = json.dumps(export_odrl(agreement))
    assert {"/legal_basis", "/safeguards", "/evidence/special-category-data"} <= {item.clause for item in found}
    for item in found:
        value: Any = agreement.document
        for token in item.clause.split("/")[1:]:
            value = value[token]
        assert item.carried_in == "the profile" or f'"{item.carried_in}"' in written


def stated_in(written: dict[str, Any]) -> dict[str, Any]:
    """What an exported release policy says, in the members of the policy itself."""
    (permission,), (deletion, *others) = written["permission"], written["obligation"]
    assert (permission["action"], deletion["action"]) == ("read", "delete")
    assert permission["constraint"] == deletion["constraint"]
    return {
        "type": "evidence-gateway/release-policy/v1",
        "agreement": {"id": written["eg:agreement"], "version": written["eg:version"], "digest": written["eg:digest"]},
        "case": written["eg:case"],
        "view": written["eg:releasedView"],
        "exhibit": permission["target"].removeprefix("urn:evidence-gateway:exhibit:"),
        "recipient": permission["assignee"].removeprefix("urn:evidence-gateway:agency:"),
        "retain_until": permission["constraint"][0]["rightOperand"]["@value"],
        "obligations": [{"kind": duty["eg:kind"], **duty["eg:parameters"]} for duty in others],
    }


def test_a_release_policy_is_written_with_all_it_says() -> None:
    written = export_release_odrl(RELEASE)
    assert stated_in(json.loads(json.dumps(written))) == RELEASE.as_dict()
    assert [duty["action"] for duty in written["obligation"]] == [
        *("delete", "eg:encrypt", "eg:retain", "eg:redact", "eg:answer", "eg:oblige")
    ]


def published_terms() -> list[tuple[str, ...]]:
    """Each term of the published profile: its name, kind, meaning and the ODRL term it is included in, if any."""
    profile = json.loads((ROOT / "policies" / "odrl" / "profile.jsonld").read_text("utf-8"))
    assert profile["@context"] == [ODRL_CONTEXT, {
        "eg": NAMESPACE, "label": "rdfs:label", "definition": "skos:definition", "graph": "@graph",
    }]  # fmt: skip
    assert all(term["@id"] == f"eg:{term['label']}" for term in profile["graph"])
    return [
        (term["label"], term["@type"].split(":")[1], term["definition"],
         term.get("includedIn", "").removeprefix("odrl:"))
        for term in profile["graph"]
    ]  # fmt: skip


def _terms(value: Any, *, member: str = "") -> Iterator[str]:
    """Every term that a document uses: members, and the values of members that take terms."""
    if isinstance(value, dict):
        for key, item in value.items():
            if not key.startswith("@"):
                yield key
            if key == "@id" and isinstance(item, str) and item.startswith("eg:"):
                yield item
            if key not in LITERALS and key != "@context":
                yield from _terms(item, member=key)
    elif isinstance(value, list):
        for item in value:
            yield from _terms(item, member=member)
    elif member in ("action", "leftOperand", "operator", "conflict", "@type") and isinstance(value, str):
        yield value


def test_only_documented_terms_are_used_and_all_of_them() -> None:
    used: set[str] = set()
    for path in POLICIES:
        used |= set(_terms(export_odrl(parse_agreement(path.read_bytes()))))
    used |= set(_terms(export_release_odrl(RELEASE)))
    ours = {term.removeprefix("eg:") for term in used if term.startswith("eg:")}
    profile = {label for label, *_ in published_terms()}
    assert ours <= profile
    theirs = {term for term in used if not term.startswith(("eg:", "dct:", "xsd:"))}
    assert theirs <= ODRL_TERMS
    assert ODRL_TERMS - theirs <= {"Asset"}, "listed, and never used"
    assert profile - ours <= {"stop", "receipt", "last-pull", "case-closing", "clause"}


def test_the_published_profile_and_the_page_have_all_terms() -> None:
    published = published_terms()
    assert len({label for label, *_ in published}) == len(published) == 50
    page = (ROOT / "docs" / "odrl.md").read_text("utf-8")
    row = re.compile(r"^\| `eg:([A-Za-z-]+)` \| (\w+) \| (.+?) \| +(?:`(\w+)` )?\|$", re.MULTILINE)
    assert row.findall(page) == published
    assert set(re.findall(r"^\| `([A-Za-z]+)` \|", page, re.MULTILINE)) >= ODRL_TERMS
