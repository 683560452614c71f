"""Bodies named by their town are found; bodies of a State and plain kinds of body are not."""

from __future__ import annotations

import pytest

from gateway.detectors.organisations.local_bodies import find_local_bodies
from gateway.detectors.text.passage import Passage


def found(text: str, language: str = "en", *, commercial: bool = False) -> list[str]:
    passage = Passage(text, 0, language, commercial)
    return [text[span.start : span.end] for span in find_local_bodies(passage)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The Leeds Crown Court heard him.", ["Leeds Crown Court"]),
        ("before the Bytów District Court on", ["Bytów District Court"]),
        ("In Gdańsk Court of Appeal", ["Gdańsk Court of Appeal"]),
        ("the Frankfurt/Oder Labour Court", ["Frankfurt/Oder Labour Court"]),
        ("the Ninth Chamber of the Istanbul Assize Court", ["Ninth Chamber of the Istanbul Assize Court"]),
        ("the District Court in Wodzisław Śląski", ["District Court in Wodzisław Śląski"]),
        ("at the Narlıdere police station", ["Narlıdere police station"]),
        ("the Bayonne Public Prosecutor’s Office", ["Bayonne Public Prosecutor’s Office"]),
        ("Vienna Regional Government", ["Vienna Regional Government"]),
        ("the Supreme Administrative Court held", []),
        ("the Court of Cassation’s previous decision", []),
        ("The District Court dismissed", []),
        ("the European Court of Human Rights", []),
        ("the Polish Supreme Court", []),
        ("the Supreme Court of Poland", []),
        ("the State Security Court", []),
    ],
)
def test_english(text: str, expected: list[str]) -> None:
    assert found(text) == expected


def test_french_and_spanish() -> None:
    assert found("la cour d’appel de Pau et le tribunal", "fr") == ["cour d’appel de Pau"]
    assert found("le tribunal de grande instance de Bayonne", "fr") == ["tribunal de grande instance de Bayonne"]
    assert found("la Cour de cassation de France", "fr") == []
    assert found("la Audiencia Provincial de Madrid", "es") == ["Audiencia Provincial de Madrid"]
    assert found("el Tribunal Supremo", "es") == []


def test_contracts_name_courts_without_naming_persons() -> None:
    assert found("the Leeds Crown Court", commercial=True) == []
