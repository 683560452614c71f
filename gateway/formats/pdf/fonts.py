"""Fonts of a rebuilt PDF, and which characters they can draw.

Latin text is set in the standard fonts that every PDF reader has (Times, Helvetica, Courier; ISO
32000-1 9.6.2.2), anything else in DejaVu Sans, which is shipped with the gateway and embedded as far
as it is used. Greek, Cyrillic, Armenian, Georgian and symbols can be drawn; scripts that are written
from right to left or need shaping, and Chinese, Japanese and Korean, cannot yet. A character that
cannot be drawn becomes an empty box when the page is read, so that it is nowhere lost unseen.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from functools import cache, lru_cache
from pathlib import Path

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

from gateway.formats.invisible import visible
from gateway.formats.pdf.pages import Style

BOX = "▯"
_FALLBACK = "DejaVuSans"
_FALLBACK_FILE = Path(__file__).parent / "font_files" / "DejaVuSans.ttf"
_NAMES = {
    "serif": ("Times-Roman", "Times-Bold", "Times-Italic", "Times-BoldItalic"),
    "sans": ("Helvetica", "Helvetica-Bold", "Helvetica-Oblique", "Helvetica-BoldOblique"),
    "mono": ("Courier", "Courier-Bold", "Courier-Oblique", "Courier-BoldOblique"),
}
# Private-use codes of the symbol fonts that office programs use for bullets and boxes.
_SYMBOLS = {0xF0B7: "•", 0xF0A7: "▪", 0xF0D8: "➢", 0xF0FC: "✓", 0xF0A8: "□", 0xF0FE: "☒", 0xF06F: "□", 0xF0D7: "×"}
#: Scripts whose letters DejaVu Sans has, but which need an order or joining that is not done here.
_UNSHAPED = ("R", "AL")


@cache
def _fallback_glyphs() -> frozenset[int]:
    font = TTFont(_FALLBACK, str(_FALLBACK_FILE))
    pdfmetrics.registerFont(font)
    return frozenset(font.face.charToGlyph)


def standard_font(style: Style) -> str:
    """The standard font of a look."""
    return _NAMES[style.family][(1 if style.bold else 0) + (2 if style.italic else 0)]


@lru_cache(maxsize=8192)
def drawable(char: str) -> str:
    """The character as it will be drawn: itself, an equivalent, or :data:`BOX`."""
    if char.isspace():
        return " "
    if ord(char) in _SYMBOLS:
        return _SYMBOLS[ord(char)]
    if not visible(char):
        return ""
    if _standard(char) or _fallback(char):
        return char
    # Ligatures, full-width forms and the like have an equivalent of plain letters.
    plain = unicodedata.normalize("NFKC", char)
    if plain != char and all(_standard(c) or _fallback(c) for c in plain):
        return plain
    return BOX


@lru_cache(maxsize=1024)
def _expanded(char: str) -> str:
    # "ﬁ" is in DejaVu, but a name with it is found by nobody.
    return unicodedata.normalize("NFKC", char) if "\ufb00" <= char <= "\ufb06" else drawable(char)


def drawable_text(text: str) -> str:
    """A text as it will be drawn."""
    return "".join(map(_expanded, text))


def _standard(char: str) -> bool:
    try:
        return char.isprintable() and len(char.encode("cp1252")) == 1
    except UnicodeEncodeError:
        return False


def _fallback(char: str) -> bool:
    return (
        ord(char) in _fallback_glyphs()
        and unicodedata.bidirectional(char) not in _UNSHAPED
        and not 0xE000 <= ord(char) <= 0xF8FF
    )


def fonts_of(text: str, style: Style) -> Iterator[tuple[str, str]]:
    """The text cut into parts of one font each: (font name, part)."""
    if text.isascii():
        yield standard_font(style), text
        return
    part, font = "", ""
    for char in text:
        needed = standard_font(style) if _standard(char) else _FALLBACK
        if needed == _FALLBACK:
            _fallback_glyphs()  # registers the font
        if font and needed != font:
            yield font, part
            part = ""
        part, font = part + char, needed
    if part:
        yield font, part


def text_width(text: str, style: Style, size: float) -> float:
    """Width of a text set naturally, in points."""
    return float(sum(pdfmetrics.stringWidth(part, font, size) for font, part in fonts_of(text, style)))
