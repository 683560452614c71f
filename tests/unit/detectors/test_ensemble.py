"""All detectors together: offsets, borders, languages, long texts, and that any failure stops all."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from itertools import pairwise

import pytest

from gateway.detectors.ensemble import RULES, Ensemble
from gateway.detectors.models.presidio import PresidioNumbers
from gateway.detectors.reconcile import reconciled
from gateway.detectors.text.language import LANGUAGES
from gateway.detectors.text.passage import MAX_CHARS, Passage, Span, cut
from gateway.errors import DetectionFailed
from gateway.evidence.taxonomy import ENTITIES
from gateway.redaction.document import CanonicalText, Finding, Segment


def plain(text: str) -> CanonicalText:
    return CanonicalText(text, (Segment(0, len(text), "text"),), "plain", "1")


def values(detector: Ensemble, text: str, language: str | None = None) -> set[tuple[str, str]]:
    return {(text[each.start : each.end], each.entity) for each in detector.detect(plain(text), language)}


def test_finds_kinds_of_all_detectors(detector: Ensemble) -> None:
    text = (
        "Mr Arthur Redfearn, a British national born in 1948 in Bradford, was dismissed by Serco Limited on "
        "30 June 2004 (application no. 47335/06). NHS number 943 476 5919; write to a.redfearn@example.org."
    )
    found = values(detector, text)
    assert {
        ("Mr Arthur Redfearn", "PERSON"), ("British national", "NATIONALITY"), ("1948", "DATE"),
        ("Bradford", "LOCATION"),
        ("Serco Limited", "ORGANISATION"), ("30 June 2004", "DATE"), ("47335/06", "CASE_NUMBER"),
        ("943 476 5919", "MEDICAL_ID"), ("a.redfearn@example.org", "EMAIL"),
    } <= found  # fmt: skip


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_is_read_by_the_whole_ensemble(detector: Ensemble, language: str) -> None:
    found = detector.detect(plain("Orla Redfearn, +44 20 7946 0018, 12.03.1981, orla.redfearn@example.org"), language)
    assert "EMAIL" in {each.entity for each in found}


def test_offsets_count_characters(detector: Ensemble) -> None:
    text = "😀𝒳e\u0301 Contact: zoe@example.org 👩‍👩‍👧 on 12 March 2019 田中"
    assert {("zoe@example.org", "EMAIL"), ("12 March 2019", "DATE")} <= values(detector, text)


def test_french_and_spanish(detector: Ensemble) -> None:
    french = "La requête (no 18949/91) de M. Peter Maxwell a été introduite le 25 mars 1991 à Londres par son avocat."
    spanish = (
        "La demanda (núm. 43185/98) de la Sra. Lowe fue presentada el 12 de marzo de 2019 en Lincoln por su abogado."
    )
    assert {("18949/91", "CASE_NUMBER"), ("M. Peter Maxwell", "PERSON"), ("25 mars 1991", "DATE")} <= values(
        detector, french
    )
    assert {("43185/98", "CASE_NUMBER"), ("Sra. Lowe", "PERSON"), ("Lincoln", "LOCATION")} <= values(detector, spanish)


def test_one_name_is_one_kind() -> None:
    text = "Mr Redfearn wrote. Redfearn left Serco."
    findings = [
        Finding(0, 11, "PERSON", "person/titled", 0.9),
        Finding(3, 11, "ORGANISATION", "model/org", 0.6),
        Finding(19, 27, "LOCATION", "model/gpe", 0.8),
        Finding(33, 38, "ORGANISATION", "model/org", 0.6),
    ]
    assert [(each.start, each.entity) for each in reconciled(text, findings)] == [
        (0, "PERSON"),
        (19, "PERSON"),
        (33, "ORGANISATION"),
    ]


def test_text_without_capitals_is_read_too(detector: Ensemble) -> None:
    found = values(detector, "please follow up with patricia desrosiers, she lives in hamburg with her husband.")
    assert any("patricia" in value for value, entity in found if entity == "PERSON")


def test_labels_speak_for_whole_values(detector: Ensemble) -> None:
    cells = [
        ("userName", "jdoe77"), ("password", "correct horse"), ("/items/0/email", "x@y.example"),
        ("Approved by", "Ann Lee"), ("actor", "batch job"), ("line", 'who="x" user_name=\\"Bo Orr\\" name="Ann Lee"'),
        ("From", '"Ann Lee" <a@b.example>'), ("note", "ok"), ("name", "null"), ("date_of_birth", "12 mars"),
    ]  # fmt: skip
    text, segments = "", []
    for label, value in cells:
        segments.append(Segment(len(text), len(text) + len(value), f"cell {label}", label))
        text += value + "\t"
    found = {
        (text[each.start : each.end], each.entity)
        for each in detector.detect(CanonicalText(text, tuple(segments), "csv", "1"))
        if each.rule.startswith("label/")
    }
    assert found == {
        ("jdoe77", "HANDLE"), ("correct horse", "CREDENTIAL"), ("x@y.example", "EMAIL"), ("Ann Lee", "PERSON"),
        ("12 mars", "DATE"), ("Bo Orr", "PERSON"),
    }  # fmt: skip


def test_findings_stay_within_values(detector: Ensemble) -> None:
    text = "Mr\tArthur Redfearn\t30 June\t2004"
    cells = [Segment(0, 2, "a"), Segment(3, 18, "b"), Segment(19, 26, "c"), Segment(27, 31, "d")]
    for finding in detector.detect(CanonicalText(text, tuple(cells), "csv", "1")):
        assert any(cell.start <= finding.start and finding.end <= cell.end for cell in cells)


def test_lines_of_one_flow_are_read_as_one(detector: Ensemble) -> None:
    text = "decided on 30 June\n2004 in court"
    lines = (Segment(0, 18, "line 1", flow=1), Segment(19, 32, "line 2", flow=1))
    found = {text[each.start : each.end] for each in detector.detect(CanonicalText(text, lines, "pdf", "1"))}
    assert "30 June\n2004" in found


def test_is_deterministic_sorted_and_in_the_taxonomy(detector: Ensemble) -> None:
    text = "Mr Orr of Leeds paid EUR 5,000 on 3 May 2004. " * 200
    first, second = detector.detect(plain(text)), detector.detect(plain(text))
    assert first == second
    assert [each.start for each in first] == sorted(each.start for each in first)
    assert {each.entity for each in first} <= set(ENTITIES)
    assert all(0 <= each.start < each.end <= len(text) and 0 <= each.confidence <= 1 for each in first)
    assert sum(each.entity == "PERSON" and text[each.start : each.end] == "Mr Orr" for each in first) == 200


@pytest.mark.parametrize("filler", ["word ", "word. Next ", "line\n", "x"])
def test_passages_cover_the_text_and_a_value_is_whole_in_one(filler: str) -> None:
    text = filler * 3000
    pieces = list(cut(text))
    assert pieces[0][0] == 0
    assert pieces[-1][1] == len(text)
    assert all(end - start <= MAX_CHARS for start, end in pieces)
    assert all(later[0] <= earlier[1] for earlier, later in pairwise(pieces))


def test_a_value_on_a_cut_is_found_whole(detector: Ensemble) -> None:
    text = "x" * (MAX_CHARS - 8) + " anna.redfearn@example.org " + "y" * 500
    assert ("anna.redfearn@example.org", "EMAIL") in values(detector, text)


def test_empty_text(detector: Ensemble) -> None:
    assert detector.detect(CanonicalText("", (), "plain", "1")) == []


def broken(passage: Passage) -> Iterator[Span]:
    raise ValueError(f"cannot read {passage.text}")


@pytest.mark.parametrize("position", range(len(RULES) + 1))
def test_failure_of_any_rule_stops_everything_and_quotes_nothing(detector: Ensemble, position: int) -> None:
    rules = (*RULES[:position], broken, *RULES[position + 1 :])
    failing = Ensemble(detector._models, detector._numbers, rules)
    with pytest.raises(DetectionFailed) as caught:
        failing.detect(plain("Mr Redfearn"))
    assert caught.value.code == "detector-failed"
    assert "broken" in caught.value.message
    assert "Redfearn" not in str(caught.value)


def test_failure_of_a_model_stops_everything(detector: Ensemble, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(texts: object, language: str) -> list[object]:
        raise MemoryError

    monkeypatch.setattr(detector._models, "read", fail)
    with pytest.raises(DetectionFailed) as caught:
        detector.detect(plain("Mr Redfearn"))
    assert caught.value.code == "detector-failed"


def test_a_rule_of_presidio_that_times_out_is_a_failure_not_a_skip(
    detector: Ensemble, caplog: pytest.LogCaptureFixture
) -> None:
    slow = Ensemble(detector._models, PresidioNumbers(detector._models, seconds=1e-9), RULES)
    text = "1234 5678 " * 250
    with caplog.at_level(logging.CRITICAL), pytest.raises(DetectionFailed) as caught:
        slow.detect(plain(text))
    assert caught.value.code == "detector-timed-out"


def test_every_pattern_of_presidio_is_guarded(detector: Ensemble) -> None:
    recognisers = detector._numbers._engine.registry.recognizers
    patterns = [pattern for recogniser in recognisers for pattern in recogniser.patterns]
    assert len(patterns) > 20
    assert {type(pattern.compiled_regex).__name__ for pattern in patterns} == {"_Guard"}
    assert all(pattern.compiled_with_flags for pattern in patterns)


HOSTILE = [
    "(" * 4000,
    "a" * 50000,
    "1" * 50000,
    "1 " * 4000,
    "A. " * 15000,
    "Mr " * 15000,
    "A-" * 4000,
    "0.0.0." * 8000,
    "x@" * 20000,
    "https://" * 5000,
    "-----BEGIN PRIVATE KEY-----" * 500,
    "CONFIDENTIAL: " * 3000,
    "12 de " * 8000,
    "Ab " * 15000,
    "five (5) " * 5000,
    "\n" * 50000,
    "\u202e\u0000\ud7ff" * 10000,
]


@pytest.mark.timeout(120)
@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_texts_end(detector: Ensemble, text: str) -> None:
    # No time is asserted; a pattern of exponential cost would run into the suite's time limit.
    for finding in detector.detect(plain(text[:10000])):
        assert 0 <= finding.start < finding.end <= len(text)
