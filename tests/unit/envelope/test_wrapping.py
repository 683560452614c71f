"""Wrapped file keys: bound to their key-encryption key and digest."""

from __future__ import annotations

import pytest

from gateway.envelope.wrapping import WRAPPED_BYTES, unwrap_file_key, wrap_file_key
from gateway.errors import IntegrityFailure, InvalidInput

KEK, FILE_KEY, AAD = bytes(range(32)), bytes(range(16)), bytes(range(50, 82))


def test_a_key_comes_back() -> None:
    wrapped = wrap_file_key(KEK, FILE_KEY, AAD)
    assert len(wrapped) == WRAPPED_BYTES
    assert unwrap_file_key(KEK, wrapped, AAD) == FILE_KEY
    assert wrapped != wrap_file_key(KEK, FILE_KEY, AAD)


def test_nothing_else_opens_it() -> None:
    wrapped = wrap_file_key(KEK, FILE_KEY, AAD)
    tries = [
        (bytes(32), wrapped, AAD),
        (KEK, wrapped, bytes(32)),
        (KEK, wrapped, b""),
        (KEK, wrapped[:-1], AAD),
        (KEK, wrapped + b"\0", AAD),
        (KEK, b"", AAD),
        *((KEK, wrapped[:i] + bytes([wrapped[i] ^ 1]) + wrapped[i + 1 :], AAD) for i in range(WRAPPED_BYTES)),
    ]
    for kek, changed, aad in tries:
        with pytest.raises(IntegrityFailure) as caught:
            unwrap_file_key(kek, changed, aad)
        assert caught.value.code == "key-unwrap-failed"


def test_sizes_are_checked_before_wrapping() -> None:
    with pytest.raises(InvalidInput):
        wrap_file_key(KEK, bytes(32), AAD)
    with pytest.raises(InvalidInput):
        wrap_file_key(KEK, FILE_KEY, b"")
