"""HTML as a file: the text that a reader of the page sees, in a new page of plain paragraphs.

Read by the tolerant parser of libxml2 like the bodies of e-mail (:mod:`htmltext`). The rendition is
paragraphs and lines of text; headings, lists and tables keep their lines, not their looks. Dropped
are scripts, styles, comments, hidden elements, every attribute (``data-``, ``title``, ``alt``, link
targets, event handlers), forms, frames, pictures (``[image omitted]``) and the title of the page.
White text or tiny text is text and becomes visible.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Sequence
from html.parser import HTMLParser

from gateway.errors import Unparsable
from gateway.evidence.media import HTML
from gateway.formats.encoding import decode_text
from gateway.formats.layers import byte_layers
from gateway.formats.splicing import VERSION, Splicer
from gateway.formats.text.htmltext import html_to_text
from gateway.formats.text.plaintext import lines_of
from gateway.redaction.document import CanonicalText, Layer, Replacement

_HEAD = '<!DOCTYPE html>\n<html><head><meta charset="utf-8"><title>Exhibit</title></head><body>\n'
_TAIL = "</body></html>\n"
_DECLARED = re.compile(r"<meta\b[^>]{0,200}\bcharset\s*=\s*[\"']?\s*([\w-]+)", re.IGNORECASE)
_BLANK_LINES = re.compile(r"\n\s*\n")


class HtmlDocument:
    """The lines of a page over one canonical text."""

    def __init__(self, text: str) -> None:
        self.canonical = CanonicalText(text, tuple(lines_of(text, flow=1)), "html", VERSION)

    def render(self, replacements: Sequence[Replacement]) -> bytes:
        """A page of paragraphs with the replacements made, UTF-8."""
        text = Splicer(self.canonical, replacements).whole()
        return (_HEAD + "".join(map(_paragraph, _BLANK_LINES.split(text))) + _TAIL).encode("utf-8")


class HtmlFormat:
    """text/html."""

    media_type = HTML

    def parse(self, data: bytes) -> HtmlDocument:
        """Read a page.

        Raises:
            Unparsable: ``html-too-large``, ``html-malformed``, ``html-charset-unsupported``, and those of
                :func:`decode_text`.
        """
        text = decode_text(data)
        declared = _DECLARED.search(text[:4096])
        if declared and declared[1].lower() not in _FITTING and not text.isascii():
            raise Unparsable(
                "html-charset-unsupported",
                "The page declares a character set that is not Unicode or Western European.",
                remedy="Save it as UTF-8 and send it again.",
            )
        return HtmlDocument(html_to_text(text))

    def layers(self, data: bytes) -> Iterable[Layer]:
        """Text, attributes and comments as the other standard parser finds them, and the bytes."""
        reader = _Everything()
        reader.feed(data.decode("utf-8", errors="replace"))
        reader.close()
        yield Layer("text", "".join(reader.text))
        yield Layer("attributes and comments", "\n".join(reader.other), raw=True)
        yield from byte_layers(data)


_FITTING = frozenset({"utf-8", "utf8", "us-ascii", "iso-8859-1", "latin1", "windows-1252", "cp1252", "utf-16"})


def _paragraph(text: str) -> str:
    lines = [html.escape(line.strip(), quote=False) for line in text.split("\n")]
    return f"<p>{'<br>'.join(lines)}</p>\n" if any(lines) else ""


class _Everything(HTMLParser):
    """All character data, and apart from it all attributes, comments and declarations."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.text: list[str] = []
        self.other: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.other += (f"{name}={value or ''}" for name, value in attrs)
        if tag in ("br", "p"):
            self.text.append("\n")

    def handle_data(self, data: str) -> None:
        self.text.append(data)

    def handle_comment(self, data: str) -> None:
        self.other.append(data)

    def handle_decl(self, decl: str) -> None:
        self.other.append(decl)

    def unknown_decl(self, data: str) -> None:
        self.other.append(data)

    def handle_pi(self, data: str) -> None:
        self.other.append(data)
