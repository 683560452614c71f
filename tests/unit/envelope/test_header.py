"""Headers: canonical spelling only, bounded, and the MAC over all of it."""

from __future__ import annotations

import pytest

from gateway.envelope.header import (
    MAX_HEADER_BYTES,
    Header,
    Stanza,
    header_length,
    new_file_key,
    parse_header,
    write_header,
)
from gateway.envelope.hybrid import HybridIdentity
from gateway.envelope.x25519 import X25519Identity
from gateway.errors import IntegrityFailure, InvalidInput, TooLarge

IDENTITY = X25519Identity(bytes(range(32)))
FILE_KEY = bytes(range(16))


def header(*extra: Stanza) -> bytes:
    return write_header(FILE_KEY, [IDENTITY.recipient], extra)


@pytest.mark.parametrize("size", [0, 1, 47, 48, 49, 95, 96, 97, 500])
def test_bodies_of_every_length_come_back(size: int) -> None:
    stanza = Stanza(("example.org/note", "arg"), bytes(size))
    parsed = parse_header(header(stanza))
    assert parsed.stanzas[1] == stanza
    assert parsed.open([IDENTITY]) == FILE_KEY


def test_header_length_finds_the_end_in_pieces() -> None:
    whole = header()
    for cut in range(len(whole)):
        assert header_length(whole[:cut]) is None
    assert header_length(whole + b"--- body\n") == len(whole)


@pytest.mark.parametrize(
    "start",
    [b"-----BEGIN AGE ENCRYPTED FILE-----\n", b"PK\x03\x04", b"age-encryption.org/v2\n", b"age-encryption.org/v1\r\n"],
)
def test_other_files_are_refused_at_their_first_bytes(start: bytes) -> None:
    with pytest.raises(InvalidInput) as caught:
        header_length(start)
    assert caught.value.code == "age-header-invalid"


def test_a_header_without_end_is_refused_at_the_limit() -> None:
    endless = b"age-encryption.org/v1\n-> X " + b"A" * MAX_HEADER_BYTES
    with pytest.raises(TooLarge):
        header_length(endless)
    with pytest.raises(TooLarge):
        parse_header(endless)


def changed(old: bytes, new: bytes) -> bytes:
    whole = header(Stanza(("note", "a"), b"xyz"))
    assert old in whole
    return whole.replace(old, new, 1)


BROKEN = [
    b"",
    b"age-encryption.org/v1\n",
    changed(b"-> note a\n", b"-> note  a\n"),
    changed(b"-> note a\n", b"-> note a \n"),
    changed(b"-> note a\n", b"->note a\n"),
    changed(b"-> note a\n", b"-> note a\r\n"),
    changed(b"-> note a\n", b"-> note \xc3\xa9\n"),
    changed(b"-> note a\n", b"-> note \x7f\n"),
    changed(b"-> note a\n", b"-> \n"),
    changed(b"eHl6\n", b"eHl6=\n"),
    changed(b"eHl6\n", b"eHl7\n\n"),
    changed(b"eHl6\n", b"eHl\n"),
    changed(b"eHl6\n", b"e Hl\n"),
    changed(b"eHl6\n", b""),
    changed(b"\n--- ", b"\n---"),
    changed(b"\n--- ", b"\n----"),
    header() + b"\n",
    header() + header(),
    header()[:-1],
    header()[:-2] + b"\n",
    b"age-encryption.org/v1\n--- " + b"A" * 43 + b"\n",
]


@pytest.mark.parametrize("number", range(len(BROKEN)))
def test_anything_but_the_canonical_spelling_is_refused(number: int) -> None:
    with pytest.raises(InvalidInput) as caught:
        parse_header(BROKEN[number]).open([IDENTITY])
    assert caught.value.code == "age-header-invalid"


@pytest.mark.parametrize("old", [b"-> note a\n", b"eHl6\n", b"-> note"])
def test_a_changed_note_breaks_the_mac(old: bytes) -> None:
    new = {b"-> note a\n": b"-> note b\n", b"eHl6\n": b"eHl7\n", b"-> note": b"-> mote"}[old]
    with pytest.raises(IntegrityFailure) as caught:
        parse_header(changed(old, new)).open([IDENTITY])
    assert caught.value.code == "age-mac-mismatch"


def test_a_dropped_stanza_breaks_the_mac() -> None:
    parsed = parse_header(header(Stanza(("note",))))
    with pytest.raises(IntegrityFailure):
        Header(parsed.stanzas[:1], parsed.mac).open([IDENTITY])


def test_nobody_else_opens_it() -> None:
    with pytest.raises(InvalidInput) as caught:
        parse_header(header()).open([X25519Identity.generate(), HybridIdentity.generate()])
    assert caught.value.code == "age-no-match"


def test_a_passphrase_stanza_must_be_alone() -> None:
    with pytest.raises(InvalidInput, match="only one"):
        parse_header(header(Stanza(("scrypt", "c2FsdA", "18"), bytes(32)))).open([IDENTITY])


def test_kinds_of_recipients_do_not_mix() -> None:
    with pytest.raises(InvalidInput) as caught:
        write_header(FILE_KEY, [IDENTITY.recipient, HybridIdentity.generate().recipient])
    assert caught.value.code == "age-recipients-mixed"


def test_a_header_needs_a_recipient_and_a_key_of_16_bytes() -> None:
    with pytest.raises(InvalidInput, match="needs a recipient"):
        write_header(FILE_KEY, [])
    with pytest.raises(InvalidInput, match="16 bytes"):
        write_header(bytes(32), [IDENTITY.recipient])


@pytest.mark.parametrize("args", [(), ("",), ("a b",), ("a\n-> X25519",), ("é",)])
def test_a_stanza_that_could_forge_lines_cannot_be_written(args: tuple[str, ...]) -> None:
    with pytest.raises(InvalidInput):
        header(Stanza(args))


def test_file_keys_are_random() -> None:
    assert len({new_file_key() for _ in range(50)}) == 50
