"""A text as a reader takes it in: look-alike characters and escapes undone, every character with its origin.

Fullwidth, styled and circled figures, letters of other scripts that look Latin, combining marks, odd blanks
and dashes, percent, entity and backslash escapes all keep a pattern from seeing what a person sees, or what
the next program makes of it. The reading is for searching only: it is never released, and what is found in
it is redacted where it stands in the text itself. It recognises nothing.

Source of the look-alikes: the letters of Unicode TR 39 that print alike in common fonts.
"""

from __future__ import annotations

import html
import re
import unicodedata
from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field

_ALIKE = {
    alike: letter
    for alikes, letters in (
        ("аеорсухіјѕһԁӏԛԝ", "aeopcyxijshdlqw"),
        ("АВЕКМНОРСТУХІЈЅԌ", "ABEKMHOPCTYXIJSG"),
        ("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧον", "ABEZHIKMNOPTYXov"),
        ("ıøØłŁđĐß", "ioOlLdDs"),
    )
    for alike, letter in zip(alikes, letters, strict=True)
}
_ESCAPE = re.compile(
    r"%(?P<percent>[0-7][0-9A-Fa-f])|&#(?P<decimal>\d{1,7});?|&#[xX](?P<hexadecimal>[0-9A-Fa-f]{1,6});?"
    r"|&(?P<named>[A-Za-z]{2,12});|\\{1,2}u\{?(?P<unicode>[0-9A-Fa-f]{4})\}?|\\{1,2}x(?P<byte>[0-7][0-9A-Fa-f])"
    r"|=(?P<quoted>40|2[BDEbde])(?=[\w-])|(?P<other>[^\x00-\x7f])"
)
_BASES = {"percent": 16, "decimal": 10, "hexadecimal": 16, "unicode": 16, "byte": 16, "quoted": 16}


@dataclass(frozen=True, slots=True)
class Reading:
    """What a text reads like.

    Attributes:
        text: The characters as read.
        changes: Where the reading departs from the text, in order: (place in the reading, its length there,
            place in the text, its length there).
    """

    text: str
    changes: tuple[tuple[int, int, int, int], ...] = field(repr=False)

    @classmethod
    def of(cls, text: str) -> Reading:
        """The reading of a text; linear in its length."""
        pieces: list[str] = []
        changes: list[tuple[int, int, int, int]] = []
        position = length = 0
        for match in _ESCAPE.finditer(text):
            plain = _plain(match)
            if plain == match.group():
                continue
            pieces += (text[position : match.start()], plain)
            length += match.start() - position
            changes.append((length, len(plain), match.start(), match.end() - match.start()))
            length += len(plain)
            position = match.end()
        pieces.append(text[position:])
        return cls("".join(pieces), tuple(changes))

    def origin(self, start: int, end: int) -> tuple[int, int]:
        """Where characters ``start`` to ``end`` of the reading stand in the text; ``start < end``."""
        first, last = self._origin(start)[0], self._origin(end - 1)[1]
        # Marks upon the last character read as nothing, but belong to it.
        following = bisect_left(self.changes, (end, 0))
        while following < len(self.changes) and self.changes[following][:3] == (end, 0, last):
            last += self.changes[following][3]
            following += 1
        return first, last

    def _origin(self, place: int) -> tuple[int, int]:
        before = bisect_right(self.changes, (place, float("inf"))) - 1
        if before < 0:
            return place, place + 1
        at, length, source, source_length = self.changes[before]
        if place < at + length:
            return source, source + source_length
        moved = source + source_length + place - at - length
        return moved, moved + 1


def _plain(match: re.Match[str]) -> str:
    kind, value = str(match.lastgroup), match.group(match.lastgroup or 0)
    if kind == "named":
        plain = html.unescape(match.group())
        return plain if len(plain) == 1 else match.group()
    if kind == "other":
        if value.isalpha() and value not in _ALIKE and unicodedata.is_normalized("NFKC", value):
            return value  # a letter that looks like no other
        return "".join(map(_letter, unicodedata.normalize("NFKD", value)))
    code = int(value, _BASES[kind])
    return _letter(chr(code)) if 0x20 <= code < 0xD800 or 0xE000 <= code <= 0x10FFFF else " "


def _letter(char: str) -> str:
    """What one character reads like; nothing for a mark upon another."""
    if char.isascii():
        return char
    kind = unicodedata.category(char)
    if kind in ("Mn", "Me", "Cf"):
        return ""
    if kind == "Pd" or char == "\u2212":
        return "-"
    if kind in ("Zs", "Zl", "Zp"):
        return " "
    figure = unicodedata.digit(char, None)
    return str(figure) if figure is not None else _ALIKE.get(char, char)
