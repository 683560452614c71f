"""Signatures of agencies: made with a key that is the agency's own, registered for signing, and good now."""

from __future__ import annotations

from datetime import datetime

from gateway.envelope.signature import verify
from gateway.errors import InvalidInput
from gateway.evidence.package import Principal
from gateway.exchange.ports.database import Transaction


def check_signature(
    tx: Transaction,
    principal: Principal,
    document: bytes,
    signature: bytes,
    key_id: str,
    now: datetime,
    *,
    what: str = "document",
) -> None:
    """Refuse a document that the principal's agency has not signed with the key that is named.

    Raises:
        InvalidInput: ``signing-key-unknown``.
        IntegrityFailure: ``signature-invalid``; ``what`` is how its sentence calls the document.
    """
    key = tx.directory.key(key_id)
    if key is None or key.agency != principal.agency or key.use != "signing" or not key.usable(now):
        raise InvalidInput(
            "signing-key-unknown",
            "The signature names a key that is not a valid signing key of your agency.",
            remedy="Sign with a key that is registered for signing and neither revoked nor expired.",
            where="/key_id",
        )
    verify(key.material, document, signature, what=what)
