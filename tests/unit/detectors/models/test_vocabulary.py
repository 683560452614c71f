"""Reading leaves nothing behind: a worker that has seen a million numbers is no larger than before."""

from __future__ import annotations

import pytest

from gateway.detectors.ensemble import Ensemble
from gateway.detectors.models import spacy_models
from gateway.redaction.document import CanonicalText, Segment


def test_words_beyond_the_first_are_forgotten(detector: Ensemble, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spacy_models, "_MOST_NEW_WORDS", 0)
    strings = detector._models._pipelines["en"].vocab.strings

    def read(first: int) -> None:
        text = " ".join(f"The number qx{number}zz was noted." for number in range(first, first + 300))
        detector.detect(CanonicalText(text, (Segment(0, len(text), "line 1"),), "text", "1"), "en")

    read(0)
    before = len(strings)
    read(1000)
    assert len(strings) == before
    assert "qx1001zz" not in strings
