"""A detector that remembers: the same answers, fewer readings, a bound on what is kept."""

from __future__ import annotations

from gateway.redaction.document import CanonicalText, Finding, Segment
from gateway.workbench.cached_detector import CachedDetector


class Counting:
    def __init__(self) -> None:
        self.read: list[tuple[str, str | None]] = []

    def detect(self, document: CanonicalText, language: str | None = None) -> list[Finding]:
        self.read.append((document.text, language))
        return [Finding(0, 1, "PERSON", "test", 0.9) for _ in document.text]


def text(content: str, place: str = "") -> CanonicalText:
    return CanonicalText(content, (Segment(0, len(content), place),), "plain", "1")


def test_a_text_is_read_once() -> None:
    inner = Counting()
    detector = CachedDetector(lambda: inner)
    first = detector.detect(text("abc"))
    first.clear()
    assert len(detector.detect(text("abc"))) == 3
    detector.detect(text("abc"), "fr")
    detector.detect(text("abc", "cell A1"))
    assert inner.read == [("abc", None), ("abc", "fr"), ("abc", None)]


def test_only_so_much_is_remembered() -> None:
    inner = Counting()
    detector = CachedDetector(lambda: inner, max_findings=10)
    for content in ("aaaa", "bbbb", "cccc", "aaaa", "d" * 40, "d" * 40):
        detector.detect(text(content))
    assert [content[0] for content, _ in inner.read] == ["a", "b", "c", "a", "d", "d"]
    detector.detect(text("aaaa"))
    assert len(inner.read) == 6
