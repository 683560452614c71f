"""Train the tagger on the shared texts, and measure it by cross-validation.

usage: python training/train_tagger.py [--shared DIR] [--folds 6] [--write]

Weights that ship are trained on all texts (``--write``); figures come from folds only, each scored by weights
that never saw its texts. Short messages made from one template stay in one fold. A multinomial logistic
regression over hashed features, by Adagrad in numpy: the order of texts is seeded, so a run can be repeated.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import sys
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from numpy.typing import NDArray

from gateway.detectors.ensemble import build_detector
from gateway.detectors.models.tagger_features import BITS, VERSION, Columns, features
from gateway.detectors.text.passage import Passage, Span

LABELS = ("", "PERSON", "ORGANISATION", "LOCATION", "NATIONALITY", "DATE", "CASE_NUMBER", "QUANTITY", "MISC", "ADDRESS")
#: Types of the annotated texts to ours. DEM of the judgments is anything of a person: occupation, origin, health.
TYPES = {
    "PERSON": "PERSON", "PER": "PERSON", "LEGAL_PROFESSIONAL": "PERSON", "TITLE": "PERSON", "ORG": "ORGANISATION",
    "ORGANIZATION": "ORGANISATION", "LOC": "LOCATION", "GPE": "LOCATION", "DEM": "MISC", "NRP": "NATIONALITY",
    "NATIONALITY": "NATIONALITY", "ETHNIC_CATEGORY": "NATIONALITY", "DATETIME": "DATE", "DATE": "DATE", "TIME": "DATE",
    "DATE_TIME": "DATE", "AGE": "DATE", "CODE": "CASE_NUMBER", "QUANTITY": "QUANTITY", "CURRENCY": "QUANTITY",
    "MISC": "MISC", "STREET_ADDRESS": "ADDRESS", "ZIP_CODE": "ADDRESS",
}  # fmt: skip
LANGUAGES = {"en": ("court_cases_en", "short_texts_en"), "fr": ("court_cases_fr_es",), "es": ("court_cases_fr_es",)}
_EPOCHS = 12
_BATCH = 128
_RATE = 0.15
_DECAY = 2e-6


@dataclass
class Text:
    """One annotated text, its passages read by rules and models, and the words' features and labels."""

    line: dict[str, Any]
    group: str
    passages: list[tuple[Passage, list[Span], Columns]] = field(default_factory=list)
    rows: NDArray[np.int32] = field(default_factory=lambda: np.zeros((0, 0), np.int32))
    labels: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))


def load(shared: Path, name: str, language: str, detector: Any) -> list[Text]:
    """The texts of a file in one language."""
    texts = []
    for raw in (shared / "data" / f"{name}.jsonl").read_text(encoding="utf-8").splitlines():
        line = json.loads(raw)
        if line.get("lang", "en") != language:
            continue
        text = Text(line, _template(line) if name == "short_texts_en" else line.get("doc_id", line.get("doc", "")))
        tables, labels = [], []
        for passage, spans, document in detector.before_tagging(line["text"], language):
            columns = Columns(document)
            text.passages.append((passage, spans, columns))
            tables.append(features(columns, spans).astype(np.int32))
            labels.append(_labels(line, columns, passage.offset))
        text.rows, text.labels = np.concatenate(tables), np.concatenate(labels)
        texts.append(text)
    return texts


def _template(line: dict[str, Any]) -> str:
    text = line["text"]
    for span in sorted(line["spans"], key=lambda each: -each["start"]):
        text = text[: span["start"]] + span["type"] + text[span["end"] :]
    return re.sub(r"\s+", " ", text)


def _labels(line: dict[str, Any], columns: Columns, offset: int) -> NDArray[np.int64]:
    labels = np.zeros(len(columns), np.int64)
    for span in line["spans"]:
        if span.get("identifier") != "NO_MASK" and span["type"] in TYPES:
            first = np.searchsorted(columns.end + offset, span["start"], side="right")
            last = np.searchsorted(columns.start + offset, span["end"], side="left")
            labels[first:last] = LABELS.index(TYPES[span["type"]])
    return labels


def train(texts: Sequence[Text], seed: int = 7) -> NDArray[np.float32]:
    """Weights, a row for each feature and a column for each label."""
    rows = np.concatenate([text.rows for text in texts])
    labels = np.concatenate([text.labels for text in texts])
    used, compact = np.unique(rows, return_inverse=True)
    compact = compact.reshape(rows.shape)
    weights = np.zeros((len(used), len(LABELS)), np.float32)
    squares = np.full_like(weights, 0.1)
    total = np.zeros_like(weights)
    chooser = np.random.default_rng(seed)
    for epoch in range(_EPOCHS):
        order = chooser.permutation(len(rows))
        for start in range(0, len(order), _BATCH):
            chosen = order[start : start + _BATCH]
            batch = compact[chosen]
            # Some features are left out at random, so that no single rule or word is all that is trusted.
            kept = chooser.random(batch.shape) > 0.25
            scores = (weights[batch] * kept[:, :, None]).sum(axis=1)
            scores -= scores.max(axis=1, keepdims=True)
            odds = np.exp(scores)
            odds /= odds.sum(axis=1, keepdims=True)
            odds[np.arange(len(chosen)), labels[chosen]] -= 1
            touched, where = np.unique(batch, return_inverse=True)
            incidence = np.zeros((len(touched), len(chosen)), np.float32)
            np.add.at(
                incidence, (where.reshape(-1), np.repeat(np.arange(len(chosen)), batch.shape[1])), kept.reshape(-1)
            )
            slope = incidence @ odds.astype(np.float32) + _DECAY * len(rows) * weights[touched]
            squares[touched] += slope * slope
            weights[touched] -= _RATE * slope / np.sqrt(squares[touched])
        if epoch >= _EPOCHS // 2:
            total += weights
    # At run time nothing is left out.
    full = np.zeros((1 << BITS, len(LABELS)), np.float32)
    full[used] = total / (_EPOCHS - _EPOCHS // 2) * 0.75
    return full


def folds(texts: Sequence[Text], count: int) -> list[list[Text]]:
    """Texts in folds; texts of one group stay together."""
    parts: list[list[Text]] = [[] for _ in range(count)]
    for text in texts:
        parts[zlib.crc32(text.group.encode()) % count].append(text)
    return parts


def write(weights: NDArray[np.float32], language: str, folder: Path) -> str:
    """Write the weights as arrays without pickled objects; gives the SHA-256 of the file."""
    used = np.flatnonzero(np.abs(weights).max(axis=1) > 0.02).astype(np.int32)
    path = folder / f"tagger-{language}.npz"
    np.savez_compressed(
        path,
        version=np.int64(VERSION),
        labels=np.frombuffer("\n".join(LABELS).encode(), np.uint8),
        used=used,
        weights=weights[used].astype(np.float16),
    )
    return hashlib.sha256(path.read_bytes()).hexdigest()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shared", type=Path, default=Path(os.environ.get("GATEWAY_SHARED", "../shared")))
    parser.add_argument("--folds", type=int, default=6)
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    sys.path.insert(0, str(Path(__file__).parent))
    from cross_validation import measure

    detector = build_detector(tagger=False)
    folder = Path(__file__).parents[1] / "gateway" / "detectors" / "models" / "weights"
    for language, names in LANGUAGES.items():
        texts = {name: load(arguments.shared, name, language, detector) for name in names}
        together = [text for part in texts.values() for text in part]
        if arguments.write:
            sys.stdout.write(f"{language} {write(train(together), language, folder)}\n")
        else:
            measure(arguments.shared, language, texts, arguments.folds, detector)


if __name__ == "__main__":
    main()
