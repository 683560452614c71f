"""A value that is seen once is taken out where it is written with escapes too, instead of stopping the exhibit."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from tests.leaks.seeking import holds

FIRST, LAST = "Zephyrine", "Quillfeather"
NAME = f"{FIRST} {LAST}"
ESCAPED = {
    "percent": f"GET /find?who={FIRST}%20{LAST}&page=2",
    "reference": f"{FIRST}&nbsp;{LAST} &amp; sons",
    "letter by reference": f"&#x5A;ephyrine {LAST}",
    "tag": f"<p>Ze<b>phy</b>rine</p> <i>{LAST}</i>",
    "quoted-printable": f"{FIRST}=20Quill=66eather",
    "backslash": rf"{{\"who\":\"{FIRST}\u0020{LAST}\"}}",
    "line end": rf"hello\n{FIRST}\n{LAST}\n",
}


@pytest.mark.parametrize("kind", ESCAPED)
@pytest.mark.parametrize("form", ["text", "json", "xml", "html", "mail"])
def test_an_escaped_repetition(kind: str, form: str, redacted: Callable[..., bytes]) -> None:
    words = ESCAPED[kind]
    markup = words.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")
    data = {
        "text": f"{NAME} wrote:\n{words}\nkept words\n",
        "json": json.dumps({"who": NAME, "source": words, "more": "kept words"}),
        "xml": f'<?xml version="1.0"?><a who="{NAME}"><b source="{markup}">kept words</b></a>',
        "html": f"<!DOCTYPE html><html><body><p>{NAME}</p><p>{markup}</p><p>kept words</p></body></html>",
        "mail": f"From: a@b.example\nTo: c@d.example\nSubject: {NAME}\n\n{words}\nkept words\n",
    }[form]
    out = redacted(data.encode())
    assert b"kept words" in out
    for part in (FIRST, LAST, "ephyrine", "feather"):
        assert not holds(out, part)
        assert part.encode() not in out


def test_what_only_looks_like_an_escape_stays(redacted: Callable[..., bytes]) -> None:
    text = f"{NAME} gave 20%20more &c. a < b > c C:\\new\\table x=3D\n"
    assert redacted(text.encode()).decode() == text.replace(NAME, "[PD-NAME]")
