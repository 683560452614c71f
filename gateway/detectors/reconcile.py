"""One name, one kind: where a model's guess contradicts what the text itself says, the text prevails.

A view may pseudonymise persons and remove organisations. If the model takes the "Redfearn" of
"Mr Redfearn" for a company, the stricter action would win in the plan and the pseudonym be lost. So a
guess that lies inside a name found by its form is dropped, and a guess elsewhere in the text that equals
an identifying part of such a name becomes a person. Conversely a view may keep organisations: a mere guess
at one that could as well be a first name and a surname, and of which the text knows no company, is reported
as both, so that the stricter action decides. Nothing else is judged here; other guesses stay.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from gateway.detectors.text.letters import UPPER
from gateway.redaction.document import Finding
from gateway.redaction.matching import words_of
from gateway.redaction.names import identifying_parts

_NAMES = frozenset({"PERSON", "ORGANISATION", "LOCATION", "NATIONALITY"})
_GUESSES = ("model/", "capitals/")
_GIVEN_AND_SURNAME = re.compile(
    rf"{UPPER}[^\W\d_]+(?:-{UPPER}[^\W\d_]+)?"
    rf"(?:\s(?:{UPPER}\.|(?:{UPPER}[’'])?{UPPER}[^\W\d_]+(?:-{UPPER}[^\W\d_]+)?|van|von|der|de|da|di|del|bin|al)){{1,3}}"
)
_PERHAPS = 0.4


def reconciled(text: str, findings: Iterable[Finding]) -> list[Finding]:
    """The findings without guesses about names that contradict names found by their form."""
    ordered = sorted(findings, key=lambda each: (each.start, -each.end, each.entity, each.rule))
    by_form = [each for each in ordered if each.entity in _NAMES and not each.rule.startswith(_GUESSES)]
    persons = _parts_of_persons(text, by_form)
    companies = [words_of(text[each.start : each.end]) for each in by_form if each.entity == "ORGANISATION"]
    result = []
    position, reach = 0, -1
    for finding in ordered:
        while position < len(by_form) and by_form[position].start <= finding.start:
            reach = max(reach, by_form[position].end)
            position += 1
        if finding.entity in _NAMES and finding.rule.startswith(_GUESSES):
            if finding.end <= reach:
                continue
            if finding.entity != "PERSON" and words_of(text[finding.start : finding.end]) in persons:
                finding = replace(finding, entity="PERSON")
            elif finding.entity == "ORGANISATION" and _perhaps_person(text[finding.start : finding.end], companies):
                result.append(
                    replace(finding, entity="PERSON", rule=f"{finding.rule}/perhaps-person", confidence=_PERHAPS)
                )
        result.append(finding)
    return result


def _parts_of_persons(text: str, by_form: Iterable[Finding]) -> set[tuple[str, ...]]:
    known: set[tuple[str, ...]] = set()
    for name in {text[each.start : each.end] for each in by_form if each.entity == "PERSON"}:
        known.add(words_of(name))
        known.update(words_of(part) for part in identifying_parts(name))
        bare = name.split(" ", 1)[-1]
        known.add(words_of(bare))
    return known


def _perhaps_person(name: str, companies: Iterable[tuple[str, ...]]) -> bool:
    words = words_of(name)
    return (
        _GIVEN_AND_SURNAME.fullmatch(name) is not None
        and not name.isupper()
        and not any(company[: len(words)] == words for company in companies)
    )
