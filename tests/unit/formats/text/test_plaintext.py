"""Plain text: encodings, invisible characters, line ends."""

from __future__ import annotations

import pytest

from gateway.errors import InvalidInput, Unparsable
from gateway.formats import limits
from gateway.formats.invisible import visible
from gateway.formats.text.plaintext import TextFormat
from gateway.redaction.document import Replacement

FORMAT = TextFormat()


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32", "windows-1252"],
)  # fmt: skip
def test_usual_encodings_read_to_the_same_text(encoding: str) -> None:
    text = "Zoë Müller met François at the café. “Yes”, she said – twice.\r\nEnd\n"
    assert FORMAT.parse(text.encode(encoding)).canonical.text == text


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"\x00\x01 binary", "text-binary"),
        ("山田太郎は東京に住んでいます。".encode("shift-jis"), "text-encoding-unknown"),
        ("Иван Петров живёт в Москве".encode("windows-1251"), "text-encoding-unknown"),
        ("Иван Петров живёт в Москве".encode("koi8-r"), "text-encoding-unknown"),
        (b"\xff\xfea\x00\x00\xd8", "text-encoding-unknown"),
        (b"plain \x81\x8d", "text-encoding-unknown"),
        (b"\xef\xbb\xbfok\xff", "text-encoding-unknown"),
        ("a\x00b".encode("utf-16"), "text-binary"),
    ],
)
def test_what_cannot_be_read_for_sure_is_refused(data: bytes, code: str) -> None:
    with pytest.raises(Unparsable) as refusal:
        FORMAT.parse(data)
    assert refusal.value.code == code
    assert refusal.value.remedy


def test_too_large() -> None:
    with pytest.raises(Unparsable, match="at most") as refusal:
        FORMAT.parse(bytes(limits.MAX_TEXT_BYTES + 1))
    assert refusal.value.code == "text-too-large"


def test_lines_are_segments_of_one_flow_and_line_ends_stay() -> None:
    document = FORMAT.parse(b"one\r\n\r\ntwo\rthree\n\nfour")
    places = [(document.canonical.text[s.start : s.end], s.place, s.flow) for s in document.canonical.segments]
    assert places == [("one", "line 1", 1), ("two", "line 3", 1), ("three", "line 4", 1), ("four", "line 6", 1)]
    assert document.render([]) == b"one\r\n\r\ntwo\rthree\n\nfour"


def test_replacing_over_a_line_end() -> None:
    document = FORMAT.parse(b"Dear Jane\nRoe, hello")
    assert document.render([Replacement(5, 13, "[É]")]) == "Dear [É], hello".encode()


@pytest.mark.parametrize(
    "replacements",
    [
        [Replacement(3, 5, "a"), Replacement(4, 6, "b")],
        [Replacement(4, 6, "b"), Replacement(0, 2, "a")],
        [Replacement(2, 2, "b")],
        [Replacement(0, 99, "a")],
    ],
    ids=["overlap", "unsorted", "empty", "outside"],
)
def test_a_faulty_plan_is_refused(replacements: list[Replacement]) -> None:
    with pytest.raises(InvalidInput) as refusal:
        FORMAT.parse(b"0123456789").render(replacements)
    assert refusal.value.code == "replacement-invalid"


@pytest.mark.parametrize(
    ("hidden", "seen"),
    [
        ("J\u200bo\u2060h\ufeffn", "John"),
        ("Jo\u00adhn", "John"),
        ("\u202enhoJ\u202c", "nhoJ"),
        ("x" + "".join(chr(0xE0000 + ord(c)) for c in "secret"), "x"),
        ("e\ufe0f\U000e0101\U000e0102", "e"),
        ("Jo\u200dhn \u200d", "John "),
        ("a\x1b[1mb\x07", "a[1mb"),
        ("mi\u200c\u06a9", "mi\u06a9"),
    ],
)
def test_invisible_characters_vanish(hidden: str, seen: str) -> None:
    assert visible(hidden) == seen
    assert FORMAT.parse(hidden.encode()).canonical.text == seen


@pytest.mark.parametrize(
    "text", ["می\u200cخواهم", "👩\u200d💻", "❤\ufe0f\u200d🔥", "1\ufe0f\u20e3", "क्\u200dष", "葛\U000e0100城"]
)
def test_joiners_that_scripts_need_stay(text: str) -> None:
    assert visible(text) == text
