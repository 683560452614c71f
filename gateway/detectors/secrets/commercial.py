"""Commercial terms in contracts and offers: prices, rates, periods and volumes; and whether a text is one.

As counsel do when they redact a contract, only the figure goes ("[TS-COMMERCIAL] days"), so that a
reader still sees what kind of term stood there. The figures are terms only in a commercial passage: in
a judgment or a log the same words are ordinary. In other passages sums of money count as a quantity
that may identify (quantities.py).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from gateway.detectors.text.passage import Passage, Span

_SIGNS = re.compile(
    r"\b(?:Agreement|Part(?:y|ies)|hereunder|hereto|herein|thereof|pursuant to|shall|Licens(?:e|or|ee)s?"
    r"|Purchase Orders?|Product(?:s)?|Suppl(?:y|ier)|Purchas(?:e|er)|Royalt(?:y|ies)|royalt(?:y|ies)|Net Sales"
    r"|Fees?|fees?"
    r"|pric(?:e|es|ing)|Price|invoices?|Affiliates?|Effective Date|Term|Territory|Deliver(?:y|ies)|Confidential"
    r"(?:ity)?|Vendor|Buyer|Seller|Customer|Distributor|Manufactur\w+|Milestone|Payments?|warrant(?:y|ies)"
    r"|contrat|Contrat|Parties|redevances?|prix|Fournisseur|contrato|Contrato|Partes|precio|Proveedor|regalías)\b"
    r"|\[\*\*\*\]"
)
_OTHER = re.compile(
    r"\b(?:applicants?|judgment|Convention|Court|[Aa]ppeal|complain(?:ed|t)|alleged|prosecut\w+|detention|convicted"
    r"|requérants?|arrêt|demandantes?|sentencia|Tribunal|juez|juge|plaintiffs?|Mr|Mrs|Ms)\b"
)
_SMALL = (
    "one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen"
    "|eighteen|nineteen"
    "|(?:twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety)(?:[- ](?:one|two|three|four|five|six|seven|eight"
    "|nine))?|(?:one|two|three|five)\\shundred"
)
_COUNT = rf"(?:\d{{1,3}}(?:,\d{{3}})+|\d{{1,6}})(?:\.\d{{1,4}})?|{_SMALL}"
_PERIODS = (
    r"(?:(?:consecutive|calendar|business|working|full|additional|Business|Calendar|Working|Contract|successive"
    r"|one)\s+){0,2}"
    r"(?:days?|weeks?|months?|quarters?|years?|hours?|Days?|Months?|Years?|Quarters?|Weeks?|minutes?|-?(?:day|month"
    r"|year|week|hour))(?:['’]s?)?\b"
)
_MONEY = re.compile(
    r"(?:(?:US|AU|CA|HK|NZ)?[$€£¥]|\b(?:USD|EUR|GBP|CHF|JPY|CAD|AUD|US\$)\s?)\s?(?P<a>\d[\d,]*(?:\.\d+)?(?:\s?"
    r"(?:thousand|million|billion|[mMkKbB]n?)\b)?)"
    r"|(?<![\w.,])(?P<b>\d[\d,]*(?:\.\d+)?(?:\s(?:thousand|million|billion))?)\s?(?:dollars|euros?|pounds|USD|EUR"
    r"|GBP|CHF|€|£)(?!\w)",
)
_PERCENT = re.compile(
    rf"(?<![\w.,])(?P<a>\d{{1,3}}(?:[.,]\d{{1,4}})?)\s?(?:%|per\s?cent\b|percent\b|pour\scent\b|por\sciento\b"
    rf"|basis\spoints\b)|\b(?P<b>{_SMALL}|hundred)\s+(?:and\s+\S+\s+)?(?:percent|per\s?cent)\b",
    re.IGNORECASE,
)
_PERIOD = re.compile(
    rf"(?<![\w.,$/-])(?P<a>{_COUNT})(?:\s*\((?P<b>\d{{1,4}}|{_SMALL}|\[\*\*\*\])\))?[\s-]+{_PERIODS}", re.IGNORECASE
)
_BRACKETED = re.compile(
    rf"(?:\[\*\*\*\]|(?P<w>\b(?:{_SMALL})))\s*\((?P<a>\d{{1,5}}(?:\.\d+)?|{_SMALL})\s?%?\)", re.IGNORECASE
)
_LIST = re.compile(
    rf"(?<![\w.,$/-])(?P<a>\d{{1,4}}|{_SMALL})(?=\s*(?:\(\d{{1,4}}\)\s*)?,?\s*(?:or|to|and|-|–)\s*(?:{_COUNT}"
    rf"|\[\*\*\*\])\s*(?:\(|{_PERIODS}))",
    re.IGNORECASE,
)
_UNITS = re.compile(
    r"(?<![\w.,$/-])(?P<a>\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d{1,7}(?:\.\d+)?|(?:"
    + _SMALL
    + r"))\s+(?:\w+\s){0,2}?(?:units?|kits?|doses?|tons?|tonnes?|barrels?|gallons?|lit(?:er|re)s?|kg|kilograms?"
    r"|grams?|pounds|lbs|vials?|batch(?:es)?"
    r"|cases|pieces|copies|seats|licen[cs]es|subscribers|installations|hectares|acres|MW|MWh|kWh|stores|locations"
    r"|outlets|sites|shares|calls|requests|transactions|users|pallets|containers|vehicles|downloads|Units?|Products?"
    r"|Batch(?:es)?|Subscribers|Shares)\b",
    re.IGNORECASE,
)
_TERM_WORDS = re.compile(
    r"\b(?:minimum|maximum|quantit(?:y|ies)|volume|forecast\w*|capacity|royalt\w+|fees?|rates?|pric\w+|discounts?"
    r"|rebates?|margin|purchase commitment|payments?|limit|threshold|amount|Year\s\d+)\b[^.;\n]{0,60}?"
    r"(?<![\w.,$/-])(?P<a>\d{1,3}(?:,\d{3})+(?:\.\d+)?)(?![\w/])",
    re.IGNORECASE,
)
#: "two times the fees", "shared 70/30".
_MULTIPLE = re.compile(
    rf"\b(?P<a>\d{{1,3}}(?:\.\d+)?|{_SMALL})\s?(?:x|times)\s(?:the\s)?(?:total\s|annual\s|aggregate\s)?(?:fees?"
    rf"|amounts?|price"
    r"|charges?|payments?|consideration)\b|\b(?:shared?|split|ratio"
    r"|divided)\s(?:\w+\s){0,3}(?P<b>\d{1,2}\s?[/:]\s?\d{1,2})\b",
    re.IGNORECASE,
)
_TABLE_CELL = re.compile(
    rf"(?:\s{{4,}}|\t)\$?(?P<a>\d{{1,3}}(?:,\d{{3}})+(?:\.\d+)?|\d+\.\d\d|{_SMALL})(?=\s{{2,}}|\t|\n|$)", re.IGNORECASE
)
_MIN_SIGNS = 3


def is_commercial(text: str) -> bool:
    """Whether a passage reads like a contract, an offer or a price list rather than a judgment or report."""
    signs = len(_SIGNS.findall(text))
    return signs >= _MIN_SIGNS and signs > 2 * len(_OTHER.findall(text)) and 1500 * signs >= 3 * min(len(text), 3000)


def find_terms(passage: Passage) -> Iterator[Span]:
    """Figures that are commercial terms; nothing outside commercial passages."""
    if not passage.commercial:
        return
    text = passage.text
    for pattern, entity, rule, confidence in (
        (_MONEY, "AMOUNT", "term/money", 0.85),
        (_PERCENT, "PERCENT", "term/percent", 0.85),
        (_PERIOD, "DURATION", "term/period", 0.75),
        (_BRACKETED, "DURATION", "term/bracketed", 0.6),
        (_LIST, "DURATION", "term/list", 0.6),
        (_UNITS, "VOLUME", "term/units", 0.65),
        (_TERM_WORDS, "VOLUME", "term/figure", 0.6),
        (_MULTIPLE, "PERCENT", "term/multiple", 0.65),
        (_TABLE_CELL, "AMOUNT", "term/table", 0.55),
    ):
        for match in pattern.finditer(text):
            for name, value in match.groupdict().items():
                if value is not None and not value.startswith("["):
                    yield Span(match.start(name), match.end(name), entity, rule, confidence)
