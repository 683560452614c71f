"""Check digits of official and payment numbers, by their published algorithms.

Each function takes a number without separators, in the form that the caller's pattern has made sure of, and says
whether its check digits are right. What has no published check is no concern of this module.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

#: Length of an IBAN by country (IBAN registry, ISO 13616).
IBAN_CHARS = {
    "AD": 24, "AE": 23, "AL": 28, "AT": 20, "AZ": 28, "BA": 20, "BE": 16, "BG": 22, "BH": 22, "BI": 27, "BR": 29,
    "BY": 28, "CH": 21, "CR": 22, "CY": 28, "CZ": 24, "DE": 22, "DJ": 27, "DK": 18, "DO": 28, "EE": 20, "EG": 29,
    "ES": 24, "FI": 18, "FK": 18, "FO": 18, "FR": 27, "GB": 22, "GE": 22, "GI": 23, "GL": 18, "GR": 27, "GT": 28,
    "HR": 21, "HU": 28, "IE": 22, "IL": 23, "IQ": 23, "IS": 26, "IT": 27, "JO": 30, "KW": 30, "KZ": 20, "LB": 28,
    "LC": 32, "LI": 21, "LT": 20, "LU": 20, "LV": 21, "LY": 25, "MC": 27, "MD": 24, "ME": 22, "MK": 19, "MN": 20,
    "MR": 27, "MT": 31, "MU": 30, "NI": 28, "NL": 18, "NO": 15, "OM": 23, "PK": 24, "PL": 28, "PS": 29, "PT": 25,
    "QA": 29, "RO": 24, "RS": 22, "RU": 33, "SA": 24, "SC": 31, "SD": 18, "SE": 24, "SI": 19, "SK": 24, "SM": 27,
    "SO": 23, "ST": 25, "SV": 28, "TL": 23, "TN": 24, "TR": 26, "UA": 29, "VA": 22, "VG": 24, "XK": 20, "YE": 30,
}  # fmt: skip


def luhn(value: str) -> bool:
    """ISO/IEC 7812-1. A number of one repeated digit is none."""
    total = 0
    for position, char in enumerate(reversed(value)):
        number = int(char) * (1 + position % 2)
        total += number - 9 if number > 9 else number
    return total % 10 == 0 and len(set(value)) > 1


def mod_97_10(value: str) -> bool:
    """ISO 7064 mod 97-10, letters as 10 to 35: the LEI (ISO 17442); an IBAN once its first four stand last."""
    return int("".join(str(int(char, 36)) for char in value)) % 97 == 1


def iban(value: str) -> bool:
    """ISO 13616: the length of the country and mod 97-10. Spaces and case do not matter."""
    compact = "".join(value.split()).upper()
    if not compact.isascii() or not compact.isalnum() or IBAN_CHARS.get(compact[:2]) != len(compact):
        return False
    return mod_97_10(compact[4:] + compact[:4])


def mod_11_10(value: str) -> bool:
    """ISO 7064 mod 11,10, the last digit being the check digit: Croatia's OIB, Germany's Steuer-ID."""
    product = 10
    for char in value[:-1]:
        total = (int(char) + product) % 10 or 10
        product = total * 2 % 11
    return (11 - product) % 10 == int(value[-1])


def german_tax_id(value: str) -> bool:
    """Germany, Steuer-ID: one digit of the first ten occurs twice or thrice."""
    counts = sorted(value[:10].count(digit) for digit in set(value[:10]))
    repeated = counts[-1] in (2, 3) and counts[:-1].count(1) == len(counts) - 1
    return value[0] != "0" and repeated and mod_11_10(value)


def french_nir(value: str) -> bool:
    """France, NIR: 97 minus the number modulo 97; Corsica's 2A and 2B count as 19 and 18."""
    body = value[:13].replace("2A", "19").replace("2B", "18")
    return body.isdigit() and 97 - int(body) % 97 == int(value[13:])


def dutch_bsn(value: str) -> bool:
    """Netherlands, BSN: the "eleven test"."""
    return _sum(value, (9, 8, 7, 6, 5, 4, 3, 2, -1)) % 11 == 0 and len(set(value)) > 1


def belgian_number(value: str) -> bool:
    """Belgium, national register number: 97 minus modulo 97, with a leading 2 for births since 2000."""
    return int(value[9:]) in (97 - int(value[:9]) % 97, 97 - int("2" + value[:9]) % 97)


def portuguese_nif(value: str) -> bool:
    """Portugal, NIF: weights 9 to 2, modulo 11."""
    check = 11 - _sum(value, (9, 8, 7, 6, 5, 4, 3, 2)) % 11
    return (0 if check > 9 else check) == int(value[8])


def austrian_number(value: str) -> bool:
    """Austria, Sozialversicherungsnummer: weights on all digits but the fourth, which is their sum modulo 11."""
    return _sum(value, (3, 7, 9, 0, 5, 8, 4, 2, 1, 6)) % 11 == int(value[3])


def irish_pps(value: str) -> bool:
    """Ireland, PPS number: weights 8 to 2, and 9 on a second letter, modulo 23; W stands for 0."""
    total = _sum(value, (8, 7, 6, 5, 4, 3, 2))
    if len(value) == 9 and value[8] != "W":
        total += 9 * (ord(value[8]) - 64)
    return "WABCDEFGHIJKLMNOPQRSTUV"[total % 23] == value[7]


def bulgarian_egn(value: str) -> bool:
    """Bulgaria, EGN: weights modulo 11, ten counting as nought."""
    return _sum(value, (2, 4, 8, 5, 10, 9, 7, 3, 6)) % 11 % 10 == int(value[9])


def czech_or_slovak_number(value: str) -> bool:
    """Czechia and Slovakia, rodné číslo: divisible by 11; until 1985 a remainder of ten counts as nought."""
    return int(value) % 11 == 0 or (int(value[:9]) % 11 == 10 and value[9] == "0")


def baltic_number(value: str) -> bool:
    """Estonia's isikukood and Lithuania's asmens kodas: two rounds of weights modulo 11."""
    check = _sum(value, (1, 2, 3, 4, 5, 6, 7, 8, 9, 1)) % 11
    if check == 10:
        check = _sum(value, (3, 4, 5, 6, 7, 8, 9, 1, 2, 3)) % 11 % 10
    return check == int(value[10])


def latvian_number(value: str) -> bool:
    """Latvia, personas kods with a date of birth: 1101 minus weights, modulo 11."""
    return (1101 - _sum(value, (1, 6, 3, 7, 9, 10, 5, 8, 4, 2))) % 11 == int(value[10])


def romanian_cnp(value: str) -> bool:
    """Romania, CNP: weights 279146358279 modulo 11, ten counting as one."""
    check = _sum(value, (2, 7, 9, 1, 4, 6, 3, 5, 8, 2, 7, 9)) % 11
    return (1 if check == 10 else check) == int(value[12])


def yugoslav_number(value: str) -> bool:
    """Slovenia's EMŠO and the JMBG of its neighbours: weights 7 to 2 twice, modulo 11."""
    check = 11 - _sum(value, (7, 6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2)) % 11
    return (0 if check == 11 else check) == int(value[12])


def greek_afm(value: str) -> bool:
    """Greece, AFM: powers of two modulo 11, ten counting as nought."""
    return _sum(value, (256, 128, 64, 32, 16, 8, 4, 2)) % 11 % 10 == int(value[8]) and len(set(value)) > 1


def hungarian_taj(value: str) -> bool:
    """Hungary, TAJ: 3 and 7 in turn, modulo 10."""
    return _sum(value, (3, 7, 3, 7, 3, 7, 3, 7)) % 10 == int(value[8]) and len(set(value)) > 1


def hungarian_tax_id(value: str) -> bool:
    """Hungary, adóazonosító jel: weights 1 to 9, modulo 11."""
    return _sum(value, (1, 2, 3, 4, 5, 6, 7, 8, 9)) % 11 == int(value[9])


def polish_nip(value: str) -> bool:
    """Poland, NIP: weights modulo 11."""
    return _sum(value, (6, 5, 7, 2, 3, 4, 5, 6, 7)) % 11 == int(value[9]) and len(set(value)) > 1


def spanish_letter(value: str) -> bool:
    """Spain, DNI and NIE: the number modulo 23 chooses the letter; X, Y and Z stand for 0, 1 and 2."""
    digits = value[:-1].translate(str.maketrans("XYZ", "012"))
    return "TRWAGMYFPDXBNJZSQVHLCKE"[int(digits) % 23] == value[-1]


def spanish_social_security(value: str) -> bool:
    """Spain, número de la Seguridad Social: the first ten digits modulo 97."""
    return int(value[:10]) % 97 == int(value[10:])


def norwegian_number(value: str) -> bool:
    """Norway, fødselsnummer: two check digits modulo 11."""
    return (
        _sum(value, (3, 7, 6, 1, 8, 9, 4, 5, 2, 1)) % 11 == 0
        and _sum(value, (5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1)) % 11 == 0
    )


def icelandic_number(value: str) -> bool:
    """Iceland, kennitala: the ninth digit checks the first eight, modulo 11."""
    return _sum(value, (3, 2, 7, 6, 5, 4, 3, 2, 1)) % 11 == 0


def swiss_ahv(value: str) -> bool:
    """Switzerland, AHV number: EAN-13."""
    return _sum(value, (1, 3) * 6 + (1,)) % 10 == 0


def turkish_number(value: str) -> bool:
    """Turkey, T.C. kimlik no: the tenth digit from odd and even places, the eleventh from the sum."""
    digits = [int(char) for char in value]
    tenth = (7 * sum(digits[0:9:2]) - sum(digits[1:8:2])) % 10
    return digits[0] != 0 and tenth == digits[9] and sum(digits[:10]) % 10 == digits[10]


def luxembourgish_number(value: str) -> bool:
    """Luxembourg, matricule: the twelfth digit by Luhn (the thirteenth is left unchecked)."""
    return luhn(value[:12])


def uk_utr(value: str) -> bool:
    """United Kingdom, unique taxpayer reference: the first digit checks the other nine, modulo 11."""
    return "21987654321"[_sum(value[1:], (6, 7, 8, 9, 10, 5, 4, 3, 2)) % 11] == value[0]


def us_npi(value: str) -> bool:
    """United States, national provider identifier: Luhn over 80840 and the number."""
    return luhn("80840" + value)


def vin(value: str) -> bool:
    """Vehicle identification number with the check digit of North America (49 CFR 565.15)."""
    digits = value.translate(str.maketrans("ABCDEFGHJKLMNPRSTUVWXYZ", "12345678123457923456789"))
    total = _sum(digits, (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2))
    return "0123456789X"[total % 11] == value[8]


_BITCOIN = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_RIPPLE = "rpshnaf39wBUDNEGHJKLM4PQRST7VWXYZ2bcdeCg65jkm8oFqi1tuvAxyz"


def base58check(value: str) -> bool:
    """An address of Bitcoin and its relatives, or of the XRP ledger (its own alphabet): double SHA-256."""
    alphabet = _RIPPLE if value.startswith("r") else _BITCOIN
    number = 0
    for char in value:
        place = alphabet.find(char)
        if place < 0:
            return False
        number = number * 58 + place
    if number >= 1 << 200:
        return False
    payload = number.to_bytes(25, "big")
    return hashlib.sha256(hashlib.sha256(payload[:21]).digest()).digest()[:4] == payload[21:]


def published_form(value: str) -> bool:
    """Numbers whose published form has no check digit, or none that all issuers keep to."""
    return len(set(value)) > 1


def _sum(value: str, weights: Sequence[int]) -> int:
    """The digits times their weights; further digits do not count."""
    return sum(weight * int(char) for weight, char in zip(weights, value, strict=False))
