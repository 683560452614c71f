"""The annotated texts: their words as features and labels, and their parts that are held out in turn."""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gateway.detectors.models.tagger_features import Columns, features
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


def folds(texts: Sequence[Text], count: int) -> list[list[Text]]:
    """Texts in folds; texts of one group stay together."""
    parts: list[list[Text]] = [[] for _ in range(count)]
    for text in texts:
        parts[zlib.crc32(text.group.encode()) % count].append(text)
    return parts
