"""Measures of the tagger by folds: each text is masked by the whole ensemble with weights that never saw it."""

from __future__ import annotations

import importlib.machinery
import importlib.util
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from train_tagger import LABELS, Text, folds, train

from gateway.detectors.ensemble import Ensemble
from gateway.detectors.tagger import Tagger, Weights
from gateway.evidence.taxonomy import Action
from gateway.redaction.document import CanonicalText, Segment
from gateway.redaction.plan import build_plan
from gateway.redaction.pseudonym import Pseudonymiser


def measure(shared: Path, language: str, texts: Mapping[str, Sequence[Text]], count: int, detector: Ensemble) -> None:
    """Print the scores of each file, without and with the tagger."""
    together = [text for part in texts.values() for text in part]
    predicted: dict[int, tuple[list[dict[str, int]], list[dict[str, int]]]] = {}
    parts = folds(together, count)
    for number, part in enumerate(parts):
        weights = train([text for other, rest in enumerate(parts) if other != number for text in rest])
        tagged = detector.with_tagger(Tagger({language: Weights(weights, LABELS)}))
        for text in part:
            predicted[id(text)] = (_masked(detector, text, language), _masked(tagged, text, language))
    score = _score(shared)
    for name, part in texts.items():
        gold = [text.line for text in part]
        scores = [score(gold, [{"spans": predicted[id(text)][side]} for text in part]) for side in (0, 1)]
        sys.stdout.write(
            f"\n{name} ({language}), {len(part)} texts, {count} folds\n{'':32}{'rules':>10}{'tagger':>10}\n"
        )
        for measure_name in scores[1]:
            values = [each.get(measure_name, {}).get("value", 0.0) for each in scores]
            sys.stdout.write(f"{measure_name:32}{values[0]:>10.3f}{values[1]:>10.3f}\n")


def _masked(detector: Ensemble, text: Text, language: str) -> list[dict[str, int]]:
    document = CanonicalText(text.line["text"], (Segment(0, len(text.line["text"]), ""),), "plain", "1")
    findings = detector.detect(document, language)
    plan = build_plan(document, findings, lambda category, entity: Action.REMOVE, Pseudonymiser(bytes(32)))
    return [{"start": each.start, "end": each.end} for each in plan.redactions]


def _score(shared: Path) -> Any:
    sys.dont_write_bytecode = True
    loader = importlib.machinery.SourceFileLoader("score", str(shared / "score"))
    spec = importlib.util.spec_from_loader("score", loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module.score
