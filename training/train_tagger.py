"""Train the tagger on the shared texts, and measure it by cross-validation.

usage: python -m training.train_tagger [--shared DIR] [--folds 6] [--write]

Weights that ship are trained on all texts (``--write``); figures come from folds only, each scored by weights
that never saw its texts. Short messages made from one template stay in one fold.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from gateway.detectors.ensemble import build_detector
from training.cross_validation import measure
from training.texts import LANGUAGES, load
from training.weights import train, write


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shared", type=Path, default=Path(os.environ.get("GATEWAY_SHARED", "../shared")))
    parser.add_argument("--folds", type=int, default=6)
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
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
