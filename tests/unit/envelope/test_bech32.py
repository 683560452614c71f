"""Bech32 as age uses it: known keys, and every way to misspell one."""

from __future__ import annotations

import pytest

from gateway.envelope import bech32
from gateway.errors import InvalidInput

# From c2sp.org/age: an identity of 32 bytes 0x42, and its recipient.
IDENTITY = "AGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEX"
RECIPIENT = "age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj"


def test_the_keys_of_the_specification() -> None:
    assert bech32.decode(IDENTITY) == ("AGE-SECRET-KEY-", b"\x42" * 32)
    prefix, public = bech32.decode(RECIPIENT)
    assert prefix == "age"
    assert bech32.encode("age", public) == RECIPIENT
    assert bech32.encode("age-secret-key-", b"\x42" * 32).upper() == IDENTITY


@pytest.mark.parametrize(
    "text",
    ["A12UEL5L", "a12uel5l", "abcdef1qpzry9x8gf2tvdw0s3jn54khce6mua7lmqqqxw"],
)
def test_valid_strings_of_bip_173(text: str) -> None:
    prefix, data = bech32.decode(text)
    assert bech32.encode(prefix.lower(), data) == text.lower()


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "length"),
        ("age1", "length"),
        (RECIPIENT[:-1], "checksum"),
        (RECIPIENT[:-1] + "q", "checksum"),
        (RECIPIENT.replace("z", "Z", 1), "mixes"),
        (RECIPIENT.replace("zvky", "zvbk"), "does not use"),
        (RECIPIENT + "\n", "space"),
        (" " + RECIPIENT, "space"),
        (RECIPIENT.replace("g", "ɡ", 1), "beyond ASCII"),
        ("1" + RECIPIENT[4:], "prefix"),
        ("pzry9x0s0muk", "prefix"),
        ("li1dgmt3", "checksum"),
        ("age1" + "q" * 5000, "length"),
    ],
)
def test_what_is_refused(text: str, reason: str) -> None:
    with pytest.raises(InvalidInput, match=reason) as caught:
        bech32.decode(text)
    assert caught.value.code == "bech32-invalid"


def test_padding_bits_must_be_zero() -> None:
    # One byte takes two characters, of whose ten bits the last two are padding.
    values = bech32._regroup_to_fives(b"\xff")
    values[-1] |= 1
    with pytest.raises(InvalidInput, match="padding"):
        bech32._regroup_to_bytes(values)


def test_an_error_never_quotes_the_text() -> None:
    with pytest.raises(InvalidInput) as caught:
        bech32.decode(IDENTITY[:-1] + "Q")
    assert "GFPYY" not in str(caught.value.as_dict())
