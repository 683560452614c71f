"""The trained tagger: which words identify someone, judged from words, shapes and what rules and models said.

A logistic regression over hashed features (tagger_features.py), trained on annotated judgments and messages
(training/train_tagger.py; docs/model-card.md has its measures). It does two things: it names words that no
rule found, and it withdraws guesses of the weakest rules that it finds very unlikely. What a form, a check
digit or a label gives away is never withdrawn. Weights are plain arrays, read without pickle, and refused
unless their digest is the one written here. It reads running text only, not contracts.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from gateway.detectors.models.tagger_features import BITS, VERSION, Columns, features
from gateway.detectors.text.passage import Passage, Span
from gateway.errors import Misconfigured

#: SHA-256 of the files of weights, by language.
DIGESTS = {
    "en": "bd4dfeaa6408b52e3a1b7917f2467f23791e1e10ce3be57ccc1fb20736d22234",
    "fr": "3da48f2eb759c7198191b0005189a5959833e14296dc3d9b2abf6200782f0ffc",
    "es": "33bbd80a499af30e43ba3daa101fab8284e98c10e190317d21cf5da296f4344a",
}
#: A word is named when this much of the probability lies on any label but "none".
THRESHOLDS = {"en": 0.6, "fr": 0.1, "es": 0.1}
#: Short messages say little around a name, so less has to be enough there.
_SHORT_CHARS = 400
SHORT_THRESHOLD = 0.075
#: A guess is withdrawn when all its words stay below this.
_UNLIKELY = 0.08
#: Rules that guess from a model's label or from capitals alone.
_WEAK = (
    "model/", "capitals/", "organisation/kind", "organisation/local", "nationality", "date/year", "quantity/",
    "location/",
    "person/initials-alone", "address/named-street", "occupation",
)  # fmt: skip
_LONGEST_CHARS = 120
#: Below what rules of form claim, however sure the numbers look.
_SUREST = 0.85


@dataclass(frozen=True, slots=True)
class Weights:
    """What training made for one language: a row for each feature number, a column for each label."""

    table: NDArray[np.float32]
    labels: tuple[str, ...]


class Tagger:
    """Judges the words of passages in the languages it has weights for; leaves others as they are."""

    def __init__(
        self,
        weights: Mapping[str, Weights],
        thresholds: Mapping[str, float] = THRESHOLDS,
        short_threshold: float = SHORT_THRESHOLD,
    ) -> None:
        """Take weights by language.

        Args:
            weights: By language.
            thresholds: By language; other than what ships only to measure.
            short_threshold: The one of short messages.
        """
        self._weights = dict(weights)
        self._thresholds = dict(thresholds)
        self._short_threshold = short_threshold

    @classmethod
    def load(cls) -> Tagger:
        """The tagger with the weights that ship.

        Raises:
            Misconfigured: ``tagger-weights`` if a file is missing, altered, or made for other features.
        """
        return cls({language: _read(language, digest) for language, digest in DIGESTS.items()})

    def judge(self, passage: Passage, columns: Columns, spans: Sequence[Span]) -> list[Span]:
        """The spans without what is very unlikely, and with what the tagger adds."""
        weights = self._weights.get(passage.language)
        if weights is None or passage.commercial or not len(columns):
            return list(spans)
        odds = _probabilities(weights.table, features(columns, spans))
        masked = 1.0 - odds[:, 0]
        kept = [span for span in spans if not span.rule.startswith(_WEAK) or _likely(span, columns, masked)]
        short = len(passage.text) < _SHORT_CHARS
        threshold = self._short_threshold if short else self._thresholds[passage.language]
        named = _named(threshold, columns, odds, masked, weights.labels)
        return [*kept, *(span for span in named if not _known(span, kept))]


def _known(span: Span, others: Sequence[Span]) -> bool:
    """Whether a rule already covers all that the tagger would name."""
    return any(other.start <= span.start and span.end <= other.end for other in others)


def _probabilities(table: NDArray[np.float32], rows: NDArray[np.int64]) -> NDArray[np.float32]:
    scores = table[rows[:, 0]]
    # One column at a time: the whole gathered block would not fit the cache.
    for column in range(1, rows.shape[1]):
        scores += table[rows[:, column]]
    scores -= scores.max(axis=1, keepdims=True)
    odds = np.exp(scores)
    odds /= odds.sum(axis=1, keepdims=True)
    return odds


def _likely(span: Span, columns: Columns, masked: NDArray[np.float32]) -> bool:
    first = int(np.searchsorted(columns.end, span.start, side="right"))
    last = int(np.searchsorted(columns.start, span.end, side="left"))
    return first >= last or float(masked[first:last].max()) >= _UNLIKELY


def _named(
    threshold: float, columns: Columns, odds: NDArray[np.float32], masked: NDArray[np.float32], labels: tuple[str, ...]
) -> Iterator[Span]:
    chosen = np.where(masked > threshold, odds[:, 1:].argmax(axis=1) + 1, 0)
    position = 0
    while position < len(chosen):
        label = int(chosen[position])
        end = position + 1
        if label:
            limit = int(columns.start[position]) + _LONGEST_CHARS
            while end < len(chosen) and chosen[end] == label and columns.end[end] <= limit:
                end += 1
            sure = float(masked[position:end].mean())
            start_char, end_char = int(columns.start[position]), int(columns.end[end - 1])
            yield Span(
                start_char, end_char, labels[label], f"tagger/{_rule_of(labels[label])}", round(min(sure, _SUREST), 3)
            )
        position = end


def _rule_of(label: str) -> str:
    return label.lower().replace("_", "-")


def _read(language: str, digest: str) -> Weights:
    path = files("gateway.detectors.models") / "weights" / f"tagger-{language}.npz"
    try:
        data = path.read_bytes()
    except OSError as error:
        raise _unusable(language, "is missing") from error
    if hashlib.sha256(data).hexdigest() != digest:
        raise _unusable(language, "is not the one this version was released with")
    with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
        if int(arrays["version"]) != VERSION:
            raise _unusable(language, "was trained for other features")
        labels = tuple(arrays["labels"].tobytes().decode("ascii").split("\n"))
        table = np.zeros((1 << BITS, len(labels)), dtype=np.float32)
        table[arrays["used"]] = arrays["weights"]
    return Weights(table, labels)


def _unusable(language: str, why: str) -> Misconfigured:
    return Misconfigured(
        "tagger-weights",
        f"The tagger's file of weights for {language} {why}.",
        remedy="Install evidence-gateway again; nothing is detected without it.",
    )
