"""Styles of a DOCX as far as they matter: headings, bold and italic, hidden text, alignment, lists."""

from __future__ import annotations

import re
from dataclasses import dataclass

from lxml import etree

from gateway.formats.office.blocks import Run
from gateway.formats.office.word.docx_lists import W

_HEADING = re.compile(r"heading ([1-9])", re.IGNORECASE)
_MAX_INHERITANCE = 20
_PLAIN = Run("")


@dataclass(frozen=True, slots=True)
class ParagraphLook:
    """What a paragraph style gives its paragraphs."""

    heading: int = 0
    alignment: str = ""
    run: Run = _PLAIN
    hidden: bool = False
    list_id: str = ""
    list_depth: int = 0


class Styles:
    """The styles part; unknown styles look like plain text."""

    def __init__(self, root: etree._Element | None) -> None:
        self._styles: dict[str, etree._Element] = {}
        if root is not None:
            for style in root.iter(f"{W}style"):
                self._styles[style.get(f"{W}styleId", "")] = style

    def paragraph(self, style_id: str) -> ParagraphLook:
        """The look of a paragraph style with all that it inherits."""
        heading, alignment, list_id, depth = 0, "", "", 0
        bold = italic = hidden = False
        # From the root of the inheritance to the style itself, so that the nearest word is the last.
        for style in reversed(self._ancestry(style_id)):
            name = style.find(f"{W}name")
            label = name.get(f"{W}val", "") if name is not None else ""
            match = _HEADING.fullmatch(label)
            heading = int(match[1]) if match else -1 if label.lower() == "title" else heading
            properties, look = style.find(f"{W}pPr"), style.find(f"{W}rPr")
            if properties is not None:
                justification = properties.find(f"{W}jc")
                alignment = justification.get(f"{W}val", "") if justification is not None else alignment
                number, level = properties.find(f"{W}numPr/{W}numId"), properties.find(f"{W}numPr/{W}ilvl")
                list_id = number.get(f"{W}val", "") if number is not None else list_id
                depth = as_integer(level.get(f"{W}val")) if level is not None else depth
            bold, italic = switched(look, "b", bold), switched(look, "i", italic)
            hidden = switched(look, "vanish", hidden)
        # A heading's own weight comes from the style that the rendition gives it.
        run = _PLAIN if heading else Run("", bold, italic)
        return ParagraphLook(heading, alignment, run, hidden, list_id, depth)

    def run(self, properties: etree._Element | None, inherited: Run) -> tuple[Run, bool]:
        """The look of a run, and whether it is hidden."""
        bold, italic, underline, hidden = inherited.bold, inherited.italic, inherited.underline, False
        style = properties.find(f"{W}rStyle") if properties is not None else None
        looks = (
            [s.find(f"{W}rPr") for s in reversed(self._ancestry(style.get(f"{W}val", "")))] if style is not None else []
        )
        for look in (*looks, properties):
            bold, italic = switched(look, "b", bold), switched(look, "i", italic)
            hidden = switched(look, "vanish", hidden)
            mark = look.find(f"{W}u") if look is not None else None
            if mark is not None:
                underline = mark.get(f"{W}val", "single") != "none"
        return Run("", bold, italic, underline), hidden

    def _ancestry(self, style_id: str) -> list[etree._Element]:
        chain: list[etree._Element] = []
        while style_id in self._styles and len(chain) < _MAX_INHERITANCE:
            style = self._styles[style_id]
            chain.append(style)
            parent = style.find(f"{W}basedOn")
            style_id = parent.get(f"{W}val", "") if parent is not None else ""
        return chain


def switched(properties: etree._Element | None, name: str, inherited: bool = False) -> bool:
    """An on/off property (ECMA-376 17.17.4): present without value means on."""
    element = properties.find(W + name) if properties is not None else None
    if element is None:
        return inherited
    return element.get(f"{W}val", "true").lower() not in ("0", "false", "off")


def as_integer(raw: str | None) -> int:
    """A whole number of at most seven digits, else 0."""
    return int(raw) if raw and re.fullmatch(r"-?[0-9]{1,7}", raw) else 0
