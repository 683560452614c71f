"""Registered secrets: terms, records and copies are found, and nothing else is."""

from __future__ import annotations

import json
import random
from itertools import pairwise
from pathlib import Path

import pytest

from gateway.errors import InvalidInput
from gateway.redaction.fingerprint import Fingerprint, Fingerprinter, Register

KEY = b"k" * 32
MAKER = Fingerprinter(KEY)


def found(fingerprint: Fingerprint, text: str, key: bytes = KEY) -> list[str]:
    return [text[each.start : each.end] for each in Register(key, [fingerprint]).find(text)]


@pytest.mark.parametrize(
    "text", ["Project Blue-Heron 5", "project  blueheron 5", "PROJECT BLUE\nHERON 5", "Pr0ject B1ue Her0n S"]
)
def test_a_term_is_found_however_it_is_written(text: str) -> None:
    assert found(MAKER.term("t", "Project Blue Heron 5"), f"So {text} it is") == [text]


def test_a_term_is_not_found_in_other_words_or_with_another_key() -> None:
    term = MAKER.term("t", "Blue Heron")
    assert found(term, "blue herons and a heron, blue") == []
    assert found(term, "Blue Heron", b"x" * 32) == []


def test_a_record_needs_its_fields_together() -> None:
    record = MAKER.record("r", ["Orbitex", "450 kg", "Hamburg"])
    assert found(record, "Orbitex ordered 450 kg for May") == ["Orbitex", "450 kg"]
    assert found(record, "Orbitex called. " + "word " * 100 + "450 kg") == []


@pytest.mark.parametrize("value", ["", "abc", "x" * 300])
def test_what_cannot_be_a_term(value: str) -> None:
    with pytest.raises(InvalidInput, match="term"):
        MAKER.term("t", value)


def test_what_cannot_be_a_record_or_document_or_key() -> None:
    with pytest.raises(InvalidInput, match="two different fields"):
        MAKER.record("r", ["Orbitex", "orbitex"])
    with pytest.raises(InvalidInput, match="too short"):
        MAKER.document("d", "only a few words here")
    with pytest.raises(InvalidInput, match="16 to 64 bytes"):
        Fingerprinter(b"short")


def test_fingerprints_do_not_show_the_secret() -> None:
    assert "Heron" not in repr(MAKER.term("t", "Blue Heron"))


def test_changed_copies_are_found_and_unrelated_paragraphs_are_not(shared: Path) -> None:
    """Half of the contracts are registered; copies of 60 words have 6 words changed."""
    lines = (shared / "data" / "contract_terms.jsonl").read_text(encoding="utf-8").splitlines()
    texts: dict[str, list[str]] = {}
    for line in map(json.loads, lines):
        texts.setdefault(line["doc"], []).append(line["text"])
    names = sorted(texts)
    assert len(names) > 20
    chance = random.Random(5)
    registered = [" ".join(texts[name]) for name in names[::2]]
    prints = [MAKER.document(f"d{number}", text) for number, text in enumerate(registered)]
    register = Register(KEY, prints)
    missed = 0
    for _ in range(300):
        words = chance.choice(registered).split()
        start = chance.randrange(len(words) - 60)
        copy = words[start : start + 60]
        for place in chance.sample(range(60), 6):
            copy[place] = f"other{chance.randrange(1000)}"
        missed += not register.find(" ".join(copy))
    assert missed <= 3
    judgments = (shared / "data" / "court_cases_en.jsonl").read_text(encoding="utf-8").splitlines()
    unrelated = [paragraph for line in judgments for paragraph in json.loads(line)["text"].split("\n")]
    unrelated = [paragraph for paragraph in unrelated if len(paragraph) > 60]
    assert len(unrelated) > 300
    assert sum(bool(register.find(paragraph)) for paragraph in unrelated) == 0


def test_findings_are_sorted_and_within_the_text() -> None:
    text = "Blue Heron and Blue Heron " * 50
    findings = Register(KEY, [MAKER.term("t", "Blue Heron")]).find(text)
    assert len(findings) == 100
    assert all(earlier.start < later.start for earlier, later in pairwise(findings))
