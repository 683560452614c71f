"""Numbers that lead to a person or a file: applications, cases, plots, references, accounts, networks.

Court and application numbers ("no. 18403/91", "nos. 511, 513 and 514") are half of all direct
identifiers in judgments. Numbers of laws, articles and protocols are public and stay. Check digits
decide where a format has them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import phonenumbers

from gateway.detectors.passage import Passage, Span

_NUMBERED = re.compile(
    r"(?P<lead>\b(?:[Nn][Oo][Ss]?\.?|[Nn]umbers?|[Nn][°º]s?|[Nn]úms?\.?|[Nn]úmeros?|[Nn]uméros?)\s?)"
    r"(?P<list>[A-Z]{0,3}[-.]?\d[\w./-]*(?:\s?/\s?\d[\w/]*)*(?:\s*(?:,|and|et|y|&)\s*"
    r"(?:nos?\.?\s*)?[A-Z]{0,2}-?\d[\w./-]*(?:\s?/\s?\d[\w/]*)*){0,20})"
)
_PUBLIC_NUMBER = re.compile(
    r"(?:Protocol(?:e|o)?|Law|Act|[Ll]oi|[Ll]ey|Rules?|Series|Article|Section|Directive|Regulation|Decree|[Dd]écret"
    r"|[Dd]ecreto"
    r"|Form|Table|Figure|Amendment|Schedule|Exhibit|Chapter|ETS|STE|Convention|Code|[Ll]egislative\s+[Dd]ecree"
    r"|Resolution"
    r"|Recommendation|Order|Ordinance|[Oo]rdonnance|Statutory\s+Instrument|Phase|Tier|Commission\s+File|Page|Item"
    r"|Version)"
    r"\s*(?:\([^)]{0,20}\)\s*)?$"
)
_LAND = re.compile(
    r"\b(?:sheet(?:/plan)?|feuille(?:/plan)?|hoja(?:/plano)?|/plan|plan|folio|fol\.|plots?|parcels?|parcelles?"
    r"|parcelas?|lot)\s(?:nos?\.?\s?|n[°º]s?\s?)?"
    r"(?P<value>\d{1,4}(?:[./]\s?\d{1,4})+(?:\s?\.?\s?[A-Z]{1,2}\.?\s?\d{0,2}(?:\s?[.,]\s?[A-Z](?:\.\s?\d)?)?)*)"
)
_PLOT = re.compile(
    r"\b(?:plot|parcel|lot|flat|block|parcelle|parcela)s?\s(?:no\.?|nos\.|n[°º]s?)\s?\d{1,5}[A-Za-z]?\b"
    r"(?:\sof\sblock\s[A-Z0-9]{1,3})?"
)
_SLASHED = re.compile(r"(?<![\w/.,-])\d{2,6}/\d{2}(?:\d\d)?(?![\w/]|[.,]\d)")
_DOCKET = re.compile(
    r"\b(?:[IVX]{1,4}\s)?[A-Z]{1,5}\.?\s?\d{1,5}/\d{2,4}\b|\b\d{1,2}/\d{4}/\d{2,5}/\d{2,5}\b|\b[A-Z]-\d{3,6}"
    r"(?:/\d{2,4})?\b"
)
_EU_LAW = re.compile(
    r"(?:\((?:EU|EC|EEC|UE|CE)\)|Regulation|Directive|Decision|Law|Act|Rule|Article|\bArt\.?|§)\s*(?:No\.?\s*)?$"
)
_REFERENCE = re.compile(
    r"\b(?:ref(?:erence)?|ticket|case|claim|policy|customer|client|account|member(?:ship)?|order|invoice|file"
    r"|docket|booking|confirmation|tracking"
    r"|employee|staff|student|patient|user|dossier|expediente|référence|referencia)"
    r"\s?(?:no\.?|nos\.?|number|num|id|#|code|n[°º])?\s?(?:is|[:#=])?\s*(?P<value>"
    r"(?=[\w/-]*\d)[A-Z0-9][A-Z0-9/-]{3,24})\b",
    re.IGNORECASE,
)
_IBAN = re.compile(r"(?<![A-Za-z0-9])[A-Za-z]{2}\d{2}(?: ?[A-Za-z0-9]{4}){2,7}(?: ?[A-Za-z0-9]{1,3})?(?![A-Za-z0-9])")
_CARD = re.compile(r"(?<![\w.-])\d(?:[ -]?\d){11,18}(?![\w-])")
_CARD_CONTEXT = re.compile(
    r"\b(?:cards?|credit|debit|visa|mastercard|amex|maestro|carte|tarjeta|cc|cvv)\b", re.IGNORECASE
)
_PHONE = re.compile(
    r"(?<![\w/.,-])(?:\+|\(|00)?\d(?:[ ().\-/]{0,3}\d){6,14}(?:\s?(?:x|ext\.?)\s?\d{1,5})?(?![\w/]|[.,-]\d)"
)
_PHONE_CONTEXT = re.compile(
    r"\b(?:phone|tel(?:ephone|éfono)?|téléphone|móvil|mobile|cell|fax|call(?:ed|ing)?|ring|dial|text(?:ed)?|sms"
    r"|whatsapp|number|contact|reach|line)\b",
    re.IGNORECASE,
)
_THOUSANDS = re.compile(r"\d{1,3}(?:[ .,]\d{3})+")
_GROUPED = re.compile(
    r"\(?\d{2,4}\)?\s?\d{2,4}(?:[ -]\d{2,4}){0,3}(?<! \d)|\(?\d{2,4}\)?(?:([-.])\d{2,4})(?:\1\d{2,4}){1,3}"
)
_REGIONS = ("US", "GB", "FR", "ES")
_IPV4 = re.compile(
    r"(?<![\w.])(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:/\d{1,2})?(?![\w]|\.\d)"
)
_IPV6 = re.compile(
    r"(?<![\w:.])(?:[0-9A-Fa-f]{1,4}:){7}[0-9A-Fa-f]{1,4}(?![\w:])|(?<![\w:.])(?:[0-9A-Fa-f]{1,4}"
    r"(?::[0-9A-Fa-f]{1,4}){0,5})?::(?:[0-9A-Fa-f]{1,4}(?::[0-9A-Fa-f]{1,4}){0,5})(?![\w:])"
)
_MAC = re.compile(r"(?<![\w:-])[0-9A-Fa-f]{2}([:-])(?:[0-9A-Fa-f]{2}\1){4}[0-9A-Fa-f]{2}(?![\w:-])")
_UUID = re.compile(r"(?<![\w-])[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}(?![\w-])")
_EMAIL = re.compile(r"(?<![\w.+%-])[\w.+%'-]{1,64}@(?:[\w-]{1,63}\.){1,8}[^\W\d_]{2,24}(?![\w-])")
_URL = re.compile(
    r"\b(?:https?|ftp|wss?)://[^\s<>\"'\])}]{2,2000}|\bwww\.[\w-]+(?:\.[\w-]+)+(?:/[^\s<>\"'\])}]*)?", re.IGNORECASE
)
_HANDLE = re.compile(r"(?<![\w@./])@[A-Za-z_][\w.]{2,30}\b")
_SSN = re.compile(r"(?<![\w-])(?!000|666|9\d\d)\d{3}-(?!00)\d\d-(?!0000)\d{4}(?![\w-])")
_PASSPORT = re.compile(
    r"\b(?:passport|passeport|pasaporte)\b[^\d\n]{0,30}?(?P<value>[A-Z]{0,2}\d{6,9})\b", re.IGNORECASE
)
_BANK = re.compile(
    r"\b(?:account|acct|a/c|compte|cuenta|sort\s+code|routing|swift|bic)\b[^\d\n]{0,25}(?P<value>\d[\d -]{4,20}\d)"
    r"(?![\w.])",
    re.IGNORECASE,
)
_COORDINATES = re.compile(r"(?<![\w.])[-+]?\d{1,2}\.\d{3,8}\s*,\s*[-+]?\d{1,3}\.\d{3,8}(?![\w.])")


def find_identifiers(passage: Passage) -> Iterator[Span]:
    """Identifiers of persons, files, accounts and devices in a passage."""
    text = passage.text
    yield from _contacts(text)
    if not any(char.isdigit() for char in text):
        return
    yield from _files(passage)
    yield from _accounts(text)
    yield from _phones(text)


def _contacts(text: str) -> Iterator[Span]:
    if "@" in text:
        for match in _EMAIL.finditer(text):
            yield Span(match.start(), match.end(), "EMAIL", "email", 0.99)
        for match in _HANDLE.finditer(text):
            yield Span(match.start(), match.end(), "HANDLE", "handle", 0.6)
    for match in _URL.finditer(text):
        yield Span(match.start(), match.start() + len(match.group().rstrip(".,;:!?")), "URL", "url", 0.9)


def _files(passage: Passage) -> Iterator[Span]:
    text = passage.text
    for match in _NUMBERED.finditer(text):
        if not _PUBLIC_NUMBER.search(text, max(0, match.start() - 60), match.start()):
            value = match.group("list").rstrip("./-")
            long_enough = "/" in value or sum(char.isdigit() for char in value) >= 2 or match.group("lead")[-1] in "°º"
            if long_enough:
                start = match.start("list")
                yield Span(start, start + len(value), "CASE_NUMBER", "number/numbered", 0.85)
    for pattern in (_LAND, _PLOT):
        for match in pattern.finditer(text):
            yield Span(match.start(), match.end(), "REFERENCE", "number/land", 0.7)
    for pattern, rule in ((_SLASHED, "number/slashed"), (_DOCKET, "number/docket")):
        for match in pattern.finditer(text):
            if not _EU_LAW.search(text, max(0, match.start() - 40), match.start()) and match.group() != "24/07":
                yield Span(match.start(), match.end(), "CASE_NUMBER", rule, 0.75)
    for match in _REFERENCE.finditer(text):
        yield Span(match.start("value"), match.end("value"), "REFERENCE", "reference", 0.6)
    for match in _COORDINATES.finditer(text):
        yield Span(match.start(), match.end(), "COORDINATES", "coordinates", 0.7)


def _accounts(text: str) -> Iterator[Span]:
    for match in _IBAN.finditer(text):
        if iban_valid(match.group()):
            yield Span(match.start(), match.end(), "IBAN", "iban", 1.0)
        elif match.group()[:2].isupper() and " " not in match.group() and 15 <= len(match.group()) <= 34:
            yield Span(match.start(), match.end(), "IBAN", "iban/unchecked", 0.5)
    for match in _CARD.finditer(text):
        digits = re.sub(r"\D", "", match.group())
        near = _CARD_CONTEXT.search(text, max(0, match.start() - 60), min(len(text), match.end() + 30))
        if luhn_valid(digits) and (near or (len(digits) >= 13 and digits[0] in "23456")):
            yield Span(match.start(), match.end(), "CARD_NUMBER", "card", 0.95 if near else 0.8)
        elif near:
            yield Span(match.start(), match.end(), "CARD_NUMBER", "card/unchecked", 0.6)
    for pattern, entity, rule, confidence in (
        (_SSN, "NATIONAL_ID", "ssn", 0.85),
        (_IPV4, "IP_ADDRESS", "ip", 0.9),
        (_IPV6, "IP_ADDRESS", "ip", 0.9),
        (_MAC, "MAC_ADDRESS", "mac", 0.9),
        (_UUID, "DEVICE_ID", "uuid", 0.6),
    ):
        for match in pattern.finditer(text):
            yield Span(match.start(), match.end(), entity, rule, confidence)
    for pattern, entity, rule in ((_PASSPORT, "PASSPORT", "passport"), (_BANK, "BANK_ACCOUNT", "bank-account")):
        for match in pattern.finditer(text):
            yield Span(match.start("value"), match.end("value"), entity, rule, 0.7)


def _phones(text: str) -> Iterator[Span]:
    for match in _PHONE.finditer(text):
        digits = sum(char.isdigit() for char in match.group())
        if not 7 <= digits <= 15 or (re.fullmatch(r"[\d.,]+", match.group()) and "." in match.group() and digits < 9):
            continue
        plus = match.group().startswith(("+", "00"))
        near = _PHONE_CONTEXT.search(text, max(0, match.start() - 50), match.start())
        grouped = _GROUPED.fullmatch(match.group()) and not _THOUSANDS.fullmatch(match.group())
        if (
            plus
            or near
            or (grouped and match.group().count(" ") + match.group().count("-") + match.group().count("."))
            or _valid_somewhere(match.group())
        ):
            yield Span(match.start(), match.end(), "PHONE", "phone", 0.85 if plus or near else 0.6)


def _valid_somewhere(candidate: str) -> bool:
    if not re.search(r"[ ().-]", candidate):
        return False
    for region in _REGIONS:
        try:
            if phonenumbers.is_valid_number(phonenumbers.parse(candidate, region)):
                return True
        except phonenumbers.NumberParseException:
            continue
    return False


def luhn_valid(digits: str) -> bool:
    """Whether the last digit is the Luhn check digit (ISO/IEC 7812-1) of the others."""
    total = 0
    for position, char in enumerate(reversed(digits)):
        number = int(char) * (1 + position % 2)
        total += number - 9 if number > 9 else number
    return total % 10 == 0 and len(set(digits)) > 1


def iban_valid(value: str) -> bool:
    """Whether the check digits of an IBAN are right (ISO 13616, mod 97)."""
    compact = value.replace(" ", "").upper()
    if not 15 <= len(compact) <= 34 or not compact.isascii():
        return False
    rearranged = compact[4:] + compact[:4]
    return int("".join(str(int(char, 36)) for char in rearranged)) % 97 == 1
