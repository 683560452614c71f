"""Addresses and numbers that are written so that no pattern sees them, by intent or by the way they travelled.

Broken over lines, "name [at] host [dot] org", spaced out, in look-alike letters, escaped for a link or a
string (see reading.py), an IBAN with dashes, figures spelled out as words. The ordinary rules are asked
again over the reading; what only a broken or spelled-out form shows is found here. Names are not: a name
found once is found again by matching.py in most of these forms.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from gateway.detectors.numbers.accounts import find_accounts
from gateway.detectors.numbers.check_digits import iban, luhn
from gateway.detectors.numbers.identifiers import find_identifiers
from gateway.detectors.numbers.national_ids import find_national_ids
from gateway.detectors.places.coordinates import find_coordinates
from gateway.detectors.secrets.credentials import find_credentials
from gateway.detectors.text.passage import Passage, Span, cut, spans
from gateway.detectors.text.reading import Reading
from gateway.redaction.document import Finding

_CERTAIN = frozenset(
    {"EMAIL", "PHONE", "IBAN", "CARD_NUMBER", "NATIONAL_ID", "CREDENTIAL", "IP_ADDRESS", "MAC_ADDRESS", "COORDINATES"}
)
_BREAK = r"[ \t]*\r?\n[ \t>]*"
_LOCAL = rf"(?:(?<![^\s<(\"'])[\w.+'-]{{1,64}}[._-]{_BREAK})?[\w.+%'-]{{1,64}}"
_BROKEN_EMAIL = re.compile(
    rf"(?<![\w.+%'-])(?:(?<![^\n])[\w.+-]{{2,64}}{_BREAK})?{_LOCAL}(?:{_BREAK})?@(?:"
    rf"{_BREAK}[\w-]{{1,63}}(?:\.[\w-]{{1,63}}){{1,8}}"
    rf"|[\w-]{{1,63}}(?:\.[\w-]{{1,63}}){{0,8}}-{_BREAK}[\w-]{{1,63}}(?:\.[\w-]{{1,63}}){{1,8}}"
    rf"|[\w-]{{1,63}}\.{_BREAK}[a-z][\w-]{{1,62}}(?:\.[\w-]{{1,63}}){{0,8}}"
    rf"|[\w-]{{1,63}}(?:\.[\w-]{{1,63}}){{1,8}})"
)
_AT = r"(?:\s?[\[({<]\s?(?:at|arobase|arroba|@)\s?[\])}>]\s?|\s?_at_\s?)"
_DOT = r"(?:\s?[\[({<]\s?(?:dot|point|punto|\.)\s?[\])}>]\s?|\s?_dot_\s?|\s(?:dot|point|punto)\s|\.)"
_SPOKEN_AT, _SPOKEN_DOT = r"\s(?:at|arobase|arroba)\s", r"\s(?:dot|point|punto)\s"
_OBFUSCATED = re.compile(
    rf"(?<![\w.+-])[\w.+-]{{1,64}}(?:{_DOT}[\w+-]{{1,64}}){{0,3}}?"
    rf"(?:{_AT}[\w-]{{1,63}}(?:{_DOT}[\w-]{{2,63}}){{1,5}}|{_SPOKEN_AT}[\w-]{{1,63}}(?:{_SPOKEN_DOT}[\w-]{{2,63}}){{1,5}})"
    r"(?![\w-])",
    re.IGNORECASE,
)
_SPACED = re.compile(
    r"(?<![\w.+-])[\w+-]{1,64}(?:(?: \. |\.)[\w+-]{1,64}){0,4} ?@ ?[\w-]{1,63}(?:(?: \. |\.)[a-z0-9-]{1,63}){1,5}"
    r"|(?<!\S)(?:[\w.+@-] ){4,80}\w(?!\w)"
)
_QUOTED = re.compile(r"\"[\w.+' -]{1,64}\"@[\w.-]{2,100}|(?<![\w.+-])[\w.+-]{1,64}\"@\"[\w.-]{2,100}")
_HOSTED = re.compile(
    r"(?<![\w.+@/-])[A-Za-z][\w.+-]{1,63}@(?:[A-Za-z][\w-]{1,62}|\[[0-9A-Fa-f.:]{3,45}\])(?![\w@-]|\.\w)"
)
_IBAN = re.compile(r"(?<![A-Za-z0-9])[A-Z]{2}[\s.-]?\d{2}(?:[\s.-]?[A-Z0-9]){11,30}(?![A-Za-z0-9])")
_SEPARATOR, _GROUP_END = re.compile(r"[\s.-]"), re.compile(r"[A-Z0-9](?=[\s.-]|$)")
_FEWEST_IBAN_DIGITS = 10
_CARD = re.compile(r"(?<![\w.-])\d{4}([ .-])\d{4}\1\d{4}\1\d{1,4}(?![\w-])")
_PHONE = re.compile(
    r"(?<![\w/.,-])(?:\+|00)\d{1,3}(?:[\s()./_-]{0,3}\d){6,13}(?!\w)"
    r"|(?<![\w.])0\d{2,4}(?:([/_-])\d{2,4}){2,4}(?!\w)"
)
_WORDS = (
    "zero oh nought one two three four five six seven eight nine double triple zéro un deux trois quatre cinq"
    " sept huit neuf dix onze douze treize quatorze quinze seize vingt trente quarante cinquante soixante cero uno"
    " dos tres cuatro cinco seis siete ocho nueve diez veinte treinta cuarenta cincuenta sesenta setenta ochenta"
    " noventa"
)
_SPELLED = re.compile(
    rf"\b(?:{'|'.join(_WORDS.split())})(?:(?:[ ,–-]{{1,2}}|\s(?:et|y)\s)(?:{'|'.join(_WORDS.split())})\b){{6,30}}",
    re.IGNORECASE,
)
_DIGIT = re.compile(r"\d")
#: Without any of these no form of address is possible; "at" alone is in every sentence.
_AT_SIGNS = re.compile(r"@|[\[({<]\s?at\s?[\])}>]|_at_|\sdot\s|\sarobase\s|\sarroba\s", re.IGNORECASE)


def find_disguised(text: str) -> Iterator[Finding]:
    """Findings in a canonical text that its plain reading would miss; linear in its length."""
    for start, end in cut(text):
        reading = Reading.of(text[start:end])
        for span in _spans(reading):
            low, high = reading.origin(span.start, span.end)
            yield Finding(start + low, start + high, span.entity, f"disguised/{span.rule}", span.confidence)


def _spans(reading: Reading) -> Iterator[Span]:
    text = reading.text
    if reading.changes:
        passage = Passage(text, 0)
        for rule in (find_identifiers, find_national_ids, find_accounts, find_coordinates, find_credentials):
            yield from (span for span in rule(passage) if span.entity in _CERTAIN)
    if _AT_SIGNS.search(text):
        yield from _addresses(text)
    if _DIGIT.search(text):
        yield from _numbers(text)
    yield from spans(_SPELLED, text, "PHONE", "spelled-out", 0.6)


def _addresses(text: str) -> Iterator[Span]:
    for match in _BROKEN_EMAIL.finditer(text):
        if "\n" in match.group():
            yield Span(match.start(), match.end(), "EMAIL", "broken-address", 0.85)
    for match in _SPACED.finditer(text):
        if "@" in match.group() and " " in match.group():
            yield Span(match.start(), match.end(), "EMAIL", "spaced-address", 0.7)
    for pattern, rule, confidence in (
        (_OBFUSCATED, "spoken-address", 0.85),
        (_QUOTED, "quoted-address", 0.85),
        (_HOSTED, "user-at-host", 0.7),
    ):
        yield from spans(pattern, text, "EMAIL", rule, confidence)


def _numbers(text: str) -> Iterator[Span]:
    for match in _IBAN.finditer(text):
        length = _iban_length(match.group())
        if length:
            yield Span(match.start(), match.start() + length, "IBAN", "iban", 1.0)
    for match in _CARD.finditer(text):
        digits = re.sub(r"\D", "", match.group())
        if digits[0] in "23456" and luhn(digits):
            yield Span(match.start(), match.end(), "CARD_NUMBER", "card", 0.8)
    yield from spans(_PHONE, text, "PHONE", "phone", 0.7)


def _iban_length(candidate: str) -> int:
    """How many characters of the candidate, to the end of a group, are an IBAN with right check digits; or 0."""
    for match in reversed(list(_GROUP_END.finditer(candidate))):
        value = _SEPARATOR.sub("", candidate[: match.end()])
        if sum(char.isdigit() for char in value) >= _FEWEST_IBAN_DIGITS and iban(value):
            return match.end()
    return 0
