"""Numbers of lists as office programs write them: 3, 03, c, C, iii, III."""

from __future__ import annotations

_ROMAN = ((1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"), (40, "xl"),
          (10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i"))  # fmt: skip
#: Characters of a label beside its numbers; Word itself takes no more.
MAX_LABEL_CHARS = 255


def written(number: int, form: str) -> str:
    """The number in a form of OOXML's names (ECMA-376 part 1, 17.18.59); others are decimal."""
    if form in ("lowerLetter", "upperLetter"):
        letter = chr(ord("a") + (number - 1) % 26) * min(10, (number - 1) // 26 + 1)
        return letter.upper() if form == "upperLetter" else letter
    if form in ("lowerRoman", "upperRoman") and 0 < number < 4000:
        text = ""
        for value, digits in _ROMAN:
            text += digits * (number // value)
            number %= value
        return text.upper() if form == "upperRoman" else text
    return f"{number:02d}" if form == "decimalZero" else str(number)


def bullet(text: str) -> str:
    """A bullet that every font has: those of symbol fonts are in the private use area."""
    return "•" if not text or any(0xE000 <= ord(char) <= 0xF8FF for char in text) else text
