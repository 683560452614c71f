"""Certify: the certificate of a disposal, and the receivers' duties that follow from it.

:func:`certify_disposal` runs inside the transaction that destroyed the keys and fixes the facts there;
:func:`issue_certificates` runs later, again and again until the log has placed the entry, and signs.
Identifiers are derived from what they stand for, so that a repetition makes the same ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID, uuid5

from gateway.agreements.model import ATTEST_WITHIN
from gateway.envelope.certificate import DestroyedBody, DestroyedKey, DisposalFacts, complete
from gateway.errors import NotFound
from gateway.evidence.canonical import sha256_hex
from gateway.evidence.duty import Duty
from gateway.evidence.hold import HoldsOfCase
from gateway.evidence.package import AgreementRef, Exhibit, Package, Principal, Release, Rendition
from gateway.exchange import record
from gateway.exchange.custody.case_custody import has_to_do_with
from gateway.exchange.parties.standing import standing
from gateway.exchange.ports.custody import Certificate
from gateway.exchange.ports.database import Transaction
from gateway.exchange.ports.keys import Keyring
from gateway.translog.entry import format_time

#: Namespace of derived identifiers (RFC 9562 version 5), a random UUID chosen once.
_NAMESPACE = UUID("5f0c5f4e-6a5e-4a57-9d0c-3b8e2d1b7a64")


@dataclass(slots=True)
class Destroyed:
    """What one disposal of one package destroyed; filled in as it happens."""

    keys: list[tuple[str, str, str]] = field(default_factory=list)  # key id, original or rendition, object id
    originals: list[Exhibit] = field(default_factory=list)
    renditions: list[Rendition] = field(default_factory=list)
    pulled: list[Release] = field(default_factory=list)
    #: Pointers, each with the version that it points into where that is another than the package's.
    clauses: set[tuple[str, AgreementRef | None]] = field(default_factory=set)


def destroy_key(
    tx: Transaction, package: Package, destroyed: Destroyed, key: tuple[str, str, str], reason: str, now: datetime
) -> None:
    """Destroy one file key (its id, whether of an original or a rendition, and of which) and note it."""
    event = record.event(
        "key.destroy", "done", now, ("key", key[0]), within=package, clause="/retention", reason=reason
    )
    tx.file_keys.destroy(key[0], now, event)
    destroyed.keys.append(key)


def destroy_refused(tx: Transaction, package: Package, exhibit: Exhibit, clause: str, now: datetime) -> bool:
    """Destroy what was uploaded of an exhibit that the agreement refuses; False if a legal hold covers it."""
    # The case first, as everywhere: a hold placed at this moment comes before or after.
    if exhibit.file_key_id is None or tx.cases.get(package.case_id, lock=True) is None:
        return False
    holds = HoldsOfCase.at(package.case_id, tx.holds.of_case(package.case_id), now)
    if holds.exhibit(package.id, exhibit.id):
        return False
    destroyed = Destroyed(originals=[exhibit], clauses={(clause, None)})
    destroy_key(tx, package, destroyed, (exhibit.file_key_id, "original", exhibit.id), "refused", now)
    certify_disposal(tx, package, destroyed, "refused", now)
    if exhibit.blob is not None:
        tx.unfinished.abandon([exhibit.blob], now)
    tx.queue.enqueue("erase", package.id)
    return True


def certify_disposal(tx: Transaction, package: Package, destroyed: Destroyed, reason: str, now: datetime) -> None:
    """Store the facts for the certificate, with an entry that commits to them, and the receivers' duties."""
    _oblige(tx, package, destroyed.pulled, reason, now)
    if not destroyed.keys:
        return
    gone = {rendition.id for rendition in destroyed.renditions}
    releases = [r for r in tx.releases.of_package(package.id) if r.rendition_id in gone]
    clauses = sorted(destroyed.clauses or {("/retention", None)}, key=_in_words)
    facts = DisposalFacts(
        certificate=_derived("certificate", package.id, *sorted(key[0] for key in destroyed.keys)),
        package=package.id,
        case=package.case_id,
        sender=package.agency,
        agreement=package.agreement,
        clauses=tuple(_in_words(clause) for clause in clauses),
        reason=reason,
        disposed_at=now,
        keys=tuple(DestroyedKey(*key) for key in destroyed.keys),
        bodies=(
            *(DestroyedBody("rendition", r.id, r.exhibit_id, r.view, r.body_sha256) for r in destroyed.renditions),
            *(DestroyedBody("original", e.id, e.id, "", e.body_sha256 or "") for e in destroyed.originals),
        ),
        releases=tuple((r.id, r.recipient) for r in releases),
        pulled_releases=sum(r.last_pull_at is not None for r in releases),
    )
    encoded = facts.canonical()
    certificate = Certificate(
        id=facts.certificate,
        package_id=package.id,
        case_id=package.case_id,
        sender=package.agency,
        agreement=package.agreement,
        reason=reason,
        disposed_at=now,
        facts=encoded,
    )
    detail = {"facts_digest": sha256_hex(encoded), "keys": len(facts.keys), "bodies": len(facts.bodies)}
    clause, other = clauses[0]
    event = record.event(
        "disposal.record", "done", now, certificate, clause=clause, agreement=other, reason=reason, detail=detail
    )
    tx.certificates.add(certificate, event)
    tx.queue.enqueue("certify", package.id)


def _in_words(clause: tuple[str, AgreementRef | None]) -> str:
    """A clause as the certificate, which speaks of the package's version, names it."""
    pointer, other = clause
    return pointer if other is None else f"version {other.version}: {pointer}"


def issue_certificates(tx: Transaction, keyring: Keyring, package_id: str, now: datetime) -> bool:
    """Sign the package's certificates whose entries the log has placed.

    Returns:
        False if one still waits: try again shortly. Safe to repeat.
    """
    complete_now = True
    for pending in tx.certificates.of_package(package_id):
        certificate = tx.certificates.get(pending.id, lock=True)
        if certificate is None or certificate.issued_at is not None:
            continue
        position = tx.ledger.position(tx.certificates.entry(certificate.id))
        if position is None:
            complete_now = False
            continue
        document = complete(certificate.facts, position)
        detail = {"document_digest": sha256_hex(document), "log_position": position}
        event = record.event("certificate.issue", "done", now, certificate, detail=detail)
        tx.certificates.issue(certificate.id, document, keyring.sign(document), now, event)
    return complete_now


def list_certificates(
    tx: Transaction, principal: Principal, *, after: str | None, limit: int, now: datetime
) -> Sequence[Certificate]:
    """Issued certificates of packages that the agency sent or had a release of, newest first."""
    found = tx.certificates.concerning(principal.agency, after=after, limit=limit)
    tx.ledger.append(record.listed("certificate.list", principal, len(found), now))
    return found


def read_certificate(tx: Transaction, principal: Principal, certificate_id: str, now: datetime) -> Certificate:
    """An issued certificate, for the sender and the receivers of the package.

    Raises:
        NotFound: ``certificate-unknown``.
    """
    certificate = tx.certificates.get(certificate_id)
    package = tx.packages.get(certificate.package_id) if certificate is not None else None
    if (
        certificate is None
        or package is None
        or certificate.issued_at is None
        or not has_to_do_with(tx, principal.agency, package)
    ):
        error = NotFound("certificate-unknown", "There is no such certificate for you.", remedy="List them.")
        raise record.unknown(error, "certificate.read", now, certificate, principal)
    tx.ledger.append(record.event("certificate.read", "permit", now, certificate, actor=principal))
    return certificate


def _oblige(tx: Transaction, package: Package, pulled: Sequence[Release], reason: str, now: datetime) -> None:
    binding = standing(tx, package.agreement)
    within = min((text.attest_within for text in binding.texts), default=ATTEST_WITHIN) if binding else ATTEST_WITHIN
    for agency in sorted({r.recipient for r in pulled}):
        releases = tuple(sorted(r.id for r in pulled if r.recipient == agency))
        duty = Duty(
            id=_derived("duty", package.id, agency, *releases),
            package_id=package.id,
            case_id=package.case_id,
            agreement=package.agreement,
            sender=package.agency,
            agency=agency,
            releases=releases,
            reason=reason,
            created_at=now,
            due_at=now + within,
        )
        detail = {"agency": agency, "releases": len(releases), "due": format_time(duty.due_at)}
        event = record.event(
            "attestation.require", "done", now, duty, clause="/retention", reason=reason, detail=detail
        )
        tx.duties.add(duty, event)


def _derived(kind: str, *parts: str) -> str:
    return str(uuid5(_NAMESPACE, "\0".join((kind, *parts))))
