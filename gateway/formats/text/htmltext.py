"""The readable text of an HTML body: blocks on lines of their own, cells apart, nothing hidden.

Scripts, styles, comments, hidden elements, attributes, link targets and images are dropped. Nothing
is fetched, no entity or document type is honoured beyond HTML's own named characters.
"""

from __future__ import annotations

import re

from lxml import etree, html

from gateway.errors import Unparsable
from gateway.formats import limits
from gateway.formats.invisible import visible

_DROPPED = frozenset(
    {"script", "style", "head", "title", "template", "noscript", "iframe", "object", "embed", "svg", "math",
     "select", "datalist", "audio", "video", "canvas"}
)  # fmt: skip
_PARAGRAPHS = frozenset(
    {
        "p",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "table",
        "ul",
        "ol",
        "dl",
        "blockquote",
        "pre",
        "section",
        "article",
        "hr",
    }
)
_LINES = frozenset(
    {"address", "aside", "body", "center", "dd", "div", "dt", "fieldset", "figcaption", "figure", "footer", "form",
     "header", "html", "legend", "li", "main", "nav", "tbody", "tfoot", "thead", "tr"}
)  # fmt: skip
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden|font-size\s*:\s*0(?![.\d])|mso-hide\s*:\s*all", re.I)
_SPACE = re.compile(r"[ \t\r\n\f\v]+")
# Structure while the text is collected: a new line, a new paragraph; "\n" itself is a forced line end.
_LINE, _PARAGRAPH = "\v", "\f"
_BREAK = re.compile(r"[ \v\f\n]*[\v\f\n][ \v\f\n]*")


def html_to_text(source: str) -> str:
    """The text that a reader of the page would see.

    Raises:
        Unparsable: ``html-too-large`` or ``html-malformed``.
    """
    limits.check_size(source.encode("utf-8", errors="replace"), limits.MAX_HTML_BYTES, "html-too-large", "HTML body")
    if not source.strip():
        return ""
    parser = html.HTMLParser(encoding="utf-8", no_network=True, remove_comments=True, remove_pis=True, huge_tree=False)
    try:
        root = html.document_fromstring(source.encode("utf-8", errors="replace"), parser=parser)
    except (etree.LxmlError, ValueError, AssertionError):
        raise _malformed() from None
    if any(entry.level == etree.ErrorLevels.FATAL for entry in parser.error_log):
        # The parser gave up in the middle (depth, size) and would pass off half the text as all of it.
        raise _malformed()
    out: list[str] = []
    _walk(root, out)
    return _BREAK.sub(_line_ends, visible("".join(out))).strip()


def _malformed() -> Unparsable:
    return Unparsable(
        "html-malformed",
        "The HTML body cannot be read, or nests too deeply.",
        remedy="Send the message as plain text.",
    )


def _line_ends(match: re.Match[str]) -> str:
    breaks = match.group()
    return "\n\n" if _PARAGRAPH in breaks or breaks.count("\n") > 1 else "\n"


def _flat(text: str | None) -> str:
    return _SPACE.sub(" ", text or "")


def _walk(root: etree._Element, out: list[str]) -> None:
    # Iterative: hostile pages nest deeper than Python recurses.
    stack: list[tuple[etree._Element, bool]] = [(root, False)]
    while stack:
        element, leaving = stack.pop()
        tag = element.tag.lower() if isinstance(element.tag, str) else ""
        edge = _PARAGRAPH if tag in _PARAGRAPHS else _LINE if tag in _LINES else " " if tag in ("td", "th") else ""
        if leaving:
            out += (edge, _flat(element.tail))
        elif not tag or tag in _DROPPED or _hidden(element):
            out.append(_flat(element.tail))
        else:
            out.append({"br": "\n", "img": "[image omitted]"}.get(tag, edge if edge != " " else ""))
            out.append((element.text or "") if tag == "pre" else _flat(element.text))
            stack.append((element, True))
            stack.extend((child, False) for child in reversed(element))


def _hidden(element: etree._Element) -> bool:
    return element.get("hidden") is not None or bool(_HIDDEN.search(element.get("style") or ""))
