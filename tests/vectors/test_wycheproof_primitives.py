"""Wycheproof's edge cases for the primitives, run through our own wrappers wherever one can take them.

What our code cannot be made to do (another nonce size, another output length) has no wrapper, and is
counted as skipped; each test says how many vectors it did run.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import hmac
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from gateway.envelope import body, rawbase64, signature
from gateway.envelope.header import Stanza
from gateway.envelope.x25519 import X25519Identity, X25519Recipient, _wrap_key
from gateway.errors import IntegrityFailure, InvalidInput
from gateway.keyring.compact_jws import MalformedJws, parse_compact
from gateway.keyring.tokens import signed_by


def cases(shared: Path, name: str) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    document = json.loads((shared / "vectors" / "wycheproof" / name).read_text())
    for group in document["testGroups"]:
        for test in group["tests"]:
            yield group, test


def test_ecdsa_signatures_in_der(shared: Path) -> None:
    """signature.verify: the r and s of each vector, as DER, under the vector's PEM."""
    valid = invalid = 0
    for group, test in cases(shared, "ecdsa_secp256r1_sha256_p1363_test.json"):
        raw = bytes.fromhex(test["sig"])
        if len(raw) != 64:
            continue
        r, s = int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big")
        der, message = encode_dss_signature(r, s), bytes.fromhex(test["msg"])
        key = signature.load_public_key(group["publicKeyPem"])
        if test["result"] == "valid":
            signature.verify(key, message, der)
            valid += 1
        else:
            with pytest.raises(IntegrityFailure):
                signature.verify(key, message, der)
            invalid += 1
    assert valid > 100
    assert invalid > 30


def test_ecdsa_signatures_as_tokens_have_them(shared: Path) -> None:
    """signed_by: each invalid raw signature, put on a token of the vector's key, is refused.

    The messages of the vectors are no signing inputs, so nothing can verify here; what is pinned is
    that no length, range or duplication trick makes the verifier raise or accept.
    """
    header = base64.urlsafe_b64encode(b'{"alg":"ES256"}').rstrip(b"=").decode()
    tried = 0
    for group, test in cases(shared, "ecdsa_secp256r1_sha256_p1363_test.json"):
        key = signature.load_public_key(group["publicKeyPem"])
        raw = base64.urlsafe_b64encode(bytes.fromhex(test["sig"])).rstrip(b"=").decode()
        token = f"{header}.e30.{raw}"
        with contextlib.suppress(MalformedJws):
            assert not signed_by(token, parse_compact(token, types={None}), key)
        tried += 1
    assert tried > 250


def test_x25519_shares(shared: Path) -> None:
    """X25519Identity.unwrap with the vector's private key, against a stanza made from its shared secret."""
    opened = refused = 0
    file_key = bytes(range(16))
    for _, test in cases(shared, "x25519_test.json"):
        secret = bytes.fromhex(test["shared"])
        share = bytes.fromhex(test["public"])
        identity = X25519Identity(bytes.fromhex(test["private"]))
        wrapped = ChaCha20Poly1305(_wrap_key(secret, share, identity._public)).encrypt(bytes(12), file_key, None)
        stanza = Stanza(("X25519", rawbase64.encode(share)), wrapped)
        if secret == bytes(32):
            # The secret that everybody knows: such a share, and such a recipient, must be refused.
            with pytest.raises(InvalidInput, match="low order"):
                identity.unwrap(stanza)
            with pytest.raises(InvalidInput, match="low order"):
                X25519Recipient(share)
            refused += 1
        else:
            assert identity.unwrap(stanza) == file_key, test["tcId"]
            opened += 1
    assert opened > 400
    assert refused >= 10


def test_hkdf_where_age_uses_it(shared: Path) -> None:
    """payload_key derives 32 bytes from a 16-byte key: the vectors of that shape pin the primitive it uses."""
    tried = 0
    for _, test in cases(shared, "hkdf_sha256_test.json"):
        ikm, salt, info = (bytes.fromhex(test[name]) for name in ("ikm", "salt", "info"))
        if test["result"] != "valid":
            with pytest.raises(ValueError):
                HKDF(algorithm=SHA256(), length=test["size"], salt=salt, info=info)
            continue
        okm = HKDF(algorithm=SHA256(), length=test["size"], salt=salt, info=info).derive(ikm)
        assert okm == bytes.fromhex(test["okm"])
        tried += 1
    assert tried > 50
    # And ours is that primitive with age's label: extract, then one block of expand (RFC 5869 §2).
    file_key, nonce = bytes(range(16)), bytes(range(100, 116))
    prk = hmac.digest(nonce, file_key, hashlib.sha256)
    assert body.payload_key(file_key, nonce) == hmac.digest(prk, b"payload\x01", hashlib.sha256)


def test_chacha20_poly1305_in_the_body(shared: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """BodyDecryptor.finish on the vectors without associated data, with the vector's key and nonce.

    The decryptor derives both itself; here they are replaced by the vector's, so that everything else
    (buffering, tag handling, class of error) is the real thing.
    """
    opened = 0
    for group, test in cases(shared, "chacha20_poly1305_test.json"):
        # The invalid ones all have associated data, which a body never has; they'd fail for that alone.
        if test["aad"] or group["ivSize"] != 96 or test["result"] != "valid":
            continue
        key, iv = bytes.fromhex(test["key"]), bytes.fromhex(test["iv"])
        monkeypatch.setattr(body, "payload_key", lambda file_key, nonce, key=key: key)
        monkeypatch.setattr(body, "_nonce", lambda counter, last, iv=iv: iv)
        sealed = bytes.fromhex(test["ct"] + test["tag"])
        decryptor = body.BodyDecryptor(bytes(16), bytes(16))
        assert decryptor.update(sealed) + decryptor.finish() == bytes.fromhex(test["msg"])
        opened += 1
        changed = sealed[:-1] + bytes([sealed[-1] ^ 1])
        decryptor = body.BodyDecryptor(bytes(16), bytes(16))
        decryptor.update(changed)
        with pytest.raises(IntegrityFailure, match="changed"):
            decryptor.finish()
    assert opened > 30
