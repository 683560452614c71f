"""Sums, shares and counts that may identify a person in combination, outside commercial passages.

A compensation of "PLN 7,500" or a disability of "37 %" points at a person; "two judges" does not.
Money in figures and words, percentages, and counts of persons are reported; lone number words in French
and Spanish only where a period, a person or a sum follows.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from gateway.detectors.text.letters import in_small_letters
from gateway.detectors.text.passage import Passage, Span, spans

_FIGURE = r"\d{1,3}(?:[.,'’\u00a0 ]\s?\d{3})+(?:[.,]\s?\d{1,2})?|\d+(?:[.,]\s?\d{1,2})?"
_WORDS_EN = (
    r"(?:(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen"
    r"|seventeen|eighteen|nineteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|hundred|thousand|million"
    r"|billion|and)[\s-]?){1,6}(?<=\w)"
)
_CURRENCY = (
    r"(?:(?i:euros?|dollars?|pounds?(?:\ssterling)?|marks?|francs?|lir[ae]s?)|pesetas?|escudos?|zlotys?|złotys?"
    r"|roubles?"
    r"|rubles?|hryvnias?|forints?|kronor|kroner|kronur|kroons?|krooni|manats?|lari|litas|lats|tolars?|denars?|drams?"
    r"|tenge|yen|yuan|rupees?|shekels?|dirhams?|pesos?|reais|korun(?:a|y)|schillings?|drachmas?|guilders?|lev[as]?|lei"
    r"|dinars?|kuna"
    r"|couronnes|livres\ssterling|livres|libras(?:\sesterlinas)?|coronas|dólares|rublos|liras|francos|marcos|€|£|\$"
    r"|EUR|GBP|USD|SEK|NOK|DKK|PLN|TRL|TRY|CHF|CZK|HUF|RON|ROL|BGN|RUB|UAH|CYP|FRF|DEM|ATS|ITL|ESP|GRD|SKK|HRK)"
)
_ADJECTIVE = r"(?:(?:new|New|old|[A-Z][a-z]{2,12}|[A-Z]{2,4})\s){0,2}"
_CODE_NOTE = r"(?:\s?[(\[][A-Z]{3}[)\]])?"
_MONEY_AFTER = re.compile(
    rf"(?<![\w.,/])(?P<a>(?:(?:about|approximately|some|around)\s)?(?:{_FIGURE}|{_WORDS_EN})(?:\s(?:million|billion"
    rf"|thousand|millions?|milliards?|millones|mille|mil))?(?:\s(?:de|d’|d'))?\s?{_ADJECTIVE}{_CURRENCY}(?:\s"
    rf"(?:suédoises?|norvégiennes?|danoises?"
    rf"|suecas?|noruegas?|danesas?|polacos?|polonais|turcas?|turques?|sterling|français|belges"
    rf"|suisses))?){_CODE_NOTE}(?!\w)"
)
_MONEY_BEFORE = re.compile(
    rf"(?:(?<!\w)[€£$]|\b(?:EUR|GBP|USD|SEK|NOK|DKK|PLN|TRL|TRY|YTL|CHF|CZK|HUF|RON|ROL|BGN|RUB|UAH|CYP|FRF|FF|DEM"
    rf"|DM|ATS|ITL|ESP|GRD|SKK|HRK|SIT|LVL|LTL|EEK|AZN|GEL|MDL|ALL|MKD|RSD))\s?(?:{_FIGURE})(?:\s(?:million|billion"
    rf"|thousand))?(?!\w)"
)
_PERCENT = re.compile(
    r"(?<![\w.,])\d{1,3}(?:[.,]\s?\d{1,3})?\s?(?:%|per\s?cent\b|percent\b|pour\scent\b|por\sciento\b)"
)
_LOCAL_COUNT = {
    "fr": re.compile(
        r"(?<![\w.,/°-])(?P<a>deux|trois|quatre|cinq|six|sept|huit|neuf|dix|onze|douze|treize|quatorze|quinze|seize"
        r"|(?:cent\s)?(?:vingt|trente|quarante|cinquante|soixante|quatre-vingts?)(?:-\w+|\set\s(?:un|une|onze))?|cent"
        r"|mille|(?:\d{1,3}(?:[ \u00a0]\d{3})+|\d{1,3})(?:,\s?\d{1,2})?)"
        r"(?=\s+(?:mois|ans|années|jours|semaines|heures|enfants|personnes|hectares|m²|km|mètres|kilomètres|fils"
        r"|filles|autres|euros|millions|coaccusés|tonnes|grammes|kg)\b)",
        re.IGNORECASE,
    ),
    "es": re.compile(
        r"(?<![\w.,/º-])(?P<a>dos|tres|cuatro|cinco|seis|siete|ocho|nueve|diez|once|doce|trece|catorce|quince"
        r"|dieciséis|diecisiete|dieciocho|veinte|veinti\w+|(?:ciento\s)?(?:treinta|cuarenta|cincuenta|sesenta|setenta"
        r"|ochenta|noventa|veinte|diez)(?:\sy\s\w+)?|cien"
        r"|ciento(?:\s\w+)?|mil|(?:\d{1,3}"
        r"(?:[. \u00a0]\s?\d{3})+|\d{1,3})(?:,\s?\d{1,2})?)"
        r"(?=\s+(?:mes(?:es)?|años|días|semanas|horas|hijos|hijas|personas|hectáreas|m²|km|metros|kilómetros|otras?"
        r"|otros|euros|millones|toneladas|gramos|kg|menores)\b)",
        re.IGNORECASE,
    ),
}
#: For a text in small letters.
_COUNT_EN = re.compile(
    rf"(?<![\w.,/-])(?:\d{{1,3}}(?:,\d{{3}})+|\d{{2,6}}|\d+(?:\.\d+)?\s(?:million|thousand|billion)"
    rf"|{_WORDS_EN})\s(?:other\s)?(?:persons|people|users|customers|consumers|patients|pupils|victims|subscribers"
    rf"|members|households|landowners"
    rf"|applicants|employees|detainees|prisoners|inhabitants|residents|plaintiffs|claimants)\b"
)


#: Lengths, areas, weights, and what somebody has of a kind.
_MEASURE_EN = re.compile(
    rf"(?<![\w.,/-])(?P<a>(?:(?:about|approximately|some|around)\s)?(?:{_FIGURE}|{_WORDS_EN})\s?(?:square\s|sq\.?\s)?"
    r"(?:met(?:re|er)s?|kilomet(?:re|er)s?|km|m²|m2|hectares?|acres?|decares?|dönüms?|kg|kilograms?|kilos?|grams?"
    r"|grammes?|tonnes?|lit(?:re|er)s?|children|sons|daughters|plots?\sof\sland|times\sa\s(?:day|week|month|year)))\b"
)
_PERIOD_EN = rf"(?:{_FIGURE}|{_WORDS_EN})(?:\sand\sa\shalf)?[\s-](?:years?|months?|weeks?|days?|hours?)"
_PERIODS_EN = rf"(?P<a>{_PERIOD_EN}(?:(?:\s|,\s)(?:and\s)?{_PERIOD_EN})*)"
#: Periods that say something of one person: a sentence, a ban, leave, a contract.
_SENTENCE_AFTER = re.compile(
    rf"(?<![\w.,/-]){_PERIODS_EN}[’']?\s(?:of\s)?(?:solitary\s|strict\s|heavy\s|unpaid\s|sick\s|annual\s)?"
    r"(?:imprisonment|leave|detention|custody|confinement|suspension|probation|contract|sentence|prison)\b",
)
_SENTENCE_BEFORE = re.compile(
    r"\b(?:sentenced\s(?:\w+\s){0,3}to|(?:sentence|term|penalty)\s(?:\w+\s){0,3}(?:of|to)|imprisonment\s(?:of|for)"
    r"|(?:debarred|banned|barred|disqualified|suspended|excluded)\s(?:\w+\s){0,4}for"
    rf"|(?:worked|employed|served|lived|married|resided|detained|held"
    rf"|receiving)\s(?:\w+\s){{0,3}}for(?:\sat\sleast)?)\s"
    rf"(?:a\s(?:total|period)\sof\s)?{_PERIODS_EN}\b",
)


def find_quantities(passage: Passage) -> Iterator[Span]:
    """Sums, shares and counts in a passage that is not commercial."""
    if passage.commercial:
        return
    text = passage.text
    for match in _MONEY_AFTER.finditer(text):
        yield Span(match.start("a"), match.end(), "QUANTITY", "quantity/money", 0.75)
    yield from spans(_MONEY_BEFORE, text, "QUANTITY", "quantity/money", 0.8)
    yield from spans(_PERCENT, text, "QUANTITY", "quantity/percent", 0.6)
    local = _LOCAL_COUNT.get(passage.language)
    if local is not None:
        yield from spans(local, text, "QUANTITY", "quantity/count", 0.55, "a")
        return
    for match in _COUNT_EN.finditer(in_small_letters(text)):
        yield Span(match.start(), match.end(), "QUANTITY", "quantity/persons", 0.55)
    for pattern, rule in (
        (_MEASURE_EN, "measure"),
        (_SENTENCE_AFTER, "period-of-a-person"),
        (_SENTENCE_BEFORE, "period-of-a-person"),
    ):
        yield from spans(pattern, text, "QUANTITY", f"quantity/{rule}", 0.55, "a")
