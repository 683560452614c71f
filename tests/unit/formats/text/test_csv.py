"""Tables: dialects, quoting, labels, and no formulas out of replacements."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable

import pytest

from gateway.errors import Unparsable
from gateway.formats import limits
from gateway.formats.text.csvtable import CsvFormat
from gateway.redaction.document import CanonicalText, Replacement

FORMAT = CsvFormat()
Replace = Callable[[CanonicalText, str, str], list[Replacement]]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_delimiter_and_line_end_are_found_and_kept(delimiter: str, line_end: str) -> None:
    rows = [["name", "e-mail", "amount"], ["Jane Roe", "jane@x.org", "1"], ["Bob", "", "2"], ["A", "b", "3"]]
    data = "".join(delimiter.join(row) + line_end for row in rows).encode()
    document = FORMAT.parse(data)
    assert document.render([]) == data
    by_place = {s.place: (document.canonical.text[s.start : s.end], s.label) for s in document.canonical.segments}
    assert by_place["row 2 column name"] == ("Jane Roe", "name")
    assert by_place["row 2 column e-mail"] == ("jane@x.org", "e-mail")
    assert "row 3 column e-mail" not in by_place  # empty


def test_headings_are_text_too_and_first_rows_of_data_are_no_headings() -> None:
    document = FORMAT.parse(b"Jane Roe,1970-01-02,jane@x.org\nJohn Doe,1980-03-04,john@x.org\n")
    assert document.canonical.text.startswith("Jane Roe\t1970-01-02")
    assert {s.place for s in document.canonical.segments if s.start == 0} == {"row 1 column 1"}
    assert not any(s.label for s in document.canonical.segments)


def test_headings_may_be_numbered_and_stand_below_titles() -> None:
    table = "Complaints register,,\n,,\nfull_name,email1,line2\nAnn Lee,x@y.example,Leeds\nBo Orr,z@y.example,Hull\n"
    canonical = FORMAT.parse(table.encode()).canonical
    labels = {canonical.text[each.start : each.end]: each.label for each in canonical.segments}
    assert labels["full_name"] == labels["email1"] == labels["Complaints register"] == ""
    assert (labels["Ann Lee"], labels["z@y.example"], labels["Hull"]) == ("full_name", "email1", "line2")


def test_a_heading_that_is_personal_data_is_not_quoted_as_a_place() -> None:
    document = FORMAT.parse(b"id,jane.roe@example.org,score\na,1,2\nb,3,4\n")
    assert not any("jane" in s.place for s in document.canonical.segments)


def test_quotes_line_ends_and_delimiters_inside_cells(replace_all: Replace) -> None:
    data = b'name,note\n"Roe, Jane","said ""hi""\nand left"\nBob,x\n'
    document = FORMAT.parse(data)
    assert document.render([]) == data
    out = document.render(replace_all(document.canonical, "Roe, Jane", '[P"1", é]'))
    rows = list(csv.reader(io.StringIO(out.decode(), newline="")))
    assert rows == [["name", "note"], ['[P"1", é]', 'said "hi"\nand left'], ["Bob", "x"]]


@pytest.mark.parametrize("marker", ["=cmd()", "+1", "-1", "@SUM(A1)", "\t=1", "＝1"])
def test_a_replacement_never_begins_a_formula(replace_all: Replace, marker: str) -> None:
    document = FORMAT.parse(b"name,amount\nJane,1\nBob,2\n")
    out = document.render(replace_all(document.canonical, "Jane", marker)).decode()
    cell = next(csv.reader(io.StringIO(out.split("\n", 1)[1])))[0]
    assert cell == "'" + marker


def test_a_removal_does_not_expose_a_formula(replace_all: Replace) -> None:
    document = FORMAT.parse(b"name,amount\nJane=1+1,1\nBob,2\n")
    assert b"'=1+1,1" in document.render(replace_all(document.canonical, "Jane", ""))


def test_formulas_of_the_evidence_stay(replace_all: Replace) -> None:
    document = FORMAT.parse(b"name,amount\n=Jane(),1\nBob,2\n")
    assert b"=[x](),1" in document.render(replace_all(document.canonical, "Jane", "[x]"))


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b'a,b\n"open,1\n', "csv-malformed"),
        (b'a,b\n"x"y,1\n', "csv-malformed"),
        (b"a,b\n" + b"x" * (limits.MAX_CSV_CELL_CHARS + 1) + b",1\n", "csv-cell-too-large"),
        (b"a,b\x00\n", "text-binary"),
    ],
    ids=["open quote", "text after quote", "large cell", "nul"],
)
def test_bad_tables_are_refused(data: bytes, code: str) -> None:
    with pytest.raises(Unparsable) as refusal:
        FORMAT.parse(data)
    assert refusal.value.code == code
    assert "open" not in str(refusal.value.where)


def test_too_many_cells(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_CSV_CELLS", 10)
    with pytest.raises(Unparsable) as refusal:
        FORMAT.parse(b"a,b\n" * 6)
    assert refusal.value.code == "csv-too-many-cells"


def test_ragged_rows_blank_lines_and_single_columns_survive() -> None:
    for data in (b"a,b,c\n1,2\n\n3,4,5,6\nx,y,z\n", b'only\n""\ntwo words\n', b"sep=;\na;b\n1;2\n"):
        document = FORMAT.parse(data)
        assert FORMAT.parse(document.render([])).canonical.text == document.canonical.text
        assert document.render([]) == data


def test_layers_show_every_cell(replace_all: Replace) -> None:
    document = FORMAT.parse(b'name,note\n"Jane ""J"" Roe",x\nBob,y\n')
    layers = {layer.name: layer.text for layer in FORMAT.layers(document.render([]))}
    assert 'Jane "J" Roe' in layers["cells"]
