"""Workbooks, XML, HTML and archives read back to the text they were made of, changed exactly where replaced."""

from __future__ import annotations

import io
import tarfile
import zipfile
from xml.sax.saxutils import escape, quoteattr

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from gateway.evidence.media import HTML, ODS, TAR, XLSX, XML, ZIP
from gateway.formats.invisible import visible
from gateway.formats.office.sheets.number_format import show
from gateway.formats.office.sheets.ods import write_ods
from gateway.formats.office.sheets.sheets import Row, Sheet, column_letters, column_number
from gateway.formats.office.sheets.xlsx_writing import write_xlsx
from gateway.formats.registry import FORMATS
from gateway.redaction.document import Replacement

QUICK = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
TEXTS = st.text(
    st.sampled_from("abcXYZ 0189,;|\t\"'=+-@.:/\\<>&%#?_()[]{}éüßŁΩя漢🙂_x0041_\n"), min_size=1, max_size=25
)
CELLS = st.dictionaries(st.integers(1, 40), TEXTS, min_size=1, max_size=4)
TABLES = st.dictionaries(st.integers(1, 90), CELLS, max_size=5)
NAMES = st.lists(st.text("abcdef XYZé", min_size=1, max_size=20), min_size=1, max_size=3, unique_by=str.lower)


def bare(text: str) -> str:
    return "".join(text.split())


def check(kind: str, data: bytes, plan: st.DataObject) -> None:
    """Round trip without and with replacements; a marker without brackets fits names of sheets, too."""
    form = FORMATS[kind]
    document = form.parse(data)
    canonical = document.canonical
    assert form.parse(document.render([])).canonical.text == canonical.text
    replacements: list[Replacement] = []
    if canonical.segments:
        chosen = plan.draw(st.lists(st.sampled_from(canonical.segments), unique=True, max_size=3))
        for segment in sorted(chosen, key=lambda s: s.start):
            start = plan.draw(st.integers(segment.start, segment.end - 1))
            replacements.append(Replacement(start, plan.draw(st.integers(start + 1, segment.end)), "REMOVED"))
    expected, at = "", 0
    for each in replacements:
        expected += canonical.text[at : each.start] + each.text
        at = each.end
    out = document.render(replacements)
    if kind not in (XML, ZIP, TAR):  # there a replaced name becomes another fitting name
        assert bare(form.parse(out).canonical.text) == bare(expected + canonical.text[at:])
    assert list(form.layers(out))


@QUICK
@given(NAMES, st.lists(TABLES, min_size=1, max_size=3), st.sampled_from([XLSX, ODS]), st.data())
def test_workbooks(names: list[str], tables: list[dict[int, dict[int, str]]], kind: str, data: st.DataObject) -> None:
    sheets = [
        Sheet(
            " ".join(name.split()) or "x",
            tuple(Row(r, tuple((c, t) for c, t in sorted(cells.items()))) for r, cells in sorted(table.items())),
        )
        for name, table in zip(names, tables, strict=False)
    ]
    assume(len({sheet.name.lower() for sheet in sheets}) == len(sheets))
    check(kind, write_xlsx(sheets) if kind == XLSX else write_ods(sheets), data)


XML_TEXTS = TEXTS.map(lambda text: visible(text).strip())
TREES = st.recursive(
    XML_TEXTS.map(escape),
    lambda inner: st.builds(
        lambda name, value, children: f"<{name} a={quoteattr(value)}>{''.join(children)}</{name}>",
        st.sampled_from(["p", "n:q", "Person", "é"]), XML_TEXTS, st.lists(inner, max_size=3),
    ),
    max_leaves=8,
)  # fmt: skip


@QUICK
@given(TREES, st.data())
def test_xml(tree: str, data: st.DataObject) -> None:
    check(XML, f"<?xml version='1.0'?><r xmlns:n='urn:n'>{tree}</r>".encode(), data)


@QUICK
@given(st.lists(TEXTS.map(escape), min_size=1, max_size=5), st.data())
def test_html(paragraphs: list[str], data: st.DataObject) -> None:
    assume(any(bare(text) for text in paragraphs))
    check(HTML, ("<html><body>" + "".join(f"<p>{p}</p>" for p in paragraphs) + "</body></html>").encode(), data)


@QUICK
@given(st.dictionaries(st.text("abcé", min_size=1, max_size=6), TEXTS, max_size=4), st.booleans(), st.data())
def test_archives(files: dict[str, str], as_tar: bool, data: st.DataObject) -> None:
    out = io.BytesIO()
    if as_tar:
        with tarfile.open(fileobj=out, mode="w") as archive:
            for name, text in files.items():
                entry = tarfile.TarInfo(f"{name}.txt")
                entry.size = len(text.encode())
                archive.addfile(entry, io.BytesIO(text.encode()))
    else:
        with zipfile.ZipFile(out, "w") as package:
            for name, text in files.items():
                package.writestr(f"{name}.txt", text)
    check(TAR if as_tar else ZIP, out.getvalue(), data)


@given(st.integers(1, 16384))
def test_columns(number: int) -> None:
    assert column_number(column_letters(number)) == number


@given(st.decimals(allow_nan=False, allow_infinity=False), st.text('0#?.,%"y-mdhs;[]()€ $E+/@_*\\', max_size=12))
def test_any_number_in_any_format_shows_something_or_nothing(value: object, code: str) -> None:
    assert isinstance(show(str(value), code), str)


@pytest.mark.parametrize(
    ("value", "code", "shown"),
    [
        ("1234.5", "General", "1234.5"), ("1E3", "General", "1000"), ("0.1", "0.00", "0.10"), ("-3", "0;(0)", "(3)"),
        ("1234567", "#,##0", "1,234,567"), ("0.256", "0.0%", "25.6%"), ("45366", "dd/mm/yyyy", "2024-03-15"),
        ("45366.75", "d.m.yy h:mm", "2024-03-15 18:00"), ("1.5", "[h]:mm:ss", "36:00:00"), ("5", ";;;", ""),
        ("12", '"EUR "0.00', "EUR 12.00"), ("12", "[$€-407] 0.00", "€ 12.00"), ("7", "00000", "00007"),
        ("1500000", '0.0,,"m"', "1.5m"), ("x", "0", "x"), ("1e400", "0", "1e400"),
    ],
)  # fmt: skip
def test_numbers_as_shown(value: str, code: str, shown: str) -> None:
    assert show(value, code) == shown
