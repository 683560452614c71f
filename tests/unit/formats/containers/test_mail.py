"""E-mail: kept fields, bodies, attachments, nesting, and messages that readers would disagree about."""

from __future__ import annotations

import base64
import email
import email.policy
import json
from collections.abc import Callable
from email.message import EmailMessage

import pytest

from gateway.errors import Unparsable
from gateway.evidence.media import EMAIL
from gateway.formats import limits
from gateway.formats.containers.mail_headers import decode_header, encode_header
from gateway.formats.registry import FORMATS
from gateway.formats.text.htmltext import html_to_text
from gateway.redaction.document import CanonicalText, Replacement

FORMAT = FORMATS[EMAIL]
Replace = Callable[[CanonicalText, str, str], list[Replacement]]
PNG = b"\x89PNG\r\n\x1a\n" + bytes(20)


def message(**headers: str) -> EmailMessage:
    mail = EmailMessage()
    for name, value in {"From": "Jane Roe <jane@x.org>", "To": "bob@y.org", "Subject": "Hello", **headers}.items():
        mail[name.replace("_", "-")] = value
    return mail


def parts_of(data: bytes) -> list[EmailMessage]:
    parsed = email.message_from_bytes(data, policy=email.policy.default)
    return [part for part in parsed.walk() if isinstance(part, EmailMessage)]


def test_only_the_fields_that_matter_are_kept() -> None:
    mail = message(
        Subject="Überraschung für Zoë", Received="from secret.host", X_Spam="secret", Message_ID="<secret@h>"
    )
    mail.set_content("Body of\nthe mail\n")
    document = FORMAT.parse(mail.as_bytes())
    canonical = document.canonical
    assert {s.place: canonical.text[s.start : s.end] for s in canonical.segments} == {
        "header From": "Jane Roe <jane@x.org>",
        "header To": "bob@y.org",
        "header Subject": "Überraschung für Zoë",
        "body line 1": "Body of",
        "body line 2": "the mail",
    }
    assert canonical.segments[0].label == "From"
    out = document.render([])
    assert b"secret" not in out
    assert parts_of(out)[0]["Subject"] == "Überraschung für Zoë"


def test_a_field_that_occurs_twice_is_seen_twice() -> None:
    document = FORMAT.parse(b"Subject: one\r\nFrom: a@b\r\nSubject: two\r\n\r\nx")
    assert document.canonical.text == "a@b\none\ntwo\nx"


@pytest.mark.parametrize(
    "value",
    [
        "plain",
        "José Ñandú <j@x.org>",
        "a " * 200,
        "=?utf-8?b?fake?= x",
        "[É-1] <[EMAIL-2]>",
        "日本語 の 件名 " * 10,
        "x" * 2000,
    ],
)
def test_header_values_survive_writing(value: str) -> None:
    value = " ".join(value.split())
    written = encode_header("Subject", value)
    assert written.isascii()
    assert all(len(line) < 998 for line in written.split("\r\n"))
    assert decode_header(written.split(":", 1)[1]) == value


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("=?iso-8859-1?q?Andr=E9?= Pirard", "André Pirard"),
        ("=?utf-8?q?a?= =?utf-8?q?b?=", "ab"),
        ("(=?ISO-8859-1?Q?a?= b)", "(a b)"),
        ("=?utf-8?b?!!!?=", "=?utf-8?b?!!!?="),
        ("one\r\n two", "one two"),
    ],
)
def test_encoded_words(raw: str, text: str) -> None:
    assert decode_header(raw) == text


def test_html_becomes_text_and_hidden_text_is_gone() -> None:
    mail = message()
    mail.set_content(
        "<html><head><title>t</title><style>x</style></head><body><p>Dear <b>Zoë</b>,</p><!-- c -->"
        "<div style='display: none'>hidden</div><script>alert(1)</script><p>a<br>b&amp;c</p>"
        "<table><tr><td>1</td><td>2</td></tr><tr><td>3</td></tr></table><img src='http://x/y.png'></body></html>",
        subtype="html",
    )
    document = FORMAT.parse(mail.as_bytes())
    assert document.canonical.text.split("Hello\n", 1)[1] == "Dear Zoë,\n\na\nb&c\n\n1 2\n3\n\n[image omitted]"
    assert parts_of(document.render([]))[0].get_content_type() == "text/plain"


def test_html_that_is_read_only_in_part_is_refused() -> None:
    assert html_to_text("<div>" * 200 + "x" + "</div>" * 200) == "x"
    with pytest.raises(Unparsable) as refusal:
        html_to_text("before" + "<b>" * 50_000 + "after")
    assert refusal.value.code == "html-malformed"
    with pytest.raises(Unparsable) as refusal:
        html_to_text("x" * (limits.MAX_HTML_BYTES + 1))
    assert refusal.value.code == "html-too-large"


def test_of_alternatives_the_plain_text_is_taken_unless_it_says_little() -> None:
    mail = message()
    mail.set_content("Hello Jane, see you.\n")
    mail.add_alternative("<p>Hello <i>Jane</i>, see you.</p>", subtype="html")
    assert FORMAT.parse(mail.as_bytes()).canonical.text.count("see you") == 1
    mail = message()
    mail.set_content("View in a browser\n")
    mail.add_alternative("<p>" + "The whole story is here. " * 5 + "</p>", subtype="html")
    assert "whole story" in FORMAT.parse(mail.as_bytes()).canonical.text


def test_attachments_are_parsed_redacted_and_rebuilt(replace_all: Replace) -> None:
    mail = message(Subject="Jane Roe")
    mail.set_content("Dear Jane Roe")
    mail.add_attachment(b"name,amount\nJane Roe,3\nBob,4\n", maintype="text", subtype="csv", filename="Jane Roe.csv")
    mail.add_attachment(b'{"who": "Jane Roe"}', maintype="application", subtype="octet-stream", filename="é.json")
    mail.add_attachment(PNG, maintype="image", subtype="png", filename="Jane Roe.png")
    document = FORMAT.parse(mail.as_bytes())
    places = {s.place for s in document.canonical.segments}
    assert {"attachment 1 name", "attachment 1 ▸ row 2 column name", "attachment 2 ▸ /who"} <= places
    assert not any("Jane" in place for place in places)
    out = document.render(replace_all(document.canonical, "Jane Roe", "[P-1 é]"))
    parts = {part.get_filename(): part for part in parts_of(out) if part.get_filename()}
    assert parts["[P-1 é].csv"].get_content() == "name,amount\n[P-1 é],3\nBob,4\n"
    assert json.loads(parts["é.json"].get_content()) == {"who": "[P-1 é]"}
    assert "[attachment left out: [P-1 é].png (image/png, image-malformed)]" in out.decode()
    assert b"PNG\r\n" not in out
    assert not any("Jane" in layer.text for layer in FORMAT.layers(out))


def test_an_attachment_that_cannot_be_parsed_is_left_out_with_the_reason() -> None:
    mail = message()
    mail.set_content("x")
    mail.add_attachment(b'{"a": 1, "a": 2}', maintype="application", subtype="json", filename="a.json")
    document = FORMAT.parse(mail.as_bytes())
    assert "[attachment left out: a.json (application/json, json-duplicate-key)]" in document.canonical.text


def test_the_type_of_an_attachment_is_sniffed_not_believed() -> None:
    mail = message()
    mail.set_content("x")
    mail.add_attachment(PNG, maintype="text", subtype="csv", filename="a.csv")
    mail.add_attachment(b"<html><body>Jane</body></html>", maintype="application", subtype="pdf", filename="a.pdf")
    document = FORMAT.parse(mail.as_bytes())
    assert "left out: a.csv (image/png, image-malformed)" in document.canonical.text
    assert "a.pdf.txt" in document.canonical.text


@pytest.mark.parametrize("as_file", [False, True])
def test_forwarded_messages_are_read_to_a_depth(as_file: bool) -> None:
    def nest(levels: int) -> EmailMessage:
        mail = message(Subject=f"level {levels}")
        mail.set_content(f"text {levels}")
        if levels:
            inner = nest(levels - 1)
            if as_file:
                mail.add_attachment(inner.as_bytes(), maintype="application", subtype="octet-stream", filename="m.eml")
            else:
                mail.add_attachment(inner)
        return mail

    document = FORMAT.parse(nest(3).as_bytes())
    assert "attachment 1 ▸ attachment 1 ▸ header Subject" in {s.place for s in document.canonical.segments}
    assert FORMAT.parse(document.render([])).canonical.text == document.canonical.text
    with pytest.raises(Unparsable) as refusal:
        FORMAT.parse(nest(limits.MAX_NESTED_MESSAGES + 1).as_bytes())
    assert refusal.value.code == "email-too-deep"


def test_charsets() -> None:
    head = b"From: a@b\r\nSubject: s\r\nContent-Type: text/plain; charset=%s\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
    assert FORMAT.parse(head % b"koi8-r" + "Привет".encode("koi8-r")).canonical.text.endswith("Привет")
    assert FORMAT.parse(head % b"utf-16" + "Zoë".encode("utf-16")).canonical.text.endswith("Zoë")
    assert FORMAT.parse(head % b'""' + "Zoë".encode()).canonical.text.endswith("Zoë")
    for charset, code in ((b"x-nonsense", "email-charset-unknown"), (b"utf-8", "email-charset-wrong")):
        with pytest.raises(Unparsable) as refusal:
            FORMAT.parse(head % charset + b"\xff\xfe\xfd")
        assert refusal.value.code == code


MULTIPART = b'From: a@b\r\nSubject: s\r\nContent-Type: multipart/mixed; boundary="b"\r\n\r\n'


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"no header at all", "email-malformed"),
        (b"From: a@b\r\nSubject: s\r\nContent-Type: multipart/mixed\r\n\r\nx", "email-malformed"),
        (MULTIPART + b"x", "email-malformed"),
        (MULTIPART + b"--b\r\n\r\ntruncat", "email-malformed"),
        (
            b"From: a@b\r\nSubject: s\r\nContent-Transfer-Encoding: base64\r\n\r\nSGVsbG8*=\r\n",
            "email-malformed",
        ),
        (b"From: a@b\r\nSubject: s\r\nContent-Transfer-Encoding: x-uuencode\r\n\r\nbegin\r\n", "email-malformed"),
        (
            MULTIPART + b"--b\r\nContent-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\n"
            + base64.b64encode(b"From: x@y\r\n\r\nJane") + b"\r\n--b--\r\n",
            "email-malformed",
        ),
        (b"From: a@b\r\nX: " + b"y" * limits.MAX_EMAIL_HEADER_BYTES + b"\r\n\r\nx", "email-headers-too-large"),
        (MULTIPART + b"--b\r\n\r\nx\r\n" * (limits.MAX_EMAIL_PARTS + 1) + b"--b--\r\n", "email-too-many-parts"),
        (
            b"".join(b'Content-Type: multipart/mixed; boundary="b%d"\r\n\r\n--b%d\r\n' % (i, i) for i in range(3000)),
            "email-too-deep",
        ),
    ],
    ids=["no header", "no boundary", "no parts", "truncated", "base64", "unknown encoding", "encoded message",
         "long header", "many parts", "deep"],
)  # fmt: skip
def test_messages_that_cannot_be_read_for_sure_are_refused(data: bytes, code: str) -> None:
    with pytest.raises(Unparsable) as refusal:
        FORMAT.parse(data)
    assert refusal.value.code == code


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "..\\..\\x.txt", "invoice\u202egpj.exe", 'a"b\\c.txt', "x" * 5000]
)
def test_attachment_names_are_tamed(name: str) -> None:
    mail = message()
    mail.set_content("x")
    mail.add_attachment(b"text", maintype="application", subtype="octet-stream", filename=name)
    document = FORMAT.parse(mail.as_bytes())
    (written,) = [part.get_filename() for part in parts_of(document.render([])) if part.get_filename()]
    assert "/" not in written
    assert "\u202e" not in written
    assert len(written) <= 200
    assert FORMAT.parse(document.render([])).canonical.text == document.canonical.text


def test_long_lines_and_all_line_ends_survive() -> None:
    mail = b"From: a@b\r\nSubject: s\r\n\r\n" + b"word " * 400 + b"\r\none\rtwo\nthree\r\n\r\n\r\nend  \r\n"
    document = FORMAT.parse(mail)
    out = document.render([])
    assert FORMAT.parse(out).canonical.text == document.canonical.text
    assert all(len(line) <= 998 for line in out.split(b"\r\n"))


def test_a_notice_of_failed_delivery_is_read() -> None:
    report = (
        b"From: daemon@x.org\r\nTo: jane@x.org\r\nMIME-Version: 1.0\r\n"
        b'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n--b\r\n'
        b"Content-Type: text/plain\r\n\r\nNot delivered.\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\n"
        b"Reporting-MTA: dns; mx.x.org\r\n\r\nFinal-Recipient: rfc822; bob@y.org\r\nStatus: 5.1.1\r\n\r\n--b--\r\n"
    )
    text = FORMAT.parse(report).canonical.text
    assert "Not delivered." in text
    assert "Final-Recipient: rfc822; bob@y.org" in text
