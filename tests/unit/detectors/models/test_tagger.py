"""The tagger: what it adds and withdraws, what it never touches, and that altered weights are refused."""

from __future__ import annotations

from importlib.resources import files

import numpy as np
import pytest

from gateway.detectors.ensemble import Ensemble
from gateway.detectors.models import tagger as module
from gateway.detectors.models.tagger import DIGESTS, Tagger, Weights
from gateway.detectors.models.tagger_features import BITS, WIDTH, Columns, features
from gateway.detectors.text.passage import Passage, Span
from gateway.errors import DetectionFailed, Misconfigured
from gateway.redaction.document import CanonicalText, Segment

TEXT = "Yesterday Redfearn wrote from Leeds."


def columns(detector: Ensemble, text: str) -> Columns:
    return Columns(detector._models.read([text], "en")[0])


def constant(score: float) -> Tagger:
    """Weights that give every word the same odds of being a person."""
    table = np.zeros((1 << BITS, 2), dtype=np.float32)
    table[:, 1] = score / WIDTH
    return Tagger({"en": Weights(table, ("", "PERSON"))})


def test_it_names_what_is_likely(detector: Ensemble) -> None:
    (span,) = constant(5).judge(Passage(TEXT, 0), columns(detector, TEXT), [])
    assert (span.start, span.end, span.entity, span.rule) == (0, len(TEXT), "PERSON", "tagger/person")


def test_it_withdraws_unlikely_guesses_only(detector: Ensemble) -> None:
    guess, form = Span(0, 9, "PERSON", "model/person", 0.8), Span(10, 18, "PERSON", "person/titled", 0.9)
    assert constant(-5).judge(Passage(TEXT, 0), columns(detector, TEXT), [guess, form]) == [form]


@pytest.mark.parametrize("passage", [Passage(TEXT, 0, commercial=True), Passage(TEXT, 0, "es"), Passage("", 0)])
def test_it_leaves_what_it_was_not_trained_for(detector: Ensemble, passage: Passage) -> None:
    guess = [Span(0, 9, "PERSON", "model/person", 0.8)]
    assert constant(5).judge(passage, columns(detector, passage.text), guess) == guess


def test_features_do_not_depend_on_the_order_of_spans(detector: Ensemble) -> None:
    spans = [Span(10, 18, "PERSON", "a", 0.9), Span(10, 18, "LOCATION", "b", 0.5), Span(30, 35, "LOCATION", "c", 0.7)]
    made = features(columns(detector, TEXT), spans)
    assert made.shape == (6, WIDTH)
    assert made.min() >= 0
    assert made.max() < 1 << BITS
    assert (made == features(columns(detector, TEXT), spans[::-1])).all()
    assert (made != features(columns(detector, TEXT), [])).any()


def test_all_weights_are_there_and_small() -> None:
    assert set(DIGESTS) == {"en", "fr", "es"}
    sizes = [
        len((files("gateway.detectors.models") / "weights" / f"tagger-{each}.npz").read_bytes()) for each in DIGESTS
    ]
    assert sum(sizes) < 30 << 20
    Tagger.load()


@pytest.mark.parametrize("digests", [{"en": "0" * 64}, {"xx": "0" * 64}])
def test_altered_or_missing_weights_are_refused(monkeypatch: pytest.MonkeyPatch, digests: dict[str, str]) -> None:
    monkeypatch.setattr(module, "DIGESTS", digests)
    with pytest.raises(Misconfigured) as caught:
        Tagger.load()
    assert caught.value.code == "tagger-weights"


def test_a_failing_tagger_stops_everything(detector: Ensemble) -> None:
    broken = Tagger({"en": Weights(np.zeros((4, 2), dtype=np.float32), ("", "PERSON"))})
    with pytest.raises(DetectionFailed, match="tagger"):
        detector.with_tagger(broken).detect(CanonicalText(TEXT, (Segment(0, len(TEXT), ""),), "plain", "1"))
