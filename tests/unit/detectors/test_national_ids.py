"""Numbers with check digits: a right one is found, one wrong digit is not, nor one without its context."""

from __future__ import annotations

import pytest

from gateway.detectors.national_ids import find_national_ids
from gateway.detectors.passage import Passage

RIGHT = [
    ("id/fr-nir", "né, {}", "2 55 08 14 168 025 38"),
    ("id/be-register", "nr {}", "85.07.30-033.28"),
    ("id/se-personnummer", "hon {}", "811218-9876"),
    ("id/de-tax", "Steuer-ID {}", "86095742719"),
    ("id/nl-bsn", "BSN: {}", "111222333"),
    ("id/pt-nif", "NIF {}", "123456789"),
    ("id/ca-sin", "SIN {}", "046 454 286"),
    ("id/lei", "LEI {}", "5493001KJTIIGC8Y1R12"),
    ("id/imei", "IMEI {}", "490154203237518"),
    ("id/at-svnr", "SVNR {}", "1237 010180"),
]
#: Forms without a check digit, or with a letter for one.
FORMS = [
    ("id/ie-pps", "PPS no. {}", "1234567T"),
    ("id/dk-cpr", "CPR-nr. {}", "070761-4285"),
    ("id/eu-vat", "USt-IdNr. {}", "DE136695976"),
    ("id/eu-vat", "VAT no. {}", "NL004495445B01"),
    ("plate/fr", "la voiture {}", "AB-123-CD"),
    ("plate", "registration number {}", "AB12 CDE"),
    ("plate", "mit dem Kennzeichen {}", "B-MW 1234"),
    ("plate", "license plate {}", "7ABC123"),
    ("device/serial", "S/N: {}", "C02XG2JHJGH5"),
    ("device/serial", "serial number {}", "4CE0460D0G"),
]
CONTEXT = {"id/at-svnr", "id/de-tax", "id/nl-bsn", "id/pt-nif", "id/ca-sin", "id/imei"}


def found(text: str) -> list[tuple[str, str]]:
    return [(span.rule, text[span.start : span.end]) for span in find_national_ids(Passage(text, 0))]


@pytest.mark.parametrize(("rule", "frame", "value"), RIGHT)
def test_check_digits(rule: str, frame: str, value: str) -> None:
    assert (rule, value) in found(frame.format(value))
    wrong = value[:-1] + str((int(value[-1]) + 1) % 10)
    assert rule not in [name for name, _ in found(frame.format(wrong))]


@pytest.mark.parametrize(("rule", "frame", "value"), [each for each in RIGHT if each[0] in CONTEXT])
def test_bare_digits_need_a_telling_word(rule: str, frame: str, value: str) -> None:
    assert found(f"total {value} units") == []


@pytest.mark.parametrize(("rule", "frame", "value"), FORMS)
def test_published_forms(rule: str, frame: str, value: str) -> None:
    assert (rule, value) in found(frame.format(value))


@pytest.mark.parametrize(
    "text",
    ["PPS no. 1234567A", "article DE136695976", "model AB12 CDE", "0707614285 units", "part C02XG2JHJGH5 of the set"],
)
def test_what_only_looks_like_one(text: str) -> None:
    assert found(text) == []
