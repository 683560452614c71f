"""The numbers and bullets that OpenDocument puts before list items and headings, as text.

OASIS OpenDocument 1.3 part 3, 5.3 (lists), 16.30 (their styles) and 5.1.2 (outline of headings). As in
DOCX they are nowhere in the text; a clause is cited by its number, so the number becomes text.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from lxml import etree

from gateway.formats.invisible import visible
from gateway.formats.office.opendocument import STYLE, TEXT, whole_number
from gateway.formats.office.package import local
from gateway.formats.office.word.ordinals import MAX_LABEL_CHARS, bullet, written

_FORMS = {"1": "decimal", "a": "lowerLetter", "A": "upperLetter", "i": "lowerRoman", "I": "upperRoman"}
_MAX_SHOWN_LEVELS = 10


@dataclass(frozen=True, slots=True)
class _Level:
    """How a level is labelled: with a bullet, or with the numbers of the last levels between two texts."""

    bullet: str = ""
    form: str = ""
    prefix: str = ""
    suffix: str = ""
    shown: int = 1
    start: int = 1


_PLAIN = _Level(bullet="•")
_UNNUMBERED = _Level()


class Counters:
    """Where a list has come to, on each of its levels (from 1)."""

    def __init__(self, levels: Mapping[int, _Level], otherwise: _Level) -> None:
        self._levels = levels
        self._otherwise = otherwise
        self._numbers: dict[int, int] = {}

    def next(self, depth: int, start: int | None = None) -> str:
        """The label of the next item at a depth; empty where there is none.

        Args:
            start: Its number, if the item sets one.
        """
        level = self._level(depth)
        self._numbers[depth] = self._numbers.get(depth, level.start - 1) + 1 if start is None else start
        for deeper in [each for each in self._numbers if each > depth]:
            del self._numbers[deeper]
        if level.bullet:
            return level.bullet
        if not level.form:
            return ""
        shown = range(max(1, depth - level.shown + 1), depth + 1)
        numbers = (self._written(each) for each in shown if self._level(each).form)
        return f"{level.prefix}{'.'.join(numbers)}{level.suffix}"

    def _level(self, depth: int) -> _Level:
        return self._levels.get(depth, self._otherwise)

    def _written(self, depth: int) -> str:
        level = self._level(depth)
        return written(self._numbers.get(depth, level.start), level.form)


class Numbering:
    """The list styles of a document, and its lists so far, some of which are continued later."""

    def __init__(self, roots: Iterable[etree._Element]) -> None:
        self._styles: dict[str, dict[int, _Level]] = {}
        self._last: dict[str, Counters] = {}
        self._named: dict[str, Counters] = {}
        outline: dict[int, _Level] = {}
        for style in (each for root in roots for each in root.iter(f"{TEXT}list-style", f"{TEXT}outline-style")):
            levels = {whole_number(level.get(f"{TEXT}level"), 0): _level(level) for level in style}
            if local(style) == "outline-style":
                outline = levels
            else:
                self._styles[str(style.get(f"{STYLE}name", ""))] = levels
        #: Of headings that stand in no list.
        self.outline = Counters(outline, _UNNUMBERED)

    def counters(self, element: etree._Element) -> Counters:
        """Those of an outermost list: its own, or of the list that it continues."""
        style = str(element.get(f"{TEXT}style-name", ""))
        counters = self._named.get(str(element.get(f"{TEXT}continue-list", "")))
        if counters is None and element.get(f"{TEXT}continue-numbering") == "true":
            counters = self._last.get(style)
        if counters is None:
            counters = Counters(self._styles.get(style, {}), _PLAIN)
        self._last[style] = counters
        name = str(element.get("{http://www.w3.org/XML/1998/namespace}id", ""))
        if name:
            self._named[name] = counters
        return counters


def _level(element: etree._Element) -> _Level:
    if local(element) != "list-level-style-number" and local(element) != "outline-level-style":
        return _Level(bullet=bullet(visible(str(element.get(f"{TEXT}bullet-char", "")))[:1]))
    return _Level(
        form=_FORMS.get(str(element.get(f"{STYLE}num-format", "")), ""),
        prefix=_affix(element, "prefix"),
        suffix=_affix(element, "suffix"),
        shown=min(whole_number(element.get(f"{TEXT}display-levels"), 1), _MAX_SHOWN_LEVELS),
        start=whole_number(element.get(f"{TEXT}start-value"), 1),
    )


def _affix(element: etree._Element, which: str) -> str:
    return visible(str(element.get(f"{STYLE}num-{which}", "")))[:MAX_LABEL_CHARS]
