"""National, tax and health numbers of the EU and its neighbours, the UK, the US and Canada.

A form that carries check digits is followed by its published check (check_digits.py), so that ordinary figures are
seldom taken. Numbers whose check passes one time in ten or eleven and whose form is a bare run of digits, and those
without a check, need a telling word before them. Presidio covers further ones (presidio.py).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from gateway.detectors.numbers import check_digits as check
from gateway.detectors.text.passage import Passage, Span

_CONTEXT_CHARS = 60
#: Birth dates as many of these numbers begin.
_YYMMDD = r"\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])"
_DDMMYY = r"(?:0[1-9]|[12]\d|3[01])(?:0[1-9]|1[0-2])\d\d"


class _Number(NamedTuple):
    pattern: re.Pattern[str]
    valid: Callable[[str], bool]
    context: re.Pattern[str] | None
    rule: str
    entity: str = "NATIONAL_ID"


def _form(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w.-])(?:{pattern})(?![\w-])")


def _words(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


#: VAT identification numbers, by Member State and for the UK (forms of the VIES service).
_VAT = (
    r"(?:ATU\d{8}|BE[01]\d{9}|BG\d{9,10}|CHE-?\d{3}\.?\d{3}\.?\d{3}|CY\d{8}[A-Z]|CZ\d{8,10}|DE\d{9}|DK\d{8}|EE\d{9}"
    r"|EL\d{9}"
    r"|ES[A-Z0-9]\d{7}[A-Z0-9]|FI\d{8}|FR[A-Z0-9]{2}\d{9}|GB\d{9}(?:\d{3})?|HR\d{11}|HU\d{8}|IE\d{7}[A-W][A-I]?"
    r"|IT\d{11}"
    r"|LT\d{9}(?:\d{3})?|LU\d{8}|LV\d{11}|MT\d{8}|NL\d{9}B\d{2}|PL\d{10}|PT\d{9}|RO\d{2,10}|SE\d{12}|SI\d{8}|SK\d{10}"
    r"|XI\d{9})"
)
_DNI = r"(?:\d{1,2}\.?\d{3}\.?\d{3}|[XYZ]-?\d{7}) ?-?[A-HJ-NP-TV-Z]"
_TAX_WORDS = r"\btax|\btin\b|fiscal|impôt|steuer|impuesto"
_ID_WORDS = r"identity|identification|national id|\bid (?:no|card|number)|personal (?:no|number|code)|citizen"
_NUMBERS = (
    _Number(_form(r"[12] ?\d\d ?(?:0[1-9]|1[0-2]|[2-9]\d) ?(?:\d\d|2[AB]) ?\d{3} ?\d{3} ?\d\d"), check.french_nir, None,
            "id/fr-nir"),
    _Number(_form(r"\d{2} ?\d{2} ?\d{3} ?\d{3} ?\d{3}"), check.published_form,
            _words(r"num[ée]ro fiscal|\bspi\b|r[ée]f[ée]rence fiscale"), "id/fr-tax"),
    _Number(_form(r"\d{3} ?\d{3} ?\d{3}(?: ?\d{5})?"), check.luhn, _words(r"sire[nt]\b|\brcs\b"), "id/fr-siren"),
    _Number(_form(r"\d\d\.\d\d\.\d\d-\d{3}\.\d\d"), check.belgian_number, None, "id/be-register"),
    _Number(_form(rf"{_YYMMDD}[ -]?\d{{3}}[ -]?\d\d"), check.belgian_number,
            _words(r"rijksregister|registre national|\bniss\b|\binsz\b|national register"
                   r"|national number"), "id/be-register"),
    _Number(_form(r"(?:19|20)?\d{6}[-+]\d{4}"), lambda value: check.luhn(value[-10:]), None, "id/se-personnummer"),
    _Number(_form(r"\d{2} ?\d{3} ?\d{3} ?\d{3}"), check.german_tax_id, _words(r"steuer|idnr|tax|tin\b"), "id/de-tax"),
    _Number(_form(rf"\d\d ?{_DDMMYY} ?[A-Z] ?\d{{3}}"), check.published_form, None, "id/de-social-security"),
    _Number(_form(r"[CFGHJKLMNPRTVWXYZ][CFGHJKLMNPRTVWXYZ0-9]{8}\d?"), check.published_form,
            _words(r"personalausweis|ausweisnummer|ausweis-nr"), "id/de-card"),
    _Number(_form(r"\d{9}"), check.dutch_bsn, _words(r"bsn|burgerservice|sofi"), "id/nl-bsn"),
    _Number(_form(r"\d{3} ?\d{3} ?\d{3}"), check.portuguese_nif, _words(r"\bnif\b|contribuinte|fiscal"), "id/pt-nif"),
    _Number(_form(r"\d{8} ?\d ?[A-Z]{2}\d"), check.published_form, _words(r"cart[ãa]o de cidad|\bcc\b"
                  r"|\bbi\b"), "id/pt-card"),
    _Number(_form(r"\d{3}[ -]?\d{3}[ -]?\d{3}"), check.luhn, _words(r"\bsin\b|social insurance|\bnas\b"), "id/ca-sin"),
    _Number(_form(r"\d{4}[ -]?\d{3}[ -]?\d{3}(?:[ -]?[A-Z]{2})?"), lambda value: check.luhn(value[:10]),
            _words(r"\bohip\b|health card"), "id/ca-health", "MEDICAL_ID"),
    _Number(_form(r"\d{4} ?(?:0[1-9]|[12]\d|3[01])(?:0[1-9]|1[0-2])\d\d"), check.austrian_number,
            _words(r"sozialversicherung|svnr|sv-nr|versicherungsnummer"), "id/at-svnr"),
    _Number(_form(r"\d{7}[A-W][A-IW]?"), check.irish_pps, None, "id/ie-pps"),
    _Number(_form(rf"{_DDMMYY}-\d{{4}}"), check.published_form, _words(r"cpr|personnummer|danish|dansk"), "id/dk-cpr"),
    _Number(_form(rf"{_DDMMYY} ?\d{{4}}"), check.published_form, _words(r"\bcpr\b|cpr-n"), "id/dk-cpr"),
    _Number(_form(r"\d\d(?:[024][1-9]|[135][0-2])(?:0[1-9]|[12]\d|3[01])\d{4}"), check.bulgarian_egn,
            _words(r"\begn\b|\bегн\b|" + _ID_WORDS), "id/bg-egn"),
    _Number(_form(r"\d\d(?:[05][1-9]|[16][0-2]|[27][1-9]|[38][0-2])(?:0[1-9]|[12]\d|3[01])/\d{4}"),
            check.czech_or_slovak_number, None, "id/cz-rodne-cislo"),
    _Number(_form(r"\d\d(?:[05][1-9]|[16][0-2]|[27][1-9]|[38][0-2])(?:0[1-9]|[12]\d|3[01])\d{4}"),
            check.czech_or_slovak_number, _words(r"rodn[éeo]|\brč\b|birth number"), "id/cz-rodne-cislo"),
    _Number(_form(rf"[1-6]{_YYMMDD}\d{{4}}"), check.baltic_number, None, "id/ee-lt"),
    _Number(_form(rf"{_DDMMYY}-?[012]\d{{4}}"), check.latvian_number, None, "id/lv-personas-kods"),
    _Number(_form(r"32\d{4}-?\d{5}"), check.published_form, _words(r"personas|" + _ID_WORDS), "id/lv-personas-kods"),
    _Number(_form(rf"[1-9]{_YYMMDD}\d{{6}}"), check.romanian_cnp, None, "id/ro-cnp"),
    _Number(_form(r"(?:0[1-9]|[12]\d|3[01])(?:0[1-9]|1[0-2])[09]\d{8}"), check.yugoslav_number, None, "id/jmbg"),
    _Number(_form(r"[1-9]\d{7}"), check.published_form, _words(r"dav[čc]na"), "id/si-tax"),
    _Number(_form(r"\d{11}"), check.mod_11_10, _words(r"\boib\b"), "id/hr-oib"),
    _Number(_form(rf"{_DDMMYY}\d{{5}}"), check.luhn, _words(r"amka|αμκα"), "id/gr-amka"),
    _Number(_form(r"\d{9}"), check.greek_afm, _words(r"\bafm\b|αφμ|" + _TAX_WORDS), "id/gr-afm"),
    _Number(_form(r"\d{3}[ -]?\d{3}[ -]?\d{3}"), check.hungarian_taj, _words(r"\btaj\b"), "id/hu-taj"),
    _Number(_form(r"8\d{9}"), check.hungarian_tax_id, _words(r"ad[óo]azonos|" + _TAX_WORDS), "id/hu-tax"),
    _Number(_form(r"\d{11}"), check.luhn, _words(r"partita iva|p\. ?iva|codice fiscale"), "id/it-vat"),
    _Number(_form(r"(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{5}"), check.luxembourgish_number,
            _words(r"matricule|luxemb|social security|" + _ID_WORDS), "id/lu-matricule"),
    _Number(_form(r"\d{1,7}[MGAPLHBZ]"), check.published_form, _words(r"maltese|malta|" + _ID_WORDS), "id/mt-card"),
    _Number(_form(r"\d{8}[A-Z]"), check.published_form, _words(r"cypr|" + _TAX_WORDS), "id/cy-tax"),
    _Number(_form(r"\d{3}-?\d{3}-?\d\d-?\d\d|\d{3}-?\d\d-?\d\d-?\d{3}"), check.polish_nip, _words(r"\bnip\b"),
            "id/pl-nip"),
    _Number(_form(r"\d{2}[ /-]?\d{8}[ /-]?\d{2}"), check.spanish_social_security,
            _words(r"seguridad social|\bnuss\b|\bnass?\b|afiliaci[óo]n"), "id/es-social-security"),
    _Number(_form(_DNI), check.spanish_letter, None, "id/es-dni"),
    _Number(_form(_DNI), check.published_form,
            _words(r"\bdni\b|\bnie\b|\bnif\b|d\.n\.i\."), "id/es-dni"),
    _Number(_form(r"[ABCDEFGHJNPQRSUVW]-?\d{7}[0-9A-J]"), check.published_form, _words(r"\bcif\b"
                  r"|\bnif\b"), "id/es-cif"),
    _Number(_form(rf"{_DDMMYY} ?\d{{5}}"), check.norwegian_number, None, "id/no-fodselsnummer"),
    _Number(_form(rf"{_DDMMYY}-\d{{3}}[089]"), check.icelandic_number, None, "id/is-kennitala"),
    _Number(_form(r"756\.?\d{4}\.?\d{4}\.?\d\d"), check.swiss_ahv, None, "id/ch-ahv"),
    _Number(_form(r"[1-9]\d{10}"), check.turkish_number, None, "id/tr-kimlik"),
    _Number(_form(r"\d{10,12}"), check.published_form,
            _words(r"\binn\b|\bинн\b|rnokpp|рнокпп|\bipn\b|taxpayer"), "id/taxpayer"),
    _Number(_form(r"\d{3}-\d{3}-\d{3}[ -]\d\d"), check.published_form, None, "id/ru-snils"),
    _Number(_form(r"\d{5} ?\d{5}"), check.uk_utr, _words(r"\butr\b|taxpayer reference"), "id/uk-utr"),
    _Number(_form(r"\d{2}-\d{7}"), check.published_form, _words(r"\be\.?i\.?n\b|employer identification|" + _TAX_WORDS),
            "id/us-ein"),
    _Number(_form(r"\d{10}"), check.us_npi, _words(r"\bnpi\b|provider identifier"), "id/us-npi", "MEDICAL_ID"),
    _Number(_form(r"[1-9][AC-HJKMNP-RT-Y][AC-HJKMNP-RT-Y0-9]\d-?[AC-HJKMNP-RT-Y][AC-HJKMNP-RT-Y0-9]\d-?[AC-HJKMNP-RT-Y]{2}"
                  r"\d{2}"), check.published_form, None, "id/us-medicare", "MEDICAL_ID"),
    _Number(_form(_VAT), check.published_form, _words(r"\bvat\b|\btva\b|ust|umsatzsteuer|mwst|\biva\b|\bbtw\b|moms"
                                                      r"|tax"),
            "id/eu-vat"),
    _Number(_form(r"[A-Z0-9]{18}\d\d"), check.mod_97_10, None, "id/lei", "REFERENCE"),
    _Number(_form(r"(?=[A-Z]{0,4}9*[\dA-Z])[A-Z9]{5}\d[0156]\d(?:0[1-9]|[12]\d|3[01])\d[A-Z9]{2}[A-Z0-9]{3}"),
            check.published_form, None, "id/uk-driving-licence", "DRIVER_LICENCE"),
    _Number(_form(r"(?=[A-Z0-9-]*\d)[A-Z0-9][A-Z0-9-]{5,18}"), check.published_form,
            re.compile(r"(?i:driv(?:er[’']?s?|ing) licen[cs]e|permis de conduire|permiso de conduc\w+"
                       r"|carn[ée] de conducir"
                       r"|führerschein\w*|patente di guida)(?:\s?(?i:no\.?|number|n[°º.]|nr\.?))?[\s:#]*$"),
            "id/driving-licence", "DRIVER_LICENCE"),
    _Number(_form(r"(?=(?:[A-Z]*\d){3})[A-Z0-9]{6,12}"), check.published_form,
            re.compile(r"(?i:passport|passeport|pasaporte|reisepass|passaporto)(?i: book)?(?:\s?(?i:no\.?|number"
                       r"|n[°º.]|nr\.?"
                       r"|num[ée]ro|n[úu]mero))?(?i: is| was)?[\s:#(“«\"]*$"), "id/passport", "PASSPORT"),
    _Number(_form(r"(?=[A-Z0-9-]*\d\d)[A-Z0-9][A-Z0-9-]{4,14}"), check.published_form,
            re.compile(r"(?i:identity (?:card|document)|national id(?: card)?|carte (?:nationale )?d[’']identité"
                       r"|documento "
                       r"(?:nacional )?de identidad|carta d[’']identità|personalausweis\w*)(?:\s?(?i:no\.?|number"
                       r"|n[°º.]|nr\.?))?"
                       r"[\s:#]*$"), "id/identity-card"),
)  # fmt: skip
#: Where any of these can stand: capitals and digits in a row, with single separators. Prose has few of them.
_STRETCH = re.compile(r"[A-Z0-9](?:[ ./+-]?[A-Z0-9]){6,40}")
_FEWEST_DIGITS = 5


def find_national_ids(passage: Passage) -> Iterator[Span]:
    """Numbers whose form, and check digits where they have some, are right."""
    text = passage.text
    for stretch in _STRETCH.finditer(text):
        if sum(char.isdigit() for char in stretch.group()) < _FEWEST_DIGITS:
            continue
        # One character more, so that a pattern sees what a number must not go on with.
        for number in _NUMBERS:
            for match in number.pattern.finditer(text, stretch.start(), stretch.end() + 1):
                before = text[max(0, match.start() - _CONTEXT_CHARS) : match.start()]
                if number.context is not None and not number.context.search(before):
                    continue
                if number.valid(re.sub(r"[ .+/-]", "", match.group())):
                    yield Span(match.start(), match.end(), number.entity, number.rule, 0.9)
