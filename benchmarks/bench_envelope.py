"""Body encryption and decryption beside what they are made of, and beside rage, in one run.

Ratios are what counts; absolute figures are the machine's. Run: python benchmarks/bench_envelope.py [MiB]
"""

from __future__ import annotations

import secrets
import sys
import time
from collections.abc import Callable

from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from gateway.envelope.body import NONCE_BYTES, BodyDecryptor, BodyEncryptor

PIECE = 1 << 20
ROUNDS = 5


def megabytes_per_second(work: Callable[[], object], size: int) -> float:
    """The best of a few rounds: the others measure the neighbours."""
    best = float("inf")
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - begun)
    return size / best / 1e6


def main(mebibytes: int) -> None:
    piece = secrets.token_bytes(PIECE)
    size = mebibytes * PIECE
    key = bytes(16)

    def raw() -> None:
        aead = ChaCha20Poly1305(bytes(32))
        for i in range(mebibytes):
            aead.encrypt(i.to_bytes(12, "big"), piece, None)

    def encrypt() -> None:
        encryptor = BodyEncryptor(key)
        encryptor.start()
        for _ in range(mebibytes):
            encryptor.update(piece)
        encryptor.finish()

    encryptor = BodyEncryptor(key)
    body = encryptor.start() + b"".join(encryptor.update(piece) for _ in range(mebibytes)) + encryptor.finish()

    def decrypt() -> None:
        decryptor = BodyDecryptor(key, body[:NONCE_BYTES])
        view = memoryview(body)
        for at in range(NONCE_BYTES, len(body), PIECE):
            decryptor.update(view[at : at + PIECE])
        decryptor.finish()

    base = megabytes_per_second(raw, size)
    rows = [
        ("raw ChaCha20-Poly1305, 1 MiB pieces", base),
        ("BodyEncryptor, 1 MiB pieces", megabytes_per_second(encrypt, size)),
        ("BodyDecryptor, 1 MiB pieces", megabytes_per_second(decrypt, size)),
    ]
    try:
        import pyrage
    except ImportError:
        print("pyrage is not installed; left out")
    else:
        whole = piece * mebibytes
        identity = pyrage.x25519.Identity.generate()
        file = pyrage.encrypt(whole, [identity.to_public()])
        rows.append(
            ("pyrage.encrypt, whole", megabytes_per_second(lambda: pyrage.encrypt(whole, [identity.to_public()]), size))
        )
        rows.append(("pyrage.decrypt, whole", megabytes_per_second(lambda: pyrage.decrypt(file, [identity]), size)))
    for name, speed in rows:
        print(f"{name:38} {speed:8.0f} MB/s   {speed / base:5.2f} of raw")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 64)
