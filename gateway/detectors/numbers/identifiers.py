"""Numbers that lead to a person or a file: applications, cases, plots, references, accounts, networks.

Court and application numbers ("no. 18403/91", "nos. 511, 513 and 514") are half of all direct
identifiers in judgments. Numbers of laws, articles and protocols are public and stay. Check digits
decide where a format has them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import phonenumbers

from gateway.detectors.text.passage import Passage, Span, spans

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
#: A trunk zero and nine or ten figures, as most of Europe writes numbers at home: 07700 900123, (0171) 1234567.
_NATIONAL = re.compile(r"\(?0[1-9]\d{1,3}\)?[ -]?\d{3,8}(?:[ -]?\d{3,4})?")
_FRACTION = re.compile(r"\d{1,2}\.\d{5,}")
_REGIONS = ("US", "GB", "FR", "ES")
_IPV4 = re.compile(
    r"(?<![\w.])(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:/\d{1,2})?(?![\w]|\.\d)"
)
_GROUP16 = r"[0-9A-Fa-f]{1,4}"
_IPV6 = re.compile(
    rf"(?<![\w:.])(?:::(?:ffff:)?(?:\d{{1,3}}\.){{3}}\d{{1,3}}|(?:{_GROUP16}:){{7}}{_GROUP16}"
    rf"|(?:{_GROUP16}(?::{_GROUP16}){{0,6}})?::"
    rf"(?:{_GROUP16}(?::{_GROUP16}){{0,6}})?)(?:%\w{{1,15}})?(?:/\d{{1,3}})?(?![\w:])"
)
_FEWEST_COLONS = 7
_MAC = re.compile(
    r"(?<![\w:.-])(?:[0-9A-Fa-f]{2}([:-])(?:[0-9A-Fa-f]{2}\1){4}[0-9A-Fa-f]{2}|[0-9A-Fa-f]{4}\.[0-9A-Fa-f]{4}\.[0-9A-Fa-f]{4})"
    r"(?![\w:-]|\.\w)"
)
_UUID = re.compile(r"(?<![\w-])[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}(?![\w-])")
_EMAIL = re.compile(r"(?<![\w.+%-])[\w.+%'-]{1,64}@(?:[\w-]{1,63}\.){1,8}[^\W\d_]{2,24}(?![\w-])")
_URL = re.compile(
    r"\b(?:https?|ftp|wss?)://[^\s<>\"'\])}]{2,2000}|\bwww\.[\w-]+(?:\.[\w-]+)+(?:/[^\s<>\"'\])}]*)?", re.IGNORECASE
)
_HANDLE = re.compile(r"(?<![\w@./])@[A-Za-z_][\w.]{2,30}\b")
#: A name on a service, after the service or the word for it; "u/…" and "…#1234" are forms of two services.
_HANDLE_NAMED = re.compile(
    r"\b(?:[Tt]elegram|[Ss]ignal|[Dd]iscord|[Ss]kype|[Ss]napchat|[Ii]nstagram|[Tt]witter|[Tt]ik[Tt]ok|[Ww]e[Cc]hat|[Tt]wit[Cc]h"
    r"|[Gg]it[Hh]ub|[Rr]eddit|[Mm]astodon|[Uu]ser\s?name|[Ll]ogin|[Nn]ick(?:name)?|[Ss]creen\sname|[Hh]andle|[Aa]lias"
    r"|[Uu]ser(?:\s?id|ID|Id)?)(?:\s(?:ID|id|handle|user|account|name))?(?:\s?[:=]\s?|\s(?:is\s)?(?=[\w.-]*[\d_]))[\"'“]?"
    r"(?P<value>(?:live:)?[A-Za-z][\w.-]{2,30}(?:#\d{4})?)(?<![.-])"
)
_HANDLE_FORM = re.compile(r"(?<![\w/])(?:u/[\w-]{3,20}|[A-Za-z][\w.]{2,31}#\d{4})(?!\w)")
_NO_HANDLES = frozenset({"required", "unknown", "null", "none", "true", "false", "failed", "success", "the", "and"})
_SSN = re.compile(r"(?<![\w-])(?!000|666|9\d\d)\d{3}-(?!00)\d\d-(?!0000)\d{4}(?![\w-])")


def find_identifiers(passage: Passage) -> Iterator[Span]:
    """Identifiers of persons, files, accounts and devices in a passage."""
    text = passage.text
    yield from _contacts(text)
    if not any(char.isdigit() for char in text):
        return
    yield from _files(passage)
    yield from _networks(text)
    yield from _phones(text)


def _contacts(text: str) -> Iterator[Span]:
    if "@" in text:
        yield from spans(_EMAIL, text, "EMAIL", "email", 0.99)
        yield from spans(_HANDLE, text, "HANDLE", "handle", 0.6)
    for match in _HANDLE_NAMED.finditer(text):
        if match.group("value").lower() not in _NO_HANDLES:
            yield Span(match.start("value"), match.end("value"), "HANDLE", "handle/named", 0.65)
    if "#" in text or "u/" in text:
        yield from spans(_HANDLE_FORM, text, "HANDLE", "handle/form", 0.7)
    if "://" in text or "www." in text.lower():
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
        yield from spans(pattern, text, "REFERENCE", "number/land", 0.7)
    for pattern, rule in ((_SLASHED, "number/slashed"), (_DOCKET, "number/docket")):
        for match in pattern.finditer(text):
            if not _EU_LAW.search(text, max(0, match.start() - 40), match.start()) and match.group() != "24/07":
                yield Span(match.start(), match.end(), "CASE_NUMBER", rule, 0.75)
    yield from spans(_REFERENCE, text, "REFERENCE", "reference", 0.6, "value")


def _networks(text: str) -> Iterator[Span]:
    for pattern, entity, rule, confidence in (
        (_SSN, "NATIONAL_ID", "ssn", 0.85),
        (_IPV4, "IP_ADDRESS", "ip", 0.9),
        (_IPV6, "IP_ADDRESS", "ip", 0.9),
        (_MAC, "MAC_ADDRESS", "mac", 0.9),
        (_UUID, "DEVICE_ID", "uuid", 0.6),
    ):
        if pattern is _IPV6 and "::" not in text and text.count(":") < _FEWEST_COLONS:
            continue
        yield from spans(pattern, text, entity, rule, confidence)


def _phones(text: str) -> Iterator[Span]:
    for match in _PHONE.finditer(text):
        digits = sum(char.isdigit() for char in match.group())
        if not 7 <= digits <= 15 or (re.fullmatch(r"[\d.,]+", match.group()) and "." in match.group() and digits < 9):
            continue
        if _FRACTION.fullmatch(match.group()):
            continue
        plus = match.group().startswith(("+", "00"))
        near = _PHONE_CONTEXT.search(text, max(0, match.start() - 50), match.start())
        grouped = _GROUPED.fullmatch(match.group()) and not _THOUSANDS.fullmatch(match.group())
        if (
            plus
            or near
            or (grouped and match.group().count(" ") + match.group().count("-") + match.group().count("."))
            or (digits in (10, 11) and _NATIONAL.fullmatch(match.group()))
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
