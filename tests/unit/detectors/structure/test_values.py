"""Guesses about values that say too little are dropped; columns of persons are told by those that are known."""

from __future__ import annotations

import pytest

from gateway.detectors.structure.values import find_columns_of_persons, without_idle_guesses
from gateway.redaction.document import CanonicalText, Finding, Segment


def table(*rows: tuple[str, ...], labels: tuple[str, ...] = (), flow: int = 0) -> CanonicalText:
    text, segments = "", []
    for row in rows:
        for column, value in enumerate(row):
            label = labels[column] if labels else ""
            segments.append(Segment(len(text), len(text) + len(value), "cell", label, flow))
            text += value + "\t"
    return CanonicalText(text, tuple(segments), "csv", "1")


SETTINGS = table(("cpu", "0.25"), ("Month", "Errors"), ("note", "please call the man from Leeds"))


def found(document: CanonicalText, value: str, entity: str, rule: str, confidence: float) -> Finding:
    start = document.text.index(value)
    return Finding(start, start + len(value), entity, rule, confidence)


KEPT = {
    "a rule": ("0.25", "ADDRESS", "address/street", 0.5),
    "a sure guess": ("0.25", "ADDRESS", "tagger/address", 0.7),
    "a guess of the model of names": ("Month", "PERSON", "model/person", 0.5),
    "a name in two columns": ("Month\tErrors", "PERSON", "model/person", 0.5),
    "a weak guess in a sentence": ("Leeds", "LOCATION", "tagger/location", 0.1),
}
DROPPED = {
    "a weak guess about a figure": ("0.25", "ADDRESS", "tagger/address", 0.2),
    "a weak guess with the separators": ("\t0.25\t", "ADDRESS", "tagger/address", 0.2),
    "an address over two cells": ("Month\tErrors", "ADDRESS", "tagger/address", 0.9),
}


@pytest.mark.parametrize("what", [*KEPT, *DROPPED])
def test_guesses_about_values(what: str) -> None:
    finding = found(SETTINGS, *{**KEPT, **DROPPED}[what])
    assert list(without_idle_guesses([finding], SETTINGS)) == ([finding] if what in KEPT else [])


def test_running_text_is_left_alone() -> None:
    lines = table(("a line", "5 Elm"), flow=1)
    guess = found(lines, "5 Elm", "ADDRESS", "tagger/address", 0.1)
    assert list(without_idle_guesses([guess], lines)) == [guess]


NAMES = ("Ann Lee", "Bo Orr", "Yusuf Ny\u00f8rd", "Wren Tamarin", "Ola Penrose", "pending")


@pytest.mark.parametrize(("known", "all_of_them"), [(2, True), (1, False)])
def test_a_column_of_persons(known: int, all_of_them: bool) -> None:
    document = table(*((name, "Ruby Red") for name in NAMES), labels=("who", "paint"))
    persons = [found(document, name, "PERSON", "model/person", 0.85) for name in NAMES[:known]]
    names = {document.text[each.start : each.end] for each in find_columns_of_persons(persons, document)}
    assert names == (set(NAMES[:5]) if all_of_them else set())
