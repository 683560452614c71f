"""The value set finds what the tree of phrases finds, for every value that it takes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.redaction import value_set
from gateway.redaction.matching import Phrase, PhraseIndex
from gateway.redaction.value_set import ValueSet

PIECE = st.sampled_from(
    ["12", "1", "2026", "11", "24T11", "ab", "Ab", "zz9", "10.1", "é2", " ", ".", ":", "-", ", ", "\n", "-\n", "x" * 14]
)
TEXT = st.lists(PIECE, max_size=40).map("".join)
VALUE = st.lists(PIECE, min_size=1, max_size=6).map("".join)


@given(TEXT, st.lists(VALUE, max_size=8))
def test_it_agrees_with_the_phrase_index(text: str, values: list[str]) -> None:
    phrases = [phrase for value in values if (phrase := Phrase.of(value)) and ValueSet.takes(phrase)]
    known = ValueSet()
    for phrase in phrases:
        known.add(phrase, 7)
    found = {(where.start, where.end) for where in known.find(text)}
    assert found == {(where.start, where.end) for where in PhraseIndex(phrases).find(text)}


def test_each_kind_of_a_value_is_told_and_repetition_costs_nothing() -> None:
    known = ValueSet()
    phrase = Phrase.of("10.1.2.3")
    assert phrase is not None
    for _ in range(1000):
        known.add(phrase, 1)
        known.add(phrase, 2)
    assert len(known) == 2
    assert [(each.start, each.phrase) for each in known.find("from 10.1.2.3, not 110.1.2.3 or 10.1.2.34")] == [
        (5, 1),
        (5, 2),
    ]


def test_a_name_of_one_plain_word_has_more_rules_and_is_not_taken() -> None:
    phrase = Phrase.of("Price")
    assert phrase is not None
    assert not ValueSet.takes(phrase)
    assert list(ValueSet().find("any text")) == []


def test_values_stay_findable_over_many_additions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(value_set, "_MERGE_AT", 1000)
    known = ValueSet()
    for number in range(60_000):
        phrase = Phrase.of(f"10.{number % 256}.{number // 256 % 256}.{number // 65536}")
        assert phrase is not None
        known.add(phrase, number % 5)
    assert len(known) == 60_000
    (where,) = known.find("GET from 10.63.66.0 at noon")
    assert where.start == 9
    assert where.phrase == (63 + 66 * 256) % 5
