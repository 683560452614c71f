"""The bytes of a finished rendition in every guise a value could hide in.

The residue check searches *layers* for each removed value. A format's own ``layers`` re-extracts
what a reader sees; this module adds the byte views that hold for any file: the bytes as UTF-8 and
as UTF-16 at either alignment, the contents of base64 and hexadecimal runs (twice nested), of zlib
and gzip streams, and the text with backslash escapes undone (percent, entity and quoted-printable
escapes are undone by the residue check itself, in every layer). All are ``raw`` layers: in them a
short value can occur by chance.
"""

from __future__ import annotations

import base64
import binascii
import re
import zlib
from collections.abc import Iterator

from gateway.errors import Unparsable
from gateway.formats.limits import MIB
from gateway.redaction.document import Layer

_BASE64 = re.compile(rb"[A-Za-z0-9+/_-]{16,}(?:\r?\n[ \t]*[A-Za-z0-9+/_-]{2,})*={0,2}")
_HEX = re.compile(rb"(?:[0-9A-Fa-f]{2}[\s:]?){8,}")
_STREAM = re.compile(rb"\x78[\x01\x5e\x9c\xda]|\x1f\x8b\x08")
_ESCAPED_UNICODE = re.compile(r"\\u\{?([0-9A-Fa-f]{4})\}?")
_ESCAPED_BYTE = re.compile(r"\\x([0-9A-Fa-f]{2})")
_URL_SAFE = bytes.maketrans(b"-_", b"+/")
_MAX_INFLATED = 64 * MIB
_MAX_STREAMS = 2_000


def byte_layers(data: bytes, prefix: str = "") -> Iterator[Layer]:
    """Raw layers of any bytes; names begin with ``prefix``.

    Raises:
        Unparsable: ``layers-too-large`` if compressed streams expand beyond what can be searched.
    """
    yield from _readings(data, prefix)
    yield from _decoded_runs(data, prefix, depth=2)
    inflated = list(_inflated(data))
    if inflated:
        yield from _readings(b"\n".join(inflated), f"{prefix}inflated ")
        yield from _decoded_runs(b"\n".join(inflated), f"{prefix}inflated ", depth=1)


def _readings(data: bytes, prefix: str) -> Iterator[Layer]:
    try:
        text = data.decode("utf-8", errors="strict")
        is_text = True
    except UnicodeDecodeError:
        text = data.decode("utf-8", errors="replace")
        is_text = False
        yield Layer(f"{prefix}bytes as windows-1252", data.decode("windows-1252", errors="replace"), raw=True)
    yield Layer(f"{prefix}bytes as utf-8", text, raw=True)
    if not is_text or b"\x00" in data:
        # Valid UTF-8 without NUL cannot be UTF-16 of any script that uses spaces or Latin digits.
        for name in ("utf-16-le", "utf-16-be"):
            for shift in (0, 1):
                yield Layer(f"{prefix}bytes as {name}+{shift}", data[shift:].decode(name, errors="replace"), raw=True)
    if "\\" in text:
        yield Layer(f"{prefix}bytes unescaped", _unescape(text), raw=True)


def _unescape(text: str) -> str:
    plain = _ESCAPED_UNICODE.sub(lambda m: chr(int(m[1], 16)), text)
    plain = _ESCAPED_BYTE.sub(lambda m: chr(int(m[1], 16)), plain)
    for escape, char in (("\\n", "\n"), ("\\r", "\r"), ("\\t", "\t"), ('\\"', '"'), ("\\/", "/"), ("\\\\", "\\")):
        plain = plain.replace(escape, char)
    # chr() of a surrogate escape makes a lone surrogate; pairs become the character they stand for.
    return plain.encode("utf-16-le", errors="surrogatepass").decode("utf-16-le", errors="replace")


def _decoded_runs(data: bytes, prefix: str, depth: int) -> Iterator[Layer]:
    for name, runs in (("base64", _base64_runs(data)), ("hex", _hex_runs(data))):
        found = b"\n".join(runs)
        if found:
            yield from _readings(found, f"{prefix}{name} ")
            if depth > 1:
                yield from _decoded_runs(found, f"{prefix}{name} ", depth - 1)


def _base64_runs(data: bytes) -> Iterator[bytes]:
    for match in _BASE64.finditer(data):
        run = match.group().translate(_URL_SAFE, b"\r\n\t =")
        # A prefix may be glued on (data:…,): all four alignments, each cut to whole quanta.
        for shift in range(4):
            part = run[shift:]
            part = part[: len(part) - (len(part) % 4 == 1)]
            yield base64.b64decode(part + b"=" * (-len(part) % 4))


def _hex_runs(data: bytes) -> Iterator[bytes]:
    for match in _HEX.finditer(data):
        digits = re.sub(rb"[\s:]", b"", match.group())
        for shift in (0, 1):
            part = digits[shift:]
            yield binascii.unhexlify(part[: len(part) - len(part) % 2])


def _inflated(data: bytes) -> Iterator[bytes]:
    total = streams = 0
    view = memoryview(data)
    for match in _STREAM.finditer(data):
        engine = zlib.decompressobj(wbits=47)  # 32 + 15: zlib or gzip, by the header
        try:
            plain = engine.decompress(view[match.start() :], _MAX_INFLATED)
        except zlib.error:
            continue
        streams += 1
        total += len(plain)
        if total > _MAX_INFLATED or streams > _MAX_STREAMS or engine.unconsumed_tail:
            raise Unparsable(
                "layers-too-large",
                "The compressed streams of the file are too many or too large to be searched.",
                remedy="Split the exhibit into smaller ones.",
            )
        yield plain
