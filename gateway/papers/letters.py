"""The letters of the PDFs that we write: Noto Sans for Latin, Greek and Cyrillic, and a visible form for the rest.

The font (SIL Open Font License 1.1) is embedded in part, with the glyphs that are used. A character that
it has no glyph for, and every one that shows nothing or changes the order of others (controls, format
characters, private use), is written as ``\\u{4E2D}``: what stands in a name is never dropped unseen. A backslash is
spelt out as well, so that no name can look like the spelling of another.
"""

from __future__ import annotations

import unicodedata
from functools import cache

from fontpkg_noto_sans import ROOT
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

LETTERS = "NotoSans"
_FILE = ROOT / "files" / "NotoSans[wdth,wght].ttf"
#: Unicode categories of what cannot be seen, or moves what can: control, format, surrogate, private, unassigned,
#: line and paragraph separators.
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


@cache
def _glyphs() -> frozenset[int]:
    font = TTFont(LETTERS, str(_FILE))
    pdfmetrics.registerFont(font)
    return frozenset(font.face.charToGlyph)


def letters() -> str:
    """The name of the font, ready for use."""
    _glyphs()
    return LETTERS


def showable(text: str) -> str:
    """The text with each character that cannot be shown spelt out, so that it can be seen."""
    if text.isascii() and text.isprintable() and "\\" not in text:
        return text
    glyphs = _glyphs()
    return "".join(
        c if ord(c) in glyphs and c != "\\" and unicodedata.category(c) not in _UNSEEN else f"\\u{{{ord(c):04X}}}"
        for c in text
    )
