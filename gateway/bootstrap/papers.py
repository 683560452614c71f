"""Papers that are printed for people: certificates, and extracts of the log, which are signed as documents too."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from gateway.bootstrap.gateway import Gateway
from gateway.envelope.certificate import parse_certificate
from gateway.evidence.canonical import sha256_hex
from gateway.keyring.document_certificate import document_certificate
from gateway.papers.audit_report import audit_report
from gateway.papers.certificate import certificate_pdf
from gateway.papers.signing import sign_pdf
from gateway.translog.checkpoint import Checkpoint
from gateway.translog.entry import format_time


def certificate_page(document: bytes) -> bytes:
    """A certificate of destruction as a PDF."""
    return certificate_pdf(parse_certificate(document), sha256_hex(document))


@dataclass(frozen=True, slots=True)
class ReportPrinter:
    """Prints extracts of this gateway's log; a :class:`gateway.exchange.log.extract.Printer`."""

    gateway: Gateway

    def __call__(
        self,
        leaves: Sequence[bytes],
        *,
        question: dict[str, Any],
        asked_by: str,
        made_at: datetime,
        head: Checkpoint,
    ) -> bytes:
        """The report, signed with the gateway's key."""
        keyring = self.gateway.keyring
        page = audit_report(leaves, question=question, asked_by=asked_by, made_at=format_time(made_at), head=head)
        chain = document_certificate(self.gateway.settings.home, head.origin, keyring.signing_key_pem(), keyring.sign)
        return sign_pdf(page, chain, keyring.sign, "Extract of the audit log")
