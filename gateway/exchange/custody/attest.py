"""Attest: a receiver's signed word that what the gateway disposed of is deleted at its end too."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from gateway.envelope.attestation import DeletionAttestation
from gateway.errors import Conflict, InvalidInput, NotFound
from gateway.evidence.canonical import sha256_hex
from gateway.evidence.duty import Duty
from gateway.evidence.package import Principal
from gateway.exchange import record
from gateway.exchange.parties.signatures import check_signature
from gateway.exchange.ports.database import Transaction
from gateway.translog.entry import format_time

#: How far ahead an agency's clock may be.
_CLOCK_DIFFERENCE = timedelta(minutes=5)


def list_duties(
    tx: Transaction, principal: Principal, *, after: str | None, limit: int, now: datetime
) -> Sequence[Duty]:
    """Duties that the agency has, and those that receivers of its packages owe to it, newest first."""
    found = tx.duties.concerning(principal.agency, after=after, limit=limit)
    tx.ledger.append(record.listed("attestation.list", principal, len(found), now))
    return found


def attest(
    tx: Transaction,
    principal: Principal,
    duty_id: str,
    attestation: bytes,
    signature: bytes,
    key_id: str,
    now: datetime,
) -> Duty:
    """Store the agency's signed attestation; it also counts when it comes late.

    Raises:
        NotFound: ``duty-unknown``, also for another agency's.
        InvalidInput: ``signing-key-unknown``, ``attestation-mismatch``, ``attestation-invalid``.
        IntegrityFailure: ``signature-invalid``.
        Conflict: ``already-attested``.
    """
    duty = tx.duties.get(duty_id, lock=True)
    if duty is None or duty.agency != principal.agency:
        error = NotFound("duty-unknown", "Your agency has no such duty.", remedy="List the duties.")
        raise record.unknown(error, "attestation.give", now, duty, principal)
    check_signature(tx, principal, attestation, signature, key_id, now, what="attestation")
    parsed = DeletionAttestation.parse(attestation)
    named = (parsed.duty, parsed.package, parsed.agency, parsed.releases)
    if named != (duty.id, duty.package_id, duty.agency, duty.releases) or parsed.deleted_at > now + _CLOCK_DIFFERENCE:
        raise InvalidInput(
            "attestation-mismatch",
            "The attestation names another duty, package, agency or set of releases, or a time to come.",
            remedy="Attest the duty as it is listed, with all of its releases.",
            where="/attestation",
        )
    if duty.attested_at is not None:
        raise Conflict("already-attested", "This duty is attested already.", remedy="Nothing is left to do.")
    reason = "late" if now > duty.due_at else ""
    detail = {"attestation_digest": sha256_hex(attestation), "signing_key": key_id}
    event = record.event("attestation.give", "done", now, duty, actor=principal, reason=reason, detail=detail)
    tx.duties.attest(duty.id, now, attestation, signature, key_id, event)
    return tx.duties.get(duty.id) or duty


def mark_overdue(tx: Transaction, now: datetime, limit: int = 100) -> int:
    """Write down attestations that are overdue, each once; how many there were."""
    found = tx.duties.overdue(now, limit)
    for duty in found:
        detail = {"agency": duty.agency, "due": format_time(duty.due_at)}
        event = record.event("attestation.overdue", "failed", now, duty, reason="attestation-overdue", detail=detail)
        tx.duties.mark_overdue(duty.id, now, event)
    return len(found)
