"""Papers that are printed for people, from the documents that are signed."""

from __future__ import annotations

from gateway.envelope.certificate import parse_certificate
from gateway.evidence.canonical import sha256_hex
from gateway.papers.certificate import certificate_pdf


def certificate_page(document: bytes) -> bytes:
    """A certificate of destruction as a PDF."""
    return certificate_pdf(parse_certificate(document), sha256_hex(document))
