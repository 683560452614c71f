"""From overlapping findings to replacements: coverage, strictness, segments, propagation, markers."""

from __future__ import annotations

from itertools import pairwise

import pytest

from gateway.errors import DetectionFailed
from gateway.evidence.taxonomy import Action, Category
from gateway.redaction.document import CanonicalText, Finding, Segment
from gateway.redaction.plan import ActionFor, Plan, build_plan
from gateway.redaction.pseudonym import Pseudonymiser

KEY = b"k" * 32


def document(text: str, *cuts: int, flow: int = 0) -> CanonicalText:
    bounds = [0, *cuts, len(text)]
    segments = tuple(
        Segment(start + (1 if number else 0), end, f"part {number}", flow=flow)
        for number, (start, end) in enumerate(pairwise(bounds))
    )
    return CanonicalText(text, segments, "test", "1")


def at(text: str, value: str, entity: str, rule: str = "test", confidence: float = 0.9, nth: int = 0) -> Finding:
    start = -1
    for _ in range(nth + 1):
        start = text.index(value, start + 1)
    return Finding(start, start + len(value), entity, rule, confidence)


def view(**actions: str) -> ActionFor:
    def action_for(category: Category, entity: str) -> Action:
        return Action(actions.get(entity, "remove"))

    return action_for


def planned(text: str, *findings: Finding, actions: ActionFor | None = None) -> Plan:
    return build_plan(document(text), findings, actions or view(), Pseudonymiser(KEY))


def test_removes_keeps_and_says_why() -> None:
    text = "Ann Lee lives in Bradford."
    plan = planned(text, at(text, "Ann Lee", "PERSON"), at(text, "Bradford", "LOCATION"), actions=view(LOCATION="keep"))
    assert plan.expected_text == "[PD-NAME] lives in Bradford."
    (redaction,) = plan.redactions
    assert (redaction.entity, redaction.reason_code, redaction.action) == ("PERSON", "PD-NAME", Action.REMOVE)
    assert plan.stops == ()


def test_the_stricter_action_wins_and_the_longer_span_names_the_entity() -> None:
    text = "contact ann.lee@example.org now"
    plan = planned(
        text,
        at(text, "ann.lee@example.org", "EMAIL"),
        at(text, "example.org now", "ORGANISATION"),
        actions=view(EMAIL="pseudonymise"),
    )
    (redaction,) = plan.redactions
    assert text[redaction.start : redaction.end] == "ann.lee@example.org now"
    assert (redaction.entity, redaction.action) == ("EMAIL", Action.REMOVE)
    assert plan.expected_text == "contact [PD-CONTACT]"


def test_a_kept_finding_uncovers_nothing() -> None:
    text = "12 Lee Street, Bradford"
    plan = planned(text, at(text, text, "ADDRESS"), at(text, "Bradford", "LOCATION"), actions=view(LOCATION="keep"))
    assert plan.expected_text == "[PD-ADDRESS]"


def test_spans_grow_to_whole_words() -> None:
    text = "Mr Redfearn's café\u0301s"
    plan = planned(text, at(text, "Redf", "PERSON"), at(text, "caf", "ORGANISATION"))
    assert plan.expected_text == "Mr [PD-NAME]'s [PD-ORG]"


def test_a_very_long_word_is_not_grown_over() -> None:
    text = "x" * 500 + "4111" + "x" * 500
    (redaction,) = planned(text, at(text, "4111", "CARD_NUMBER")).redactions
    assert redaction.end - redaction.start == 4 + 2 * 64


def test_no_span_crosses_a_segment_and_separators_stay() -> None:
    text = "Ann\tLee\tother"
    plan = build_plan(document(text, 3, 7), [Finding(0, 7, "PERSON", "test", 0.9)], view(), Pseudonymiser(KEY))
    assert plan.expected_text == "[PD-NAME]\t[PD-NAME]\tother"


def test_what_is_removed_once_is_removed_everywhere() -> None:
    text = "Mr Arthur Redfearn sued. REDFEARN won; redfearn@example.org. Arthur was glad. The art of it."
    plan = planned(text, at(text, "Mr Arthur Redfearn", "PERSON"))
    assert plan.expected_text == (
        "[PD-NAME] sued. [PD-NAME] won; [PD-NAME]@example.org. [PD-NAME] was glad. The art of it."
    )
    assert {each.rule for each in plan.redactions} == {"test", "test/again"}


def test_common_words_in_names_are_not_hunted() -> None:
    text = "Mark Price said: mark the price. Will he? The price is Price's."
    plan = planned(text, at(text, "Mark Price", "PERSON"))
    assert plan.expected_text == "[PD-NAME] said: mark the price. Will he? The price is Price's."


def test_bare_figures_are_not_propagated_but_long_ones_are() -> None:
    text = "within three days pay 721,402 in three rates, that is 721,402"
    plan = planned(text, at(text, "three", "DURATION"), at(text, "721,402", "AMOUNT"))
    assert plan.expected_text == (
        "within [TS-COMMERCIAL] days pay [TS-COMMERCIAL] in three rates, that is [TS-COMMERCIAL]"
    )


def test_neighbours_of_one_kind_merge_but_two_persons_do_not() -> None:
    text = "Ann Lee, Bob Orr on 12 May 2004"
    plan = planned(
        text,
        at(text, "Ann Lee", "PERSON"),
        at(text, "Bob", "PERSON"),
        at(text, "Orr", "PERSON"),
        at(text, "12 May", "DATE"),
        at(text, "2004", "DATE"),
    )
    assert plan.expected_text == "[PD-NAME], [PD-NAME] on [PD-DATE]"


def test_pseudonyms_are_the_same_for_the_same_person() -> None:
    text = "Mr John Smith met Jane Orr. Smith left. J. Smith wrote."
    plan = planned(
        text,
        at(text, "Mr John Smith", "PERSON"),
        at(text, "Jane Orr", "PERSON"),
        at(text, "J. Smith", "PERSON"),
        actions=view(PERSON="pseudonymise"),
    )
    labels = [each.pseudonym for each in plan.redactions]
    assert len(labels) == 4
    assert labels[0] == labels[2] == labels[3] != labels[1]
    assert plan.expected_text == f"[{labels[0]}] met [{labels[1]}]. [{labels[0]}] left. [{labels[0]}] wrote."


def test_generalises_or_removes() -> None:
    text = "born 12 March 1975, aged 47, or last spring, at Bradford"
    plan = planned(
        text,
        at(text, "12 March 1975", "DATE"),
        at(text, "47", "AGE"),
        at(text, "last spring", "DATE"),
        at(text, "Bradford", "LOCATION"),
        actions=view(DATE="generalise", AGE="generalise", LOCATION="generalise"),
    )
    assert plan.expected_text == "born [1975], aged [40–49], or [PD-DATE], at [PD-ADDRESS]"


def test_stop_is_reported_and_still_covered() -> None:
    text = "she is HIV-positive"
    plan = planned(text, at(text, "HIV-positive", "HEALTH"), actions=view(HEALTH="stop"))
    assert plan.stops == ("HEALTH",)
    assert plan.expected_text == "she is [SC-ART9]"


def test_offsets_count_characters_beyond_the_basic_plane() -> None:
    text = "😀𝒳 Ann Lee 😀"
    plan = planned(text, at(text, "Ann Lee", "PERSON"))
    assert plan.expected_text == "😀𝒳 [PD-NAME] 😀"


@pytest.mark.parametrize(
    ("finding", "code"),
    [
        (Finding(0, 99, "PERSON", "bad", 1.0), "finding-out-of-range"),
        (Finding(-1, 1, "PERSON", "bad", 1.0), "finding-out-of-range"),
        (Finding(3, 2, "PERSON", "bad", 1.0), "finding-out-of-range"),
        (Finding(0, 1, "NO_SUCH", "bad", 1.0), "finding-unknown-entity"),
    ],
)
def test_a_detector_at_fault_stops_everything(finding: Finding, code: str) -> None:
    with pytest.raises(DetectionFailed) as caught:
        planned("short", finding)
    assert caught.value.code == code


def test_order_of_findings_does_not_matter() -> None:
    text = "Ann Lee wrote to bob@example.org on 12 May 2004 about Ann."
    findings = [at(text, "Ann Lee", "PERSON"), at(text, "bob@example.org", "EMAIL"), at(text, "12 May 2004", "DATE")]
    assert planned(text, *findings) == planned(text, *reversed(findings))


def test_removed_values_do_not_show_in_repr() -> None:
    text = "Ann Lee"
    plan = planned(text, at(text, "Ann Lee", "PERSON"))
    assert "Ann" not in repr(plan.removed)
