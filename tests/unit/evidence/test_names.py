"""Names from outsiders: nothing in them steers a file system, a terminal or a reader's eye."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import GatewayError, InvalidInput, TooLarge
from gateway.evidence.media import compatible, resolve_media_type
from gateway.evidence.names import check_exhibit_name, check_identifier, propose_exhibit_name


@pytest.mark.parametrize(
    "name",
    [
        "report.pdf",
        "Bericht über den Vorfall.docx",
        "事故報告.txt",
        "ACME Inc..pdf",
        "a",
        "x" * 200,
        "notes (final) [2].txt",
    ],
)
def test_ordinary_names_pass(name: str) -> None:
    assert check_exhibit_name(name) == name


@pytest.mark.parametrize(
    "name",
    ["..", "../etc/passwd", "a/b", "a\\b", "..\\x", "a\x00b", "a\nb", "a\x1b[31m", "report\u202efdp.exe", "a\u200bb",
     "a\u2028b", "\ufeffa", ".hidden", "-rf", " a", "a ", "a.", "con", "NUL.txt", "com1.log", "a:b", "a?b", "a*b",
     'a"b', "a<b", "a|b", "", None, 7, "\ud800", "a\ue000", "a\U000e0041"],
)  # fmt: skip
def test_dangerous_names_are_refused(name: object) -> None:
    with pytest.raises(InvalidInput) as refusal:
        check_exhibit_name(name, where="/exhibits/0/name")
    assert refusal.value.code in ("name-unsafe", "name-too-long")
    assert refusal.value.where == "/exhibits/0/name"
    assert refusal.value.remedy


@pytest.mark.parametrize("name", ["x" * 201, "x" * 10_000, "字" * 81])
def test_long_names_are_refused(name: str) -> None:
    with pytest.raises(TooLarge):
        check_exhibit_name(name)


def test_two_spellings_of_a_name_are_one() -> None:
    decomposed = "re\u0301sume\u0301\u202f1.pdf"
    with pytest.raises(InvalidInput):
        check_exhibit_name(decomposed)
    assert check_exhibit_name(propose_exhibit_name(decomposed)) == "r\u00e9sum\u00e9 1.pdf"


@given(st.text(max_size=60))
def test_a_name_that_passes_is_one_path_part(name: str) -> None:
    try:
        checked = check_exhibit_name(name)
    except GatewayError:
        return
    assert "/" not in checked
    assert "\\" not in checked
    assert checked not in (".", "..")
    assert checked.isprintable()


@pytest.mark.parametrize("identifier", ["a", "case-2026-17", "cnil-fr.submitter", "x" * 64, "a_b"])
def test_identifiers(identifier: str) -> None:
    assert check_identifier(identifier, what="case") == identifier


@pytest.mark.parametrize("identifier", ["", "A", "a..b", ".a", "a-", "a/b", "a b", "x" * 65, "ä", None, 3, "a\n"])
def test_what_is_no_identifier(identifier: object) -> None:
    with pytest.raises(InvalidInput) as refusal:
        check_identifier(identifier, what="case")
    assert refusal.value.code == "identifier-invalid"


def test_media_types_have_short_names_and_no_parameters() -> None:
    assert resolve_media_type("PDF") == "application/pdf"
    assert resolve_media_type("Text/CSV; charset=utf-8") == "text/csv"
    for wrong in ("nonsense", "a/b/c", "text/", "/x", "té/xt", "text/pl ain", None, "a/" + "x" * 200):
        with pytest.raises(InvalidInput):
            resolve_media_type(wrong)


def test_bytes_that_look_like_text_may_be_declared_as_a_kind_of_text_only() -> None:
    assert compatible("text/plain", "text/csv")
    assert compatible("application/pdf", "application/pdf")
    assert not compatible("text/plain", "application/pdf")
    assert not compatible("application/pdf", "text/plain")
    assert not compatible("application/octet-stream", "text/plain")
