"""Numbers with check digits: a right one is found, one wrong digit is not, nor one without its context."""

from __future__ import annotations

import pytest

from gateway.detectors.numbers.national_ids import find_national_ids
from gateway.detectors.text.passage import Passage

#: Rule, a frame, a made-up number whose check digits are right.
RIGHT = [
    ("id/fr-nir", "né, {}", "2 55 08 14 168 025 38"),
    ("id/fr-siren", "SIREN {}", "096 792 908"),
    ("id/fr-siren", "SIRET : {}", "01916146100330"),
    ("id/be-register", "nr {}", "85.07.30-033.28"),
    ("id/be-register", "rijksregisternummer {}", "85073074821"),
    ("id/se-personnummer", "hon {}", "811218-9876"),
    ("id/se-personnummer", "hon {}", "19811218-9876"),
    ("id/de-tax", "Steuer-ID {}", "86095742719"),
    ("id/nl-bsn", "BSN: {}", "111222333"),
    ("id/pt-nif", "NIF {}", "123456789"),
    ("id/ca-sin", "SIN {}", "046 454 286"),
    ("id/ca-health", "OHIP {}", "1763-399-936"),
    ("id/lei", "LEI {}", "5493001KJTIIGC8Y1R12"),
    ("id/at-svnr", "SVNR {}", "1237 010180"),
    ("id/bg-egn", "EGN {}", "7504121716"),
    ("id/cz-rodne-cislo", "narozena {}", "785412/5697"),
    ("id/cz-rodne-cislo", "rodné číslo {}", "7854125697"),
    ("id/ee-lt", "isikukood {}", "48507302528"),
    ("id/lv-personas-kods", "kods {}", "161175-18804"),
    ("id/ro-cnp", "CNP {}", "2850730177436"),
    ("id/jmbg", "EMŠO {}", "0412985267304"),
    ("id/hr-oib", "OIB: {}", "91347680360"),
    ("id/gr-amka", "AMKA {}", "04128591718"),
    ("id/gr-afm", "AFM {}", "910967130"),
    ("id/hu-taj", "TAJ {}", "262 536 684"),
    ("id/hu-tax", "adóazonosító jel {}", "8407414220"),
    ("id/it-vat", "P. IVA {}", "97576112912"),
    ("id/pl-nip", "NIP {}", "557-084-88-82"),
    ("id/es-social-security", "afiliación a la Seguridad Social {}", "28/56514575/84"),
    ("id/no-fodselsnummer", "født {}", "041285 55086"),
    ("id/is-kennitala", "kt. {}", "041285-8189"),
    ("id/ch-ahv", "AHV {}", "756.1269.2459.44"),
    ("id/tr-kimlik", "T.C. {}", "30815719026"),
    ("id/uk-utr", "UTR {}", "25003 46721"),
    ("id/us-npi", "NPI {}", "1750497988"),
]
#: Those that need the word in their frame.
CONTEXT = {
    "id/at-svnr", "id/de-tax", "id/nl-bsn", "id/pt-nif", "id/ca-sin", "id/ca-health", "id/fr-siren", "id/bg-egn",
    "id/hr-oib", "id/gr-amka", "id/gr-afm", "id/hu-taj", "id/hu-tax", "id/it-vat", "id/pl-nip", "id/es-social-security",
    "id/uk-utr", "id/us-npi",
}  # fmt: skip
#: Forms without a check digit, or with a letter for one.
FORMS = [
    ("id/ie-pps", "PPS no. {}", "1234567T"),
    ("id/dk-cpr", "CPR-nr. {}", "070761-4285"),
    ("id/eu-vat", "USt-IdNr. {}", "DE136695976"),
    ("id/eu-vat", "VAT no. {}", "NL004495445B01"),
    ("id/fr-tax", "numéro fiscal {}", "30 23 217 600 053"),
    ("id/de-social-security", "Versicherungsnummer {}", "15 070649 C 103"),
    ("id/de-card", "Personalausweis {}", "L01X00T47"),
    ("id/pt-card", "Cartão de Cidadão {}", "00000000 0 ZZ4"),
    ("id/es-cif", "CIF {}", "B83456781"),
    ("id/mt-card", "identity card no. {}", "0123456M"),
    ("id/cy-tax", "tax no. {}", "10259033P"),
    ("id/si-tax", "davčna številka {}", "15012557"),
    ("id/taxpayer", "INN {}", "7707083893"),
    ("id/ru-snils", "he had {}", "112-233-445 95"),
    ("id/us-ein", "EIN {}", "12-3456789"),
    ("id/us-medicare", "Medicare {}", "1EG4-TE5-MK73"),
    ("id/uk-driving-licence", "driver number {}", "MORGA753116SM9IJ"),
    ("id/driving-licence", "driver's license no. {}", "D1234567"),
    ("id/driving-licence", "Führerschein Nr. {}", "B072RRE2I55"),
    ("id/passport", "passport number {}", "C01X00T47"),
    ("id/passport", "passeport n° {}", "12AB34567"),
    ("id/identity-card", "carte nationale d’identité n° {}", "880692310285"),
]


def found(text: str) -> list[tuple[str, str]]:
    return [(span.rule, text[span.start : span.end]) for span in find_national_ids(Passage(text, 0))]


@pytest.mark.parametrize(("rule", "frame", "value"), RIGHT)
def test_check_digits(rule: str, frame: str, value: str) -> None:
    assert (rule, value) in found(frame.format(value))
    at = next(n for n, char in enumerate(value) if char.isdigit() and n > 2)
    wrong = value[:at] + str((int(value[at]) + 1) % 10) + value[at + 1 :]
    assert rule not in [name for name, _ in found(frame.format(wrong))]


@pytest.mark.parametrize(("rule", "frame", "value"), [each for each in RIGHT if each[0] in CONTEXT])
def test_bare_digits_need_a_telling_word(rule: str, frame: str, value: str) -> None:
    assert rule not in [name for name, _ in found(f"total {value} units")]


@pytest.mark.parametrize(("rule", "frame", "value"), FORMS)
def test_published_forms(rule: str, frame: str, value: str) -> None:
    assert (rule, value) in found(frame.format(value))


@pytest.mark.parametrize(
    "text",
    [
        "PPS no. 1234567A",
        "article DE136695976",
        "0707614285 units",
        "passport control closed at 2100 hours",
        "driving licence authority DVLA2024",
        "the sum of 1 234 567 890 was paid in 12 instalments of 102 880 657",
        "ISBN 978-3-16-148410-0 and order 4500012345",
        "from 2019-2024 and 100-200 pages, section 12-3456",
        "Law no. 2019/123 of 04.12.2019; (2019) 12345",
    ],
)
def test_what_only_looks_like_one(text: str) -> None:
    assert found(text) == []
