"""What it means that a value occurs: the rules propagation and the residue check share."""

from __future__ import annotations

import pytest

from gateway.redaction import matching
from gateway.redaction.matching import Phrase, PhraseIndex, words_of


def found(value: str, text: str) -> list[str]:
    phrase = Phrase.of(value)
    assert phrase is not None
    return [text[each.start : each.end] for each in PhraseIndex([phrase]).find(text)]


@pytest.mark.parametrize(
    ("value", "text", "expected"),
    [
        ("John Smith", "john  SMITH came, John\nSmith left", ["john  SMITH", "John\nSmith"]),
        ("John Smith", "John Smithson and Johnny Smith", []),
        ("Müller", "Mu\u0308ller; M\u00fcller; Muller", ["Mu\u0308ller", "M\u00fcller"]),
        ("Müller", "Mül\u00adler", ["Mül\u00adler"]),
        ("Smithson", "called Smith-\nson again", ["Smith-\nson"]),
        ("Redfearn", "Mr Red-\n> fearn", ["Red-\n> fearn"]),
        ("12/05/2003", "on 12/05/2003 and 12.05.2003 and 112/05/2003", ["12/05/2003"]),
        ("24/59", "0 24 59 Td and 24 / 59", ["24 / 59"]),
        ("1,000", "1,000,000 or 1,000 or 21,000", ["1,000"]),
        ("Price", "the price of Price, PRICE", ["Price", "PRICE"]),
        ("Price", "/home/price/x price=3 j.price@example.org", ["price", "price", "price"]),
        ("Price", "low price=\nof", []),
        ("Price", "the price.The end, price.txt", ["price"]),
        ("田中", "田中さんは東京", ["田中"]),
        ("😀 Ann Lee", "x😀y Ann Lee", ["Ann Lee"]),
        ("a@b.example", "A@B.EXAMPLE", ["A@B.EXAMPLE"]),
    ],
)
def test_occurrences(value: str, text: str, expected: list[str]) -> None:
    assert found(value, text) == expected


def test_all_phrases_are_found_in_one_pass_with_their_numbers() -> None:
    phrases = [phrase for value in ("Ann Lee", "Ann", "Lee Road") if (phrase := Phrase.of(value))]
    text = "Ann Lee Road"
    hits = {(each.phrase, text[each.start : each.end]) for each in PhraseIndex(phrases).find(text)}
    assert hits == {(0, "Ann Lee"), (1, "Ann"), (2, "Lee Road")}


def test_words_are_folded() -> None:
    assert words_of("ＦＵＬＬ ﬁne\u200bly, Straße") == ("full", "finely", "strasse")


def test_nothing_to_search_for() -> None:
    assert Phrase.of(" … ") is None


def test_phrases_that_begin_alike_are_compared_once(monkeypatch: pytest.MonkeyPatch) -> None:
    addresses = [f"10.0.{number // 256}.{number % 256}" for number in range(3000)]
    text = "\n".join(f"GET from {address} ok" for address in addresses)
    index = PhraseIndex(phrase for address in addresses if (phrase := Phrase.of(address)))
    folded = 0
    original = matching.fold

    def counting(word: str) -> str:
        nonlocal folded
        folded += 1
        return original(word)

    monkeypatch.setattr(matching, "fold", counting)
    found = list(index.find(text))
    assert [each.phrase for each in found] == list(range(3000))
    # Each phrase by itself would be 3,000 x 3,000.
    assert folded < 10 * 3000
