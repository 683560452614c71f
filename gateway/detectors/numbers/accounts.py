"""Accounts and means of payment: IBAN, cards, bank accounts and their codes, crypto-assets.

Check digits decide where there are any; the rest needs a telling word.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from gateway.detectors.numbers.check_digits import IBAN_CHARS, base58check, iban, luhn
from gateway.detectors.text.passage import Passage, Span, spans

_IBAN_START = re.compile(r"(?<![A-Za-z0-9])[A-Za-z]{2}\d{2}(?=[ \u00a0-]?[A-Za-z0-9]{4})")
#: Without one of these nothing below matches but a BIC.
_HINT = re.compile(
    r"\d{4}[ -]?\d{4}|\d\d-\d\d-\d\d|[A-Za-z]{2}\d\d[ \u00a0-]?[A-Za-z0-9]{4}|[A-Za-z0-9]{24}|\d{3} \d{3}|\d{6}"
)
_IBAN_UNCHECKED = re.compile(r"[A-Z]{2}\d{2}[A-Z0-9]{11,30}(?![A-Za-z0-9])")
#: The whole, by how many characters an IBAN of the country has.
_IBAN_BODIES = {
    size: re.compile(rf"[A-Za-z]{{2}}\d{{2}}(?:[ \u00a0-]?[A-Za-z0-9]){{{size - 4}}}(?![A-Za-z0-9])")
    for size in set(IBAN_CHARS.values())
}
_CARD = re.compile(r"(?<![\w.-])\d(?:[ -]?\d){11,18}(?![\w-])")
_CARD_CONTEXT = re.compile(
    r"\b(?:cards?|credit|debit|visa|mastercard|amex|maestro|carte|tarjeta|cc|cvv)\b", re.IGNORECASE
)
#: What else a long number may be, said right before it.
_NOT_A_CARD = re.compile(r"\b(?:IMEI|IMSI|ICCID|SIM|MEID)\b[^.;\n]{0,20}$")
_BANK = re.compile(
    r"\b(?:account|acct|a/c|compte|cuenta|konto|kontonummer|conto|sort\s+code|routing|transit|ABA|BLZ|CLABE|BSB)\b"
    r"[^\d\n]{0,25}(?P<value>\d[\d -]{4,20}\d)(?![\w.])",
    re.IGNORECASE,
)
_BIC = re.compile(
    r"\b(?:SWIFT|BIC)(?:[ /-]?(?:BIC|SWIFT|[Cc]ode))?(?:\sis)?[\s:]{1,3}"
    r"(?P<value>[A-Z]{6}[A-Z0-9]{2}(?:[A-Z0-9]{3})?)\b"
)
_BASE58 = r"[1-9A-HJ-NP-Za-km-z]"
_CHECKED_ADDRESS = re.compile(rf"(?<![\w/])[13ADLMTtr]{_BASE58}{{24,34}}(?!\w)")
_HASHED_ADDRESS = re.compile(
    r"(?<![\w/])(?:0x[0-9a-fA-F]{40}|(?:bc|tb|ltc)1[ac-hj-np-z02-9]{38,60}|addr1[ac-hj-np-z02-9]{50,100}"
    rf"|[48][0-9AB]{_BASE58}{{93}}|cosmos1[ac-hj-np-z02-9]{{38}})(?!\w)"
)
_WALLET_NAMED = re.compile(
    rf"\b(?:wallet|address|bitcoin|BTC|solana|SOL|monero|XMR|litecoin|dogecoin|tron|ripple)\b[^\n]{{0,20}}?[\s:]"
    rf"(?P<value>(?=[A-Za-z]*\d){_BASE58}{{32,44}})(?!\w)"
)


def find_accounts(passage: Passage) -> Iterator[Span]:
    """Accounts and means of payment in a passage."""
    text = passage.text
    yield from spans(_BIC, text, "BANK_ACCOUNT", "bank-account/bic", 0.7, "value")
    if not _HINT.search(text):
        return
    yield from _ibans(text)
    for match in _CARD.finditer(text):
        digits = re.sub(r"\D", "", match.group())
        if _NOT_A_CARD.search(text, max(0, match.start() - 40), match.start()):
            continue
        near = _CARD_CONTEXT.search(text, max(0, match.start() - 60), min(len(text), match.end() + 30))
        if luhn(digits) and (near or (len(digits) >= 13 and digits[0] in "23456")):
            yield Span(match.start(), match.end(), "CARD_NUMBER", "card", 0.95 if near else 0.8)
        elif near:
            yield Span(match.start(), match.end(), "CARD_NUMBER", "card/unchecked", 0.6)
    yield from spans(_BANK, text, "BANK_ACCOUNT", "bank-account", 0.7, "value")
    for match in _CHECKED_ADDRESS.finditer(text):
        if base58check(match.group()):
            yield Span(match.start(), match.end(), "CRYPTO_ADDRESS", "crypto/checked", 0.97)
    yield from spans(_HASHED_ADDRESS, text, "CRYPTO_ADDRESS", "crypto/form", 0.9)
    yield from spans(_WALLET_NAMED, text, "CRYPTO_ADDRESS", "crypto/named", 0.7, "value")


def _ibans(text: str) -> Iterator[Span]:
    """IBANs: as many characters as the country has, blanks or hyphens between them; then whether the check is right."""
    for match in _IBAN_START.finditer(text):
        body = _IBAN_BODIES.get(IBAN_CHARS.get(match.group()[:2].upper(), 0))
        whole = body.match(text, match.start()) if body else None
        if whole is not None and iban(re.sub(r"[ \u00a0-]", "", whole.group())):
            yield Span(match.start(), whole.end(), "IBAN", "iban", 1.0)
        elif (run := _IBAN_UNCHECKED.match(text, match.start())) is not None:
            yield Span(match.start(), run.end(), "IBAN", "iban/unchecked", 0.5)
