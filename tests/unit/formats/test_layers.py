"""The byte layers find a value in every guise it could survive in."""

from __future__ import annotations

import base64
import gzip
import zlib

import pytest

from gateway.errors import Unparsable
from gateway.formats import layers
from gateway.formats.layers import byte_layers

VALUE = "Jane Margaret Roe"
RAW = VALUE.encode()
GUISES = {
    "utf-8": RAW,
    "utf-16-le": VALUE.encode("utf-16-le"),
    "utf-16-be, odd offset": b"x" + VALUE.encode("utf-16-be"),
    "base64": base64.b64encode(RAW),
    "url-safe base64": base64.urlsafe_b64encode(b"\xff\xfe" + RAW),
    "base64 after a prefix": b"data:text/plain;base64," + base64.b64encode(RAW * 3),
    "base64 in lines": base64.encodebytes(RAW * 10),
    "base64 twice": base64.b64encode(base64.b64encode(RAW * 2)),
    "hex": RAW.hex().encode(),
    "hex, upper case, spaced": RAW.hex(" ").upper().encode(),
    "hex of base64": base64.b64encode(RAW).hex().encode(),
    "zlib": zlib.compress(RAW),
    "gzip": gzip.compress(RAW),
    "zlib in the middle": b"stream\r\n" + zlib.compress(RAW * 5) + b"\r\nendstream",
    "base64 in zlib": zlib.compress(base64.b64encode(RAW)),
    "json escapes": b'"' + b"".join(b"\\u%04x" % ord(c) for c in VALUE) + b'"',
    "hex escapes": b"".join(b"\\x%02x" % c for c in RAW),
    "windows-1252": "caf\u00e9 Jane Margaret Roe".encode("cp1252"),
}


@pytest.mark.parametrize("data", GUISES.values(), ids=GUISES.keys())
@pytest.mark.parametrize(
    "around", [(b"", b""), (b"%PDF-1.7 \xff\xfe ", b"\n trailer"), (b"text before\n", b"\ntext after")]
)
def test_no_guise_hides_a_value(data: bytes, around: tuple[bytes, bytes]) -> None:
    found = list(byte_layers(around[0] + data + around[1]))
    assert any(VALUE in layer.text for layer in found)
    assert all(layer.raw for layer in found)


def test_a_value_that_is_not_there_is_not_found() -> None:
    assert not any(
        VALUE in layer.text for layer in byte_layers(b"Jane and Margaret Roe, " + base64.b64encode(b"Jane Roe" * 4))
    )


def test_bombs_are_not_searched_in_part(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layers, "_MAX_INFLATED", 1000)
    with pytest.raises(Unparsable) as refusal:
        list(byte_layers(zlib.compress(bytes(5000))))
    assert refusal.value.code == "layers-too-large"
