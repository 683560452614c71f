"""Coarser forms of values: a date becomes its year, an age its decade, a sum its band.

Returns None where no coarser form can be told with certainty ("3/4/98", "last spring"); the plan
then removes the value altogether. Bands are fixed, not fitted to the value, so that a band says no
more than its limits. Figures are read in English and continental notation.
"""

from __future__ import annotations

import ipaddress
import re

from gateway.redaction.matching import words_of

_YEAR = re.compile(r"(?<!\d)(1[5-9]\d\d|20\d\d)(?!\d)")
_FIGURE = re.compile(r"\d[\d.,'’\u00a0\u202f ]*")
_MAGNITUDES = {
    "k": 1e3, "thousand": 1e3, "mille": 1e3, "mil": 1e3,
    "m": 1e6, "mn": 1e6, "million": 1e6, "millions": 1e6, "millón": 1e6, "millones": 1e6,
    "bn": 1e9, "billion": 1e9, "milliard": 1e9, "milliards": 1e9,
}  # fmt: skip
_WORDS = words_of(
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen"
)
_TENS = words_of("twenty thirty forty fifty sixty seventy eighty ninety")
_SUFFIXES = ("", "k", "m", "bn", "tn", "qn")


def generalise(entity: str, value: str) -> str | None:
    """The coarser form of a value, without brackets; None if there is none to be sure of."""
    match entity:
        case "DATE":
            years = sorted(set(_YEAR.findall(value)))
            return "–".join([years[0], years[-1]][: len(years)]) if years else None
        case "AGE":
            age = _number(value)
            return None if age is None or not 0 <= age < 130 else f"{int(age) // 10 * 10}–{int(age) // 10 * 10 + 9}"
        case "PERCENT":
            share = _number(value)
            return None if share is None else _percent_band(share)
        case "AMOUNT" | "QUANTITY" | "VOLUME":
            figure = _number(value)
            return None if figure is None else _power_band(figure)
        case "IP_ADDRESS":
            return _network(value)
        case _:
            return None


def _number(value: str) -> float | None:
    figures = _FIGURE.findall(value)
    if len(figures) > 1:
        return None
    if not figures:
        return _spelled(value)
    plain = _plain(figures[0])
    if plain is None:
        return None
    following = re.search(r"\d\s*([^\W\d_]+)", value)
    factor = _MAGNITUDES.get(following.group(1).lower(), 1.0) if following else 1.0
    return plain * factor


def _plain(figure: str) -> float | None:
    digits = re.sub(r"['’\s]", "", figure.rstrip(" .,'’\u00a0\u202f"))
    if re.fullmatch(r"\d{1,3}([.,]\d{3})+", digits):
        return float(re.sub(r"[.,]", "", digits))
    if re.fullmatch(r"\d{1,3}(,\d{3})+\.\d+", digits):
        return float(digits.replace(",", ""))
    if re.fullmatch(r"\d{1,3}(\.\d{3})+,\d+", digits):
        return float(digits.replace(".", "").replace(",", "."))
    if re.fullmatch(r"\d+([.,]\d+)?", digits) and len(digits) <= 18:
        return float(digits.replace(",", "."))
    return None


def _spelled(value: str) -> float | None:
    words = re.findall(r"[a-z]+", value.lower())
    total = 0
    for word in words:
        if word in _TENS:
            total += 10 * (_TENS.index(word) + 2)
        elif word in _WORDS:
            total += _WORDS.index(word)
        elif total == 0:
            return None
        else:
            break
    return float(total) if words else None


def _percent_band(share: float) -> str | None:
    if share < 0:
        return None
    if share >= 100:
        return "100 % or more"
    low = int(share) // 10 * 10
    return f"{low}–{low + 10} %"


def _power_band(figure: float) -> str | None:
    if figure < 10:
        return "0–10"
    exponent = len(str(int(figure))) - 1
    if exponent + 1 >= 3 * len(_SUFFIXES):
        return None
    return f"{_power(exponent)}–{_power(exponent + 1)}"


def _power(exponent: int) -> str:
    return f"{10 ** (exponent % 3)}{_SUFFIXES[exponent // 3]}"


def _network(value: str) -> str | None:
    try:
        address = ipaddress.ip_address(value.strip("[] "))
    except ValueError:
        return None
    prefix = 16 if address.version == 4 else 32
    return str(ipaddress.ip_network((address, prefix), strict=False))
