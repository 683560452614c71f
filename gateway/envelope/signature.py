"""Detached ECDSA signatures, made and checked as ``openssl dgst`` does.

P-384 with SHA-384 (the gateway, and agencies that want it) and P-256 with SHA-256, chosen by the key
alone, never by the message. Signatures are DER (SEC 1 §C.5); keys are PEM (SubjectPublicKeyInfo,
PKCS #8). Tokens are not signed here: they need raw signatures and another key (keyring/tokens.py).
"""

from __future__ import annotations

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256, SHA384
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from gateway.errors import IntegrityFailure, InvalidInput

MAX_PEM_BYTES = 4096
#: The longest DER signature of P-384: a sequence of two integers of 49 bytes.
MAX_SIGNATURE_BYTES = 104


def sign(key: ec.EllipticCurvePrivateKey, data: bytes) -> bytes:
    """Detached DER signature over the data."""
    return key.sign(data, _algorithm(key.curve))


def verify(
    key: ec.EllipticCurvePublicKey | bytes | str, data: bytes, signature: bytes, *, what: str = "document"
) -> None:
    """Return if the signature is the key's over the data.

    Args:
        key: The public key, or its PEM as the directory stores it.
        data: The signed bytes.
        signature: Detached, DER.
        what: The noun for the message, for example ``"package manifest"``.

    Raises:
        IntegrityFailure: ``signature-invalid``.
        InvalidInput: ``public-key-invalid``.
    """
    if not isinstance(key, ec.EllipticCurvePublicKey):
        key = load_public_key(key)
    if len(signature) <= MAX_SIGNATURE_BYTES:
        try:
            key.verify(signature, data, _algorithm(key.curve))
        except InvalidSignature:
            pass
        else:
            return
    raise IntegrityFailure(
        "signature-invalid",
        f"The signature does not belong to this {what} and key.",
        remedy="Check that document, signature and key are of one set and unchanged.",
    )


def load_public_key(untrusted_pem: bytes | str) -> ec.EllipticCurvePublicKey:
    """A P-256 or P-384 public key from SubjectPublicKeyInfo PEM.

    Raises:
        InvalidInput: ``public-key-invalid``.
    """
    pem = untrusted_pem.encode("utf-8", "replace") if isinstance(untrusted_pem, str) else untrusted_pem
    if len(pem) <= MAX_PEM_BYTES and b"-----BEGIN PUBLIC KEY-----" in pem:
        try:
            key = load_pem_public_key(pem)
        except (ValueError, UnsupportedAlgorithm):
            key = None
        if isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP256R1 | ec.SECP384R1):
            return key
    raise InvalidInput(
        "public-key-invalid",
        "The public key is not an elliptic-curve key on P-256 or P-384 in PEM form.",
        remedy="Register the text between BEGIN PUBLIC KEY and END PUBLIC KEY that was printed when the key was made.",
    )


def load_private_key(pem: bytes) -> ec.EllipticCurvePrivateKey:
    """A P-256 or P-384 private key from unencrypted PEM.

    Raises:
        InvalidInput: ``private-key-invalid``; never quotes the key.
    """
    key: object = None
    if len(pem) <= MAX_PEM_BYTES:
        try:
            key = load_pem_private_key(pem, password=None)
        except (ValueError, TypeError, UnsupportedAlgorithm):
            key = None
    if isinstance(key, ec.EllipticCurvePrivateKey) and isinstance(key.curve, ec.SECP256R1 | ec.SECP384R1):
        return key
    raise InvalidInput(
        "private-key-invalid",
        "The private key is not an unencrypted elliptic-curve key on P-256 or P-384 in PEM form.",
        remedy="Use the file that 'keys generate' wrote.",
    )


def public_pem(key: ec.EllipticCurvePublicKey) -> bytes:
    """SubjectPublicKeyInfo PEM."""
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def private_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    """Unencrypted PKCS #8 PEM; a secret."""
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _algorithm(curve: ec.EllipticCurve) -> ec.ECDSA:
    # The hash follows the curve, so that a signer cannot pick a weaker one.
    return ec.ECDSA(SHA384() if isinstance(curve, ec.SECP384R1) else SHA256())
