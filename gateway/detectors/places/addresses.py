"""Postal addresses and places by form: street lines, postal codes, boxes, "lives in" and "born in".

Street words of the languages of western and northern Europe. Places without such a form are left to
the models.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from gateway.detectors.text.letters import UPPER, in_small_letters
from gateway.detectors.text.passage import Passage, Span, spans
from gateway.redaction.matching import words_of

_UP = UPPER
_CAP = rf"{_UP}[\w’'.-]*"
_STREET_AFTER = (
    r"(?:Street|St|Road|Rd|Avenue|Ave|Lane|Ln|Drive|Dr|Boulevard|Blvd|Square|Sq|Court|Ct|Place|Pl|Way|Close"
    r"|Crescent|Terrace|Gardens|Hill|Parade|Highway|Hwy|Route|Parkway|Pkwy|Circle|Crossroads?|Crossing"
    r"|Pike|Trail|Alley|Row|Quay|Park|Squares|Parks|Grove|Mews|Walk)\.?"
)
_GLUED = (
    r"(?:stra(?:ß|ss)e|str\.|gasse|weg|platz|allee|gade|vej|veien|vegen|gatan|gata|gate|vägen|väg|katu|tie|kuja"
    r"|straat|laan|gracht|plein|dijk|kade|utca|utcája|braut|stígur|stræde)"
)
_STREET_GLUED = rf"\w+{_GLUED}"
#: Looked for in lower case. Without one no street name with its number after it matches, which is costly to look for.
_GLUED_NUMBER = re.compile(rf"{_GLUED}\s\d")
#: How far around one the whole of it may reach.
_BEFORE_CHARS, _AFTER_CHARS = 80, 40
_STREET_BEFORE = (
    r"(?:[Rr]ue|[Aa]venue|[Bb]oulevard|[Pp]lace|[Qq]uai|[Cc]hemin|[Aa]llée|[Ii]mpasse|[Cc]alle|[Aa]venida|[Pp]aseo"
    r"|[Pp]laza|[Cc]arretera|C/|[Rr]ua|[Vv]ia|[Vv]iale|[Pp]iazza|[Cc]orso|ul\.|[Uu]lica|[Aa]l\.|[Oo]s\.|[Cc]arrer"
    r"|[Ee]strada|[Tt]ravessa)"
)
_UNIT = r"(?:Suite|Apt\.?|Apartment|Flat|Unit|Room|Floor|Building|Block|Bldg\.?|Appt\.?|Piso|Étage|Escalera)"
_REST = rf"(?:,?\s+(?:{_UNIT})\s*#?\d+\w?){{0,2}}"

_NUMBER_FIRST = re.compile(rf"(?<![\w.,/])\d{{1,6}}[A-Za-z]?,?\s(?:{_CAP}\s){{1,4}}{_STREET_AFTER}\b{_REST}")
_NUMBER_FIRST_GLUED = re.compile(
    rf"(?<![\w.,/])\d{{1,6}}[A-Za-z]?,?\s(?:{_CAP}\s){{0,3}}{_STREET_GLUED}\b(?:\s\d{{1,4}}[A-Za-z]?\b)?{_REST}",
    re.IGNORECASE,
)
_NUMBER_LAST_GLUED = re.compile(rf"\b(?:{_CAP}\s){{0,2}}{_STREET_GLUED}\s\d{{1,4}}\s?[A-Za-z]?\b{_REST}", re.IGNORECASE)
_NAME_FIRST = re.compile(
    rf"(?:(?<![\w.,/])\d{{1,6}}[A-Za-z]?,?\s)?\b{_STREET_BEFORE}\s(?:(?:de|du|des|del|da|do|la|las|los|le|les|el|l’"
    rf"|d’|d'|l')\s?)*{_CAP}(?:\s(?:(?:de|du|des|del|da|do|la|las|los)\s)*{_CAP}){{0,4}}(?:,?\s"
    rf"(?:n[º°o]?\.?\s*)?\d{{1,5}}\b)?{_REST}"
)
_NAMED_STREET = re.compile(
    rf"\b(?:{_CAP}\s){{1,3}}(?:Street|Road|Avenue|Lane|Drive|Boulevard|Square|Crescent|Terrace)\b"
)
_BOX = re.compile(
    r"\b(?:P\.?\s?O\.?\s?Box|Postbox|Post\sBox|PSC\s\d+,\sBox|Unit\s\d+\sBox|Apartado|BP)\s?\d{1,6}\b(?:\s+(?:APO"
    r"|FPO|DPO)\s[A-Z]{2}(?:\s\d{5})?)?"
)
_WORDS = rf"(?:{_UP}[\w’'./-]*|\d{{1,5}}[A-Za-z]?|of|de|du|des|la|le|les|del|el|los|al|u\.)"
#: A number, a few capitalised words or numbers, a unit; then units, town, region, country, code.
_BLOCK = re.compile(
    rf"(?<![\w.,/])(?=[^\n]{{0,80}}\d)(?:{_WORDS}[ \t]){{1,8}}?,?\s*(?:{_UNIT})\s#?\d{{1,5}}\b(?:[,\s]+"
    rf"(?:{_UNIT})\s#?\d{{1,5}}\b)*"
    rf"(?:[,\s]+(?:{_UP}[\w’'.-]+|de|del|la|le|nan)){{0,6}}(?:[,\s]+\d{{4,6}}(?:-\d{{3,4}})?\b)?"
)
_LOWER_BLOCK = re.compile(
    r"(?<![\w.,/])\d{1,6}\s(?:[\w’'.-]+\s){1,6}?(?:suite|apt\.?|unit|flat)\s\d{1,5}(?:[,\s]+(?:suite"
    r"|apt\.?)\s\d{1,5})*(?:[,\s]+[^\W\d][\w’'.-]+){0,4}(?:[,\s]+\d{4,6})?\b"
)
_TOWN_LINE = re.compile(
    rf"(?<=\n)\s*(?:{_UP}[\w’'.-]*[ \t]?){{1,4}}\s*(?:,\s*[A-Z]{{2,3}}\b)?\s*\n?\s*(?:{_UP}[\w’'.-]+\s){{0,2}}(?!"
    rf"(?:19|20)\d\d\b)\d{{4,6}}(?:-\d{{3,4}})?\b"
)
_LED = re.compile(
    r"\b(?:lives?|living|resid(?:es?|ing)|address\s?(?:is|:|to)|address\?\sit\sis|located|arrived|drops?\s"
    r"(?:you\s)?off|dropped\soff|meet\s(?:you|me|us)|pick(?:ed)?\s(?:me|you|us)\sup|deliver(?:ed)?|ship(?:ped)?"
    r"|sent|send\s(?:it|a\snew\sone|them)|moved?|station\sis|offices?\s(?:is|are))"
    rf"(?:\s(?:at|on|to|in))?\s+(?P<value>(?=[^\n.,;!?]{{0,60}}\d)(?:{_WORDS}(?:[ \t]|(?=[.,;!?\n]|$))){{2,8}})"
)
_CORNER = re.compile(rf"\b[Tt]he\scorner\sof\s(?:{_WORDS}\s){{1,4}}and\s{_WORDS}(?:\s{_WORDS}){{0,3}}")
_MILITARY = re.compile(
    r"\b(?:PSC\s\d{1,5},?\s)?(?:[Uu]nit|USNS|USS|USCGC|USNV)\s[\w]+,?(?:\s[Bb]ox\s\d{1,5})?\s+"
    r"(?:[AFDafd][Pp][Oo])\s[A-Za-z]{2}\s\d{5}\b"
)
#: Without one of these no block matches, and looking for blocks is costly.
_UNIT_NUMBER = re.compile(rf"(?:{_UNIT})\s#?\d".lower())
_UNIT_ALONE = re.compile(rf"\b{_UNIT}\s#?\d+\w?\b")
_UK_POSTCODE = re.compile(r"\b[A-Z]{1,2}\d[A-Z\d]?\s\d[A-Z]{2}\b")
_US_STATE_ZIP = re.compile(
    r"\b(?P<state>A[KLRZ]|C[AOT]|D[CE]|FL|GA|HI|I[ADLN]|K[SY]|LA|M[ADEINOST]|N[CDEHJMVY]|O[HKR]|PA|RI|S[CD]|T[NX]"
    r"|UT|V[AT]|W[AIVY])\s\d{5}(?:-\d{4})?\b"
)
_CITY_POSTCODE = re.compile(
    rf"(?<![\w.,/$€£-])(?:[A-Z]{{1,2}}-\d{{4,5}}|\d{{5}}|(?<=[,\n]\s)(?!19|20)\d{{4}})\s(?=({_CAP}(?:\s{_CAP})?))\1"
    rf"(?=\s*(?:[,.\n]|$))"
)
_POSTCODE_CONTEXT = re.compile(
    r"\b(?:zip|zipcode|postcode|postal code|post code|code postal|código postal)\b[^\d\n]{0,20}"
    r"(?P<value>\d{4,5}(?:-\d{3,4})?|\d{3}\s?\d{2})(?![\w-])",
    re.IGNORECASE,
)
_LIVES = re.compile(
    r"\b(?:lives?|lived|living|resid(?:es?|ed|ing)|born|detained|imprisoned|practising|practicing|domiciled|based"
    r"|located|situated|stationed|travell?ing|moving|moved|domicilié\w*|résidant|né\w*|habite|vive|viven"
    r"|residentes?|nacid[oa]"
    r"|résident|détenu\w*|exerçant|ejerce\w*|domiciliad[oa]|con domicilio)\s(?:in|at|near|to|from|à|en|a)\s(?P<name>"
    + rf"{_UP}[\w’'-]+(?:\s(?:{_UP}[\w’'-]+|de|la|del|sur|upon|on))*(?<!\sde)(?<!\sla))"
)
_GEOGRAPHIC = re.compile(
    rf"\b(?:(?:[Dd]istrict|[Pp]rovince|village|town|city|[Cc]ounty|region|[Mm]unicipality|department|département|ville|village"
    rf"|ciudad|provincia|pueblo|municipio|comté|municipalité|canton|commune|île|island)\s(?:of|de|d’|d'|d\s'\s?|del"
    rf"|du)\s?(?P<a>{_UP}[\w’'-]+(?:\s{_UP}[\w’'-]+)?)"
    rf"|(?P<b>{_UP}[\w’'-]+(?:\s{_UP}[\w’'-]+)?)\s(?:district|province|village|county|region|Province|District"
    rf"|County|Region)\b(?!\s(?:Civil\s|Criminal\s|Labour\s)?(?:Court|Prosecutor)))"
)
_SAFE_IN_CONTRACTS = frozenset({"address/street", "address/box", "address/postcode", "address/military"})
_NOT_PLACES = frozenset(
    words_of("the this that a an administrative federal local each every such any one september january")
)


def find_addresses(passage: Passage) -> Iterator[Span]:
    """Addresses, postal codes and places named as such."""
    text = passage.text
    small = in_small_letters(text)
    blocks = _UNIT_NUMBER.search(small) is not None
    for pattern, rule, confidence in (
        (_NUMBER_FIRST, "address/street", 0.85),
        (_NUMBER_FIRST_GLUED, "address/street", 0.8),
        (_NAME_FIRST, "address/street", 0.75),
        (_NAMED_STREET, "address/named-street", 0.6),
        (_BLOCK, "address/block", 0.8),
        (_LOWER_BLOCK, "address/block", 0.6),
        (_TOWN_LINE, "address/town-line", 0.65),
        (_CORNER, "address/corner", 0.7),
        (_MILITARY, "address/military", 0.85),
        (_BOX, "address/box", 0.85),
        (_UNIT_ALONE, "address/unit", 0.6),
        (_UK_POSTCODE, "address/postcode", 0.8),
        (_US_STATE_ZIP, "address/postcode", 0.8),
        (_CITY_POSTCODE, "address/postcode", 0.6),
    ):
        if (passage.commercial and rule not in _SAFE_IN_CONTRACTS) or (rule == "address/block" and not blocks):
            continue
        yield from spans(pattern, text, "ADDRESS", rule, confidence)
    for hit in _GLUED_NUMBER.finditer(small):
        for match in _NUMBER_LAST_GLUED.finditer(text, max(0, hit.start() - _BEFORE_CHARS), hit.end() + _AFTER_CHARS):
            yield Span(match.start(), match.end(), "ADDRESS", "address/street", 0.8)
    if not passage.commercial:
        yield from spans(_LED, text, "ADDRESS", "address/led", 0.65, "value")
    yield from spans(_POSTCODE_CONTEXT, text, "ADDRESS", "address/postcode", 0.8, "value")
    if passage.commercial:
        return
    yield from spans(_LIVES, text, "LOCATION", "location/lives-in", 0.75, "name")
    for match in _GEOGRAPHIC.finditer(text):
        name = match.group("a") or match.group("b")
        if name.split()[0].lower() not in _NOT_PLACES:
            yield Span(match.start(), match.end(), "LOCATION", "location/named-area", 0.7)
