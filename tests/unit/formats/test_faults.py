"""Files on which the fuzzer once found another error than a refusal."""

from __future__ import annotations

import io
import zipfile

import pytest

from gateway.errors import Unparsable
from gateway.evidence.media import DOCX, EMAIL
from gateway.formats.registry import FORMATS


def test_a_zip_directory_that_points_before_the_file() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("_rels/.rels", "<Relationships/>" + " " * 40)
        archive.writestr("word/document.xml", "<x/>")
    data = out.getvalue()
    cut = data[:60] + data[63:]  # three bytes fewer than the directory believes
    with pytest.raises(Unparsable) as refusal:
        FORMATS[DOCX].parse(cut)
    assert refusal.value.code == "docx-malformed"


def test_addresses_on_which_the_second_mail_parser_fails() -> None:
    for address in (b"@", b"a@", b"<@", b"x <@>", b"a @", b",@", b"a b@"):
        message = b"From: " + address + b"\r\nTo: c@d.example\r\n\r\nhi\r\n"
        try:
            assert list(FORMATS[EMAIL].layers(message))
        except Unparsable as refusal:
            assert refusal.code == "email-malformed"  # noqa: PT017  (either way out is right)


def test_a_name_that_one_reader_takes_and_the_other_not() -> None:
    form = FORMATS["application/xml"]
    written = form.parse(b"<a>e<f\x80/>g</a>").render([])
    with pytest.raises(Unparsable) as refusal:
        list(form.layers(written))
    assert refusal.value.code == "xml-name-unusual"


def test_brackets_without_end_in_a_rendition() -> None:
    with pytest.raises(Unparsable) as refusal:
        list(FORMATS["application/json"].layers(b"[" * 5_000 + b"]" * 5_000))
    assert refusal.value.code == "json-too-deep"
