"""A signature inside a PDF: PAdES baseline B-B (ETSI EN 319 142-1), which any PDF reader finds and checks.

The signature certifies the document with no changes permitted (ISO 32000-1, 12.8.2.2), over ECDSA with SHA-384. The
private key stays where it is: a function signs. What the certificate is worth is the reader's question;
a self-signed one says only that the key is the one that the reader has from elsewhere
(:mod:`gateway.keyring.document_certificate`). No time stamp of a third party: the log's checkpoint, which
the report names and witnesses cosign, says when.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence

from asn1crypto import pem, x509
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import MDPPerm, SigSeedSubFilter
from pyhanko.sign.signers import PdfSignatureMetadata, PdfSigner, Signer
from pyhanko_certvalidator.registry import SimpleCertificateStore

DIGEST = "sha384"
# DER of a P-384 signature: at most 104 bytes; the embedder reserves room by this.
_LONGEST_SIGNATURE = bytes(104)


class _Delegating(Signer):
    def __init__(self, chain: Sequence[x509.Certificate], sign: Callable[[bytes], bytes]) -> None:
        store = SimpleCertificateStore()  # type: ignore[no-untyped-call]
        store.register_multiple(chain)
        super().__init__(signing_cert=chain[0], cert_registry=store)
        self._sign = sign

    async def async_sign_raw(self, data: bytes, digest_algorithm: str, dry_run: bool = False) -> bytes:
        if digest_algorithm != DIGEST:
            raise ValueError("the gateway's key signs with SHA-384 only")
        return _LONGEST_SIGNATURE if dry_run else self._sign(data)


def sign_pdf(document: bytes, chain_pem: bytes, sign: Callable[[bytes], bytes], reason: str) -> bytes:
    """The document with a certifying signature.

    Args:
        chain_pem: The signer's certificate, and those above it, as PEM.
        sign: Gives the DER signature, ECDSA P-384 with SHA-384, of some bytes.
        reason: Shown by readers.
    """
    chain = [x509.Certificate.load(der) for _, _, der in pem.unarmor(chain_pem, multiple=True)]
    metadata = PdfSignatureMetadata(
        field_name="Gateway",
        md_algorithm=DIGEST,
        subfilter=SigSeedSubFilter.PADES,
        reason=reason,
        certify=True,
        docmdp_permissions=MDPPerm.NO_CHANGES,
    )
    out = io.BytesIO()
    PdfSigner(metadata, _Delegating(chain, sign)).sign_pdf(IncrementalPdfFileWriter(io.BytesIO(document)), output=out)
    return out.getvalue()
