"""Dates, times and ages as English, French and Spanish write them, and as machines do.

Full and partial dates, lists and ranges that share a month or year, single years where they stand
for a point in time (not "the Benefits Act 1992" or "Law no. 3 of 1981"), clock times, ages.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from gateway.detectors.text.letters import in_small_letters
from gateway.detectors.text.passage import Passage, Span, spans

_MONTHS = (
    "january|february|march|april|may|june|july|august|september|october|november|december|"
    "jan|feb|mar|apr|jun|jul|aug|sept|sep|oct|nov|dec|"
    "janvier|février|fevrier|mars|avril|mai|juin|juillet|août|aout|septembre|octobre|novembre|décembre|decembre|"
    "enero|febrero|marzo|abril|mayo|junio|julio|agosto|septiembre|setiembre|octubre|noviembre|diciembre"
)
_DAY = r"(?:0?[1-9]|[12]\d|3[01])(?:\s?(?:st|nd|rd|th|er|º|°))?"
_DAYS = rf"{_DAY}(?:\s*(?:,|and|to|or|et|ou|au|y|o|al?|-|–)\s*{_DAY}){{0,4}}"
_MONTH = rf"(?:{_MONTHS})\b\.?"
_MONTHS_LIST = (
    rf"{_MONTH}(?:\s*(?:,|and|to|or|et|ou|à|y|a|-|–)\s*(?:(?:le|el)\s+)?(?:{_DAY}\s+(?:de\s+)?)?{_MONTH}){{0,3}}"
)
_YEAR = r"(?:1[5-9]|20)\d\d"

_WRITTEN = re.compile(
    rf"\b(?:{_DAYS},?\s+(?:(?:day\s+)?of\s+|de\s+)?)?{_MONTHS_LIST}(?:,?\s+(?:del?\s+)?{_YEAR}\b"
    rf"|\s+{_DAY},?\s+{_YEAR}\b)"
)
_DAY_MONTH = re.compile(
    rf"\b(?:{_DAYS}\s+(?:of\s+|de\s+)?{_MONTHS_LIST}|(?:{_MONTHS})\.?\s+{_DAY}(?:\s*(?:and|to|-|–)\s*{_DAY})?(?!\d))"
)
_NUMERIC = re.compile(
    rf"(?<![\w./-])(?:{_YEAR}[-/.](?:0?[1-9]|1[0-2])[-/.](?:0?[1-9]|[12]\d|3[01])"
    r"(?:[T ]\d\d:\d\d(?::\d\d)?(?:[.,]\d{1,9})?(?:Z|\s?[+-]\d\d:?\d\d)?)?"
    r"|(?:0?[1-9]|[12]\d|3[01])([-/.])(?:0?[1-9]|[12]\d|3[01])\1(?:(?:1[5-9]|20)\d\d|\d\d)"
    # As web servers and mainframes write them: 05/Jan/2026:10:00:10 +0000, 05-JAN-2026.
    r"|\d\d([-/])(?i:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)\2(?:1[5-9]|20)\d\d(?::\d\d:\d\d:\d\d(?:\s[+-]\d{4})?)?)"
    r"(?![\w/-])"
)
_CLOCK = re.compile(
    r"(?<![\w:.])(?:(?:[01]?\d|2[0-3]):[0-5]\d(?::[0-5]\d)?(?:[.,]\d{1,6})?(?:\s?[ap]\.?m\b\.?)?"
    r"(?:\s?(?:UTC|GMT|BST|CES?T|EES?T|WES?T|[ECMP][SD]T)\b)?|"
    r"(?:1[0-2]|0?\d)(?:[.:][0-5]\d)?\s?[ap]\.?m\b\.?|"
    r"(?:[01]?\d|2[0-3])\s?(?:h\s?[0-5]\d|heures(?:\s+du\s+(?:matin|soir))?)|(?:[01]?\d|2[0-3])\s(?:horas))(?![\w:])",
    re.IGNORECASE,
)
_SINGLE_YEAR = re.compile(
    rf"(?<![\w/.,:$€£§\[#-]){_YEAR}(?:\s?[-–/]\s?(?:{_YEAR}|\d\d))?(?:'?s)?(?![\w/:%€]|[.,]\d|-\d)"
)
_LEGAL_BEFORE = re.compile(
    r"(?:Act|Acts|Law|Code|Convention|Regulations?|Rules?|Order|Protocol|Directive|Treaty|Covenant|Charter|Constitution"
    r"|Ordinance|Statute|[Ll]oi|[Cc]ode|[Rr]èglement|[Ll]ey|[Cc]ódigo|[Rr]eglamento|INCOTERMS|Incoterms|ECHR|TEDH|CEDH"
    r"|Reports|Recueil|[Nn]os?\.?|n[o°º]\.?|Section|[Aa]rticles?|[Aa]rtículos?|[Aa]rt\.|[Pp]aragraphs?|version|page)"
    r"(?:\s+\([^)]{0,30}\))?(?:\s+(?:of|de|del)(?:\s+(?:the\s+year|l'année|año))?)?\s*$"
)
_LEGAL_AFTER = re.compile(
    r"\s+(?:(?:[A-Z]\w+\s+){0,3}(?:Act|Law|Convention|Regulations?|Rules|Order|Constitution|Treaty)\b"
    r"|units|people|persons|employees|users|ms|MB|GB|tokens|words|sq)"
)
_OF_LEGAL = re.compile(r"\b(?:Act|Law|Code|Convention|Regulation|[Ll]oi|[Ll]ey)\b[^.;\n]{0,40}$")
_AGE = re.compile(
    r"\b(?:aged?|âgée?s?\s+de|edad\s+de|de\s+edad\s+de)\s+(?:of\s+)?(?P<a>\d{1,3}(?!\d|[.,]\d|%)|(?:twenty|thirty"
    r"|forty|fifty|sixty|seventy|eighty|ninety)(?:-\w+)?|\w+teen|ten|eleven|twelve)\b"
    r"|(?<![\d.,])(?P<b>\d{1,3})[\s-](?:years?|yrs?|months?)[\s-](?:old|of\s+age)\b"
    r"|(?<![\d.,])(?P<c>\d{1,3})\s+(?:ans|años\s+de\s+edad|años)(?=\s*(?:,|\)|et\b|y\b|\.|au\s+moment|cuando))"
    r"|\b(?:turn(?:ed|s|ing)?|i['’]m|i\sam|(?:he|she|who|i)\s(?:is|was))\s+(?P<d>\d{2})"
    r"(?=\s*(?:[.,!?]|and\b|on\b|this\b|years\b|y/?o\b|$))"
    r"|\bage\s*[:=]\s*(?P<e>\d{1,3})\b"
)


def find_dates(passage: Passage) -> Iterator[Span]:
    """Dates, clock times and ages in a passage."""
    text = passage.text
    # Written in small letters: a pattern that ignores case takes five times as long.
    small = in_small_letters(text)
    yield from spans(_WRITTEN, small, "DATE", "date/written", 0.95)
    yield from spans(_DAY_MONTH, small, "DATE", "date/day-month", 0.85)
    yield from spans(_NUMERIC, text, "DATE", "date/numeric", 0.9)
    yield from spans(_CLOCK, text, "DATE", "date/clock", 0.7)
    for match in _SINGLE_YEAR.finditer(text):
        before = text[max(0, match.start() - 80) : match.start()]
        legal = _LEGAL_BEFORE.search(before) or _LEGAL_AFTER.match(text, match.end())
        if not legal and not (before.rstrip().endswith((" of", " de", " del")) and _OF_LEGAL.search(before)):
            yield Span(match.start(), match.end(), "DATE", "date/year", 0.7)
    for match in _AGE.finditer(small):
        group = match.lastgroup or "a"
        if 0 < _age(match.group(group)) < 125:
            yield Span(match.start(group), match.end(group), "AGE", "age", 0.8)


def _age(value: str) -> int:
    return int(value) if value.isdigit() else 1
