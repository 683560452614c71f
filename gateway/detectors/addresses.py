"""Postal addresses and places by form: street lines, postal codes, boxes, "lives in" and "born in".

Street words of the languages of western and northern Europe. Places without such a form are left to
the models.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from gateway.detectors.letters import UPPER
from gateway.detectors.passage import Passage, Span

_UP = UPPER
_CAP = rf"{_UP}[\w’'.-]*"
_STREET_AFTER = (
    r"(?:Street|St|Road|Rd|Avenue|Ave|Lane|Ln|Drive|Dr|Boulevard|Blvd|Square|Sq|Court|Ct|Place|Pl|Way|Close|Crescent|Terrace|Gardens|Hill|Parade|Highway|Hwy|Route|Parkway|Pkwy|Circle|Crossroads?|Crossing"
    r"|Pike|Trail|Alley|Row|Quay|Park|Squares|Parks|Grove|Mews|Walk)\.?"
)
_STREET_GLUED = r"\w+(?:stra(?:ß|ss)e|str\.|gasse|weg|platz|allee|gade|vej|veien|vegen|gatan|gata|gate|vägen|väg|katu|tie|kuja|straat|laan|gracht|plein|dijk|kade|utca|utcája|braut|stígur|stræde)"
_STREET_BEFORE = r"(?:[Rr]ue|[Aa]venue|[Bb]oulevard|[Pp]lace|[Qq]uai|[Cc]hemin|[Aa]llée|[Ii]mpasse|[Cc]alle|[Aa]venida|[Pp]aseo|[Pp]laza|[Cc]arretera|C/|[Rr]ua|[Vv]ia|[Vv]iale|[Pp]iazza|[Cc]orso|ul\.|[Uu]lica|[Aa]l\.|[Oo]s\.|[Cc]arrer|[Ee]strada|[Tt]ravessa)"
_UNIT = r"(?:Suite|Apt\.?|Apartment|Flat|Unit|Room|Floor|Building|Block|Bldg\.?|Appt\.?|Piso|Étage|Escalera)"
_REST = rf"(?:,?\s+(?:{_UNIT})\s*#?\d+\w?){{0,2}}"

_NUMBER_FIRST = re.compile(rf"(?<![\w.,/])\d{{1,6}}[A-Za-z]?,?\s(?:{_CAP}\s){{1,4}}{_STREET_AFTER}\b{_REST}")
_NUMBER_FIRST_GLUED = re.compile(
    rf"(?<![\w.,/])\d{{1,6}}[A-Za-z]?,?\s(?:{_CAP}\s){{0,3}}{_STREET_GLUED}\b(?:\s\d{{1,4}}[A-Za-z]?\b)?{_REST}",
    re.IGNORECASE,
)
_NUMBER_LAST_GLUED = re.compile(rf"\b(?:{_CAP}\s){{0,2}}{_STREET_GLUED}\s\d{{1,4}}\s?[A-Za-z]?\b{_REST}", re.IGNORECASE)
_NAME_FIRST = re.compile(
    rf"(?:(?<![\w.,/])\d{{1,6}}[A-Za-z]?,?\s)?\b{_STREET_BEFORE}\s(?:(?:de|du|des|del|da|do|la|las|los|le|les|el|l’|d’|d'|l')\s?)*{_CAP}(?:\s(?:(?:de|du|des|del|da|do|la|las|los)\s)*{_CAP}){{0,4}}(?:,?\s(?:n[º°o]?\.?\s*)?\d{{1,5}}\b)?{_REST}"
)
_NAMED_STREET = re.compile(
    rf"\b(?:{_CAP}\s){{1,3}}(?:Street|Road|Avenue|Lane|Drive|Boulevard|Square|Crescent|Terrace)\b"
)
_BOX = re.compile(
    r"\b(?:P\.?\s?O\.?\s?Box|Postbox|Post\sBox|PSC\s\d+,\sBox|Unit\s\d+\sBox|Apartado|BP)\s?\d{1,6}\b(?:\s+(?:APO|FPO|DPO)\s[A-Z]{2}(?:\s\d{5})?)?"
)
_UNIT_ALONE = re.compile(rf"\b{_UNIT}\s#?\d+\w?\b")
_UK_POSTCODE = re.compile(r"\b[A-Z]{1,2}\d[A-Z\d]?\s\d[A-Z]{2}\b")
_US_STATE_ZIP = re.compile(
    r"\b(?P<state>A[KLRZ]|C[AOT]|D[CE]|FL|GA|HI|I[ADLN]|K[SY]|LA|M[ADEINOST]|N[CDEHJMVY]|O[HKR]|PA|RI|S[CD]|T[NX]|UT|V[AT]|W[AIVY])\s\d{5}(?:-\d{4})?\b"
)
_CITY_POSTCODE = re.compile(
    rf"(?<![\w.,/$€£-])(?:[A-Z]{{1,2}}-)?\d{{4,5}}\s(?=({_CAP}(?:\s{_CAP})?))\1(?=\s*(?:[,.\n]|$))"
)
_POSTCODE_CONTEXT = re.compile(
    r"\b(?:zip|zipcode|postcode|postal code|post code|code postal|código postal)\b[^\d\n]{0,20}(?P<value>\d{3}\s?\d{2}|\d{4,5}(?:-\d{3,4})?)\b",
    re.IGNORECASE,
)
_LIVES = re.compile(
    r"\b(?:lives?|lived|living|resid(?:es?|ed|ing)|born|detained|imprisoned|practising|practicing|domiciled|based|located|situated|stationed|travell?ing|moving|moved|domicilié\w*|résidant|né\w*|habite|vive|viven|residentes?|nacid[oa]"
    r"|résident|détenu\w*|exerçant|ejerce\w*|domiciliad[oa]|con domicilio)\s(?:in|at|near|to|from|à|en|a)\s(?P<name>"
    + rf"{_UP}[\w’'-]+(?:\s(?:{_UP}[\w’'-]+|de|la|del|sur|upon|on))*(?<!\sde)(?<!\sla))"
)
_GEOGRAPHIC = re.compile(
    rf"\b(?:(?:district|province|village|town|city|county|region|municipality|department|département|ville|village|ciudad|provincia|pueblo|municipio|comté|municipalité|canton|commune|île|island)\s(?:of|de|d’|d'|d\s'\s?|del|du)\s?(?P<a>{_UP}[\w’'-]+(?:\s{_UP}[\w’'-]+)?)"
    rf"|(?P<b>{_UP}[\w’'-]+(?:\s{_UP}[\w’'-]+)?)\s(?:district|province|village|county|region|Province|District|County|Region)\b)"
)
_NOT_PLACES = frozenset(
    "the this that a an administrative federal local each every such any one september january".split()
)


def find_addresses(passage: Passage) -> Iterator[Span]:
    """Addresses, postal codes and places named as such."""
    text = passage.text
    for pattern, rule, confidence in (
        (_NUMBER_FIRST, "address/street", 0.85),
        (_NUMBER_FIRST_GLUED, "address/street", 0.8),
        (_NUMBER_LAST_GLUED, "address/street", 0.8),
        (_NAME_FIRST, "address/street", 0.75),
        (_NAMED_STREET, "address/named-street", 0.6),
        (_BOX, "address/box", 0.85),
        (_UNIT_ALONE, "address/unit", 0.6),
        (_UK_POSTCODE, "address/postcode", 0.8),
        (_US_STATE_ZIP, "address/postcode", 0.8),
        (_CITY_POSTCODE, "address/postcode", 0.6),
    ):
        for match in pattern.finditer(text):
            if passage.commercial and rule in {"address/unit", "address/named-street"}:
                continue
            yield Span(match.start(), match.end(), "ADDRESS", rule, confidence)
    for match in _POSTCODE_CONTEXT.finditer(text):
        yield Span(match.start("value"), match.end("value"), "ADDRESS", "address/postcode", 0.8)
    if passage.commercial:
        return
    for match in _LIVES.finditer(text):
        yield Span(match.start("name"), match.end("name"), "LOCATION", "location/lives-in", 0.75)
    for match in _GEOGRAPHIC.finditer(text):
        group = "a" if match.group("a") else "b"
        if match.group(group).split()[0].lower() not in _NOT_PLACES:
            yield Span(match.start(group), match.end(group), "LOCATION", "location/named-area", 0.7)
