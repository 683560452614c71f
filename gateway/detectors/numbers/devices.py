"""What leads to a device or a vehicle: IMEI, SIM cards, serial numbers, identifiers of apps and sessions, plates, VINs.

Numbers with check digits are checked; forms that ordinary words and figures share need a telling word before them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from gateway.detectors.numbers.check_digits import luhn, vin
from gateway.detectors.text.passage import Passage, Span, spans

_CONTEXT_CHARS = 60
#: Plates of the UK, Germany, Spain and Italy, and those of US states, whose forms differ.
_PLATE = re.compile(
    r"\b(?:[A-Z]{2}\d{2}\s?[A-Z]{3}|[A-ZÄÖÜ]{1,3}[ -][A-Z]{1,2}[ -]?\d{1,4}[EH]?|\d{4}\s?[BCDFGHJKLMNPRSTVWXYZ]{3}"
    r"|[A-Z]{2}\s?\d{3}\s?[A-Z]{2}|[A-Z]{3}[ -]?\d{3,4}|\d[A-Z]{3}\d{3}|\d{2}\s[A-Z]{1,3}\s\d{2,4}"
    r"|[A-Z]{1,3}\s?\d{4,5}[A-Z]?"
    r"|\d{2,4}[ -][A-Z]{2,3}[ -]\d{2,3})\b"
)
_PLATE_CONTEXT = re.compile(
    r"registration|number\splate|licen[cs]e\splate|\bplates?\b|kennzeichen|immatricul|plaque|matrícula|\btarga\b"
    r"|\bVRN\b"
    r"|\b(?:car|vehicle|van|lorry|truck|voiture|véhicule|coche)\b[^.]{0,25}$",
    re.IGNORECASE,
)
_FRENCH_PLATE = re.compile(r"\b[A-HJ-NP-TV-Z]{2}-\d{3}-[A-HJ-NP-TV-Z]{2}\b")
_VIN = re.compile(r"(?<![\w-])(?=[A-Z0-9]*\d{3})(?=\d*[A-Z])[A-HJ-NPR-Z0-9]{17}(?![\w-])")
_VIN_CONTEXT = re.compile(r"\bVIN\b|chassis|châssis|fahrgestell|bastidor|telaio|vehicle identification", re.IGNORECASE)
#: Without one of these there is no VIN, IMEI or ICCID.
_LONG = re.compile(r"\d{6}|[A-Z0-9]{17}")
_IMEI = re.compile(r"(?<![\w-])\d{2}[ -]?\d{6}[ -]?\d{6}[ -]?\d(?![\w-])")
_IMEI_CONTEXT = re.compile("imei", re.IGNORECASE)
_ICCID = re.compile(r"(?<![\w-])89\d{16,18}(?![\w-])")
#: Identifiers that only their name tells; the value follows at once.
_NAMED = re.compile(
    r"(?<![A-Za-z])(?:IMSI|ICCID|MEID|IMEI(?:SV)?|SIM(?:\scard)?|ESN|UDID|IDFA|IDFV|GAID|AAID|OAID|ADID"
    r"|(?i:android|device|advertising|installation|install|client|machine|hardware|app[_ -]?instance|vendor|session"
    r"|visitor"
    r"|browser|tracking|anonymous|cookie)[_ -]?(?:ID|Id|id|identifier|uuid|UUID)|(?:device|user)Id|deviceId|sessionId)"
    r"(?:\s(?:no\.?|number|n[°º]))?[\"']?\s?(?:is\s|was\s|[:=]\s?|\s)[\"']?"
    r"(?P<value>(?=[\w:-]*\d)[A-Za-z0-9][\w:-]{5,63})"
)
_SERIAL = re.compile(
    r"(?:\bS/N|\b[Ss]erial(?:\s?(?:[Nn]o\.?|[Nn]umber))?|\bSeriennummer|\b[Nn](?:°|º|uméro) de série"
    r"|\b[Nn]úmero de serie"
    r"|\bnumero di serie)(?:\sis)?[\s:#]*(?P<value>(?=[A-Z0-9-]*\d)[A-Z0-9](?:[A-Z0-9-]{4,22})[A-Z0-9])(?![\w-])"
)


def find_devices(passage: Passage) -> Iterator[Span]:
    """Devices and vehicles in a passage."""
    text = passage.text
    if not any(char.isdigit() for char in text):
        return
    yield from spans(_FRENCH_PLATE, text, "LICENCE_PLATE", "plate/fr", 0.9)
    for match in _PLATE.finditer(text):
        if any(char.isdigit() for char in match.group()) and _before(_PLATE_CONTEXT, text, match.start()):
            yield Span(match.start(), match.end(), "LICENCE_PLATE", "plate", 0.9)
    if _LONG.search(text):
        yield from _long_numbers(text)
    for pattern, rule in ((_NAMED, "device/named"), (_SERIAL, "device/serial")):
        yield from spans(pattern, text, "DEVICE_ID", rule, 0.9, "value")


def _long_numbers(text: str) -> Iterator[Span]:
    for match in _VIN.finditer(text):
        if vin(match.group()) or _before(_VIN_CONTEXT, text, match.start()):
            yield Span(match.start(), match.end(), "LICENCE_PLATE", "plate/vin", 0.9)
    for match in _IMEI.finditer(text):
        if _before(_IMEI_CONTEXT, text, match.start()) and luhn(re.sub(r"\D", "", match.group())):
            yield Span(match.start(), match.end(), "DEVICE_ID", "device/imei", 0.96)
    for match in _ICCID.finditer(text):
        if luhn(match.group()):
            yield Span(match.start(), match.end(), "DEVICE_ID", "device/iccid", 0.96)


def _before(context: re.Pattern[str], text: str, position: int) -> bool:
    return context.search(text[max(0, position - _CONTEXT_CHARS) : position]) is not None
