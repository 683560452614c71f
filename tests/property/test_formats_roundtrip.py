"""For every format: a rendition reads back to the text it was made of, changed exactly where replaced."""

from __future__ import annotations

import contextlib
import email.message
import io
import json
import zipfile
from html import escape
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from reportlab.pdfgen.canvas import Canvas

from gateway.errors import Unparsable
from gateway.evidence.media import CSV, DOCX, EMAIL, JSON, JSON_LINES, PDF, TEXT
from gateway.formats.invisible import visible
from gateway.formats.registry import FORMATS
from gateway.formats.sniff import sniff
from gateway.redaction.document import CanonicalText, Document, Replacement

QUICK = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
SLOW = settings(QUICK, max_examples=25)

CHARS = st.characters(exclude_categories=["Cs", "Cc", "Cf", "Cn", "Co"])
WORDS = st.text(st.sampled_from("abcXYZ 0189 ,;|\t\"'=+-@.:/\\<>&%#?_()[]{}éüßŁΩя漢🙂\u200b\u00a0"), max_size=30)
TEXTS = st.one_of(WORDS, st.text(CHARS, max_size=20))
MARKERS = st.sampled_from(["[PERSON-1]", '[É <x> & "y"]', "", "=1+1", "█", "[a,b;c\td]", "‹ORG 2›"])
W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'


def edited(canonical: CanonicalText, replacements: list[Replacement]) -> str:
    result, at = "", 0
    for each in replacements:
        result += canonical.text[at : each.start] + each.text
        at = each.end
    return result + canonical.text[at:]


@st.composite
def plans(draw: st.DrawFn, canonical: CanonicalText) -> list[Replacement]:
    """Non-overlapping replacements, each inside one segment."""
    result: list[Replacement] = []
    for segment in draw(st.lists(st.sampled_from(canonical.segments), unique=True, max_size=4)):
        start = draw(st.integers(segment.start, segment.end - 1))
        end = draw(st.integers(start + 1, segment.end))
        result.append(Replacement(start, end, draw(MARKERS)))
    return sorted(result, key=lambda r: r.start)


def bare(text: str) -> str:
    """Without white space: a part that was removed whole takes its separator along."""
    return "".join(text.split())


def check(
    kind: str, data: bytes, plan: st.DataObject, *, exact: bool = True
) -> tuple[Document, list[Replacement], bytes]:
    form = FORMATS[kind]
    document = form.parse(data)
    canonical = document.canonical
    again = form.parse(document.render([])).canonical
    assert again.text == canonical.text
    assert [(s.start, s.end) for s in again.segments] == [(s.start, s.end) for s in canonical.segments]
    for segment in canonical.segments:
        assert 0 <= segment.start < segment.end <= len(canonical.text)
    replacements = plan.draw(plans(canonical)) if canonical.segments else []
    out = document.render(replacements)
    if exact:
        text = form.parse(out).canonical.text
        assert bare(text) == bare(edited(canonical, replacements))
        assert text == edited(canonical, replacements) or "" in [r.text for r in replacements]
    assert list(form.layers(out))
    return document, replacements, out


@QUICK
@given(st.lists(TEXTS, max_size=6), st.sampled_from(["\n", "\r\n", "\r"]), st.data())
def test_text(parts: list[str], line_end: str, data: st.DataObject) -> None:
    check(TEXT, line_end.join(parts).encode(), data)


@QUICK
@given(
    st.lists(st.lists(TEXTS, min_size=2, max_size=4), min_size=1, max_size=6),
    st.sampled_from(",;\t|"), st.sampled_from(["\n", "\r\n"]), st.booleans(), st.data(),
)  # fmt: skip
def test_csv(rows: list[list[str]], delimiter: str, line_end: str, quote_all: bool, data: st.DataObject) -> None:
    def cell(value: str) -> str:
        special = quote_all or any(char in value for char in (delimiter, '"', "\r", "\n"))
        return '"' + value.replace('"', '""') + '"' if special else value

    table = "".join(delimiter.join(map(cell, row)) + line_end for row in rows)
    document, replacements, out = check(CSV, table.encode(), data, exact=False)
    # A guard apostrophe is the one character that may be there beside the plan.
    got, expected = FORMATS[CSV].parse(out).canonical.text, edited(document.canonical, replacements)
    assert bare(got).replace("'", "") == bare(expected).replace("'", "")


JSON_VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), TEXTS),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(TEXTS, inner, max_size=4)),
    max_leaves=15,
)


def _keys(value: Any) -> set[str]:
    if isinstance(value, dict):
        return set(value) | {key for member in value.values() for key in _keys(member)}
    return {key for member in value for key in _keys(member)} if isinstance(value, list) else set()


@QUICK
@given(JSON_VALUES, st.sampled_from([None, 2]), st.booleans(), st.data())
def test_json(value: Any, indent: int | None, ascii_only: bool, data: st.DataObject) -> None:
    assume(len({visible(key) for key in _keys(value)}) == len(_keys(value)))
    source = json.dumps(value, indent=indent, ensure_ascii=ascii_only).encode()
    document, replacements, out = check(JSON, source, data, exact=False)
    # A replaced key may need a number to stay unique; without replaced keys the text is exact.
    keys = [s for s in document.canonical.segments if s.place.endswith("(key)")]
    if not any(s.start < r.end and r.start < s.end for s in keys for r in replacements):
        assert bare(FORMATS[JSON].parse(out).canonical.text) == bare(edited(document.canonical, replacements))
    if not replacements and all(visible(key) == key for key in _keys(value)):
        assert "\u200b" in source.decode() or "\\u" in source.decode() or json.loads(out) == json.loads(source)


@QUICK
@given(
    st.lists(st.dictionaries(st.sampled_from(["a", "user", "é x"]), TEXTS, max_size=3), min_size=1, max_size=5),
    st.data(),
)
def test_json_lines(values: list[dict[str, str]], data: st.DataObject) -> None:
    source = "\n".join(json.dumps(value, ensure_ascii=False) for value in values).encode()
    _, _, out = check(JSON_LINES, source, data, exact=False)
    assert out.count(b"\n") == len(values)
    assert all(json.loads(line) is not None for line in out.decode().split("\n") if line)


@SLOW
@given(TEXTS, TEXTS, st.lists(TEXTS, max_size=5), st.lists(TEXTS, min_size=1, max_size=3), TEXTS, st.data())
def test_email(
    sender: str, subject: str, body: list[str], attachment: list[str], name: str, data: st.DataObject
) -> None:
    mail = email.message.EmailMessage()
    flat = " ".join(visible(subject).split())
    mail["From"] = "a@b.example"
    mail["Subject"] = flat
    mail.set_content("\n".join(body) + "\n", cte="base64")
    name = " ".join(visible(name).replace("/", "").replace("\\", "").split())
    mail.add_attachment(
        "\n".join(attachment).encode(), maintype="text", subtype="plain", filename=name or "x.txt"
    )  # fmt: skip
    try:
        source = mail.as_bytes()
    except (UnicodeEncodeError, ValueError, IndexError, TypeError, AttributeError):
        assume(False)
    document, replacements, out = check(EMAIL, source, data, exact=False)
    # Fields and names are laid on one line and trimmed; beyond white space the text is exact.
    got = FORMATS[EMAIL].parse(out).canonical.text
    # An attachment whose whole name was taken away gets one.
    ours, wanted = (
        bare(text).replace("attachment-1.txt", "") for text in (got, edited(document.canonical, replacements))
    )
    assert ours == wanted


@SLOW
@given(st.lists(st.lists(TEXTS, min_size=1, max_size=4), min_size=1, max_size=5), st.data())
def test_docx(paragraphs: list[list[str]], data: st.DataObject) -> None:
    def run(text: str, bold: bool) -> str:
        look = "<w:rPr><w:b/></w:rPr>" if bold else ""
        return f'<w:r>{look}<w:t xml:space="preserve">{escape(text)}</w:t></w:r>'

    body = "".join("<w:p>" + "".join(run(t, i % 2 == 1) for i, t in enumerate(p)) + "</w:p>" for p in paragraphs)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        relation = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"
        archive.writestr(
            "_rels/.rels",
            '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
            f'<Relationship Id="a" Type="{relation}" Target="d.xml"/></Relationships>',
        )
        archive.writestr("d.xml", f"<w:document {W}><w:body>{body}</w:body></w:document>")
    check(DOCX, out.getvalue(), data)


@SLOW
@given(st.lists(st.text("abcdefgh XYZ éß.,-()", min_size=1, max_size=90), min_size=1, max_size=12), st.data())
def test_pdf(lines: list[str], data: st.DataObject) -> None:
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=(595, 842), invariant=1)
    for index, line in enumerate(lines):
        canvas.drawString(72, 780 - 15 * index, line)
    canvas.save()
    assume(any(bare(line) for line in lines))  # else the PDF has no text
    document = FORMATS[PDF].parse(out.getvalue())
    canonical = document.canonical
    assert bare(FORMATS[PDF].parse(document.render([])).canonical.text) == bare(canonical.text)
    replacements = data.draw(plans(canonical))
    assume(bare(edited(canonical, replacements)))  # else the rendition has no text
    result = FORMATS[PDF].parse(document.render(replacements)).canonical.text
    assert bare(result) == bare(edited(canonical, replacements))


@QUICK
@given(st.text(max_size=60))
def test_visible_is_idempotent(text: str) -> None:
    assert visible(visible(text)) == visible(text)


@QUICK
@given(st.lists(st.sampled_from("a1#©\u200c\u200d\ufe0f\ufe00\U000e0101\u200bकم🙂")))
def test_visible_is_idempotent_on_marks(chars: list[str]) -> None:
    text = "".join(chars)
    assert visible(visible(text)) == visible(text)


@QUICK
@given(
    st.binary(max_size=300),
    st.sampled_from([b"", b"PK\x03\x04", b"%PDF-1.7\n", b"{", b"From: a\nTo: b\n\n", b"\x80\x04"]),
)
def test_sniffing_and_parsing_never_fail_otherwise_than_by_refusal(data: bytes, head: bytes) -> None:
    kind = sniff(head + data)
    assert "/" in kind
    for form in FORMATS.values():
        with contextlib.suppress(Unparsable):
            form.parse(head + data)


@pytest.mark.parametrize("kind", sorted(FORMATS))
def test_formats_name_their_extractor(kind: str) -> None:
    if kind in (TEXT, CSV):
        canonical = FORMATS[kind].parse(b"a,b\n1,2\n").canonical
        assert canonical.extractor
        assert canonical.version
