"""The proof that a rendition is clean: it finds what was left in any guise, and nothing that wasn't."""

from __future__ import annotations

import pytest

from gateway.errors import ResidueFound
from gateway.evidence.taxonomy import Action
from gateway.redaction.document import CanonicalText, Finding, Layer, Segment
from gateway.redaction.plan import Plan, build_plan
from gateway.redaction.pseudonym import Pseudonymiser
from gateway.redaction.residue import prove_clean

TEXT = "Ms Ávila Redfearn (ávila.redfearn@example.org, aged 47) paid 721,402 on 12 May 2004. Then she left at once."
LONGER = TEXT + " What she did later is told elsewhere, at greater length than is needed here."


def plan_for(text: str = TEXT, action: Action = Action.REMOVE) -> Plan:
    findings = []
    for value, entity in (
        ("Ms Ávila Redfearn", "PERSON"),
        ("ávila.redfearn@example.org", "EMAIL"),
        ("47", "AGE"),
        ("721,402", "AMOUNT"),
        ("12 May 2004", "DATE"),
    ):
        start = text.index(value)
        findings.append(Finding(start, start + len(value), entity, f"rule-{entity.lower()}", 0.9))
    document = CanonicalText(text, (Segment(0, len(text), ""),), "test", "1")
    return build_plan(document, findings, lambda category, entity: action, Pseudonymiser(b"k" * 32))


@pytest.mark.parametrize("action", [Action.REMOVE, Action.PSEUDONYMISE, Action.GENERALISE])
def test_a_faithful_rendition_is_clean(action: Action) -> None:
    plan = plan_for(action=action)
    proof = prove_clean(
        plan.removed,
        [Layer("text", plan.expected_text), Layer("bytes", plan.expected_text, raw=True)],
        plan.expected_text,
    )
    assert proof.layers == ("text", "bytes")
    assert proof.hits == 0
    assert proof.values > 0


@pytest.mark.parametrize(
    "leak",
    [
        "Ms Ávila Redfearn",
        "REDFEARN",
        "A\u0301vila",
        "Red\u00adfearn",
        "Red-\nfearn",
        "Ａvila redfearn".replace("Ａ", "Á"),
        "&#193;vila Redfearn",
        "Redfe&#97;rn",
        "R%65dfearn",
        "Redf=65arn",
        "Redf=\r\nearn",
        "Redf</w:t></w:r><w:r><w:t>earn",
        "Ms</b> <i>Ávila</i> Redfearn",
        "\\u00c1vila",
        "721,402",
        "12  May\n2004",
        "ÁVILA.REDFEARN@EXAMPLE.ORG",
    ],
)
@pytest.mark.parametrize("raw", [False, True])
def test_a_leak_in_any_guise_is_found(leak: str, raw: bool) -> None:
    plan = plan_for()
    if raw and leak == "721,402":
        pytest.skip("six figures are not distinctive among the numbers of a file's structure")
    if not raw and "w:t" in leak:
        pytest.skip("a text layer holds no tags")
    with pytest.raises(ResidueFound) as caught:
        prove_clean(
            plan.removed,
            [Layer("text", plan.expected_text), Layer("hidden", f"x {leak} y", raw=raw)],
            plan.expected_text,
        )
    assert caught.value.code == "residue-found"
    assert caught.value.detail["layer"] == "hidden"
    shown = f"{caught.value} {caught.value.as_dict()}".casefold()
    assert "redfearn" not in shown
    assert "721" not in shown
    assert "2004" not in shown


def test_short_values_are_counted_in_text_layers() -> None:
    plan = plan_for(LONGER)
    leaking = plan.expected_text.replace("[PD-DATE]", "47", 1)
    with pytest.raises(ResidueFound) as caught:
        prove_clean(plan.removed, [Layer("text", leaking)], plan.expected_text)
    assert caught.value.detail["rule"] == "rule-age"
    # The same figure in a few words of metadata proves nothing.
    prove_clean(plan.removed, [Layer("text", plan.expected_text), Layer("info", "page 47")], plan.expected_text)


def test_markers_are_no_residue() -> None:
    text = "Name: Name. Year 2004, 2004."
    document = CanonicalText(text, (Segment(0, len(text), ""),), "test", "1")
    findings = [Finding(6, 10, "PERSON", "r", 0.9), Finding(17, 21, "DATE", "r", 0.9)]
    plan = build_plan(document, findings, lambda category, entity: Action.GENERALISE, Pseudonymiser(b"k" * 32))
    assert plan.expected_text == "[PD-NAME]: [PD-NAME]. Year [2004], [2004]."
    prove_clean(plan.removed, [Layer("text", plan.expected_text)], plan.expected_text)


def test_words_of_the_file_format_are_no_residue() -> None:
    text = "Mr Larry Page wrote this page."
    document = CanonicalText(text, (Segment(0, len(text), ""),), "test", "1")
    plan = build_plan(
        document, [Finding(3, 13, "PERSON", "r", 0.9)], lambda category, entity: Action.REMOVE, Pseudonymiser(b"k" * 32)
    )
    raw = Layer("bytes", "<< /Type /Page /Parent 2 0 R >> " + plan.expected_text, raw=True)
    prove_clean(plan.removed, [raw, Layer("text", plan.expected_text)], plan.expected_text)


def test_nothing_searched_proves_nothing() -> None:
    plan = plan_for()
    with pytest.raises(ResidueFound) as caught:
        prove_clean(plan.removed, [], plan.expected_text)
    assert caught.value.code == "residue-no-layers"


def test_a_rendition_from_which_nothing_was_removed_is_clean() -> None:
    assert prove_clean((), [Layer("text", "all of it")], "all of it").values == 0
