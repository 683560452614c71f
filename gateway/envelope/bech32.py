"""Bech32 (BIP 173) without its length limit: how age spells recipients and identities.

A string is all lower or all upper case; the checksum is over the lower-case form. Mixed case, a
foreign character, a wrong checksum, or padding bits that are not zero are refused, so that each key
has exactly two spellings. Segwit versions and Bech32m are not for us.
"""

from __future__ import annotations

from gateway.errors import InvalidInput

#: Longest text that is looked at; an X-Wing recipient, the longest we know, has 1,960 characters.
MAX_CHARS = 4096

_CHARSET = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_VALUE = {char: value for value, char in enumerate(_CHARSET)}
_GENERATOR = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)


def encode(prefix: str, data: bytes) -> str:
    """Lower-case Bech32 text of ``data`` under the human-readable ``prefix`` (itself lower case)."""
    values = _regroup_to_fives(data)
    checksum = _polymod([*_expand(prefix), *values, 0, 0, 0, 0, 0, 0]) ^ 1
    tail = [(checksum >> 5 * (5 - i)) & 31 for i in range(6)]
    return prefix + "1" + "".join(_CHARSET[v] for v in [*values, *tail])


def decode(untrusted: str) -> tuple[str, bytes]:
    """The prefix, in the case that the text has, and the data bytes.

    The case of the prefix is left to the caller to judge: age writes recipients in lower and
    identities in upper case.

    Raises:
        InvalidInput: ``bech32-invalid``. The message never quotes the text, which may be a secret.
    """
    if not 8 <= len(untrusted) <= MAX_CHARS:
        raise _invalid("its length is impossible")
    if any(not 33 <= ord(char) <= 126 for char in untrusted):
        raise _invalid("it contains a space, a control character or a character beyond ASCII")
    lower = untrusted.lower()
    if untrusted not in (lower, untrusted.upper()):
        raise _invalid("it mixes upper and lower case")
    split = lower.rfind("1")
    if split < 1 or len(lower) - split - 1 < 6:
        raise _invalid("it has no prefix or no checksum")
    try:
        values = [_VALUE[char] for char in lower[split + 1 :]]
    except KeyError:
        raise _invalid("it contains a character that Bech32 does not use") from None
    if _polymod([*_expand(lower[:split]), *values]) != 1:
        raise _invalid("its checksum does not match; a character is probably mistyped")
    return untrusted[:split], _regroup_to_bytes(values[:-6])


def _polymod(values: list[int]) -> int:
    check = 1
    for value in values:
        top = check >> 25
        check = (check & 0x1FFFFFF) << 5 ^ value
        for i, generator in enumerate(_GENERATOR):
            if top >> i & 1:
                check ^= generator
    return check


def _expand(prefix: str) -> list[int]:
    return [ord(char) >> 5 for char in prefix] + [0] + [ord(char) & 31 for char in prefix]


def _regroup_to_fives(data: bytes) -> list[int]:
    bits, count, values = 0, 0, []
    for byte in data:
        bits, count = (bits << 8 | byte) & 0xFFF, count + 8
        while count >= 5:
            count -= 5
            values.append(bits >> count & 31)
    if count:
        values.append(bits << (5 - count) & 31)
    return values


def _regroup_to_bytes(values: list[int]) -> bytes:
    bits, count, data = 0, 0, bytearray()
    for value in values:
        bits, count = (bits << 5 | value) & 0xFFF, count + 5
        if count >= 8:
            count -= 8
            data.append(bits >> count & 255)
    if count >= 5 or bits & ((1 << count) - 1):
        raise _invalid("its padding is not zero")
    return bytes(data)


def _invalid(reason: str) -> InvalidInput:
    return InvalidInput(
        "bech32-invalid",
        f"A Bech32 text cannot be read: {reason}.",
        remedy="Copy the key again, whole and unchanged.",
    )
