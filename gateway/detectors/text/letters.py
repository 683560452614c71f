"""Character classes that Python's ``re`` has no name for, and texts in small letters."""

from __future__ import annotations

_CODES = (*range(0x41, 0x530), *range(0x1E00, 0x1F00))

#: A class of capital letters: Latin with all its accents, Greek, Cyrillic.
UPPER = "[" + "".join(chr(code) for code in _CODES if chr(code).isupper()) + "]"

#: The same for small letters.
LOWER = "[" + "".join(chr(code) for code in _CODES if chr(code).islower()) + "]"


def in_small_letters(text: str) -> str:
    """The text in lower case, of the same length (some capitals have two small letters and stay)."""
    small = text.lower()
    if len(small) == len(text):
        return small
    return "".join(low if len(low := char.lower()) == 1 else char for char in text)
