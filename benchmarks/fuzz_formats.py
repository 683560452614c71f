"""Mutates small files of every format and opens them: anything but a refusal with a code is a fault.

``python benchmarks/fuzz_formats.py --seconds 600 --seed 1``. Mutations are of bytes (flips, cuts,
repeats, splices of two files) and, for ZIP packages, of the members inside. What parses is also rendered
and its layers read. Deterministic for a seed up to time. Runs without the sandbox, so a crash is seen.
"""

from __future__ import annotations

import argparse
import collections
import gzip
import io
import random
import sys
import tarfile
import time
import traceback
import zipfile

from reportlab.pdfgen.canvas import Canvas

from gateway.errors import GatewayError
from gateway.formats.ods import write_ods
from gateway.formats.registry import FORMATS
from gateway.formats.sheets import Row, Sheet
from gateway.formats.sniff import sniff
from gateway.formats.xlsx import write_xlsx
from gateway.redaction.document import Replacement


def seeds() -> dict[str, bytes]:
    """A small file of each format, by media type."""
    sheets = [Sheet("A", (Row(1, ((1, "Name"), (2, "Sum"))), Row(2, ((1, "Jane Roe"), (2, "12.5")))))]
    xlsx, ods = write_xlsx(sheets), write_ods(sheets)
    mail = (
        b"From: a@b.example\r\nTo: c@d.example\r\nSubject: =?utf-8?q?x=C3=A9?=\r\nMIME-Version: 1.0\r\nContent-Type: "
        b'multipart/mixed; boundary="b"\r\n\r\n--b\r\nContent-Type: text/html\r\n\r\n<p>Hi <b>you</b></p>\r\n--b\r\n'
        b"Content-Disposition: attachment; filename=a.csv\r\nContent-Transfer-Encoding: base64\r\n\r\nYSxiCjEsMgo=\r\n"
        b"--b--\r\n"
    )
    page = b"<!DOCTYPE html><html><body><h1>A</h1><table><tr><td>x</td></tr></table><p>b &amp; c</p></body></html>"
    pdf = io.BytesIO()
    canvas = Canvas(pdf, pagesize=(300, 300), invariant=1, pageCompression=0)
    canvas.drawString(20, 200, "Jane Roe was here")
    canvas.rect(10, 10, 50, 50, fill=1)
    canvas.save()
    word = io.BytesIO()
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"
    main = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    with zipfile.ZipFile(word, "w") as package:
        package.writestr(
            "_rels/.rels",
            '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="a" '
            f'Type="{office}" Target="word/document.xml"/></Relationships>',
        )
        package.writestr(
            "word/document.xml",
            f'<w:document xmlns:w="{main}"><w:body><w:p><w:r><w:t>Jane</w:t></w:r></w:p><w:tbl><w:tr><w:tc><w:p/>'
            "</w:tc></w:tr></w:tbl></w:body></w:document>",
        )
    packed, tape = io.BytesIO(), io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("a.txt", "hello")
        archive.writestr("b.xlsx", xlsx)
    with tarfile.open(fileobj=tape, mode="w") as tar:
        entry = tarfile.TarInfo("a.html")
        entry.size = len(page)
        tar.addfile(entry, io.BytesIO(page))
    examples = [
        b"Dear Jane,\r\nhello\n", b"a,b\n1,2\n3,\"x\"\"y\"\n", b'{"a": [1, 2.5e3, "x\\u00e9"], "b": {"c": null}}',
        b'{"a": 1}\n{"b": "x"}\n', mail, page, pdf.getvalue(), word.getvalue(), xlsx, ods, packed.getvalue(),
        tape.getvalue(), gzip.compress(b"a,b\n1,2\n"),
        b'<?xml version="1.0"?><a xmlns:n="urn:x"><n:b c="d">e<f/>g</n:b></a>',
        b"From x Mon Jan  1 00:00:00 2024\n" + mail.replace(b"\r\n", b"\n") + b"\nFrom y\nFrom: a@b\nTo: c@d\n\nx\n",
    ]  # fmt: skip
    return {sniff(example): example for example in examples}


_TOKENS = (
    b"\x00", b"\xff\xff\xff\xff", b"\x80", b"<", b">", b'"', b"=", b"\r\n", b"-1", b"99999999999", b"%s", b"&#0;",
    b"]]>", b"<![CDATA[", b"<!DOCTYPE x>", b"<?x?>", b"=?utf-8?b?", b"\xed\xa0\x80", b"\xe2\x80\xae", b"endobj",
    b"stream", b"[" * 70,
)  # fmt: skip


def mutate(data: bytes, others: list[bytes], chance: random.Random) -> bytes:
    """One to six changes."""
    if data.startswith(b"PK") and chance.random() < 0.7:
        return _mutate_package(data, others, chance)
    result = bytearray(data)
    for _ in range(chance.randint(1, 6)):
        at = chance.randrange(len(result) + 1)
        kind = chance.randrange(7)
        if kind == 0 and at < len(result):
            result[at] ^= 1 << chance.randrange(8)
        elif kind == 1:
            del result[at : at + chance.randint(1, 40)]
        elif kind == 2:
            result[at:at] = chance.choice(_TOKENS)
        elif kind == 3:
            result[at:at] = result[at : at + chance.randint(1, 60)] * chance.choice((1, 2, 50))
        elif kind == 4:
            other = chance.choice(others)
            cut = chance.randrange(len(other))
            result[at : at + 30] = other[cut : cut + chance.randint(1, 200)]
        elif kind == 5:
            del result[at:]
        elif at < len(result):
            result[at] = chance.randrange(256)
    return bytes(result)


def _mutate_package(data: bytes, others: list[bytes], chance: random.Random) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(out, "w") as target:
        chosen = chance.choice(source.namelist())
        for name in source.namelist():
            content = source.read(name)
            target.writestr(name, mutate(content, others, chance) if name == chosen else content)
    return out.getvalue()


def attempt(media_type: str, data: bytes) -> str:
    """Open, rebuild with one replacement, read the layers; the outcome in a word."""
    form = FORMATS[media_type]
    try:
        document = form.parse(data)
        segments = document.canonical.segments
        plan = [Replacement(segments[0].start, segments[0].end, "[PD-NAME]")] if segments else []
        rendition = document.render(plan)
        for _ in form.layers(rendition):
            pass
    except GatewayError as refusal:
        return refusal.code
    return "opened"


def main() -> None:
    """Run for the time given and print a table."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--seconds", type=float, default=600)
    options.add_argument("--seed", type=int, default=1)
    arguments = options.parse_args()
    chance = random.Random(arguments.seed)
    examples = seeds()
    others = list(examples.values())
    outcomes: dict[str, collections.Counter[str]] = {kind: collections.Counter() for kind in examples}
    slowest: dict[str, float] = dict.fromkeys(examples, 0.0)
    faults: dict[str, str] = {}
    until = time.monotonic() + arguments.seconds
    while time.monotonic() < until:
        kind = chance.choice(sorted(examples))
        data = mutate(examples[kind], others, chance)
        begun = time.monotonic()
        try:
            outcomes[kind][attempt(kind, data)] += 1
        except Exception:
            last = traceback.extract_tb(sys.exc_info()[2])[-1]
            what = f"{kind}: {sys.exc_info()[0].__name__} at {last.filename.rsplit('/', 1)[-1]}:{last.lineno}"
            outcomes[kind]["FAULT"] += 1
            faults.setdefault(what, traceback.format_exc() + repr(data[:2000]))
        slowest[kind] = max(slowest[kind], time.monotonic() - begun)
    for kind, counts in sorted(outcomes.items()):
        codes = len([code for code in counts if code not in ("opened", "FAULT")])
        print(f"| {kind} | {counts.total()} | {counts['opened']} | {codes} | {counts['FAULT']} | {slowest[kind]:.2f} |")
    for what, detail in faults.items():
        print(what, detail, sep="\n", end="\n\n")
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
