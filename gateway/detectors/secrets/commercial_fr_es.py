"""Commercial terms as French and Spanish contracts write them: periods, volumes, rates; only the figure goes."""

from __future__ import annotations

import re
from collections.abc import Iterator

from gateway.detectors.text.passage import Passage, Span, spans

_FIGURE = r"\d{1,3}(?:[ .\u00a0\u202f]\d{3})+(?:,\d{1,4})?|\d{1,7}(?:,\d{1,4})?"
_SMALL = {
    "fr": (
        "une?|deux|trois|quatre|cinq|six|sept|huit|neuf|dix|onze|douze|treize|quatorze|quinze|seize|dix-huit|vingt(?:-\\w+)?"
        "|trente|quarante(?:-\\w+)?|cinquante|soixante(?:-\\w+)?|quatre-vingt(?:s|-dix)?|cent"
    ),
    "es": (
        "un[oa]?|dos|tres|cuatro|cinco|seis|siete|ocho|nueve|diez|once|doce|trece|catorce|quince|dieciocho|veinte"
        "|veinticuatro|treinta|cuarenta(?:\\sy\\s\\w+)?|cincuenta|sesenta|setenta|ochenta|noventa|cien|ciento\\s\\w+"
    ),
}
_PERIODS = {
    "fr": r"(?:jours?|semaines?|mois|ans?|années?|trimestres?|heures?|minutes?)\b",
    "es": r"(?:días?|semanas?|mes(?:es)?|años?|trimestres?|horas?|minutos?)\b",
}
_UNITS = {
    "fr": (
        r"(?:unités?|pièces?|exemplaires?|tonnes?|litres?|kg|kilogrammes?|hectolitres?|palettes?|licences?|utilisateurs?"
        r"|appels?|requêtes?|véhicules?|doses?|flacons?|lots?|actions?|points?\sde\svente)\b"
    ),
    "es": (
        r"(?:unidades|piezas|ejemplares|toneladas|litros|kg|kilogramos|palés|licencias|usuarios|llamadas|vehículos|dosis"
        r"|viales|lotes|acciones|puntos\sde\sventa)\b"
    ),
}
_PERCENT = re.compile(r"(?<![\w.,])(?P<a>\d{1,3}(?:,\d{1,4})?)\s?(?:%|pour\scent\b|por\sciento\b)")
_PRICE = re.compile(
    rf"(?<![\w.,])(?P<a>{_FIGURE})[ \u00a0]?(?:€|euros?\b|EUR\b|dollars?\b|dólares\b|francs?\b|pesos\b)"
)


def _count(language: str, noun: str) -> re.Pattern[str]:
    return re.compile(
        rf"(?<![\w.,/-])(?P<a>{_FIGURE}|{_SMALL[language]})(?:\s?\(\d{{1,5}}\))?[ \u00a0](?:\w+\s)?{noun}",
        re.IGNORECASE,
    )


_COUNTS = {
    language: ((_count(language, _PERIODS[language]), "DURATION"), (_count(language, _UNITS[language]), "VOLUME"))
    for language in _SMALL
}


def find_terms_fr_es(passage: Passage) -> Iterator[Span]:
    """Figures that are terms in French and Spanish commercial passages."""
    counts = _COUNTS.get(passage.language)
    if counts is None or not passage.commercial:
        return
    for pattern, entity in (*counts, (_PERCENT, "PERCENT"), (_PRICE, "AMOUNT")):
        yield from spans(pattern, passage.text, entity, f"term/{entity.lower()}", 0.75, "a")
