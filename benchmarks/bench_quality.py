"""Quality of detection in one run: by type, out of fold, beside stock Presidio; contracts; registered documents.

usage: python benchmarks/bench_quality.py [--shared DIR] [--folds 6] [--copies 1500] [--write docs/benchmarks.md]

Prints Markdown tables. ``--write`` puts them between the two marks in a file (``make quality`` does that). The tagger's
weights never saw the text they mask, and in the last column its threshold was chosen on the other folds; the rules were
written by people who have seen these texts. Some ten minutes on one core.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import bench_secrets
from bench_detection import stock

from gateway.detectors.ensemble import Ensemble, build_detector

sys.path.insert(0, str(Path(__file__).parents[1]))

from training.cross_validation import COLUMNS, mask, out_of_fold, score_function
from training.texts import LANGUAGES, load

BEGIN, END = "<!-- quality: begin -->", "<!-- quality: end -->"
_CONFIDENCES = (0.0, 0.6, 0.65, 0.75, 0.85)
Columns = Mapping[str, Mapping[str, Mapping[str, float]]]


def tables(shared: Path, folds: int, copies: int) -> Iterator[str]:
    """The tables, one paragraph of Markdown each."""
    detector = build_detector(tagger=False)
    read_by_stock = stock()
    score = score_function(shared)
    for language, names in LANGUAGES.items():
        texts = {name: load(shared, name, language, detector) for name in names}
        for name, columns in out_of_fold(shared, language, texts, folds, detector).items():
            gold = [text.line for text in texts[name]]
            beside = (
                {"stock": score(gold, [{"spans": read_by_stock(line)} for line in gold])} if language == "en" else {}
            )
            yield f"`{name}` ({language}), {len(gold)} texts, {folds} folds"
            yield by_measure({**beside, **columns})
    yield from contracts(shared, detector, score)
    yield from registered(shared, copies)


def by_measure(columns: Columns) -> str:
    """A row for each measure; token recall by type only where there is no entity recall of it."""
    first = columns[COLUMNS[0]]
    names = [name for name in first if not (name.startswith("token recall ") and f"entity{name[5:]}" in first)]
    lines = [f"| | of | {' | '.join(columns)} |", f"|---|---|{'---|' * len(columns)}"]
    for name in names:
        values = " | ".join(_figure(column.get(name)) for column in columns.values())
        of = "" if name == "precision" else f"{first[name]['of']:,.0f}"
        lines.append(f"| {name} | {of} | {values} |")
    return "\n".join(lines)


def contracts(shared: Path, detector: Ensemble, score: Any) -> Iterator[str]:
    """Recall and precision on contract terms, by the least confidence that a finding must have."""
    lines = (shared / "data" / "contract_terms.jsonl").read_text(encoding="utf-8").splitlines()
    gold = [json.loads(line) for line in lines]
    yield f"`contract_terms` (rules alone), {len(gold)} passages, by the least confidence asked for"
    rows = [
        "| confidence | recall | precision | AMOUNT | PERCENT | DURATION | QUANTITY |",
        "|---|---|---|---|---|---|---|",
    ]
    for surest in _CONFIDENCES:
        scores = score(gold, [{"spans": mask(detector, line["text"], "en", surest)} for line in gold])
        kinds = (f"token recall {kind}" for kind in ("AMOUNT", "PERCENT", "DURATION", "QUANTITY"))
        values = " | ".join(_figure(scores.get(name)) for name in ("token recall", "precision", *kinds))
        rows.append(f"| {surest or 'all'} | {values} |")
    yield "\n".join(rows)


def registered(shared: Path, copies: int) -> Iterator[str]:
    """Changed copies of registered documents that were found, and hits elsewhere."""
    yield "Registered documents"
    rows = ["| registered | copies found | hits in unrelated paragraphs | hits in the same kind |", "|---|---|---|---|"]
    for row in bench_secrets.measured(shared, copies, seed=5):
        others = [counted for name, counted in row.paragraphs.items() if name != row.kind]
        own = row.paragraphs[row.kind]
        unrelated = f"{sum(each[0] for each in others)} of {sum(each[1] for each in others):,}"
        half = ("first", "second")[row.half]
        rows.append(
            f"| {row.registered} of {row.kind}, {half} half | {row.found:,} of {row.copies:,} | {unrelated}"
            f" | {own[0]} of {own[1]} |"
        )
    yield "\n".join(rows)


def _figure(value: Mapping[str, float] | None) -> str:
    return "" if value is None else f"{value['value']:.3f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shared", type=Path, default=Path(os.environ.get("GATEWAY_SHARED", "../shared")))
    parser.add_argument("--folds", type=int, default=6)
    parser.add_argument("--copies", type=int, default=1_500)
    parser.add_argument("--write", type=Path)
    arguments = parser.parse_args()
    parts = []
    for part in tables(arguments.shared, arguments.folds, arguments.copies):
        print(part, end="\n\n", flush=True)
        parts.append(part)
    if arguments.write is not None:
        before, _, rest = arguments.write.read_text(encoding="utf-8").partition(BEGIN)
        _, _, after = rest.partition(END)
        if not after:
            sys.exit(f"{arguments.write} has no lines {BEGIN} and {END}, in this order.")
        arguments.write.write_text(
            "".join((before, BEGIN, "\n", "\n\n".join(parts), "\n", END, after)), encoding="utf-8"
        )


if __name__ == "__main__":
    main()
