"""Mutates small files of every format and opens them: anything but a refusal with a code is a fault.

``python -m benchmarks.fuzz_formats --seconds 600 --seed 1``; ``--only`` names formats. Mutations are of bytes
(flips, cuts, repeats, splices of two files); for ZIP packages, of the members inside; for PNG, of chunks.
What parses is also rendered and its layers read. Deterministic for a seed up to time. Runs without the
sandbox, so a crash is seen.
"""

from __future__ import annotations

import argparse
import collections
import io
import random
import struct
import sys
import time
import traceback
import zipfile
import zlib

from benchmarks.fuzz_seeds import SCAN, seeds
from gateway.errors import GatewayError
from gateway.evidence.media import PDF
from gateway.formats.registry import FORMATS
from gateway.redaction.document import Replacement

_TOKENS = (
    b"\x00", b"\xff\xff\xff\xff", b"\x80", b"<", b">", b'"', b"=", b"\r\n", b"-1", b"99999999999", b"%s", b"&#0;",
    b"]]>", b"<![CDATA[", b"<!DOCTYPE x>", b"<?x?>", b"=?utf-8?b?", b"\xed\xa0\x80", b"\xe2\x80\xae", b"endobj",
    b"stream", b"[" * 70, b"9" * 5000,
)  # fmt: skip


def mutate(data: bytes, others: list[bytes], chance: random.Random) -> bytes:
    """One to six changes."""
    if data.startswith(b"PK") and chance.random() < 0.7:
        return _mutate_package(data, others, chance)
    if data.startswith(b"\x89PNG") and chance.random() < 0.7:
        return _mutate_png(data, others, chance)
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


def _mutate_png(data: bytes, others: list[bytes], chance: random.Random) -> bytes:
    """One chunk changed, lengths and check sums right."""
    chunks: list[tuple[bytes, bytes]] = []
    at = 8
    while at < len(data):
        (length,) = struct.unpack_from(">I", data, at)
        chunks.append((data[at + 4 : at + 8], data[at + 8 : at + 8 + length]))
        at += 12 + length
    chosen = chance.randrange(len(chunks))
    kind, content = chunks[chosen]
    if kind == b"IDAT" and chance.random() < 0.7:
        content = zlib.compress(mutate(zlib.decompress(content), others, chance))
    else:
        content = mutate(content, others, chance)
    chunks[chosen] = (kind, content)
    return data[:8] + b"".join(
        struct.pack(">I", len(part)) + kind + part + struct.pack(">I", zlib.crc32(kind + part)) for kind, part in chunks
    )


def attempt(media_type: str, data: bytes) -> str:
    """Open, rebuild with one replacement, read the layers; the outcome in a word."""
    form = FORMATS[PDF if media_type == SCAN else media_type]
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
    options.add_argument("--only", nargs="*", default=[], help="media types as in the table")
    arguments = options.parse_args()
    chance = random.Random(arguments.seed)
    examples = seeds()
    others = list(examples.values())
    examples = {kind: data for kind, data in examples.items() if kind in (arguments.only or examples)}
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
        except Exception as error:
            last = traceback.extract_tb(error.__traceback__)[-1]
            what = f"{kind}: {type(error).__name__} at {last.filename.rsplit('/', 1)[-1]}:{last.lineno}"
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
