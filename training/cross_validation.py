"""Measures of the tagger by folds: each text is masked by the whole ensemble with weights that never saw it.

Three columns: the rules alone; with the tagger at the thresholds that ship, which were chosen on these very texts; and
with a threshold that each fold takes from the other folds, the one with the highest recall there at the precision asked
for. Only the last says what a threshold is worth on texts it was not chosen on. The rules are never held out.
"""

from __future__ import annotations

import importlib.machinery
import importlib.util
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gateway.detectors.ensemble import Ensemble
from gateway.detectors.models.tagger import SHORT_THRESHOLD, THRESHOLDS, Tagger, Weights
from gateway.evidence.taxonomy import Action
from gateway.redaction.document import CanonicalText, Segment
from gateway.redaction.plan import build_plan
from gateway.redaction.pseudonym import Pseudonymiser
from training.texts import LABELS, Text, folds
from training.weights import train

Scores = dict[str, dict[str, float]]

COLUMNS = ("rules", "shipped threshold", "threshold of other folds")
_SHORT_TEXTS = "short_texts_en"
_GRID = (0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8)
_SHORT_GRID = (0.03, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3)


@dataclass(frozen=True)
class Aim:
    """The measure that a threshold is to raise, and the precision it has to keep."""

    recall: str
    precision: float


AIMS = {
    "court_cases_en": Aim("entity recall quasi", 0.80),
    _SHORT_TEXTS: Aim("token recall", 0.90),
    "court_cases_fr_es": Aim("token recall", 0.90),
}


def out_of_fold(
    shared: Path, language: str, texts: Mapping[str, Sequence[Text]], count: int, detector: Ensemble
) -> dict[str, dict[str, Scores]]:
    """For each file and each of :data:`COLUMNS`, the scores by measure.

    Args:
        shared: Where the scoring script lies.
        language: Of all texts.
        texts: By file, as :func:`training.texts.load` gives them; one tagger learns from all of them.
        count: How many folds.
        detector: The ensemble without tagger.
    """
    parts = folds([text for part in texts.values() for text in part], count)
    masked: dict[tuple[float | None, int], dict[str, Any]] = {}
    for number, part in enumerate(parts):
        weights = train([text for other, rest in enumerate(parts) if other != number for text in rest])
        for name, chosen in texts.items():
            held_out = [text for text in part if any(text is each for each in chosen)]
            for threshold in (None, *_grid(name)):
                reader = detector.with_tagger(_tagger(language, weights, name, threshold))
                for text in held_out:
                    masked[threshold, id(text)] = {"spans": mask(reader, text.line["text"], language)}
    score = score_function(shared)
    results = {}
    for name, chosen in texts.items():
        fold_of = {id(text): number for number, part in enumerate(parts) for text in part}
        shipped = SHORT_THRESHOLD if name == _SHORT_TEXTS else THRESHOLDS[language]
        best = {fold: _best(name, chosen, fold, fold_of, masked, score) for fold in range(count)}
        gold = [text.line for text in chosen]
        columns = (
            [masked[None, id(text)] for text in chosen],
            [masked[shipped, id(text)] for text in chosen],
            [masked[best[fold_of[id(text)]], id(text)] for text in chosen],
        )
        results[name] = {column: score(gold, spans) for column, spans in zip(COLUMNS, columns, strict=True)}
    return results


def measure(shared: Path, language: str, texts: Mapping[str, Sequence[Text]], count: int, detector: Ensemble) -> None:
    """Print the scores of each file."""
    for name, columns in out_of_fold(shared, language, texts, count, detector).items():
        sys.stdout.write(f"\n{name} ({language}), {len(texts[name])} texts, {count} folds: {', '.join(COLUMNS)}\n")
        for measure_name in columns[COLUMNS[0]]:
            values = "".join(f"{columns[column].get(measure_name, {}).get('value', 0.0):>10.3f}" for column in COLUMNS)
            sys.stdout.write(f"{measure_name:32}{values}\n")


def mask(detector: Ensemble, text: str, language: str | None, surest: float = 0.0) -> list[dict[str, int]]:
    """What is covered of a text if all findings of at least this confidence are removed."""
    document = CanonicalText(text, (Segment(0, len(text), ""),), "plain", "1")
    findings = [each for each in detector.detect(document, language) if each.confidence >= surest]
    plan = build_plan(document, findings, lambda category, entity: Action.REMOVE, Pseudonymiser(bytes(32)))
    return [{"start": each.start, "end": each.end} for each in plan.redactions]


def score_function(shared: Path) -> Any:
    """The function ``score`` of the shared scoring script."""
    sys.dont_write_bytecode = True
    loader = importlib.machinery.SourceFileLoader("score", str(shared / "score"))
    spec = importlib.util.spec_from_loader("score", loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module.score


def _grid(name: str) -> tuple[float, ...]:
    return _SHORT_GRID if name == _SHORT_TEXTS else _GRID


def _tagger(language: str, weights: Any, name: str, threshold: float | None) -> Tagger | None:
    if threshold is None:
        return None
    made = {language: Weights(weights, LABELS)}
    return Tagger(made, short_threshold=threshold) if name == _SHORT_TEXTS else Tagger(made, {language: threshold})


def _best(
    name: str,
    texts: Sequence[Text],
    fold: int,
    fold_of: Mapping[int, int],
    masked: Mapping[tuple[float | None, int], dict[str, Any]],
    score: Any,
) -> float:
    """The threshold with the highest recall at the precision asked for, on all folds but one."""
    aim = AIMS[name]
    others = [text for text in texts if fold_of[id(text)] != fold]

    def rank(threshold: float) -> tuple[bool, float, float]:
        scores = score([text.line for text in others], [masked[threshold, id(text)] for text in others])
        precision, recall = scores["precision"]["value"], scores[aim.recall]["value"]
        precise = precision >= aim.precision
        return precise, recall if precise else precision, precision

    return max(_grid(name), key=rank)
