"""Postal addresses as one: street, unit, town, postal code and country, in the orders of Europe and North America.

What makes these few capitalised words and figures an address is the postal code with its town (or the town, State and
ZIP code) at their end, so a plain name with a house number is enough before it. Parts of addresses without a postal
code are found by addresses.py.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from gateway.detectors.text.letters import LOWER, UPPER
from gateway.detectors.text.passage import Passage, Span, spans

_CAP = rf"{UPPER}(?:{LOWER}|{UPPER}|['’.-](?=\w))*\.?"
_SMALL = (
    r"(?:de\sla|de\slos|de\slas|de|del|des|der|den|du|d[’']|la|le|les|l[’']|el|los|da|do|dos|di|della|am|an|im|zum|zur|van"
    r"|von)"
)
_NAME = rf"(?:{_SMALL}\s?)?{_CAP}(?:[\s-](?:{_SMALL}\s?|\d{{1,2}}\.\s)?{_CAP}){{0,4}}"
_HOUSE = r"\d{1,5}(?:\s?(?:bis|ter|quater)\b|\s?[A-Za-z]\b)?(?:\s?[/-]\s?\d{1,4}[A-Za-z]?)?"
_KIND = (
    r"(?:rue|avenue|av\.|boulevard|bd\.?|place|quai|chemin|allée|impasse|cours|route|square|passage|calle|c/|avenida"
    r"|avda\.?|paseo|plaza|carretera|via|viale|v\.le|piazza|corso|largo|rua|ul\.|al\.|os\.|pl\.|ulica)"
)
_UNIT = (
    r"(?:(?i:flat|apt\.?|apartment|suite|unit|room|floor|block|building|bldg\.?|appt?\.?|appartement|bâtiment|bât\.?"
    r"|escalier|esc\.?|étage|porte|piso|puerta|planta|portal|bloque|escalera|interno|scala|wohnung|top|stiege|lok\.|m\.)"
    r"\s?#?(?:\d{1,5}[A-Za-z]?|[A-Z])\b"
    r"|\d{1,2}(?:st|nd|rd|th)\s[Ff]loor|\d{1,2}(?:er|e|ème)\sétage|\d{1,2}\.?\s?[ºª°]\.?(?:\s?(?:[A-Z]\b|izq\.?|dcha\.?|der\.?))?)"
)
_UNITS_BEFORE = rf"(?:{_UNIT},?\s){{0,3}}"
_UNITS_AFTER = rf"(?:,?\s{_UNIT}){{0,3}}"
_NUMBERED = (
    r"(?:Articles?|Rules?|Sections?|Chapter|Part|Act|Law|Exhibit|Annex|Schedule|Table|Page|Protocol|Regulation|Directive"
    r"|Artículo|Règle|Loi|Ley|No|Nos)"
)
#: Street and house number, in either order; with the word for a street before, small letters do too.
_STREET = (
    rf"(?:{_HOUSE},?\s(?i:{_KIND})\s(?:{_SMALL}\s?)*{_NAME}|(?i:{_KIND})\s?(?:{_SMALL}\s?)*{_NAME},?\s"
    rf"(?:n\.?\s?[º°]?\.?\s?)?{_HOUSE}|{_HOUSE},?\s{_NAME}|(?!{_NUMBERED}\b){_NAME}\s(?:[Nn]o\.?:?\s?)?{_HOUSE})"
)
_TOWN = rf"{_CAP}(?:[\s-](?:(?:sur|en|les?|upon|on|of|de|la|am|an|der|del)[\s-])?{_CAP}){{0,3}}"
#: Four digits alone are a year rather than a code if they could be one.
_CODE_TOWN = (
    r"(?:[A-Z]{1,2}-\d{4,5}|\d{5}|\d{4}\s?[A-Z]{2}\b|(?!19|20)\d{4}|\d{2}-\d{3}|\d{3}\s\d{2})\s"
    rf"{_TOWN}(?:\s\([A-Z]{{2}}\))?"
)
_TOWN_CODE = (
    rf"(?:{_TOWN},?\s){{1,3}}"
    r"(?:[A-Z]{1,2}\d[A-Z\d]?\s\d[A-Z]{2}|[A-Z]{2}\s\d{5}(?:-\d{4})?|[A-Z]\d[A-Z]\s\d[A-Z]\d)\b"
)
_COUNTRY = (
    r"(?:,?\s(?:United\sKingdom|UK|England|Scotland|Wales|USA|U\.S\.A\.|United\sStates|Canada|France|Deutschland|Germany"
    r"|España|Spain|Italia|Italy|Österreich|Austria|Schweiz|Suisse|Switzerland|Nederland|Netherlands|Belgique|België"
    r"|Belgium|Polska|Poland|Portugal|Ireland)\b)?"
)
_WHOLE = re.compile(
    rf"(?<![\w.,/])(?:{_UNITS_BEFORE}(?:{_CAP}(?:\s{_CAP}){{0,2}},\s)?{_STREET}{_UNITS_AFTER},?\s(?:{_CODE_TOWN}|{_TOWN_CODE})"
    rf"|(?:{_CAP}(?:\s{_CAP}){{0,2}},\s){{1,3}}{_TOWN_CODE}){_COUNTRY}"
)
#: Without one of these no address matches, and looking is costly.
_CODE = re.compile(
    r"\d{2}-\d{3}\s|\b\d{3}\s\d{2}\s|\b(?!19|20)\d{4,5}\s[A-Z]|\d\s?[A-Z]{2}\b|\b[A-Z]{2}\s\d{5}\b|[A-Z]\d[A-Z]\s"
)


def find_whole_addresses(passage: Passage) -> Iterator[Span]:
    """Addresses with their postal codes in a passage."""
    text = passage.text
    if _CODE.search(text):
        yield from spans(_WHOLE, text, "ADDRESS", "address/whole", 0.88)
