"""Whatever part of detection raises, the exhibit stops with a code; nothing is found "without it"."""

from __future__ import annotations

from typing import Any, NoReturn

import pytest

from gateway.detectors import ensemble
from gateway.detectors.ensemble import RULES, Ensemble
from gateway.detectors.people.names_by_form import find_people
from gateway.errors import DetectionFailed
from gateway.redaction.document import CanonicalText, Segment

TEXT = "Mr Arthur Redfearn, NHS number 943 476 5919, lives in Leeds."
DOCUMENT = CanonicalText(TEXT, (Segment(0, len(TEXT), "cell A1", "note"),), "plain", "1")


def _raise(*_: Any, **__: Any) -> NoReturn:
    raise RuntimeError(f"cannot read {TEXT}")


def _stopped_by(detector: Ensemble) -> DetectionFailed:
    with pytest.raises(DetectionFailed) as caught:
        detector.detect(DOCUMENT)
    assert caught.value.code == "detector-failed"
    assert "Redfearn" not in str(caught.value)
    return caught.value


@pytest.mark.parametrize("position", range(len(RULES)))
def test_a_rule_that_raises_after_its_first_finding(detector: Ensemble, position: int) -> None:
    def halfway(passage: Any) -> Any:
        yield from find_people(passage)
        _raise()

    rules = (*RULES[:position], halfway, *RULES[position + 1 :])
    assert "halfway" in _stopped_by(Ensemble(detector._models, detector._numbers, rules)).message


@pytest.mark.parametrize(
    "part",
    [
        "find_labelled",
        "find_enclosed",
        "find_disguised",
        "find_mailbox_names",
        "find_user_names",
        "find_encoded",
        "find_columns_of_persons",
        "detect_language",
        "cut",
        "is_commercial",
        "find_named",
        "reconciled",
    ],
)
def test_a_part_that_raises(detector: Ensemble, monkeypatch: pytest.MonkeyPatch, part: str) -> None:
    monkeypatch.setattr(ensemble, part, _raise)
    _stopped_by(detector)


def test_presidio_raises(detector: Ensemble, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(detector._numbers._engine, "analyze", _raise)
    assert "presidio" in _stopped_by(detector).message


def test_one_recogniser_of_presidio_raises(detector: Ensemble, monkeypatch: pytest.MonkeyPatch) -> None:
    recognisers = detector._numbers._engine.registry.recognizers
    nhs = next(each for each in recognisers if type(each).__name__ == "NhsRecognizer")
    monkeypatch.setattr(nhs, "validate_result", _raise)
    assert "presidio" in _stopped_by(detector).message


def test_the_tagger_raises(detector: Ensemble, monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken:
        judge = staticmethod(_raise)

    monkeypatch.setattr(detector, "_tagger", Broken())
    assert "tagger" in _stopped_by(detector).message
