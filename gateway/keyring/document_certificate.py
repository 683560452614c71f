"""The certificate that stands in signed PDFs, for the gateway's release-signing key (RFC 5280).

Either one that an authority gave the operator (the file ``document-certificate.pem`` in the gateway's
folder, the gateway's own first, those above it after), or a self-signed one. A self-signed certificate
proves nothing but that the key is in it: whoever checks compares the key with the one that the gateway's
agencies have pinned. Its content depends on key and name alone. The private key is not needed here,
only something that signs.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from asn1crypto import algos, keys, pem, x509
from cryptography import x509 as checked
from cryptography.hazmat.primitives import serialization

from gateway.errors import Misconfigured

CERTIFICATE_FILE = "document-certificate.pem"
_BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
# "No well-defined expiration date" (RFC 5280, 4.1.2.5): the key's end is the agencies' business.
_END = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
_MAX_FILE_BYTES = 65_536
_MAX_NAME_CHARS = 64  # upper bound of a common name (RFC 5280, appendix A)


def self_signed(name: str, public_key_pem: bytes, sign: Callable[[bytes], bytes]) -> bytes:
    """A certificate of the key for itself, PEM.

    Args:
        name: Whom it names: the origin of the log.
        public_key_pem: SubjectPublicKeyInfo.
        sign: Gives the DER signature, ECDSA P-384 with SHA-384, of some bytes.
    """
    _, _, der = pem.unarmor(public_key_pem)
    public, digest = keys.PublicKeyInfo.load(der), hashlib.sha256(der).digest()
    algorithm = algos.SignedDigestAlgorithm({"algorithm": "sha384_ecdsa"})
    subject = x509.Name.build(
        {"organizational_unit_name": "Evidence gateway", "common_name": name[:_MAX_NAME_CHARS]}, use_printable=False
    )
    content = x509.TbsCertificate(
        {
            "version": "v3",
            "serial_number": int.from_bytes(b"\x01" + digest[:15], "big"),
            "signature": algorithm,
            "issuer": subject,
            "validity": {
                "not_before": x509.Time("utc_time", _BEGIN),
                "not_after": x509.Time("general_time", _END),
            },
            "subject": subject,
            "subject_public_key_info": public,
            "extensions": [
                {"extn_id": "basic_constraints", "critical": True, "extn_value": {"ca": False}},
                {"extn_id": "key_usage", "critical": True, "extn_value": {"digital_signature", "non_repudiation"}},
                {"extn_id": "key_identifier", "extn_value": digest[:20]},
            ],
        }
    )
    signed = x509.Certificate(
        {"tbs_certificate": content, "signature_algorithm": algorithm, "signature_value": sign(content.dump())}
    )
    armored: bytes = pem.armor("CERTIFICATE", signed.dump())
    return armored


def document_certificate(home: Path, name: str, public_key_pem: bytes, sign: Callable[[bytes], bytes]) -> bytes:
    """The operator's certificate if there is one in the folder, else a self-signed one; PEM, the signer's first.

    Raises:
        Misconfigured: ``document-certificate-invalid``: it cannot be read, or is for another key.
    """
    path = home / CERTIFICATE_FILE
    if not path.exists():
        return self_signed(name, public_key_pem, sign)
    try:
        data = path.read_bytes()
        chain = checked.load_pem_x509_certificates(data) if len(data) <= _MAX_FILE_BYTES else []
        own = (
            chain[0]
            .public_key()
            .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        )
    except (OSError, ValueError, IndexError) as error:
        raise _invalid("it cannot be read as certificates in PEM") from error
    if own != public_key_pem:
        raise _invalid("its first certificate is for another key than the gateway's release-signing key")
    return data


def _invalid(reason: str) -> Misconfigured:
    return Misconfigured(
        "document-certificate-invalid",
        f"The certificate for signed PDFs cannot be used: {reason}.",
        remedy="Have one made for the key that 'keys show' prints, or remove the file; see docs/audit.md.",
        where=CERTIFICATE_FILE,
    )
