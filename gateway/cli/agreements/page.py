"""A page of HTML for people: one self-contained file, readable without colours, by a screen reader, on paper.

Everything from an agreement is escaped here and nowhere else: builders hand in text and get marked-up
text back. No script, no outside resource, and a content security policy that forbids both, since such
a page is mailed around and opened from disk.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

_STYLE = """
:root { color-scheme: light dark; --line: #8886; --head: #8882; --yes: #0a6b2d; --no: #a3262a; }
@media (prefers-color-scheme: dark) { :root { --yes: #6fdc96; --no: #ff9a9d; } }
body { font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 80rem; padding: 0 1rem; }
h1 { line-height: 1.2; } h2 { margin-top: 2.5rem; } code { overflow-wrap: anywhere; }
.scroll { overflow-x: auto; } .scroll:focus-visible { outline: 2px solid; }
table { border-collapse: collapse; min-width: 60%; }
caption { text-align: left; padding: .3rem 0; color: inherit; opacity: .8; }
th, td { border: 1px solid var(--line); padding: .35rem .6rem; text-align: left; vertical-align: top; }
thead th { background: var(--head); } tbody th { font-weight: 600; }
.yes { color: var(--yes); font-weight: 600; white-space: nowrap; }
.no { color: var(--no); white-space: nowrap; }
.note { display: block; font-size: .85em; font-weight: normal; opacity: .8; }
@media print { body { max-width: none; } .scroll { overflow: visible; } tr { break-inside: avoid; } }
"""


class Markup(str):
    """Text that is HTML already; only the builders here make it."""

    __slots__ = ()


Cell = str | Markup


def text(value: str) -> Markup:
    """Any text as HTML."""
    return value if isinstance(value, Markup) else Markup(escape(value, quote=True))


def element(name: str, *content: Cell, **attributes: str) -> Markup:
    """An element. ``class_`` is the attribute class, ``aria_label`` is aria-label."""
    written = "".join(f' {_name(key)}="{escape(value, quote=True)}"' for key, value in attributes.items())
    return Markup(f"<{name}{written}>{''.join(text(part) for part in content)}</{name}>")


def _name(key: str) -> str:
    return key.rstrip("_").replace("_", "-")


def paragraph(*content: Cell) -> Markup:
    return element("p", *content)


def bullets(items: Iterable[Cell]) -> Markup:
    return element("ul", *(element("li", item) for item in items))


def answer(permitted: bool, note: str = "") -> Markup:
    """Yes or no: a word and a sign, not a colour alone (WCAG 2.2, 1.4.1)."""
    sign = element("span", "✓ " if permitted else "✗ ", aria_hidden="true")
    word = element("span", sign, "yes" if permitted else "no", class_="yes" if permitted else "no")
    return Markup(word + (element("span", note, class_="note") if note else ""))


def table(caption: str, columns: Sequence[str], rows: Iterable[Sequence[Cell]], *, headings: int = 1) -> Markup:
    """A table whose first ``headings`` cells of each row are headings of the row."""
    head = element("thead", element("tr", *(element("th", column, scope="col") for column in columns)))
    body = element(
        "tbody",
        *(
            element(
                "tr",
                *(
                    element("th", cell, scope="row") if index < headings else element("td", cell)
                    for index, cell in enumerate(row)
                ),
            )
            for row in rows
        ),
    )
    whole = element("table", element("caption", caption), head, body)
    # Focusable, so that wide tables can be scrolled by keyboard.
    return element("div", whole, class_="scroll", tabindex="0", role="region", aria_label=caption)


def page(title: str, *content: Cell) -> str:
    """The whole file."""
    meta = (
        '<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="referrer" content="no-referrer">'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
    )
    body = element("main", element("h1", title), *content)
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head>{meta}{element("title", title)}<style>{_STYLE}</style></head>\n'
        f"<body>{body}</body></html>\n"
    )
