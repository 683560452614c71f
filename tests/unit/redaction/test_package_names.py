"""A name found in one exhibit is found in another, also by its parts."""

from __future__ import annotations

from gateway.redaction.document import Finding
from gateway.redaction.package_names import names_again, names_found

LETTER = "Ms Orla Redfearn met Will of Leeds."
FINDINGS = [
    Finding(0, 16, "PERSON", "person/titled", 0.9),
    Finding(21, 25, "PERSON", "model/person", 0.5),
    Finding(29, 34, "LOCATION", "model/gpe", 0.8),
]


def test_only_sure_names_of_persons_are_collected() -> None:
    assert names_found(LETTER, FINDINGS) == {"Ms Orla Redfearn"}


def test_names_and_their_parts_are_found_in_another_text() -> None:
    log = "login /home/redfearn ok; REDFEARN wrote to Orla; redfearning"
    found = [log[each.start : each.end] for each in names_again(log, names_found(LETTER, FINDINGS))]
    assert found == ["redfearn", "REDFEARN", "Orla"]


def test_no_names_no_findings() -> None:
    assert names_again("Anything", frozenset()) == []
