"""The tagger's weights, made from texts: a multinomial logistic regression over hashed features, by Adagrad in numpy.

The order of texts is seeded, so a run can be repeated.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gateway.detectors.models.tagger_features import BITS, VERSION
from training.texts import LABELS, Text

_EPOCHS = 12
_BATCH = 128
_RATE = 0.15
_DECAY = 2e-6


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
