"""The end of evidence, at an agency: fetch and verify certificates, attest that copies are deleted."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from gateway.client.connection import Connection
from gateway.envelope.attestation import DeletionAttestation
from gateway.envelope.certificate import parse_certificate
from gateway.envelope.signature import sign, verify
from gateway.errors import IntegrityFailure


@dataclass(frozen=True, slots=True)
class FetchedCertificate:
    """A verified certificate: its members, its bytes as signed, the signature, and the page to print."""

    members: Mapping[str, Any]
    document: bytes
    signature: bytes
    pdf: bytes


def fetch_certificate(connection: Connection, certificate_id: str) -> FetchedCertificate:
    """Fetch a certificate and verify it with the gateway's pinned key.

    Raises:
        IntegrityFailure: ``signature-invalid``, ``certificate-mismatch``.
        InvalidInput: ``disposal-certificate-invalid``.
    """
    address = f"/v1/certificates/{certificate_id}/document"
    document = connection.get_bytes(address)
    signature = connection.get_bytes(f"{address}.sig")
    verify(connection.credentials.trusted_gateway_key(), document, signature, what="certificate")
    members = parse_certificate(document)
    if members["certificate"] != certificate_id:
        raise IntegrityFailure(
            "certificate-mismatch",
            "The gateway answered with another certificate than was asked for.",
            remedy="Do not rely on it; tell the gateway's operator.",
        )
    return FetchedCertificate(members, document, signature, connection.get_bytes(f"{address}.pdf"))


def attest(connection: Connection, duty: Mapping[str, Any], deleted_at: datetime) -> dict[str, Any]:
    """Sign, with the agency's signing key, that all copies of the duty's releases are deleted; and send it.

    Args:
        duty: As ``GET /v1/duties`` lists it.
        deleted_at: When the last copy was deleted; aware UTC.

    Raises:
        Misconfigured: The credentials name no signing key.
    """
    own = connection.credentials
    document = DeletionAttestation(
        duty["id"], duty["package"], duty["agency"], tuple(duty["releases"]), deleted_at
    ).canonical()
    body = {
        "attestation": base64.b64encode(document).decode(),
        "signature": base64.b64encode(sign(own.own_signing_key(), document)).decode(),
        "key_id": own.signing_key_id,
    }
    answer: dict[str, Any] = connection.post(f"/v1/duties/{duty['id']}/attestation", body)
    return answer
