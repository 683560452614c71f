"""A whole age v1 file as a stream: header, then body, in pieces, without I/O of its own.

Reads what anyone wrote to an X25519 or X-Wing recipient, in binary form (c2sp.org/age). Text armor
and passphrases are left to stock programs. The caller brings ``read`` and ``write``; what reaches
``write`` is authenticated chunk by chunk, but complete only when the function returns.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from gateway.envelope.body import NONCE_BYTES, BodyDecryptor
from gateway.envelope.header import Header, Identity, header_length, invalid_header, parse_header

_READ_BYTES = 1 << 20
_HEADER_READ_BYTES = 64 * 1024

Read = Callable[[int], bytes]
Write = Callable[[bytes], object]


def read_header(read: Read) -> tuple[Header, bytes]:
    """Read and parse a header; returns it and the bytes that were read beyond it.

    Args:
        read: Like ``file.read``: at most so many bytes, and ``b""`` only at the end.

    Raises:
        InvalidInput: ``age-header-invalid``. TooLarge: ``age-header-too-large``.
    """
    buffer = bytearray()
    while (length := header_length(buffer)) is None:
        if not _fill(read, buffer, len(buffer) + _HEADER_READ_BYTES):
            raise invalid_header("it ends within the header")
    return parse_header(bytes(buffer[:length])), bytes(buffer[length:])


def decrypt_stream(read: Read, write: Write, identities: Sequence[Identity]) -> Header:
    """Decrypt an age file; returns its header, for instance to look for a policy stanza.

    If anything is raised, all that was written must be thrown away: it is a sound beginning of the
    plaintext, but not the whole.

    Args:
        read: Like ``file.read``: at most so many bytes, and ``b""`` only at the end.
        write: Takes authenticated plaintext, in order.
        identities: Tried in order.

    Raises:
        InvalidInput: ``age-header-invalid``, ``age-no-match``. TooLarge: ``age-header-too-large``.
        IntegrityFailure: ``age-mac-mismatch``, ``age-payload-invalid``.
    """
    header, rest = read_header(read)
    file_key = header.open(identities)
    buffer = bytearray(rest)
    if not _fill(read, buffer, NONCE_BYTES) and len(buffer) < NONCE_BYTES:
        raise invalid_header("it ends within the nonce of the body")
    decryptor = BodyDecryptor(file_key, bytes(buffer[:NONCE_BYTES]))
    piece = bytes(buffer[NONCE_BYTES:])
    while True:
        if plaintext := decryptor.update(piece):
            write(plaintext)
        piece = read(_READ_BYTES)
        if not piece:
            break
    if plaintext := decryptor.finish():
        write(plaintext)
    return header


def _fill(read: Read, buffer: bytearray, size: int) -> bool:
    """Read until the buffer has ``size`` bytes or the source ends; whether anything was read."""
    before = len(buffer)
    while len(buffer) < size:
        piece = read(size - len(buffer))
        if not piece:
            break
        buffer += piece
    return len(buffer) > before
