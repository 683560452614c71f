"""HTML files, mailboxes and what the agreement's officers are told of files that cannot be opened."""

from __future__ import annotations

import pytest

from gateway.errors import Unparsable
from gateway.evidence.media import ADVICE, HTML, MBOX, REDACTABLE, XML, compatible
from gateway.formats.registry import FORMATS
from gateway.formats.sniff import sniff
from gateway.redaction.document import Replacement


def test_a_page_becomes_paragraphs_and_lines() -> None:
    page = b"<html><body><h1>A</h1><ul><li>b</li><li>c</li></ul><p>d &lt;e&gt;<br>f</p></body></html>"
    document = FORMATS[HTML].parse(page)
    assert document.canonical.text == "A\n\nb\nc\n\nd <e>\nf"
    assert b"<p>b<br>c</p>" in document.render([])


def test_a_page_that_names_another_character_set_is_refused() -> None:
    page = '<html><meta charset="shift_jis"><p>café</p></html>'.encode("windows-1252")
    with pytest.raises(Unparsable) as refusal:
        FORMATS[HTML].parse(page)
    assert refusal.value.code == "html-charset-unsupported"


def test_lines_that_begin_with_from_survive_a_mailbox() -> None:
    first = b"From a\nFrom: a@b.example\nTo: c@d.example\n\nhi\n\n>From here on\n\n"
    box = first + b"From b\nFrom: x@y.example\nTo: c@d\n\nyo\n"
    document = FORMATS[MBOX].parse(box)
    assert "From here on" in document.canonical.text
    again = FORMATS[MBOX].parse(document.render([]))
    assert again.canonical.text == document.canonical.text
    assert document.render([]).count(b"\nFrom MAILER-DAEMON") == 1


def test_a_mailbox_begins_with_a_message() -> None:
    with pytest.raises(Unparsable) as refusal:
        FORMATS[MBOX].parse(b"x\n\nFrom a\nFrom: a@b\nTo: c@d\n\nhi\n")
    assert refusal.value.code == "mbox-malformed"


def test_names_in_xml_are_replaced_everywhere_and_fit() -> None:
    document = FORMATS[XML].parse(b"<?xml version='1.0'?><a><JaneRoe x='1'/><JaneRoe/></a>")
    segment = next(s for s in document.canonical.segments if document.canonical.text[s.start : s.end] == "JaneRoe")
    out = document.render([Replacement(segment.start, segment.end, "[PD NAME]")])
    assert b"JaneRoe" not in out
    assert out.count(b"<__PD_NAME_") == 2
    assert FORMATS[XML].parse(out)


OLD_WORD = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "WordDocument".encode("utf-16-le")


@pytest.mark.parametrize("data", [b"{\\rtf1 x}", OLD_WORD])
def test_there_is_advice_for_rtf_and_old_office_files(data: bytes) -> None:
    assert "DOCX or PDF" in ADVICE[sniff(data)]
    assert not set(ADVICE) & REDACTABLE


def test_html_may_not_pass_as_plain_text() -> None:
    assert not compatible(HTML, "text/plain")
