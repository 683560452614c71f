"""Texts, tables and JSON Lines of any length, window by window.

An exhibit that is too long to be held at once is cut into windows of about a quarter of a million characters, each of
whole records: lines, rows, values; only a line of text that is longer is cut. A window is a document like any other;
together they say the same as the format's own ``parse`` would, but that JSON Lines name each key once in each window.
Only Unicode is read, for other encodings can't be told apart before the end.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType

from gateway.errors import Unparsable
from gateway.evidence.media import CSV, JSON_LINES, MARKDOWN, TEXT, TSV
from gateway.formats import limits
from gateway.formats.encoding import TextDecoder
from gateway.formats.invisible import visible
from gateway.formats.layers import byte_layers
from gateway.formats.text.csvdialect import Dialect, table_dialect
from gateway.formats.text.csvtable import CsvFormat, headings_of, read_rows, table
from gateway.formats.text.jsonlines import JsonLinesFormat, json_lines
from gateway.formats.text.plaintext import LINE_END, TextDocument, TextFormat
from gateway.redaction.document import Document, Layer, Window, WindowedFormat, WindowReader

_SEARCHED_FOR_A_CUT = 1 << 16
_BLANK = re.compile(r"[ \t]+")


class _Reader:
    """What all readers share: decoding, collecting until there is enough, and the running offset.

    A subclass says how much of a text is whole records (:meth:`_whole`) and what they are as a document
    (:meth:`_document`); ``separator`` is what its canonical text has between two records.
    """

    separator = ""

    def __init__(self) -> None:
        self._decoder = TextDecoder()
        self._pending = ""
        self._offset = 0
        self._begun = self._continues = False

    def feed(self, data: bytes) -> Iterator[Window]:
        """The windows that are complete once these bytes are there."""
        self._pending += self._decoder.feed(data)
        while len(self._pending) >= limits.WINDOW_CHARS:
            # Not more than a window at a time, however much came at once.
            end = self._whole(self._pending[: limits.WINDOW_CHARS]) or self._whole(self._pending)
            if not end:
                break
            window = self._window(end)
            if window is not None:
                yield window
        if len(self._pending) > limits.MAX_RECORD_CHARS:
            raise Unparsable(
                "record-too-long",
                f"A line or row has more than {limits.MAX_RECORD_CHARS} characters.",
                remedy="Break it into lines, or send it as an exhibit of its own.",
                where=self._where(),
            )

    def finish(self) -> Iterator[Window]:
        """What is left, at the end of the exhibit."""
        self._pending += self._decoder.feed(b"", final=True)
        while len(self._pending) > limits.WINDOW_CHARS and (end := self._whole(self._pending[: limits.WINDOW_CHARS])):
            window = self._window(end)
            if window is not None:
                yield window
        last = self._window(len(self._pending))
        if last is not None:
            yield last

    def _window(self, end: int) -> Window | None:
        records, self._pending = visible(self._pending[:end]), self._pending[end:]
        if not records:
            return None
        document = self._document(records)
        length = len(document.canonical.text)
        if self._begun and length:
            self._offset += len(self.separator)
        window = Window(document, self._offset, self._continues)
        self._offset += length
        self._continues = self._ends_within(records)
        self._begun = self._begun or length > 0
        return window

    def _whole(self, text: str) -> int:
        """How many of its characters are whole records for sure; 0 if none are."""
        raise NotImplementedError

    def _document(self, records: str) -> Document:
        raise NotImplementedError

    def _ends_within(self, records: str) -> bool:
        """Whether the last record goes on in the next window."""
        return False

    def _where(self) -> str:
        """The record that comes next, for refusals."""
        raise NotImplementedError


class _TextReader(_Reader):
    def __init__(self) -> None:
        super().__init__()
        self._line = 1

    def _whole(self, text: str) -> int:
        # Better before a line that is not indented: an indented one continues what stands above it.
        low = max(0, len(text) - _SEARCHED_FOR_A_CUT)
        end = last = text.rfind("\n", 0, len(text) - 1) + 1
        while last > low:
            if not text[last].isspace():
                return last
            last = text.rfind("\n", 0, last - 1) + 1
        return end or _within_a_line(text)

    def _ends_within(self, records: str) -> bool:
        return not records.endswith("\n")

    def _document(self, records: str) -> Document:
        document = TextDocument(records, self._line)
        self._line += sum(1 for _ in LINE_END.finditer(records))
        return document

    def _where(self) -> str:
        return f"line {self._line}"


def _within_a_line(text: str) -> int:
    """Where to cut a text that is all one line: behind white space, if there is any, else before a character."""
    blanks = list(_BLANK.finditer(text, max(0, len(text) - _SEARCHED_FOR_A_CUT), len(text) - 1))
    end = blanks[-1].end() if blanks else len(text) - 1
    while not blanks and end > 1 and not (text[end].isascii() and text[end].isprintable()):
        end -= 1
    return end


class _TableReader(_Reader):
    separator = "\n"

    def __init__(self) -> None:
        super().__init__()
        self._row = self._line = 1
        self._dialect: Dialect | None = None
        self._headings: list[str] = []

    def _whole(self, text: str) -> int:
        whole_lines = text[: text.rfind("\n") + 1]
        lines = _CountedLines(whole_lines)
        end = 0
        try:
            for _ in read_rows(lines, self._dialect_of(whole_lines), first_line=self._line):
                end = lines.passed
        except Unparsable as error:
            # The last row may go on behind what is here; one that can't be read however it goes on is refused.
            if end == 0 and (error.code == "csv-cell-too-large" or len(text) > 2 * limits.MAX_CSV_CELL_CHARS):
                raise
        return end

    def _document(self, records: str) -> Document:
        dialect = self._dialect_of(records)
        rows = list(read_rows(_CountedLines(records), dialect, first_line=self._line))
        if self._row == 1:
            self._headings = headings_of(rows)
        document = table(rows, dialect, self._headings, self._row)
        self._row += len(rows)
        self._line += sum(1 for _ in LINE_END.finditer(records))
        return document

    def _dialect_of(self, text: str) -> Dialect:
        if self._dialect is None:
            self._dialect = table_dialect(visible(text))
        return self._dialect

    def _where(self) -> str:
        return f"row {self._row}"


class _CountedLines:
    """The lines of a text, and how many characters of it have been given out."""

    def __init__(self, text: str) -> None:
        self._lines = io.StringIO(text, newline="")
        self.passed = 0

    def __iter__(self) -> Iterator[str]:
        for line in self._lines:
            self.passed += len(line)
            yield line


class _JsonLinesReader(_Reader):
    separator = "\n"

    def __init__(self) -> None:
        super().__init__()
        self._line = 1

    def _whole(self, text: str) -> int:
        return text.rfind("\n") + 1

    def _document(self, records: str) -> Document:
        document = json_lines(records, self._line, extractor="jsonl-windows")
        self._line += records.count("\n")
        return document

    def _where(self) -> str:
        return f"line {self._line}"


class _Windowed:
    """A format by its reader; a window's layers are those of a file of its own."""

    def __init__(self, media_type: str, reader: type[_Reader], whole: TextFormat | CsvFormat | JsonLinesFormat) -> None:
        self.media_type = media_type
        self._reader = reader
        self._whole = whole

    def reader(self) -> WindowReader:
        return self._reader()

    def layers(self, data: bytes) -> Iterable[Layer]:
        return self._whole.layers(data)

    def seam(self, data: bytes) -> Iterable[Layer]:
        return byte_layers(data, "seam ")


#: Media type -> format, for the types that can be opened window by window.
WINDOWED: Mapping[str, WindowedFormat] = MappingProxyType(
    {
        TEXT: _Windowed(TEXT, _TextReader, TextFormat()),
        MARKDOWN: _Windowed(MARKDOWN, _TextReader, TextFormat()),
        CSV: _Windowed(CSV, _TableReader, CsvFormat()),
        TSV: _Windowed(TSV, _TableReader, CsvFormat()),
        JSON_LINES: _Windowed(JSON_LINES, _JsonLinesReader, JsonLinesFormat()),
    }
)
