"""A name found in one exhibit is found in another, also by its parts."""

from __future__ import annotations

import pytest

from gateway.redaction.document import Finding
from gateway.redaction.names import identifying_parts
from gateway.redaction.package_names import NameIndex, names_found

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
    found = [log[each.start : each.end] for each in NameIndex(names_found(LETTER, FINDINGS)).find(log)]
    assert found == ["redfearn", "REDFEARN", "Orla"]


def test_pieces_of_an_encoded_run_are_no_names() -> None:
    run = "TWFyZ2Fy/Data/IEhvbGxvd2F5+Open=="
    assert names_found(run, [Finding(0, len(run), "PERSON", "encoded/model/person", 0.9)]) == frozenset()
    assert identifying_parts(run) == ()
    assert identifying_parts("Orla Redfearn 4711") == ("Orla", "Redfearn")


def test_a_name_does_not_run_into_the_address_behind_it() -> None:
    field = "Orla Redfearn <o.redfearn@x.example>"
    found = [field[each.start : each.end] for each in NameIndex(names_found(LETTER, FINDINGS)).find(field)]
    assert {"Orla", "Redfearn"} <= set(found)
    assert not any("<" in each for each in found)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("GET /find?who=Orla%20Redfearn&x=1", {"Orla", "Redfearn"}),
        ("Mr&nbsp;&#82;edfearn &amp; sons", {"&#82;edfearn"}),
        ("<p>Or<b>la</b> Redfearn</p>", {"Or<b>la", "Redfearn"}),
        (r"{\"by\":\"\u004frla\nRedfearn\"}", {r"\u004frla", "Redfearn"}),
        ("Orla=20Red=66earn", {"Orla", "Red=66earn"}),
    ],
    ids=["percent", "reference", "tag", "backslash", "quoted-printable"],
)
def test_names_written_with_escapes(text: str, expected: set[str]) -> None:
    found = {text[each.start : each.end] for each in NameIndex(names_found(LETTER, FINDINGS)).find(text)}
    assert found == expected


def test_no_names_no_findings() -> None:
    assert NameIndex(frozenset()).find("Anything") == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("M.-C. Dubois signed", ["M.-C. Dubois"]),
        ("M. C. Dubois signed", ["M. C. Dubois"]),
        ("Dubois, M.-C., signed", ["Dubois, M"]),
        ("Dubois's file", ["Dubois"]),
        ("approved: M.-C.D.", ["M.-C.D."]),
        ("approved: M.-C. D. and others", ["M.-C. D."]),
        ("the m.c.d. of two numbers", []),
        ("M.C.D.X. of another", []),
        ("Marie stayed, claire did not", ["Marie"]),
    ],
)
def test_shortened_forms(text: str, expected: list[str]) -> None:
    found = NameIndex({"Mme Marie-Claire Dubois"}).find(text)
    covered: list[list[int]] = []
    for each in sorted(found, key=lambda f: f.start):
        if covered and each.start < covered[-1][1]:
            covered[-1][1] = max(covered[-1][1], each.end)
        else:
            covered.append([each.start, each.end])
    assert [text[start:end] for start, end in covered] == expected


def test_initials_of_a_name_that_says_too_little() -> None:
    assert NameIndex({"J Smith"}).find("J. and S. and J. S.") == []
    assert [each.rule for each in NameIndex({"John Smith"}).find("J.S. wrote")] == ["package/initials"]


def test_a_full_name_may_be_less_sure_than_a_single_word() -> None:
    text = "Mme Marie-Claire Dubois met Dorn."
    assert names_found(
        text, [Finding(0, 23, "PERSON", "person/subject", 0.6), Finding(28, 32, "PERSON", "x", 0.6)]
    ) == {"Mme Marie-Claire Dubois"}
    assert names_found("Mme Dubois", [Finding(0, 10, "PERSON", "person/subject", 0.6)]) == frozenset()
