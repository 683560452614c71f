"""National, tax and health numbers of the EU, the UK and Canada that carry check digits.

Each form is followed by its published check (an official algorithm, named beside it), so that ordinary
figures are seldom taken. Numbers whose check passes one time in ten or eleven and whose form is a bare run
of digits need a telling word before them. Presidio covers further ones (presidio.py).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from gateway.detectors.passage import Passage, Span

_CONTEXT_CHARS = 60


def french_nir(value: str) -> bool:
    """France, NIR: 97 minus the number modulo 97; Corsica's 2A and 2B count as 19 and 18."""
    body = value[:13].replace("2A", "19").replace("2B", "18")
    return body.isdigit() and 97 - int(body) % 97 == int(value[13:])


def german_tax_id(value: str) -> bool:
    """Germany, Steuer-ID: ISO 7064 mod 11,10; one digit of the first ten occurs twice or thrice."""
    product = 10
    for char in value[:10]:
        total = (int(char) + product) % 10 or 10
        product = total * 2 % 11
    counts = sorted(value[:10].count(digit) for digit in set(value[:10]))
    return (
        value[0] != "0"
        and counts[-1] in (2, 3)
        and counts[:-1].count(1) == len(counts) - 1
        and ((11 - product) % 10 == int(value[10]))
    )


def dutch_bsn(value: str) -> bool:
    """Netherlands, BSN: the "eleven test"."""
    weights = (9, 8, 7, 6, 5, 4, 3, 2, -1)
    return sum(w * int(c) for w, c in zip(weights, value, strict=True)) % 11 == 0 and len(set(value)) > 1


def belgian_number(value: str) -> bool:
    """Belgium, national register number: 97 minus modulo 97, with a leading 2 for births since 2000."""
    check = int(value[9:])
    return check in (97 - int(value[:9]) % 97, 97 - int("2" + value[:9]) % 97)


def swedish_number(value: str) -> bool:
    """Sweden, personnummer, and Canada, SIN: Luhn."""
    total = 0
    for position, char in enumerate(reversed(value)):
        number = int(char) * (1 + position % 2)
        total += number - 9 if number > 9 else number
    return total % 10 == 0 and len(set(value)) > 1


def portuguese_nif(value: str) -> bool:
    """Portugal, NIF: weights 9 to 2, modulo 11."""
    check = 11 - sum((9 - i) * int(c) for i, c in enumerate(value[:8])) % 11
    return (0 if check > 9 else check) == int(value[8])


def austrian_number(value: str) -> bool:
    """Austria, Sozialversicherungsnummer: weights on all digits but the fourth, which is their sum modulo 11."""
    weights = (3, 7, 9, 0, 5, 8, 4, 2, 1, 6)
    return sum(w * int(c) for w, c in zip(weights, value, strict=True)) % 11 == int(value[3])


def irish_pps(value: str) -> bool:
    """Ireland, PPS number: weights 8 to 2, and 9 on a second letter, modulo 23; W stands for 0."""
    total = sum((8 - i) * int(c) for i, c in enumerate(value[:7]))
    if len(value) == 9 and value[8] != "W":
        total += 9 * (ord(value[8]) - 64)
    return "WABCDEFGHIJKLMNOPQRSTUV"[total % 23] == value[7]


def published_form(value: str) -> bool:
    """Numbers whose published form has no check digit, or none that all issuers keep to."""
    return len(set(value)) > 1


def lei(value: str) -> bool:
    """Legal Entity Identifier: ISO 17442, ISO 7064 mod 97-10."""
    return int("".join(str(int(char, 36)) for char in value)) % 97 == 1


class _Number(NamedTuple):
    pattern: re.Pattern[str]
    valid: Callable[[str], bool]
    context: re.Pattern[str] | None
    entity: str
    rule: str


def _words(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


#: VAT identification numbers, by Member State and for the UK (forms of the VIES service).
_VAT = re.compile(
    r"\b(?:ATU\d{8}|BE[01]\d{9}|BG\d{9,10}|CY\d{8}[A-Z]|CZ\d{8,10}|DE\d{9}|DK\d{8}|EE\d{9}|EL\d{9}|ES[A-Z0-9]\d{7}[A-Z0-9]"
    r"|FI\d{8}|FR[A-Z0-9]{2}\d{9}|GB\d{9}(?:\d{3})?|HR\d{11}|HU\d{8}|IE\d{7}[A-W][A-I]?|IT\d{11}|LT\d{9}(?:\d{3})?"
    r"|LU\d{8}|LV\d{11}|MT\d{8}|NL\d{9}B\d{2}|PL\d{10}|PT\d{9}|RO\d{2,10}|SE\d{12}|SI\d{8}|SK\d{10})\b"
)
#: Plates of the UK, Germany, Spain and Italy, and those of US states, whose forms differ.
_PLATE = re.compile(
    r"\b(?:[A-Z]{2}\d{2}\s?[A-Z]{3}|[A-ZÄÖÜ]{1,3}[ -][A-Z]{1,2}[ -]?\d{1,4}[EH]?|\d{4}\s?[BCDFGHJKLMNPRSTVWXYZ]{3}"
    r"|[A-Z]{2}\s?\d{3}\s?[A-Z]{2}|[A-Z]{3}[ -]?\d{3,4}|\d[A-Z]{3}\d{3})\b"
)
_PLATE_CONTEXT = re.compile(
    r"registration|number\splate|licen[cs]e\splate|\bplates?\b|kennzeichen|immatricul|plaque|matrícula|\btarga\b|\bVRN\b",
    re.IGNORECASE,
)
_NUMBERS = (
    _Number(re.compile(r"\b[12][ ]?\d\d[ ]?(?:0[1-9]|1[0-2]|[2-9]\d)[ ]?(?:\d\d|2[AB])[ ]?\d{3}[ ]?\d{3}[ ]?\d\d\b"),
            french_nir, None, "NATIONAL_ID", "id/fr-nir"),
    _Number(re.compile(r"\b\d\d\.\d\d\.\d\d-\d{3}\.\d\d\b"), belgian_number, None, "NATIONAL_ID", "id/be-register"),
    _Number(re.compile(r"\b\d{6}[-+]\d{4}\b"), swedish_number, None, "NATIONAL_ID", "id/se-personnummer"),
    _Number(re.compile(r"\b\d{2}[ ]?\d{3}[ ]?\d{3}[ ]?\d{3}\b"), german_tax_id,
            _words(r"steuer|idnr|tax|tin\b"), "NATIONAL_ID", "id/de-tax"),
    _Number(re.compile(r"\b\d{9}\b"), dutch_bsn, _words(r"bsn|burgerservice|sofi"), "NATIONAL_ID", "id/nl-bsn"),
    _Number(re.compile(r"\b\d{3}[ ]?\d{3}[ ]?\d{3}\b"), portuguese_nif,
            _words(r"\bnif\b|contribuinte|fiscal"), "NATIONAL_ID", "id/pt-nif"),
    _Number(re.compile(r"\b\d{3}[ -]?\d{3}[ -]?\d{3}\b"), swedish_number,
            _words(r"\bsin\b|social insurance|\bnas\b"), "NATIONAL_ID", "id/ca-sin"),
    _Number(re.compile(r"\b\d{4}[ ]?(?:0[1-9]|[12]\d|3[01])(?:0[1-9]|1[0-2])\d\d\b"), austrian_number,
            _words(r"sozialversicherung|svnr|sv-nr|versicherungsnummer"), "NATIONAL_ID", "id/at-svnr"),
    _Number(re.compile(r"\b\d{7}[A-W][A-IW]?\b"), irish_pps, None, "NATIONAL_ID", "id/ie-pps"),
    _Number(re.compile(r"\b(?:0[1-9]|[12]\d|3[01])(?:0[1-9]|1[0-2])\d\d[- ]?\d{4}\b"), published_form,
            _words(r"\bcpr\b|cpr-n"), "NATIONAL_ID", "id/dk-cpr"),
    _Number(_VAT, published_form, _words(r"\bvat\b|\btva\b|ust|umsatzsteuer|mwst|\biva\b|\bbtw\b|moms|tax"),
            "NATIONAL_ID", "id/eu-vat"),
    _Number(re.compile(r"\b[A-Z]{2}-\d{3}-[A-Z]{2}\b"), published_form, None, "LICENCE_PLATE", "plate/fr"),
    _Number(_PLATE, published_form, _PLATE_CONTEXT, "LICENCE_PLATE", "plate"),
    _Number(re.compile(r"(?<![\w-])(?=[A-Z0-9-]*\d)[A-Z0-9](?:[A-Z0-9-]{4,22})[A-Z0-9](?![\w-])"), published_form,
            re.compile(r"(?:\bS/N|\b[Ss]erial(?:\s?(?:[Nn]o\.?|[Nn]umber))?|\bSeriennummer|\bn[°º] de série)[\s:#]*$"),
            "DEVICE_ID", "device/serial"),
    _Number(re.compile(r"\b[A-Z0-9]{18}\d\d\b"), lei, None, "REFERENCE", "id/lei"),
    _Number(re.compile(r"\b\d{2}[ -]?\d{6}[ -]?\d{6}[ -]?\d\b"), swedish_number,
            _words(r"imei"), "DEVICE_ID", "id/imei"),
)  # fmt: skip


def find_national_ids(passage: Passage) -> Iterator[Span]:
    """Numbers whose check digits are right."""
    text = passage.text
    for number in _NUMBERS:
        for match in number.pattern.finditer(text):
            before = text[max(0, match.start() - _CONTEXT_CHARS) : match.start()]
            if number.context is not None and not number.context.search(before):
                continue
            if number.valid(re.sub(r"[ .+-]", "", match.group())):
                yield Span(match.start(), match.end(), number.entity, number.rule, 0.9)
