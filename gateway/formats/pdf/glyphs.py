"""The text of a PDF page as PDFium sees it, gathered into stretches and lines.

PDFium yields characters in reading order with their origin and box, and puts spaces and line ends
where the page shows them. White space is made uniform: one space, or a new stretch where a wide gap
separates columns. Invisible text (rendering mode 3, white on white, tiny) is text like any other and
will be visible in the rendition; text outside the page, and text that something opaque was drawn
over, is left out, the latter with a note in its place.
"""

from __future__ import annotations

import ctypes
import math
import re
import unicodedata
from dataclasses import dataclass, field, replace

import pypdfium2 as pdfium
import pypdfium2.raw as raw

from gateway.errors import Unparsable
from gateway.formats import limits
from gateway.formats.pdf.covers import Covers
from gateway.formats.pdf.fonts import BOX, drawable_text
from gateway.formats.pdf.pages import Line, Stretch, Style

COVERED = "[covered]"
_HYPHEN_CODES = (0, 2, 0xAD, 0xFFFE)
_FIXED, _SERIF, _ITALIC, _FORCE_BOLD = 1 << 0, 1 << 1, 1 << 6, 1 << 18
_MONO_NAME = re.compile(r"courier|mono|consol|typewriter|fixed|menlo", re.IGNORECASE)
_SANS_NAME = re.compile(r"arial|helvet|sans|calibri|verdana|tahoma|segoe|roboto|gothic|lato|univers|frutiger", re.I)
_BOLD_NAME = re.compile(r"bold|black|heavy|semibold|demi", re.IGNORECASE)
_ITALIC_NAME = re.compile(r"italic|oblique|slanted", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Look:
    style: Style
    size: float
    angle: float


@dataclass(slots=True)
class Glyphs:
    """The lines of a page and counts that tell whether its text can be trusted."""

    lines: list[Line] = field(default_factory=list)
    characters: int = 0
    unreadable: int = 0
    undrawable: int = 0


class GlyphReader:
    """Reads pages of one document; fonts are looked at once."""

    def read(self, page: pdfium.PdfPage, covers: Covers, box: tuple[float, float, float, float]) -> Glyphs:
        """The lines of a page.

        Args:
            page: The page.
            covers: What hides text on it.
            box: The visible part: left, bottom, right, top in the page's own coordinates.

        Raises:
            Unparsable: ``pdf-too-much-text``.
        """
        text_page = page.get_textpage()
        count = text_page.count_chars()
        if count > limits.MAX_PDF_PAGE_CHARS:
            raise too_much_text()
        gatherer = _Gatherer(text_page.raw, covers, box)
        for index in range(count):
            gatherer.take(index)
        gatherer.end_line()
        return gatherer.glyphs


class _Gatherer:
    """Character by character into stretches and lines."""

    def __init__(self, text_page: object, covers: Covers, box: tuple[float, float, float, float]) -> None:
        self._page = text_page
        self._covers = covers
        self._left, self._bottom, self._right, self._top = box
        self._looks: dict[int, _Look] = {}
        self.glyphs = Glyphs()
        self._line: list[Stretch] = []
        self._chars: list[str] = []
        self._start: Stretch | None = None
        self._end = (0.0, 0.0)  # right edge and baseline of the last character
        self._spaces = 0
        self._was_covered = False
        self._x, self._y, self._box = ctypes.c_double(), ctypes.c_double(), raw.FS_RECTF()

    def take(self, index: int) -> None:
        code = raw.FPDFText_GetUnicode(self._page, index)
        generated = raw.FPDFText_IsGenerated(self._page, index) == 1
        if code in (10, 13):
            self.end_line()
            return
        if code in _HYPHEN_CODES and raw.FPDFText_IsHyphen(self._page, index) == 1:
            code = 0x2D
        if generated or (code and chr(code).isspace()):
            self._spaces += 1
            return
        char = self._readable(code)
        if not char:
            return
        raw.FPDFText_GetCharOrigin(self._page, index, self._x, self._y)
        raw.FPDFText_GetLooseCharBox(self._page, index, self._box)
        x, y, right = self._x.value - self._left, self._y.value - self._bottom, self._box.right - self._left
        middle = ((self._box.left + self._box.right) / 2, (self._box.bottom + self._box.top) / 2)
        if not (self._left <= middle[0] <= self._right and self._bottom <= middle[1] <= self._top):
            return
        target = raw.FPDFText_GetTextObject(self._page, index)
        address = ctypes.cast(target, ctypes.c_void_p).value or 0
        look = self._looks.get(address)
        if look is None:
            look = self._looks[address] = self._look(index, target)
        covered = self._covers.hide(middle, address)
        if covered:
            if self._was_covered:
                self._end = (right, y)
                self._spaces = 0
                return
            char = COVERED
        self._was_covered = covered
        self._place(char, x, y, max(right, x), look, apart=covered)
        if covered:
            self._end_stretch()
            self._end = (right, y)

    def _readable(self, code: int) -> str:
        self.glyphs.characters += 1
        if code == 0 or code == 0xFFFD or 0xD800 <= code <= 0xDFFF or code > 0x10FFFF:
            self.glyphs.unreadable += 1
            return BOX
        text = drawable_text(chr(code))
        if text == BOX and chr(code) != BOX:
            private = 0xE000 <= code <= 0xF8FF
            self.glyphs.unreadable += private
            self.glyphs.undrawable += not private
        return text

    def _place(self, text: str, x: float, y: float, right: float, look: _Look, *, apart: bool) -> None:
        end_x, end_y = self._end
        size = look.size
        if self._line or self._start:
            fallen = abs(y - end_y) > 0.6 * size
            if look.angle == 0.0 and fallen and x < end_x - size:
                # A hyphenated word runs on in the next line, for PDFium without a line end between.
                self.end_line()
            elif self._start and self._start.angle != look.angle:
                self.end_line()
        first = not self._line and self._start is None
        gap = 0.0 if first or look.angle != 0.0 else x - end_x
        # Two blanks after a full stop are as wide as a column's gap where every character is.
        widest = (1.7 if look.style.family == "mono" else 1.2) * size
        wide = not first and (gap > widest or self._spaces >= 3)
        start = self._start
        changed = start is not None and (
            start.style != look.style or abs(start.size - size) > 0.05 * size or start.angle != look.angle
            or (look.angle == 0.0 and abs(y - start.y) > 0.15 * size) or gap < -size
        )  # fmt: skip
        if start is None or changed or wide or apart:
            self._end_stretch()
            self._start = Stretch(
                "", x, y, 0.0, size, look.style, look.angle,
                space_before=not first and (self._spaces > 0 or wide), apart=wide,
            )  # fmt: skip
            self._chars = [text]
        else:
            self._chars.append((" " if self._spaces else "") + text)
        self._spaces = 0
        self._end = (right, y)
        if look.angle != 0.0 and self._start:
            self._end = (self._start.x + math.hypot(x - self._start.x, y - self._start.y) + 0.5 * size, y)

    def _end_stretch(self) -> None:
        if self._start is not None:
            text = unicodedata.normalize("NFC", "".join(self._chars))
            self._line.append(replace(self._start, text=text, width=max(0.1, self._end[0] - self._start.x)))
            self._start = None

    def end_line(self) -> None:
        """Finish the line, if there is one."""
        self._end_stretch()
        if self._line:
            self.glyphs.lines.append(Line(self._line))
        self._line = []
        self._spaces = 0
        self._was_covered = False

    def _look(self, index: int, target: object) -> _Look:
        matrix = raw.FS_MATRIX()
        raw.FPDFText_GetMatrix(self._page, index, matrix)
        size = raw.FPDFText_GetFontSize(self._page, index) * math.hypot(matrix.c, matrix.d)
        angle = math.atan2(matrix.b, matrix.a)
        font = raw.FPDFTextObj_GetFont(target) if target else None
        style = _style(font) if font else Style()
        return _Look(style, round(min(max(size, 1.0), 400.0), 3), 0.0 if abs(angle) < 0.01 else angle)


def too_much_text() -> Unparsable:
    return Unparsable(
        "pdf-too-much-text",
        f"The PDF has more than {limits.MAX_PDF_PAGE_CHARS} characters on a page or {limits.MAX_PDF_CHARS} in all.",
        remedy="Split it into smaller exhibits.",
    )


def _style(font: object) -> Style:
    buffer = ctypes.create_string_buffer(200)
    raw.FPDFFont_GetBaseFontName(font, buffer, 200)
    name = buffer.value.decode("latin-1")
    flags = raw.FPDFFont_GetFlags(font)
    flags = flags if flags >= 0 else 0
    bold = bool(_BOLD_NAME.search(name)) or bool(flags & _FORCE_BOLD) or raw.FPDFFont_GetWeight(font) >= 600
    italic = bool(_ITALIC_NAME.search(name)) or bool(flags & _ITALIC)
    if _MONO_NAME.search(name) or flags & _FIXED:
        return Style("mono", bold, italic)
    if _SANS_NAME.search(name) or not (flags & _SERIF or "times" in name.lower() or "serif" in name.lower()):
        return Style(
            "sans" if not re.search(r"times|roman|garamond|georgia|book", name, re.I) else "serif", bold, italic
        )
    return Style("serif", bold, italic)
