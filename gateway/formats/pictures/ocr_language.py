"""The language of a page that was read, told from its small words.

They are read right by the model of any of the languages, since few of them have accents; how often
they come tells English, French and Spanish apart after a few lines. Words that two of the languages
share are left out.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable

from gateway.formats.pictures.ocr import ENGLISH, FRENCH, SPANISH

_SMALL_WORDS = {
    ENGLISH: "the of and to in is that for was with by at from this be were which not have has it had are",
    FRENCH: "le les des du et est dans pour qui une sur par avec aux ces nous vous leur ete etre pas au il elle ont "
    "sont cette ou mais dont",
    SPANISH: "el los las del y por con una su como fue han esta este pero sus entre sobre ha desde hasta tambien",
}
_LANGUAGE_OF = {word: language for language, words in _SMALL_WORDS.items() for word in words.split()}
_FEWEST, _LEAD = 3, 1.5


def language_of(words: Iterable[str]) -> str | None:
    """One of the three languages, or None where the words do not say clearly."""
    counts = Counter(_LANGUAGE_OF[plain] for word in words if (plain := _plain(word)) in _LANGUAGE_OF)
    (first, most), (_, second) = [*counts.most_common(2), ("", 0), ("", 0)][:2]
    return first if most >= _FEWEST and most > _LEAD * second else None


def _plain(word: str) -> str:
    letters = unicodedata.normalize("NFKD", word.casefold())
    return "".join(char for char in letters if char.isalpha())
