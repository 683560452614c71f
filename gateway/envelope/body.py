"""The body of an age v1 file: 64 KiB chunks, each authenticated, in order, with a marked last one.

c2sp.org/age, "Payload". The body begins with a 16-byte nonce, from which and the file key the payload
key is derived. Both classes take data in any pieces and do no I/O. The encryptor is on the path of
every byte that the gateway receives, so it encrypts into one buffer that it keeps and copies once.
The decryptor gives out only what has been authenticated; that the whole was there is known only when
:meth:`BodyDecryptor.finish` returns, and until then a caller must be able to take everything back.
"""

from __future__ import annotations

import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from gateway.envelope.header import check_file_key
from gateway.errors import IntegrityFailure

NONCE_BYTES = 16
CHUNK_BYTES = 64 * 1024
TAG_BYTES = 16
_SEALED_BYTES = CHUNK_BYTES + TAG_BYTES
#: Longer input is worked off in pieces of this size, so that the kept buffer stays small.
_PIECE_BYTES = 1 << 20

Buffer = bytes | bytearray | memoryview


def payload_key(file_key: bytes, nonce: bytes) -> bytes:
    """HKDF-SHA256 of the file key under the body's nonce; 32 bytes."""
    return HKDF(algorithm=SHA256(), length=32, salt=nonce, info=b"payload").derive(check_file_key(file_key))


def body_size(plaintext_bytes: int) -> int:
    """Bytes of the body for so many bytes of plaintext, nonce and tags included."""
    chunks = max(1, -(-plaintext_bytes // CHUNK_BYTES))
    return NONCE_BYTES + plaintext_bytes + chunks * TAG_BYTES


def _nonce(counter: int, last: bool) -> bytes:
    # 11 bytes of counter overflow after 2^88 chunks; to_bytes would raise rather than wrap.
    return counter.to_bytes(11, "big") + (b"\x01" if last else b"\x00")


class _ChunkStream:
    """Cuts what comes into chunks of ``unit`` bytes, holding back one: it might be the last."""

    def __init__(self, unit: int) -> None:
        self._unit = unit
        self._held = bytearray(unit)
        self._held_bytes = 0
        self._counter = 0
        self._finished = False
        self._scratch = bytearray()

    def _work(self, data: Buffer, out_unit: int) -> bytes:
        if self._finished:
            raise RuntimeError("the body is finished")
        view = memoryview(data).cast("B")
        if len(view) > _PIECE_BYTES:
            return b"".join(self._work(view[i : i + _PIECE_BYTES], out_unit) for i in range(0, len(view), _PIECE_BYTES))
        # Every chunk that something follows is complete and not the last; ceil - 1 of them.
        total = self._held_bytes + len(view)
        chunks = max(0, -(-total // self._unit) - 1)
        if len(self._scratch) < chunks * out_unit:
            self._scratch = bytearray(chunks * out_unit)
        at = 0
        with memoryview(self._scratch) as out:
            for i in range(chunks):
                target = out[i * out_unit : (i + 1) * out_unit]
                if self._held_bytes:
                    at = self._fill(view, at)
                    self._chunk(memoryview(self._held), target)
                    self._held_bytes = 0
                else:
                    self._chunk(view[at : at + self._unit], target)
                    at += self._unit
                self._counter += 1
            result = bytes(out[: chunks * out_unit])
        self._fill(view, at)
        return result

    def _fill(self, view: memoryview, at: int) -> int:
        take = min(self._unit - self._held_bytes, len(view) - at)
        self._held[self._held_bytes : self._held_bytes + take] = view[at : at + take]
        self._held_bytes += take
        return at + take

    def _chunk(self, source: memoryview, target: memoryview) -> None:
        raise NotImplementedError


class BodyEncryptor(_ChunkStream):
    """Encrypts one body. Use once: :meth:`start`, any number of :meth:`update`, :meth:`finish`.

    Args:
        file_key: 16 bytes, used for this body only.
    """

    def __init__(self, file_key: bytes) -> None:
        super().__init__(CHUNK_BYTES)
        # A fresh nonce for each body: even a file key used twice by mistake gives another payload key.
        self._salt = secrets.token_bytes(NONCE_BYTES)
        self._aead = ChaCha20Poly1305(payload_key(file_key, self._salt))

    def start(self) -> bytes:
        """The 16-byte nonce: the first bytes of the body."""
        return self._salt

    def update(self, data: Buffer) -> bytes:
        """Encrypt more plaintext; returns the chunks that are complete by now, perhaps none."""
        return self._work(data, _SEALED_BYTES)

    def finish(self) -> bytes:
        """The last chunk. Without it, no reader accepts the body."""
        if self._finished:
            raise RuntimeError("the body is finished")
        self._finished = True
        last = memoryview(self._held)[: self._held_bytes]
        return self._aead.encrypt(_nonce(self._counter, last=True), last, None)

    def _chunk(self, source: memoryview, target: memoryview) -> None:
        self._aead.encrypt_into(_nonce(self._counter, last=False), source, None, target)


class BodyDecryptor(_ChunkStream):
    """Decrypts one body from its nonce on, giving out authenticated chunks only.

    Args:
        file_key: 16 bytes, from :meth:`gateway.envelope.header.Header.open`.
        nonce: The first 16 bytes of the body.
    """

    def __init__(self, file_key: bytes, nonce: bytes) -> None:
        super().__init__(_SEALED_BYTES)
        self._aead = ChaCha20Poly1305(payload_key(file_key, nonce))

    def update(self, data: Buffer) -> bytes:
        """Decrypt more of the body; returns what is authenticated by now, perhaps nothing.

        Raises:
            IntegrityFailure: ``age-payload-invalid``; the body was changed. Chunks of the same call
                that were sound are dropped with it.
        """
        return self._work(data, CHUNK_BYTES)

    def finish(self) -> bytes:
        """The plaintext of the last chunk; only now is the whole known to be complete.

        Raises:
            IntegrityFailure: ``age-payload-invalid``: changed, cut short or lengthened.
        """
        if self._finished:
            raise RuntimeError("the body is finished")
        self._finished = True
        last = bytes(memoryview(self._held)[: self._held_bytes])
        try:
            plaintext = self._aead.decrypt(_nonce(self._counter, last=True), last, None)
        except (InvalidTag, ValueError):
            raise self._failure() from None
        if not plaintext and self._counter:
            # Only an empty file has an empty chunk: else one content would have two bodies.
            raise self._failure()
        return plaintext

    def _chunk(self, source: memoryview, target: memoryview) -> None:
        try:
            self._aead.decrypt_into(_nonce(self._counter, last=False), source, None, target)
        except InvalidTag:
            raise self._failure() from None

    def _failure(self) -> IntegrityFailure:
        self._finished = True
        return IntegrityFailure(
            "age-payload-invalid",
            "The contents of the age file were changed, cut short or lengthened.",
            remedy="Discard what was decrypted and fetch the file again; if it fails again, tell the sender.",
            where=f"chunk {self._counter}",
        )
