"""Registered documents found again: changed copies of their paragraphs, and paragraphs of other documents.

usage: python benchmarks/bench_secrets.py --shared DIR [--copies 2500] [--seed 5]

Of contracts and of English judgments one half is registered, then the other. A copy is 60 words of a registered
document in a row, of which 10 % are replaced by words drawn from all of them. Unrelated are paragraphs of 20 words
and more of documents of other kinds. Paragraphs of unregistered documents of the same kind are counted apart:
they share stock phrases with the registered ones word for word, which are copies as far as words can tell.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from gateway.redaction.fingerprint import Fingerprinter, Register

KEY = b"benchmark, no secret"
COPIED_WORDS = 60
MIN_WORDS = 20
REGISTERED = ("contract_terms", "court_cases_en")
SETS = (*REGISTERED, "court_cases_fr_es", "short_texts_en")


def documents(data: Path, name: str) -> list[str]:
    """The texts of a set by document, in the order of their names; paragraphs are separate lines."""
    texts: dict[str, list[str]] = {}
    for number, line in enumerate((data / name).read_text(encoding="utf-8").splitlines()):
        item = json.loads(line)
        texts.setdefault(str(item.get("doc", number)), []).append(item["text"])
    return ["\n".join(texts[key]) for key in sorted(texts)]


def paragraphs(texts: Sequence[str]) -> list[str]:
    """Paragraphs long enough to hold a copy of a passage."""
    return [part for text in texts for part in text.split("\n") if len(part.split()) >= MIN_WORDS]


def copies_found(register: Register, registered: Sequence[list[str]], copies: int, chance: random.Random) -> int:
    """How many of so many changed copies the register finds."""
    vocabulary = sorted({word for words in registered for word in words})
    found = 0
    for _ in range(copies):
        words = chance.choice(registered)
        start = chance.randrange(len(words) - COPIED_WORDS + 1)
        copy = words[start : start + COPIED_WORDS]
        for place in chance.sample(range(COPIED_WORDS), COPIED_WORDS // 10):
            copy[place] = chance.choice([word for word in chance.sample(vocabulary, 2) if word != copy[place]])
        found += bool(register.find(" ".join(copy)))
    return found


class Row(NamedTuple):
    """What one registered half of a set gave; hits, paragraphs read and characters a CPU second by set."""

    kind: str
    half: int
    registered: int
    copies: int
    found: int
    paragraphs: dict[str, tuple[int, int, float]]


def measured(shared: Path, copies: int, seed: int) -> Iterator[Row]:
    """A row for each half of each set that can be registered."""
    chance = random.Random(seed)
    sets = {name: documents(shared / "data", f"{name}.jsonl") for name in SETS}
    maker = Fingerprinter(KEY)
    for kind in REGISTERED:
        for half in (0, 1):
            registered = [words for text in sets[kind][half::2] if len(words := text.split()) > COPIED_WORDS]
            register = Register(KEY, [maker.document(f"d{n}", " ".join(words)) for n, words in enumerate(registered)])
            found = copies_found(register, registered, copies, chance)
            counted = {}
            for name, texts in sets.items():
                read = paragraphs(texts if name != kind else texts[1 - half :: 2])
                began = time.process_time()
                hits = sum(bool(register.find(text)) for text in read)
                counted[name] = hits, len(read), sum(map(len, read)) / (time.process_time() - began)
            yield Row(kind, half, len(registered), copies, found, counted)


def main() -> None:
    """Print recall over changed copies, hits in other paragraphs, and the speed of the search."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shared", type=Path, required=True)
    parser.add_argument("--copies", type=int, default=2_500)
    parser.add_argument("--seed", type=int, default=5)
    options = parser.parse_args()
    for row in measured(options.shared, options.copies, options.seed):
        print(f"{row.kind}, half {row.half}: {row.registered} registered; {row.found} of {row.copies} copies found")
        for name, (hits, read, speed) in row.paragraphs.items():
            relation = "same kind" if name == row.kind else "unrelated"
            print(f"  {relation}, {name}: {hits} hits in {read} paragraphs; {speed:,.0f} characters a CPU second")


if __name__ == "__main__":
    main()
