"""Case and file numbers of several systems, and whole postal addresses; law and plain figures stay."""

from __future__ import annotations

import pytest

from gateway.detectors.numbers.case_numbers import find_case_numbers
from gateway.detectors.places.whole_addresses import find_whole_addresses
from gateway.detectors.text.passage import Passage

NUMBERS = [
    "ECLI:EU:C:2020:559", "ECLI:NL:RBDHA:2020:865", "ECLI:DE:BVerfG:2021:rs20210324.1bvr265618", "62018CJ0311",
    "C-311/18",
    "C‑40/17 P", "1:21-cv-01234-ABC", "2:19-CR-00456", "22-cv-5678 (LAP)", "CV-2021-004567",
    "CO/1234/2021", "EA/2020/0123",
    "HQ17X01234", "UI-2022-001234",
    "1 BvR 2656/18", "VI ZR 89/19", "12 O 345/20", "4 K 1234/19", "2020/6789 K.",
    "RG 19/01234",
    "NIG 28079 23 3 2019 0012345", "456/2020-B", "PS/00120/2021", "DPC-IN-20-8-1", "INC0012345", "TICKET-48213",
]  # fmt: skip
NO_NUMBERS = [
    "[2019] UKSC 12 and 5 U.S. 137",
    "Regulation (EU) 2016/679, Directive 95/46/EC, CELEX 32016R0679",
    "COVID-19 and ISO-27001, 2019-2020, pages 12-14, 24/7",
    "Protocol No. 11; sections 12-15; Table A-12",
]
ADDRESSES = [
    "14 Crown Street, Leeds LS1 4AP",
    "Flat 2, 33 Marlborough Road, London N19 4NA",
    "1600 Amphitheatre Parkway, Mountain View, CA 94043",
    "350 Fifth Avenue, 21st Floor, New York, NY 10118",
    "Rose Cottage, Church Lane, Little Snoring, Norfolk NR21 0HZ",
    "12 bis, rue de la Paix, 75002 Paris",
    "8 place du Général-de-Gaulle, 59000 Lille",
    "calle Mayor, 12, 3.º B, 28013 Madrid",
    "Avda. de la Constitución n.º 5, 41001 Sevilla",
    "Musterstraße 12a, 10115 Berlin",
    "Am Markt 3, D-28195 Bremen",
    "via Giuseppe Garibaldi 10, 00153 Roma",
    "Corso Vittorio Emanuele II, n. 154, 10121 Torino (TO)",
    "ul. Marszałkowska 10/15, 00-590 Warszawa",
    "Keizersgracht 123, 1015 CJ Amsterdam",
]
NO_ADDRESSES = [
    "Article 6, 1998 Convention",
    "On 12 May, 1998 Paris was calm",
    "Rule 39, 12345 Applications were lodged in Strasbourg",
    "between 2019 and 2020 12 of them, 12000 Euro",
]


@pytest.mark.parametrize("value", NUMBERS)
def test_case_numbers(value: str) -> None:
    text = f"See the file {value} of the court."
    assert value in [text[span.start : span.end] for span in find_case_numbers(Passage(text, 0))]


@pytest.mark.parametrize("text", NO_NUMBERS)
def test_law_and_figures_are_no_case_numbers(text: str) -> None:
    assert [text[span.start : span.end] for span in find_case_numbers(Passage(text, 0))] == []


@pytest.mark.parametrize("value", ADDRESSES)
def test_an_address_is_one_span(value: str) -> None:
    text = f"She lived at {value}, it was said."
    assert value in [text[span.start : span.end] for span in find_whole_addresses(Passage(text, 0))]


@pytest.mark.parametrize("text", NO_ADDRESSES)
def test_no_address(text: str) -> None:
    assert [text[span.start : span.end] for span in find_whole_addresses(Passage(text, 0))] == []
