"""``redaction explain`` and ``redaction statistics``: rule, model and clause of a finding; counts by rule."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from gateway.agreements.text.parsing import parse_agreement
from gateway.cli.redaction_explain import redaction_app
from gateway.errors import InvalidInput, NotFound
from gateway.evidence.canonical import canonical_json
from gateway.exchange.log.redaction_explained import explain, finding_of, parse_report
from gateway.redaction.document import CanonicalText, Finding, Layer, Segment
from gateway.redaction.plan import build_plan
from gateway.redaction.pseudonym import Pseudonymiser
from gateway.redaction.report import build_report
from gateway.redaction.residue import prove_clean

SAMPLE = Path(__file__).parents[3] / "policies" / "agreements" / "eu-uk-ai-incidents.yaml"
AGREEMENT = parse_agreement(SAMPLE.read_bytes())
TEXT = "Ada Lovelace asked for 400 euros; Lovelace has asthma."


@pytest.fixture
def report(tmp_path: Path) -> Path:
    """A report as the real plan and proof make it, in the sample's standard view."""
    document = CanonicalText(TEXT, (Segment(0, len(TEXT), "page 2"),), "pdf", "1")
    findings = [
        Finding(0, 12, "PERSON", "tagger/person", 0.91),
        Finding(23, 26, "AMOUNT", "term/money", 0.8),
        Finding(47, 53, "HEALTH", "special/health", 0.7),
    ]
    view = AGREEMENT.views["standard"]
    plan = build_plan(document, findings, view.action, Pseudonymiser(b"k" * 32))
    made = build_report(
        exhibit="e1", view="standard", document=document, plan=plan,
        proof=prove_clean(plan.removed, [Layer("text", plan.expected_text)], plan.expected_text), source_commitment="c",
    )  # fmt: skip
    path = tmp_path / "report.json"
    path.write_bytes(canonical_json(made))
    return path


def ask(*arguments: object) -> Any:
    return CliRunner().invoke(redaction_app, [str(each) for each in arguments])


@pytest.mark.parametrize(
    ("at", "rule", "found_by", "clause"),
    [
        (3, "tagger/person", "the tagger trained", "/views/standard/personal_data/PERSON"),
        (36, "tagger/person/part/again", "as a recurrence", "/views/standard/personal_data/PERSON"),
        (24, "term/money", "a rule that knows the form", "/views/standard/trade_secrets/default"),
        (48, "special/health", "a rule that knows the form", "/views/standard"),
    ],
    ids=["model", "recurrence", "default", "left-out"],
)
def test_rule_model_and_clause(report: Path, at: int, rule: str, found_by: str, clause: str) -> None:
    result = ask("explain", report, "--at", at, "--agreement", SAMPLE)
    assert result.exit_code == 0, result.output
    lines = dict(line.split(maxsplit=1) for line in result.output.replace("found by", "found-by").splitlines())
    assert lines["rule"].startswith(rule.replace("/part/again", ""))
    assert found_by in lines["found-by"]
    assert lines["clause"] == clause
    assert "page 2" in lines["finding"]


def test_every_clause_stands_in_the_agreement(report: Path) -> None:
    read = parse_report(report.read_bytes())
    for finding in read["findings"]:
        value: Any = AGREEMENT.document
        why = explain(read, finding, AGREEMENT)
        for token in why.clause.split("/")[1:]:
            value = value[token]
        assert value is not None
        assert why.agrees


def test_by_id_in_json_and_without_agreement(report: Path) -> None:
    answer = json.loads(ask("explain", report, "f2", "--json").output)
    assert (answer["finding"]["rule"], answer["clause"], answer["agrees"]) == ("term/money", "", None)


def test_an_agreement_that_keeps_it_is_named_as_another(report: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.yaml"
    source = SAMPLE.read_text("utf-8")
    assert "PERSON: pseudonymise" in source
    other.write_text(source.replace("PERSON: pseudonymise", "PERSON: keep"), "utf-8")
    result = ask("explain", report, "f1", "--agreement", other)
    assert result.exit_code == 3
    assert "is it the version" in result.output


def test_what_is_not_there_or_not_asked_well(report: Path) -> None:
    read = parse_report(report.read_bytes())
    for finding_id, at, kind in (
        ("f9", None, NotFound),
        (None, 15, NotFound),
        (None, None, InvalidInput),
        ("f1", 3, InvalidInput),
    ):
        with pytest.raises(kind):
            finding_of(read, finding_id, at)


@pytest.mark.parametrize(
    "source",
    [b"[]", b"{}", b'{"view":"v","findings":[{"id":"f1"}]}', b'{"view":"v","findings":{}}', b'{"view":"v"', b"\xff"],
    ids=["list", "empty", "thin-finding", "no-list", "cut", "not-utf8"],
)
def test_what_is_no_report(source: bytes) -> None:
    with pytest.raises(InvalidInput):
        parse_report(source)


def test_statistics_by_rule(report: Path) -> None:
    answer = json.loads(ask("statistics", report, report, "--json").output)
    assert answer["reports"] == 2
    by_rule = {each["rule"]: each for each in answer["rules"]}
    person = by_rule["tagger/person"]
    assert (person["redactions"], person["again"], person["reports"], person["entities"]) == (4, 2, 2, ["PERSON"])
    assert by_rule["term/money"]["lowest_confidence"] == 0.8
    shown = ask("statistics", report).output
    assert "Lovelace" not in shown
    assert shown.endswith("4 redactions in 1 reports.\n")
