"""Geographic coordinates, as decimals, in degrees and minutes, in named fields, and in grids."""

from __future__ import annotations

import re
from collections.abc import Iterator

from gateway.detectors.text.passage import Passage, Span, spans

_SIDE = r"(?:[NSEWO]|[Nn]orth|[Ss]outh|[Ee]ast|[Ww]est|[Nn]ord|[Ss]ud|[Oo]uest|[Nn]orte|[Ss]ur|[Ee]ste|[Oo]este)\b"
_MINUTES = r"(?:\s?\d{1,2}(?:[.,]\d{1,6})?\s?[′'’](?:\s?\d{1,2}(?:[.,]\d{1,6})?\s?(?:[″\"”]|[′'’]{2}))?)?"
_ANGLE = rf"\d{{1,3}}(?:[.,]\d{{1,8}})?\s?[°º]{_MINUTES}"
_LETTER_AFTER = rf"{_ANGLE}\s?{_SIDE}"
_LETTER_BEFORE = rf"[NSEWO]\s?\d{{1,3}}\s?[°º]\s?\d{{1,2}}(?:\.\d{{1,6}})?{_MINUTES}\s?[′'’]?"
_PATTERNS = (
    (re.compile(r"(?<![\w.])[-+]?\d{1,2}\.\d{3,8}\s*[,;/]\s*[-+]?\d{1,3}\.\d{3,8}(?![\w.])"), "coordinates", 0.7),
    (re.compile(rf"(?<![\w.]){_LETTER_AFTER}(?:\s?[,;/]?\s?(?:and\s|et\s|y\s)?{_LETTER_AFTER})?"),
     "coordinates/angle", 0.85),
    (re.compile(rf"(?<![\w.]){_LETTER_BEFORE}(?:\s?[,;/]?\s?{_LETTER_BEFORE})?"), "coordinates/angle", 0.85),
    (re.compile(r"(?<![\w.])[-+]?\d{1,2}\.\d{3,8}\s?[NS][,;/]?\s?[-+]?\d{1,3}\.\d{3,8}\s?[EWO]\b"),
     "coordinates/angle", 0.85),
    # Military grid: zone, band, square of 100 km, two equal halves of digits.
    (re.compile(r"\b\d{1,2}[C-HJ-NP-X]\s?[A-HJ-NP-Z]{2}\s?(?:\d{5}\s?\d{5}|\d{4}\s?\d{4}|\d{3}\s?\d{3})\b"),
     "coordinates/grid", 0.85),
    (re.compile(r"(?<![\w/])///[^\W\d_]{3,20}(?:\.[^\W\d_]{3,20}){2}\b"), "coordinates/words", 0.85),
)  # fmt: skip
#: Without one of these nothing here matches.
_HINT = re.compile(
    r"[°º]|\d\.\d{3}|///|\d[C-X]\s?[A-Z]{2}\s?\d|\b(?i:lat|lon|lng|latitude|longitude|latitud|longitud)\b|_lat|_lon|_lng"
)
_NAMED = re.compile(
    r"(?<![A-Za-z])(?:lat(?:itude)?|lon(?:gitude)?|lng|latitud|longitud)[\"']?\s?(?:[:=]|is|de)?\s?[\"']?"
    r"(?P<value>[-+]?\d{1,3}[.,]\d{2,8})(?!\w)",
    re.IGNORECASE,
)


def find_coordinates(passage: Passage) -> Iterator[Span]:
    """Coordinates in a passage."""
    text = passage.text
    if not _HINT.search(text):
        return
    for pattern, rule, confidence in _PATTERNS:
        yield from spans(pattern, text, "COORDINATES", rule, confidence)
    yield from spans(_NAMED, text, "COORDINATES", "coordinates/named", 0.8, "value")
