"""Long exhibits made of many like pieces (cells, log records): each distinct piece is read once.

A table of a million rows holds few distinct cells per column, a log few distinct messages behind their time
stamps. Such an exhibit is cut into *pieces*: labelled values, or records that begin with a time stamp and
reach to the next. Distinct pieces, in the order in which they first occur, are read as one text by the detector
behind this one; what it finds in a piece holds wherever the piece stands. Answers are remembered from text to
text, up to a bound, so windows of one long exhibit share them; another exhibit gets another one of these, or what
is found in it would depend on what was read before. Time stamps are all different and are read by the
rules for dates alone. Anything else, and anything short, goes to the detector as it is.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from gateway.detectors.numbers.dates import find_dates
from gateway.detectors.structure.legends import find_enclosed
from gateway.detectors.text.passage import Passage
from gateway.redaction.document import CanonicalText, Detector, Finding, Segment

_MIN_CHARS = 1 << 17
_MAX_REMEMBERED_CHARS = 32 << 20
_MAX_REMEMBERED = 100_000
#: Longer pieces hardly recur.
_MAX_PIECE_CHARS = 1 << 14
_SHARE = 0.5
_MONTH = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
_CLOCK = r"\d\d:\d\d(?::\d\d(?:[.,]\d{1,9})?)?"
_LEVEL = r"TRACE|DEBUG|INFO|NOTICE|WARN(?:ING)?|ERROR|CRIT(?:ICAL)?|FATAL|ALERT|EMERG(?:ENCY)?"
#: A time stamp and the level of severity behind it, which models take for the first word of a name.
_STAMP = re.compile(
    rf"(?m)^(?:<\d{{1,3}}>(?:1 )?)?\[?"
    rf"(?:\d{{4}}[-/.]\d\d[-/.]\d\d[T _]{_CLOCK}(?:Z| ?[+-]\d\d:?\d\d)?"
    rf"|{_MONTH} [ \d]\d (?:\d{{4}} )?{_CLOCK}"
    rf"|\d\d/{_MONTH}/\d{{4}}:{_CLOCK} [+-]\d{{4}})\]?(?!\w)"
    rf"(?:[ \t|]{{1,3}}\[?(?:{_LEVEL})\]?:?(?!\w))?"
)


@dataclass(frozen=True, slots=True)
class _Piece:
    start: int
    end: int
    label: str = ""


class PiecewiseDetector:
    """The detector it is given, spared the repetitions of long tables and logs.

    Args:
        detector: Reads what is distinct.
        min_chars: Shorter texts are read whole.
    """

    def __init__(self, detector: Detector, min_chars: int = _MIN_CHARS) -> None:
        self._detector = detector
        self._min_chars = min_chars
        self._known: OrderedDict[tuple[str, str], tuple[Finding, ...]] = OrderedDict()
        self._held_chars = 0

    def detect(self, document: CanonicalText, language: str | None = None) -> list[Finding]:
        """Findings in the text, sorted by start; see :class:`gateway.redaction.document.Detector`."""
        if len(document.text) < self._min_chars:
            return self._detector.detect(document, language)
        text = document.text
        found: set[Finding] = set()
        if _is_labelled(document.segments):
            pieces = [_Piece(each.start, each.end, each.label) for each in document.segments]
        elif stamps := _stamps(document):
            found.update(_dates(stamps))
            pieces = list(_records(text, stamps))
        else:
            return self._detector.detect(document, language)
        found.update(find_enclosed(text))
        answers = self._answers(text, pieces, language)
        for piece in pieces:
            for each in answers[piece.label, text[piece.start : piece.end]]:
                found.add(
                    Finding(piece.start + each.start, piece.start + each.end, each.entity, each.rule, each.confidence)
                )
        return sorted(found, key=lambda each: (each.start, each.end, each.entity, each.rule))

    def _answers(
        self, text: str, pieces: Iterable[_Piece], language: str | None
    ) -> dict[tuple[str, str], tuple[Finding, ...]]:
        """What is found in each distinct piece, by its label and text; offsets within the piece."""
        answers: dict[tuple[str, str], tuple[Finding, ...]] = {}
        unread: dict[tuple[str, str], None] = {}
        for piece in pieces:
            key = (piece.label, text[piece.start : piece.end])
            if key in answers or key in unread:
                continue
            known = self._known.get(key)
            if known is None:
                unread[key] = None
            else:
                self._known.move_to_end(key)
                answers[key] = known
        for key, findings in self._read(list(unread), language):
            answers[key] = findings
            self._remember(key, findings)
        return answers

    def _read(
        self, keys: Sequence[tuple[str, str]], language: str | None
    ) -> Iterator[tuple[tuple[str, str], tuple[Finding, ...]]]:
        segments: list[Segment] = []
        position = 0
        for label, piece in keys:
            segments.append(Segment(position, position + len(piece), "piece", label))
            position += len(piece) + 1
        distinct = CanonicalText("\n".join(piece for _, piece in keys), tuple(segments), "pieces", "1")
        inside: list[list[Finding]] = [[] for _ in keys]
        number = 0
        for each in self._detector.detect(distinct, language) if keys else ():
            while segments[number].end <= each.start:
                number += 1
            # A detector cuts at the borders of values; one that did not loses nothing here.
            for which in range(number, len(segments)):
                segment = segments[which]
                if segment.start >= each.end:
                    break
                start, end = max(each.start, segment.start), min(each.end, segment.end)
                if start < end:
                    start, end = start - segment.start, end - segment.start
                    inside[which].append(Finding(start, end, each.entity, each.rule, each.confidence))
        for key, findings in zip(keys, inside, strict=True):
            yield key, tuple(findings)

    def _remember(self, key: tuple[str, str], findings: tuple[Finding, ...]) -> None:
        if len(key[1]) > _MAX_PIECE_CHARS:
            return
        self._known[key] = findings
        self._held_chars += len(key[1])
        while self._held_chars > _MAX_REMEMBERED_CHARS or len(self._known) > _MAX_REMEMBERED:
            oldest, _ = self._known.popitem(last=False)
            self._held_chars -= len(oldest[1])


def _is_labelled(segments: Sequence[Segment]) -> bool:
    """Whether most values say themselves what they are, so that they can be read without their neighbours."""
    if any(each.flow for each in segments):
        return False
    return sum(1 for each in segments if each.label) > _SHARE * len(segments)


def _stamps(document: CanonicalText) -> list[re.Match[str]]:
    """The time stamps that begin lines, if this is the text of a log; else none."""
    lines = document.segments
    if not lines or any(each.flow != lines[0].flow or each.label for each in lines) or not lines[0].flow:
        return []
    stamps = list(_STAMP.finditer(document.text))
    return stamps if len(stamps) > _SHARE * len(lines) else []


def _dates(stamps: Iterable[re.Match[str]]) -> Iterator[Finding]:
    for stamp in stamps:
        for span in find_dates(Passage(stamp.group(), stamp.start())):
            start, end = stamp.start() + span.start, stamp.start() + span.end
            yield Finding(start, end, span.entity, span.rule, span.confidence)


def _records(text: str, stamps: Sequence[re.Match[str]]) -> Iterator[_Piece]:
    """What stands before the first stamp, and behind each: up to the next, line ends at the borders left out."""
    ends = [each.start() for each in stamps[1:]] + [len(text)]
    borders = [(0, stamps[0].start()), *zip((each.end() for each in stamps), ends, strict=True)]
    for start, end in borders:
        while start < end and text[start].isspace():
            start += 1
        while start < end and text[end - 1].isspace():
            end -= 1
        if start < end:
            yield _Piece(start, end)
