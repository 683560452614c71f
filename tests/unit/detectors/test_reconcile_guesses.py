"""A mere guess at an organisation that could be a person is both; the stricter action then decides."""

from __future__ import annotations

import pytest

from gateway.detectors.reconcile import reconciled
from gateway.redaction.document import Finding


def kinds(text: str, guess: str, *by_form: tuple[str, str]) -> set[str]:
    def at(value: str, entity: str, rule: str) -> Finding:
        start = text.index(value)
        return Finding(start, start + len(value), entity, rule, 0.6)

    findings = [at(guess, "ORGANISATION", "model/org"), *(at(v, e, "form") for v, e in by_form)]
    return {f.entity for f in reconciled(text, findings) if text[f.start : f.end] == guess}


@pytest.mark.parametrize("name", ["Tomasz Wieczorek", "Anne-Marie O’Neill", "Ludwig van Beethoven", "J. Nguyen Thi"])
def test_what_could_be_a_person_is_reported_as_both(name: str) -> None:
    expected = {"ORGANISATION", "PERSON"} if not name.startswith("J.") else {"ORGANISATION"}
    assert kinds(f"It was {name} who called.", name) == expected


@pytest.mark.parametrize("name", ["Northlight", "NORTHLIGHT COMPUTE", "Northlight 24 Seven", "Bank of Example"])
def test_what_does_not_look_like_a_person_stays_one_thing(name: str) -> None:
    assert kinds(f"The bill came from {name} in May.", name) == {"ORGANISATION"}


def test_the_short_form_of_a_company_that_the_text_names_is_no_person() -> None:
    text = "Northlight Compute was paid. The host is Northlight Compute GmbH."
    assert kinds(text, "Northlight Compute", ("Northlight Compute GmbH", "ORGANISATION")) == {"ORGANISATION"}
