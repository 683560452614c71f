"""Properties of envelopes: whatever is parsed writes back to its bytes, whatever is cut is noticed."""

from __future__ import annotations

import contextlib
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.envelope import bech32, rawbase64
from gateway.envelope.body import BodyDecryptor, BodyEncryptor, body_size
from gateway.envelope.file import decrypt_stream
from gateway.envelope.header import Stanza, header_length, parse_header, write_header
from gateway.envelope.x25519 import X25519Identity
from gateway.errors import GatewayError, InvalidInput

IDENTITY = X25519Identity(bytes(range(32)))
KEY = bytes(range(16))
ARGUMENT = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=20)
STANZA = st.builds(Stanza, st.lists(ARGUMENT, min_size=1, max_size=4).map(tuple), st.binary(max_size=200)).filter(
    lambda stanza: stanza.args[0] not in ("scrypt", "X25519", "mlkem768x25519")
)
CUTS = st.lists(st.integers(0, 90_000), max_size=6)
FILE = write_header(KEY, [IDENTITY.recipient], [Stanza(("note",), bytes(60))])


@given(st.lists(STANZA, max_size=5))
def test_headers_come_back(stanzas: list[Stanza]) -> None:
    data = write_header(KEY, [IDENTITY.recipient], stanzas)
    assert header_length(data + b"body") == len(data)
    header = parse_header(data)
    assert header.stanzas[1:] == tuple(stanzas)
    assert header.serialise() == data
    assert header.open([IDENTITY]) == KEY


@given(st.integers(0, len(FILE) - 1), st.binary(max_size=4), st.integers(0, 4))
def test_an_edited_header_is_refused_or_writes_back_and_fails_its_mac(at: int, new: bytes, cut: int) -> None:
    data = FILE[:at] + new + FILE[at + cut :]
    try:
        header = parse_header(data)
    except GatewayError:
        return
    assert header.serialise() == data
    if data == FILE:
        assert header.open([IDENTITY]) == KEY
    else:
        with pytest.raises(GatewayError):
            header.open([IDENTITY])


@given(st.binary(max_size=300))
def test_arbitrary_bytes_after_the_version_line(data: bytes) -> None:
    """Nothing but our own errors, and what is accepted writes back."""
    whole = b"age-encryption.org/v1\n-> " + data
    with contextlib.suppress(GatewayError):
        assert parse_header(whole).serialise() == whole
    with pytest.raises(GatewayError):
        decrypt_stream(io.BytesIO(whole).read, lambda piece: None, [IDENTITY])


@given(st.binary(max_size=100))
def test_base64_comes_back(data: bytes) -> None:
    assert rawbase64.decode(rawbase64.encode(data)) == data


@given(st.text(alphabet="ABab01+/=_- \n\u0660", max_size=12))
def test_base64_has_one_spelling(text: str) -> None:
    try:
        data = rawbase64.decode(text)
    except InvalidInput:
        return
    assert rawbase64.encode(data) == text


@given(st.binary(max_size=100))
def test_bech32_comes_back(data: bytes) -> None:
    text = bech32.encode("age", data)
    assert bech32.decode(text) == ("age", data)
    assert bech32.decode(text.upper()) == ("AGE", data)


@given(st.binary(min_size=1, max_size=60), st.data())
def test_bech32_notices_a_changed_character(data: bytes, draw: st.DataObject) -> None:
    text = bech32.encode("age", data)
    at = draw.draw(st.integers(4, len(text) - 1))
    char = draw.draw(st.sampled_from("qpzry9x8gf2tvdw0s3jn54khce6mua7l").filter(lambda c: c != text[at]))
    with pytest.raises(InvalidInput):
        bech32.decode(text[:at] + char + text[at + 1 :])


@settings(max_examples=30)
@given(
    st.integers(0, 200_000), st.lists(st.integers(0, 90_000), max_size=6), st.lists(st.integers(1, 90_000), max_size=6)
)
def test_bodies_come_back_in_any_pieces(size: int, cuts: list[int], other_cuts: list[int]) -> None:
    data = bytes(i * 7 & 255 for i in range(256)) * (size // 256 + 1)
    data = data[:size]
    encryptor = BodyEncryptor(KEY)
    body = encryptor.start() + b"".join(encryptor.update(piece) for piece in split(data, cuts)) + encryptor.finish()
    assert len(body) == body_size(size)
    decryptor = BodyDecryptor(KEY, body[:16])
    plaintext = b"".join(decryptor.update(piece) for piece in split(body[16:], other_cuts)) + decryptor.finish()
    assert plaintext == data


@settings(max_examples=30)
@given(st.integers(0, 140_000), st.integers(0, 140_000))
def test_a_cut_body_is_noticed_and_what_came_out_is_a_prefix(size: int, keep: int) -> None:
    data = bytes(size)
    encryptor = BodyEncryptor(KEY)
    file = FILE + encryptor.start() + encryptor.update(data) + encryptor.finish()
    cut = file[: min(len(FILE) + keep, len(file) - 1)]
    out = io.BytesIO()
    with pytest.raises(GatewayError):
        decrypt_stream(io.BytesIO(cut).read, out.write, [IDENTITY])
    assert data.startswith(out.getvalue())
    assert len(out.getvalue()) < max(size, 1)


def split(data: bytes, cuts: list[int]) -> list[bytes]:
    pieces = []
    for cut in cuts:
        pieces.append(data[:cut])
        data = data[cut:]
    return [*pieces, data]
