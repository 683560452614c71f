"""Floors under the quality of detection, on a sample of the shared texts: a change that loses much is noticed.

The floors lie below what was measured (docs/spec/redaction.md), so that they catch breakage and not noise.
"""

from __future__ import annotations

import importlib.machinery
import importlib.util
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from gateway.detectors.ensemble import Ensemble
from gateway.evidence.taxonomy import Action
from gateway.redaction.document import CanonicalText, Segment
from gateway.redaction.plan import build_plan
from gateway.redaction.pseudonym import Pseudonymiser


@pytest.mark.parametrize(
    ("name", "take", "floors"),
    [
        ("court_cases_en", 10, {"entity recall direct": 0.9, "entity recall quasi": 0.75, "precision": 0.7}),
        ("court_cases_fr_es", 14, {"token recall": 0.8, "precision": 0.8}),
        ("short_texts_en", 120, {"token recall": 0.8, "precision": 0.8}),
        ("contract_terms", 30, {"token recall": 0.85, "precision": 0.25}),
    ],
)
def test_quality(shared: Path, detector: Ensemble, name: str, take: int, floors: dict[str, float]) -> None:
    lines = (shared / "data" / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    assert len(lines) > take
    gold = [json.loads(each) for each in lines[1 :: len(lines) // take]][:take]
    predicted = [{"spans": masked(detector, text["text"], text.get("lang"))} for text in gold]
    scores = scorer(shared).score(gold, predicted)
    for measure, floor in floors.items():
        assert scores[measure]["value"] >= floor, (measure, scores[measure])


def masked(detector: Ensemble, text: str, language: str | None) -> list[dict[str, int]]:
    document = CanonicalText(text, (Segment(0, len(text), ""),), "plain", "1")
    findings = detector.detect(document, language)
    plan = build_plan(document, findings, lambda category, entity: Action.REMOVE, Pseudonymiser(b"k" * 32))
    return [{"start": each.start, "end": each.end} for each in plan.redactions]


def scorer(shared: Path) -> Any:
    loader = importlib.machinery.SourceFileLoader("score", str(shared / "score"))
    spec = importlib.util.spec_from_loader("score", loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    before, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    try:
        loader.exec_module(module)
    finally:
        sys.dont_write_bytecode = before
    return module
