"""Types by content, whatever the name or declaration says."""

from __future__ import annotations

import gzip
import io
import json
import pickle
import struct
import zipfile
from pathlib import Path

import pytest

from gateway.evidence.media import REDACTABLE, compatible
from gateway.formats.registry import FORMATS, format_for
from gateway.formats.sniff import sniff


def archive(*names: str, **contents: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        for name in names:
            made.writestr(name, contents.get(name, b"x"))
    return out.getvalue()


def safetensors() -> bytes:
    header = json.dumps({"w": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}).encode()
    return struct.pack("<Q", len(header)) + header + bytes(4)


OPEN_XML = "application/vnd.openxmlformats-officedocument"
CASES = {
    "text/plain": [
        b"", b"  \n", b"Dear Sir,\nhello, world\n", b"One, two,\nthree, four.\n", "Größe; Gewicht".encode("cp1252"),
        b"{not json}", b"Note: x\n",
    ],
    "text/csv": [b"a,b\n1,2\n3,4\n", b"a;b\r\n1;2\r\n", "name\tort\nZoë\tKöln\nx\ty\n".encode("utf-16")],
    "application/json": [b'{"a": 1}', b" [1,\n2]\n", b"[" * 10_000, b'{\n "a": 1\n}'],
    "application/jsonl": [b'{"a": 1}\n{"a": 2}\n', b"[1]\n[2]\n[3]"],
    "message/rfc822": [b"From: a@b\r\nTo: c@d\r\nSubject: x\r\n\r\nhi", b"Received: by x\n folded\nFrom: a@b\n\nhi\n"],
    "application/pdf": [b"%PDF-1.7\n...", b"\n\xef\xbb\xbf%PDF-1.4\x00"],
    f"{OPEN_XML}.wordprocessingml.document": [archive("[Content_Types].xml", "word/document.xml")],
    f"{OPEN_XML}.spreadsheetml.sheet": [archive("[Content_Types].xml", "xl/workbook.xml")],
    "application/vnd.ms-word.document.macroenabled.12": [archive("word/document.xml", "word/vbaProject.bin")],
    "application/vnd.oasis.opendocument.text": [
        archive("mimetype", "content.xml", mimetype=b"application/vnd.oasis.opendocument.text")
    ],
    "application/x-pytorch": [archive("model/data.pkl", "model/data/0")],
    "application/zip": [archive("a.txt"), b"PK\x03\x04broken"],
    "image/png": [b"\x89PNG\r\n\x1a\n\x00"],
    "image/jpeg": [b"\xff\xd8\xff\xe0"],
    "image/svg+xml": [b'<?xml version="1.0"?><svg xmlns="x"/>'],
    "text/html": [b"<!DOCTYPE html><html>", b"  <!-- x --><HTML><body>"],
    "application/xml": [b'<?xml version="1.0"?><a/>'],
    "application/rtf": [b"{\\rtf1 x}"],
    "application/gzip": [gzip.compress(b"x", mtime=0)],
    "application/x-elf": [b"\x7fELF\x02"],
    "application/vnd.microsoft.portable-executable": [b"MZ\x90\x00\x03" + bytes(100)],
    "application/x-safetensors": [safetensors()],
    "application/x-gguf": [b"GGUF\x03\x00\x00\x00"],
    "application/x-python-pickle": [pickle.dumps({"a": 1})],
    "application/msword": [b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "WordDocument".encode("utf-16-le")],
    "application/vnd.ms-outlook": [b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "__substg1.0_".encode("utf-16-le")],
    "application/mbox": [b"From a@b Mon Jan  1 00:00:00 2024\nFrom: a@b\n\n"],
    "application/vnd.sqlite3": [b"SQLite format 3\x00"],
    "application/x-self-extracting-zip": [b"#!/bin/sh\n" + archive("a.txt"), b"\x00\x01\xff" + archive("a.txt")],
    "application/octet-stream": [b"\x00\x01\x02\x03", bytes(range(128, 256)), bytes(range(256)) * 40, bytes(100)],
}  # fmt: skip


@pytest.mark.parametrize(
    ("expected", "data"),
    [
        pytest.param(kind, data, id=f"{kind}-{number}")
        for kind, examples in CASES.items()
        for number, data in enumerate(examples)
    ],
)
def test_types_by_content(expected: str, data: bytes) -> None:
    assert sniff(data, "report.docx") == expected


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32-le", "cp037", "cp1251", "koi8-r"])
def test_a_text_that_cannot_be_read_is_a_text_all_the_same(encoding: str) -> None:
    """As opaque bytes it would pass an agreement that allows those, unread."""
    text = "Привет мир, это отчёт\n" if encoding in ("cp1251", "koi8-r") else "Call Maren Okafor at noon, not before.\n"
    assert sniff(text.encode(encoding)) == "text/plain"


@pytest.mark.parametrize("data", [b"\x00name,phone\nMaren,1\n", b"name,phone\nMaren,1\n\x00"])
def test_a_nul_makes_no_bytes_of_a_text(data: bytes) -> None:
    assert sniff(data) == "text/plain"


def test_the_name_decides_only_between_a_table_of_one_column_and_text() -> None:
    assert sniff(b"heading\nvalue\n", "a.csv") == "text/csv"
    assert sniff(b"heading\nvalue\n", "a.txt") == "text/plain"
    assert sniff(b"\x89PNG\r\n\x1a\n", "a.csv") == "image/png"


def test_a_polyglot_is_what_it_begins_with() -> None:
    assert sniff(archive("a.txt") + b"%PDF-1.7") == "application/zip"
    assert sniff(b"%PDF-1.7\n" + archive("word/document.xml")) == "application/pdf"


def test_formats_are_those_the_vocabulary_calls_redactable() -> None:
    assert set(FORMATS) == REDACTABLE
    assert all(form.media_type == kind for kind, form in FORMATS.items())
    assert format_for("image/gif") is None


@pytest.mark.parametrize("kind", sorted(set(FORMATS) & set(CASES)))
def test_a_rendition_may_still_be_declared_as_before(kind: str, request: pytest.FixtureRequest) -> None:
    binary = (b"%PDF", b"PK", b"[[[", b"\n\xef", b"\x1f\x8b", b"\x89PNG", b"\xff\xd8")
    examples = [data for data in CASES.get(kind, CASES["text/csv"]) if data.strip() and not data.startswith(binary)]
    for data in examples:
        assert compatible(sniff(FORMATS[kind].parse(data).render([])), kind)


def test_real_documents(shared: Path) -> None:
    files = sorted((shared / "data" / "documents").iterdir())
    assert files
    assert {sniff(file.read_bytes(), "x.txt") for file in files} == {"application/pdf"}
    assert sniff((shared / "data" / "contract_terms.jsonl").read_bytes()) == "application/jsonl"
