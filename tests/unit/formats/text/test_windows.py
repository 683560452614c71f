"""Windows of a long exhibit say together what the exhibit says as a whole."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import Unparsable
from gateway.evidence.media import CSV, JSON_LINES, TEXT
from gateway.formats import limits
from gateway.formats.registry import FORMATS
from gateway.formats.text.windows import WINDOWED
from gateway.redaction.document import Window

CELL = st.sampled_from(["a", "Jane Roe", "12.5", "", 'say "so"', "two\nlines", "x;y", "a,b", "é", "\u200bz"])
ROWS = st.lists(st.lists(CELL, min_size=3, max_size=3), max_size=30)
LINES = st.lists(
    st.sampled_from(["", "one", "  indented", "two words", "2026-11-24 x", "\u200b", "é" * 40]), max_size=40
)


def windows(media_type: str, data: bytes, step: int) -> Iterator[Window]:
    reader = WINDOWED[media_type].reader()
    for start in range(0, len(data), step):
        yield from reader.feed(data[start : start + step])
    yield from reader.finish()


def joined(given_windows: list[Window], whole: str) -> str:
    """The canonical text that the windows make, each where it says; between them what the whole has there."""
    text = ""
    for window in given_windows:
        gap = window.offset - len(text)
        assert 0 <= gap <= 1
        text += whole[len(text) : len(text) + gap] + window.document.canonical.text
    return text


@pytest.fixture(autouse=True)
def _small_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "WINDOW_CHARS", 64)


def table(rows: list[list[str]], line_end: str) -> bytes:
    # The first rows tell the dialect, from the first window alone.
    out = io.StringIO()
    csv.writer(out, lineterminator=line_end).writerows([["number", "name", "note"], *[["1", "a", "b"]] * 8, *rows])
    return out.getvalue().encode()


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
@given(rows=ROWS, step=st.integers(1, 200))
def test_a_table_is_the_same_in_windows(line_end: str, rows: list[list[str]], step: int) -> None:
    data = table(rows, line_end)
    found = list(windows(CSV, data, step))
    whole = FORMATS[CSV].parse(data)
    assert b"".join(each.document.render(()) for each in found) == whole.render(())
    assert joined(found, whole.canonical.text) == whole.canonical.text
    places = [(s.place, s.label) for each in found for s in each.document.canonical.segments]
    assert places == [(s.place, s.label) for s in whole.canonical.segments]


@given(lines=LINES, end=st.sampled_from(["\n", "\r\n"]), step=st.integers(1, 200), last=st.booleans())
def test_a_text_is_the_same_in_windows(lines: list[str], end: str, step: int, last: bool) -> None:
    data = (end.join(lines) + end * last).encode()
    found = list(windows(TEXT, data, step))
    whole = FORMATS[TEXT].parse(data)
    assert joined(found, whole.canonical.text) == whole.canonical.text
    assert b"".join(each.document.render(()) for each in found) == whole.render(())
    places = [s.place for each in found for s in each.document.canonical.segments]
    assert places == [s.place for s in whole.canonical.segments]


@given(rows=st.lists(st.dictionaries(CELL, CELL, max_size=3), max_size=20), step=st.integers(1, 200))
def test_json_lines_are_rebuilt_in_windows(rows: list[dict[str, str]], step: int) -> None:
    data = "".join(json.dumps(row) + "\n" for row in rows).replace("\\u200b", "").encode()
    found = list(windows(JSON_LINES, data, step))
    assert b"".join(each.document.render(()) for each in found) == FORMATS[JSON_LINES].parse(data).render(())


@given(rows=ROWS, first=st.integers(1, 200), second=st.integers(1, 200))
def test_windows_do_not_depend_on_how_the_bytes_came(rows: list[list[str]], first: int, second: int) -> None:
    data = table(rows, "\n")
    texts = [[each.document.canonical.text for each in windows(CSV, data, step)] for step in (first, second)]
    assert "".join(texts[0]) == "".join(texts[1])


@pytest.mark.parametrize("mark", ["utf-8-sig", "utf-16", "utf-16-le"])
def test_a_byte_order_mark_decides(mark: str) -> None:
    data = "é and more\n".encode(mark)
    if mark == "utf-16-le":
        data = b"\xff\xfe" + data
    (window,) = windows(TEXT, data, 3)
    assert window.document.canonical.text == "é and more\n"


@pytest.mark.parametrize(
    ("media_type", "data", "code", "where"),
    [
        (TEXT, b"fine\n" * 40 + b"caf\xe9\n", "text-encoding-unknown", "byte 203"),
        (TEXT, b"fine\n" * 40 + b"\x00\n", "text-binary", None),
        (CSV, b"a,b\n" * 40 + b'"x"y,b\n' + b"a,b\n" * 400, "csv-malformed", "line 41"),
        (CSV, b"a,b\n" * 40 + b'"x,b\n' + b"a,b\n" * 400, "csv-malformed", "line 441"),
        (JSON_LINES, b'{"a":1}\n' * 40 + b"{\n" + b'{"a":1}\n' * 40, "json-invalid", "line 41"),
    ],
    ids=["western", "nul", "text-behind-quote", "open-quote", "broken-value"],
)
def test_what_cannot_be_read_is_refused_with_its_place(
    media_type: str, data: bytes, code: str, where: str | None
) -> None:
    with pytest.raises(Unparsable) as refusal:
        list(windows(media_type, data, 50))
    assert refusal.value.code == code
    assert refusal.value.where == where


def test_a_record_longer_than_can_be_held_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_RECORD_CHARS", 1000)
    with pytest.raises(Unparsable) as refusal:
        list(windows(JSON_LINES, b'{"a": 1}\n"' + b"x" * 5000, 100))
    assert refusal.value.code == "record-too-long"
    assert refusal.value.where == "line 2"


@given(
    words=st.lists(
        st.sampled_from(["Jane", "x" * 30, "é", "a\u0301", "\u200d", "two", "\t"]), min_size=30, max_size=80
    ),
    step=st.integers(1, 200),
)
def test_a_line_longer_than_a_window_is_cut_between_words(words: list[str], step: int) -> None:
    data = ("short\n" + " ".join(words) + "\nshort\n").encode()
    found = list(windows(TEXT, data, step))
    whole = FORMATS[TEXT].parse(data)
    assert joined(found, whole.canonical.text) == whole.canonical.text
    assert max(len(each.document.canonical.text) for each in found) <= 64
    for before, after in pairwise(found):
        assert after.continues == (not before.document.canonical.text.endswith("\n"))
        assert before.document.canonical.text[-1].isspace()
    assert {s.place for each in found for s in each.document.canonical.segments} <= {"line 1", "line 2", "line 3"}


def test_a_line_without_blanks_is_cut_all_the_same() -> None:
    found = list(windows(TEXT, b"short\n" + b"x" * 5000 + b"\nshort\n", 100))
    assert max(len(each.document.canonical.text) for each in found) <= 64
    assert "".join(each.document.canonical.text for each in found).count("x") == 5000
