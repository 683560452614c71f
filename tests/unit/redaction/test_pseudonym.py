"""Pseudonyms: stable for a person, unlinkable across keys, never merging two people."""

from __future__ import annotations

import re

import pytest

from gateway.errors import Misconfigured
from gateway.redaction.pseudonym import Pseudonymiser, normalised, resolve

MAKER = Pseudonymiser(b"a" * 32)


def test_known_answer() -> None:
    # Fixed so that a change of the derivation is noticed: it would break pseudonyms within open cases.
    assert MAKER.label("PERSON", "John Smith") == "Person P070DD"


@pytest.mark.parametrize(
    "form", ["John Smith", "Mr John Smith", "JOHN SMITH", "Smith, John", "Jóhn  Smith", "Dr. John Smith"]
)
def test_one_person_one_label(form: str) -> None:
    assert MAKER.label("PERSON", form) == MAKER.label("PERSON", "john smith")


def test_labels_under_two_keys_have_nothing_in_common() -> None:
    other = Pseudonymiser(b"b" * 32)
    names = [f"Person Number{n}" for n in range(50)]
    assert not {MAKER.label("PERSON", name) for name in names} & {other.label("PERSON", name) for name in names}


def test_form_of_a_label() -> None:
    assert re.fullmatch(r"Person [0-9A-HJKMNP-TV-Z]{6}", MAKER.label("PERSON", "x y"))
    assert MAKER.label("EMAIL", "A@Example.org") == MAKER.label("EMAIL", "a@example.org")
    assert MAKER.label("PHONE", "+44 20 7946 0000") == MAKER.label("PHONE", "+442079460000")


def test_kinds_are_apart() -> None:
    assert MAKER.label("PERSON", "Serco").split()[1] != MAKER.label("ORGANISATION", "Serco").split()[1]


def test_short_forms_resolve_only_when_one_person_fits() -> None:
    aliases = resolve(["Mr John Smith", "Smith", "J. Smith", "Jane Orr", "Tom Orr", "Orr", "T. Orr"])
    assert aliases["smith"] == aliases["j smith"] == "john smith"
    assert "orr" not in aliases
    assert aliases["t orr"] == "tom orr"


def test_a_form_with_a_middle_name_is_the_same_person() -> None:
    aliases = resolve(["John Smith", "John Peter Smith", "Smith"])
    assert aliases["smith"] == aliases["john smith"] == "john peter smith"


def test_entities_without_pseudonyms_are_refused() -> None:
    with pytest.raises(ValueError, match="DATE"):
        MAKER.label("DATE", "2004")


def test_short_keys_are_refused() -> None:
    with pytest.raises(Misconfigured) as caught:
        Pseudonymiser(b"short")
    assert caught.value.code == "pseudonym-key-too-short"


def test_normal_forms() -> None:
    assert normalised("ORGANISATION", "The Serco  Limited") == "serco limited"


def test_resolution_does_not_depend_on_the_order_of_names() -> None:
    names = ["John P. Smith", "John Peter Smith", "Smith", "J. P. S.", "M.-C. D.", "Marie-Claire Dubois", "Dubois"]
    answers = [resolve(order) for order in (names, names[::-1], names[3:] + names[:3])]
    assert answers[0] == answers[1] == answers[2]
    assert answers[0]["smith"] == "john peter smith"
    assert answers[0]["dubois"] == "marie claire dubois"


def test_spellings_of_one_form_that_differ_resolve_to_nobody() -> None:
    # Without its "M." the first is "C. D." too, which may be somebody else.
    assert "c d" in resolve(["M.-C. D.", "Marie-Claire Dubois"])
    assert "c d" not in resolve(["M.-C. D.", "C. D.", "Marie-Claire Dubois"])
