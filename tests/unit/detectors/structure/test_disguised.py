"""Values in disguise: broken over lines, spoken, spaced, in look-alike letters, escaped; and what only looks so."""

from __future__ import annotations

import pytest

from gateway.detectors.structure.disguised import find_disguised
from gateway.detectors.text.reading import Reading

MAIL = "maren.okafor@kestrel-labs.com"
IBAN = "GB33BUKB20201555555555"
PHONE = "+44 20 7946 0123"


def wide(text: str) -> str:
    return "".join(chr(ord(char) + 0xFEE0) if "!" <= char <= "~" else char for char in text)


DISGUISED = {
    "fullwidth address": (wide(MAIL), "EMAIL"),
    "fullwidth IBAN": (wide(IBAN), "IBAN"),
    "fullwidth at sign": (MAIL.replace("@", "\uff20"), "EMAIL"),
    "combining marks": ("".join(f"{char}\u0301" for char in MAIL), "EMAIL"),
    "struck through figures": ("".join(f"{char}\u0336" for char in PHONE), "PHONE"),
    "Cyrillic letters in an IBAN": (IBAN.replace("B", "\u0412"), "IBAN"),
    "styled letters": ("".join(chr(0x1D41A + ord(c) - 97) if c.islower() else c for c in MAIL), "EMAIL"),
    "circled figures": (PHONE.replace("4", "\u2463").replace("0", "\u24ea"), "PHONE"),
    "superscript figures": (PHONE.replace("4", "\u2074").replace("0", "\u2070"), "PHONE"),
    "non-breaking hyphens": ("020\u20117946\u20110123", "PHONE"),
    "thin spaces": ("020\u20097946\u20090123", "PHONE"),
    "percent": (MAIL.replace("@", "%40"), "EMAIL"),
    "entity": (MAIL.replace("@", "&#64;"), "EMAIL"),
    "named entity": (MAIL.replace("@", "&commat;"), "EMAIL"),
    "JSON escape": (MAIL.replace("@", "\\u0040"), "EMAIL"),
    "quoted-printable": (MAIL.replace("@", "=40"), "EMAIL"),
    "broken after the at sign": ("maren.okafor@\nkestrel-labs.com", "EMAIL"),
    "broken at a hyphen of the host": ("maren.okafor@kestrel-\nlabs.com", "EMAIL"),
    "broken in the name": ("maren.oka-\nfor@kestrel-labs.com", "EMAIL"),
    "broken IBAN": ("GB33 BUKB 2020\n1555 5555 55", "IBAN"),
    "dashes in an IBAN": ("GB33-BUKB-2020-1555-5555-55", "IBAN"),
    "broken telephone number": ("+44 20\n7946 0123", "PHONE"),
    "[at] and [dot]": ("maren [at] kestrel-labs [dot] com", "EMAIL"),
    "(at)": ("maren.okafor (at) kestrel-labs.com", "EMAIL"),
    "at and dot as words": ("maren at kestrel-labs dot com", "EMAIL"),
    "French": ("maren.okafor arobase kestrel point com", "EMAIL"),
    "Spanish": ("maren arroba kestrel punto com", "EMAIL"),
    "spaced": ("maren . okafor @ kestrel-labs . com", "EMAIL"),
    "letter by letter": ("m a r e n @ k e s t r e l . c o m", "EMAIL"),
    "user at a host": ("maren@buildbox", "EMAIL"),
    "quoted local part": ('"maren okafor"@kestrel.com', "EMAIL"),
    "spelled out": ("zero two zero, seven nine four six, zero one two three", "PHONE"),
    "spelled out in French": ("zéro un, soixante-dix, dix-huit, quatre-vingt-dix", "PHONE"),
    "dots in a card number": ("4111.1111.1111.1111", "CARD_NUMBER"),
}


@pytest.mark.parametrize("what", DISGUISED)
def test_is_found_whole(what: str) -> None:
    value, entity = DISGUISED[what]
    text = f"Before it: {value}; after it."
    start = text.index(value)
    found = [f for f in find_disguised(text) if f.entity == entity]
    assert any(f.start <= start and f.end >= start + len(value) for f in found), found


HARMLESS = (
    "They met at noon. The vendor's dot com years were over.",
    "One, two and three are numbers; four of the five systems, six of seven.",
    "See regulation DE 2015 EL 400 and the table at page 12.\nThe next line follows.",
    "Install lodash@4.17 and run f(x) at 20 % load &amp; 40 % CPU.",
    "Le tribunal de première instance a statué en 2015 et le 12 mars 2016.",
    "01/02/2020 to 03/04/2021; 2015 2016 2017",
)


@pytest.mark.parametrize("text", HARMLESS)
def test_ordinary_text_stays(text: str) -> None:
    assert list(find_disguised(text)) == []


@pytest.mark.parametrize(
    "text", ["plain", "a%40b", "e\u0301x", "\uff41\uff42", "&#64;&commat;x", "\ufb01n", "%", "&x;\\u0041"]
)
def test_a_reading_knows_where_it_came_from(text: str) -> None:
    reading = Reading.of(text)
    places = [reading.origin(i, i + 1) for i in range(len(reading.text))]
    assert all(0 <= start < end <= len(text) for start, end in places)
    assert places == sorted(places)
    assert all(reading.text[i] == text[s:e] for i, (s, e) in enumerate(places) if e - s == 1 and text[s].isascii())
