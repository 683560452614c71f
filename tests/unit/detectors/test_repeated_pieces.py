"""Long tables and logs are read by their distinct pieces, and nothing is lost by it."""

from __future__ import annotations

from collections.abc import Iterator

from gateway.detectors.repeated_pieces import PiecewiseDetector
from gateway.formats.text.csvtable import CsvFormat
from gateway.formats.text.plaintext import TextFormat
from gateway.redaction.document import CanonicalText, Finding


class Words:
    """Finds each word that begins with ``@``, and every value of a column ``secret``; counts what it has read."""

    def __init__(self) -> None:
        self.read: list[str] = []

    def detect(self, document: CanonicalText, language: str | None = None) -> list[Finding]:
        self.read.append(document.text)
        return sorted(self._found(document), key=lambda each: each.start)

    @staticmethod
    def _found(document: CanonicalText) -> Iterator[Finding]:
        position = 0
        while (start := document.text.find("@", position)) >= 0:
            position = start + 1
            while position < len(document.text) and document.text[position].isalnum():
                position += 1
            yield Finding(start, position, "HANDLE", "words/at", 0.9)
        for segment in document.segments:
            if segment.label == "secret":
                yield Finding(segment.start, segment.end, "CREDENTIAL", "words/label", 0.9)


def values(document: CanonicalText, findings: list[Finding], entity: str) -> list[str]:
    return [document.text[each.start : each.end] for each in findings if each.entity == entity]


def test_a_repeated_cell_is_read_once_and_found_everywhere() -> None:
    rows = "".join(f"{number % 3},@user{number % 2},key{number % 5}\n" for number in range(1000))
    document = CsvFormat().parse(f"number,account,secret\n{rows}".encode()).canonical
    words = Words()
    findings = PiecewiseDetector(words, min_chars=1).detect(document)
    assert values(document, findings, "HANDLE") == [f"@user{number % 2}" for number in range(1000)]
    assert values(document, findings, "CREDENTIAL") == [f"key{number % 5}" for number in range(1000)]
    (read,) = words.read
    assert read.count("@user1") == 1


def test_the_same_text_under_another_label_is_another_piece() -> None:
    rows = "".join("alpha,alpha\n" for _ in range(50))
    document = CsvFormat().parse(f"secret,public\n{rows}".encode()).canonical
    findings = PiecewiseDetector(Words(), min_chars=1).detect(document)
    assert len(findings) == 50
    assert all(each.entity == "CREDENTIAL" for each in findings)


def test_a_record_of_a_log_is_read_once_whatever_its_time() -> None:
    lines = [f"2026-11-24T10:{n % 60:02d}:00Z INFO user @kim{n % 4} logged in\n" for n in range(400)]
    document = TextFormat().parse("".join(lines).encode()).canonical
    words = Words()
    findings = PiecewiseDetector(words, min_chars=1).detect(document)
    assert values(document, findings, "HANDLE") == [f"@kim{n % 4}" for n in range(400)]
    dates = values(document, findings, "DATE")
    assert len([each for each in dates if each.startswith("2026-11-24")]) == 400
    assert len(words.read[0]) < 200


def test_lines_that_follow_a_record_belong_to_it() -> None:
    block = "2026-11-24 10:00:00,123 ERROR failed\nTraceback:\n  @first\n  @second\n"
    document = (
        TextFormat()
        .parse((block + "2026-11-24 10:00:01,001 INFO fine\n2026-11-24 10:00:02,001 INFO fine\n").encode())
        .canonical
    )
    words = Words()
    findings = PiecewiseDetector(words, min_chars=1).detect(document)
    assert values(document, findings, "HANDLE") == ["@first", "@second"]
    assert "ERROR failed\nTraceback:\n  @first\n  @second" in words.read[0]


def test_what_is_known_from_one_window_is_not_read_in_the_next() -> None:
    lines = "".join(f"Nov 24 10:00:{n % 60:02d} host sshd: accepted @kim\n" for n in range(100))
    document = TextFormat().parse(lines.encode()).canonical
    words = Words()
    detector = PiecewiseDetector(words, min_chars=1)
    assert detector.detect(document) == detector.detect(document)
    assert len(words.read) == 1


def test_running_text_and_short_texts_are_read_whole() -> None:
    text = "Dear @kim,\n\nas we said.\n" * 50
    document = TextFormat().parse(text.encode()).canonical
    words = Words()
    PiecewiseDetector(words, min_chars=1).detect(document)
    assert words.read == [text]
    short = CsvFormat().parse(b"secret,b\nx,y\nx,y\n").canonical
    PiecewiseDetector(words).detect(short)
    assert words.read[-1] == short.text


def test_a_marked_passage_reaches_over_pieces() -> None:
    lines = [f"2026-11-24T10:00:{n:02d}Z INFO step {n}\n" for n in range(30)]
    lines[3] = "2026-11-24T10:00:03Z [BEGIN CONFIDENTIAL]\n"
    lines[9] = "2026-11-24T10:00:09Z [END CONFIDENTIAL]\n"
    document = TextFormat().parse("".join(lines).encode()).canonical
    findings = PiecewiseDetector(Words(), min_chars=1).detect(document)
    (marked,) = values(document, findings, "MARKED_PASSAGE")
    assert marked.startswith("[BEGIN")
    assert marked.endswith("CONFIDENTIAL]")
    assert "step 5" in marked
