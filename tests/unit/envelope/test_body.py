"""Bodies: any pieces, the right boundaries, and nothing unauthenticated comes out."""

from __future__ import annotations

import secrets

import pytest

from gateway.envelope.body import CHUNK_BYTES, NONCE_BYTES, TAG_BYTES, BodyDecryptor, BodyEncryptor, body_size
from gateway.errors import IntegrityFailure

KEY = bytes(range(16))
SEALED = CHUNK_BYTES + TAG_BYTES
SIZES = [0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 2 * CHUNK_BYTES, 2 * CHUNK_BYTES + 5, (1 << 20) + 3]


def encrypt(data: bytes, piece: int) -> bytes:
    encryptor = BodyEncryptor(KEY)
    parts = [encryptor.start()]
    parts += [encryptor.update(data[i : i + piece]) for i in range(0, len(data), piece)]
    return b"".join([*parts, encryptor.finish()])


def decrypt(body: bytes, piece: int = 1 << 20) -> bytes:
    decryptor = BodyDecryptor(KEY, body[:NONCE_BYTES])
    parts = [decryptor.update(body[i : i + piece]) for i in range(NONCE_BYTES, len(body), piece)]
    return b"".join([*parts, decryptor.finish()])


@pytest.mark.parametrize("size", SIZES)
def test_pieces_of_any_size_give_one_body(size: int) -> None:
    data = secrets.token_bytes(size)
    for piece in (40_000, CHUNK_BYTES, 100_000, 1 << 20, 3 << 20):
        body = encrypt(data, piece)
        assert len(body) == body_size(size)
        assert decrypt(body) == data
    for piece in (50_001, SEALED, SEALED + 1, 2 << 20):
        assert decrypt(body, piece) == data


def test_buffers_of_every_kind_are_taken() -> None:
    data = secrets.token_bytes(200_000)
    for kind in (bytes, bytearray, memoryview):
        encryptor = BodyEncryptor(KEY)
        body = encryptor.start() + encryptor.update(kind(data)) + encryptor.finish()
        decryptor = BodyDecryptor(KEY, body[:NONCE_BYTES])
        assert decryptor.update(kind(body[NONCE_BYTES:])) + decryptor.finish() == data


def test_what_was_given_out_does_not_change_later() -> None:
    encryptor = BodyEncryptor(KEY)
    first = encryptor.update(bytes(200_000))
    copy = bytes(bytearray(first))
    encryptor.update(secrets.token_bytes(200_000))
    assert first == copy


def test_one_file_key_gives_different_bodies() -> None:
    assert encrypt(b"same", 10) != encrypt(b"same", 10)


def test_a_body_is_finished_once() -> None:
    encryptor = BodyEncryptor(KEY)
    encryptor.finish()
    for again in (encryptor.finish, lambda: encryptor.update(b"x")):
        with pytest.raises(RuntimeError):
            again()


def failing(body: bytes) -> IntegrityFailure:
    with pytest.raises(IntegrityFailure) as caught:
        decrypt(body)
    assert caught.value.code == "age-payload-invalid"
    return caught.value


def test_every_truncation_at_a_boundary_is_noticed() -> None:
    body = encrypt(bytes(3 * CHUNK_BYTES), 1 << 20)
    for end in (NONCE_BYTES, NONCE_BYTES + 1, NONCE_BYTES + SEALED, NONCE_BYTES + 2 * SEALED, len(body) - 1):
        failing(body[:end])


@pytest.mark.parametrize("at", [0, 15, 16, 16 + SEALED - 1, 16 + SEALED, -1])
def test_every_flipped_bit_is_noticed(at: int) -> None:
    body = bytearray(encrypt(bytes(2 * CHUNK_BYTES + 9), 1 << 20))
    body[at] ^= 1
    failing(bytes(body))


def test_lengthening_reordering_and_repeating_are_noticed() -> None:
    body = encrypt(bytes(2 * CHUNK_BYTES), 1 << 20)
    first, second = body[16 : 16 + SEALED], body[16 + SEALED :]
    failing(body + b"\0")
    failing(body + second)
    failing(body[:16] + second + first)
    failing(body[:16] + first + first + second)
    failing(body[:16] + second)


def test_an_empty_last_chunk_is_refused_unless_alone() -> None:
    assert decrypt(encrypt(b"", 1)) == b""
    encryptor = BodyEncryptor(KEY)
    body = encryptor.start() + encryptor.update(bytes(CHUNK_BYTES) + b"x")
    encryptor._held_bytes = 0  # what no honest writer does: end on an empty chunk
    failing(body + encryptor.finish())


def test_nothing_comes_out_before_it_is_authenticated() -> None:
    body = bytearray(encrypt(b"\xaa" * (3 * CHUNK_BYTES), 1 << 20))
    body[16 + SEALED] ^= 1
    decryptor = BodyDecryptor(KEY, bytes(body[:16]))
    released = b""
    end = 16 + 2 * SEALED
    for i in range(16, end, 1000):
        released += decryptor.update(body[i : min(i + 1000, end)])
    # The second chunk is complete, but held back: it might be the last.
    with pytest.raises(IntegrityFailure) as caught:
        decryptor.update(body[end : end + 1])
    assert released == b"\xaa" * CHUNK_BYTES
    assert caught.value.where == "chunk 1"
    with pytest.raises(RuntimeError):
        decryptor.finish()


def test_another_file_key_opens_nothing() -> None:
    body = encrypt(b"secret", 10)
    decryptor = BodyDecryptor(bytes(16), body[:16])
    assert decryptor.update(body[16:]) == b""
    with pytest.raises(IntegrityFailure):
        decryptor.finish()
