"""The numbers and bullets that Word puts before list paragraphs, as text.

They are nowhere in the document's text: numbering.xml says how they look, the paragraphs only point
there. A clause is cited by its number, so the number becomes text in the rendition.
"""

from __future__ import annotations

import re

from lxml import etree

from gateway.formats.office.word.ordinals import MAX_LABEL_CHARS, bullet, written

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_PLACEHOLDER = re.compile(r"%([1-9])")


class Numbering:
    """Counters of all lists of a document, advanced paragraph by paragraph."""

    def __init__(self, root: etree._Element | None) -> None:
        self._abstract: dict[str, dict[int, tuple[str, str, int, int, int]]] = {}
        self._lists: dict[str, str] = {}
        self._counters: dict[str, dict[int, int]] = {}
        if root is None:
            return
        for definition in root.iter(f"{W}abstractNum"):
            levels = {}
            for level in definition.iter(f"{W}lvl"):
                levels[_number(level.get(f"{W}ilvl"))] = _level(level)
            self._abstract[definition.get(f"{W}abstractNumId", "")] = levels
        for instance in root.iter(f"{W}num"):
            reference = instance.find(f"{W}abstractNumId")
            if reference is not None:
                self._lists[instance.get(f"{W}numId", "")] = reference.get(f"{W}val", "")

    def label(self, list_id: str, depth: int) -> tuple[str, int, int]:
        """The label of the next paragraph of a list at a depth, its indent and hanging indent.

        Unknown lists give an empty label.
        """
        abstract = self._lists.get(list_id)
        levels = self._abstract.get(abstract or "", {})
        if abstract is None or depth not in levels:
            return "", 0, 0
        counters = self._counters.setdefault(abstract, {})
        counters[depth] = counters.get(depth, levels[depth][2] - 1) + 1
        for deeper in [level for level in counters if level > depth]:
            del counters[deeper]

        def value(match: re.Match[str]) -> str:
            level = int(match[1]) - 1
            form, _, start, _, _ = levels.get(level, ("decimal", "", 1, 0, 0))
            return written(counters.get(level, start), form)

        form, pattern, _, indent, hanging = levels[depth]
        text = bullet(pattern) if form == "bullet" else "" if form == "none" else _PLACEHOLDER.sub(value, pattern)
        return text, indent, hanging


def _level(level: etree._Element) -> tuple[str, str, int, int, int]:
    def value(tag: str, default: str) -> str:
        element = level.find(f"{W}{tag}")
        return default if element is None else element.get(f"{W}val", default)

    indent = level.find(f"{W}pPr/{W}ind")
    left = hanging = 0
    if indent is not None:
        left = _number(indent.get(f"{W}left") or indent.get(f"{W}start"))
        hanging = _number(indent.get(f"{W}hanging"))
    return (
        value("numFmt", "decimal"),
        value("lvlText", "")[:MAX_LABEL_CHARS],
        _number(value("start", "1")),
        left,
        hanging,
    )


def _number(raw: str | None) -> int:
    return int(raw) if raw and re.fullmatch(r"-?[0-9]{1,6}", raw) else 0
