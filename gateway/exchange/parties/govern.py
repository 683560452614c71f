"""Govern: put an agreement into force. Proposed, signed by every party, then activated.

The gateway never holds a party's signing key: a signature is made offline over the digest of the
canonical document and is verified here, when it is handed in and again at activation. Activating a
version supersedes the one before it; what is then under way is bound by both (standing.py). An active
version can be suspended and resumed, and it ends by an act or when its dates are over; nothing leads
out of superseded and ended. The entry of a proposal carries the whole document, whose digest all other
entries name: the log alone says what was in force, and what it said (as_of.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from gateway.agreements.model import Agreement, AgreementState
from gateway.agreements.signing import PartySignature, statement, verify_party_signature
from gateway.envelope.signature import verify
from gateway.errors import Conflict, Denied, IntegrityFailure, InvalidInput, NotFound
from gateway.evidence.agency import RegisteredKey
from gateway.evidence.canonical import canonical_json
from gateway.evidence.package import Principal
from gateway.exchange import record
from gateway.exchange.ports.database import Transaction
from gateway.exchange.ports.parties import AgreementRecord, AgreementSignature

#: Longer documents do not fit into an entry of the log; as-of then needs them as files.
MAX_DOCUMENT_BYTES = 24_000
_LIVE = (AgreementState.ACTIVE, AgreementState.SUSPENDED)


def propose(tx: Transaction, agreement: Agreement, source: str, now: datetime) -> None:
    """Store a version for its parties to sign.

    Raises:
        NotFound: ``agency-unknown`` if a party is not registered.
        Conflict: ``agreement-version-exists``.
    """
    for agency in agreement.parties:
        if tx.directory.agency(agency) is None:
            raise NotFound(
                "agency-unknown",
                f"The party '{agency}' is not a registered agency.",
                remedy="Add the agency first.",
                where=f"/parties/{agency}",
            )
    if tx.agreements.version(agreement.id, agreement.version) is not None:
        raise Conflict(
            "agreement-version-exists",
            f"Version {agreement.version} of '{agreement.id}' is already stored and never changes.",
            remedy="Give the changed text the next version number.",
        )
    detail = {"parties": sorted(agreement.parties), **_document(agreement)}
    tx.agreements.propose(
        AgreementRecord(agreement, source, AgreementState.PROPOSED, frozenset(), now),
        record.event("agreement.propose", "done", now, agreement, detail=detail, system="operator"),
    )


def sign(tx: Transaction, signed: PartySignature, now: datetime) -> None:
    """Hand in a party's signature over a proposed version.

    Raises:
        NotFound: ``agreement-unknown``.
        InvalidInput: ``agreement-signer-not-a-party``, ``signing-key-unknown``.
        IntegrityFailure: ``agreement-signature-other-version``, ``signature-invalid``.
        Conflict: ``agreement-not-proposed``.
    """
    stored = _version(tx, signed.ref.id, signed.ref.version)
    if stored.state is not AgreementState.PROPOSED:
        raise Conflict(
            "agreement-not-proposed",
            f"The version is {stored.state}; only a proposed one is signed.",
            remedy="Propose another version.",
        )
    key = _signing_key(tx, stored.agreement, signed, now)
    detail = {"party": signed.agency, "signing_key": key.id}
    tx.agreements.sign(
        signed.ref.id,
        signed.ref.version,
        AgreementSignature(signed.agency, key.id, signed.signature, now),
        record.event("agreement.sign", "done", now, stored.agreement, detail=detail, system="operator"),
    )


def activate(tx: Transaction, agreement_id: str, version: int, approved_by: Sequence[str], now: datetime) -> None:
    """Put a fully signed version into force, superseding the active one.

    Args:
        approved_by: Principals who ask for it; two different ones where the agreement says so.

    Raises:
        Conflict: ``agreement-not-fully-signed`` names who is missing; ``agreement-not-proposed``.
        Denied: ``two-persons-required``, ``person-not-an-officer``.
    """
    stored = _version(tx, agreement_id, version)
    agreement = stored.agreement
    if stored.state is not AgreementState.PROPOSED:
        raise Conflict("agreement-not-proposed", f"The version is {stored.state}.", remedy="Propose another version.")
    _check_persons(tx, agreement, "activate", approved_by)
    signatures = tx.agreements.signatures(agreement_id, version)
    for signature in signatures:
        key = tx.directory.key(signature.key_id)
        if key is None or key.agency != signature.agency:
            raise IntegrityFailure("signing-key-unknown", f"The key of '{signature.agency}' is no longer registered.")
        # Made with a key that was good then; that it has been revoked since does not unsign the text.
        verify(key.material, statement(agreement.ref), signature.signature, what="agreement")
    missing = sorted(set(agreement.parties) - {s.agency for s in signatures})
    if missing:
        raise Conflict(
            "agreement-not-fully-signed",
            f"Not yet signed by: {', '.join(missing)}.",
            remedy="Every party signs the digest; then activate.",
            missing=missing,
        )
    if not now.date() <= agreement.in_force_until:
        raise Conflict(
            "agreement-over",
            f"The version was to be in force until {agreement.in_force_until}.",
            remedy="Propose a version with later dates.",
        )
    # A suspended version gives way as an active one does: it must not come back beside the new one.
    for older in tx.agreements.read(tx.agreements.versions(agreement_id, *_LIVE)):
        _move(tx, older, AgreementState.SUPERSEDED, "agreement.supersede", now, {"by_version": version})
    _move(tx, stored, AgreementState.ACTIVE, "agreement.activate", now, {"approved_by": sorted(set(approved_by))})


def suspend(tx: Transaction, agreement_id: str, version: int, approved_by: Sequence[str], now: datetime) -> None:
    """Stop an active version at once; pulls are denied from the next request on."""
    stored = _version(tx, agreement_id, version)
    if stored.state is not AgreementState.ACTIVE:
        raise Conflict(
            "agreement-not-active", f"The version is {stored.state}.", remedy="Only an active one is suspended."
        )
    _check_persons(tx, stored.agreement, "suspend", approved_by)
    _move(tx, stored, AgreementState.SUSPENDED, "agreement.suspend", now, {"approved_by": sorted(set(approved_by))})


def resume(tx: Transaction, agreement_id: str, version: int, approved_by: Sequence[str], now: datetime) -> None:
    """Put a suspended version back into force; as many persons must ask for it as for an activation.

    Raises:
        Conflict: ``agreement-not-suspended``, ``agreement-over``.
        Denied: ``two-persons-required``.
    """
    stored = _version(tx, agreement_id, version)
    if stored.state is not AgreementState.SUSPENDED:
        raise Conflict(
            "agreement-not-suspended", f"The version is {stored.state}.", remedy="Only a suspended one is resumed."
        )
    if not now.date() <= stored.agreement.in_force_until:
        raise Conflict("agreement-over", "Its dates are over.", remedy="Propose a version with later dates.")
    _check_persons(tx, stored.agreement, "activate", approved_by)
    _move(tx, stored, AgreementState.ACTIVE, "agreement.resume", now, {"approved_by": sorted(set(approved_by))})


def end(tx: Transaction, agreement_id: str, version: int, approved_by: Sequence[str], now: datetime) -> None:
    """End a version for good, before its dates are over. A proposal is ended too: it is then never signed.

    Raises:
        Conflict: ``agreement-not-endable``.
        Denied: ``two-persons-required``.
    """
    stored = _version(tx, agreement_id, version)
    if stored.state not in (AgreementState.PROPOSED, AgreementState.ACTIVE, AgreementState.SUSPENDED):
        raise Conflict("agreement-not-endable", f"The version is {stored.state}.", remedy="Nothing is left to do.")
    _check_persons(tx, stored.agreement, "end", approved_by)
    detail: dict[str, object] = {"approved_by": sorted(set(approved_by))}
    _move(tx, stored, AgreementState.ENDED, "agreement.end", now, detail, reason="by-act")


def end_outdated(tx: Transaction, now: datetime) -> int:
    """End versions whose last day is over; how many there were."""
    live = tx.agreements.read(tx.agreements.in_state(*_LIVE))
    over = [found for found in live if found.agreement.in_force_until < now.date()]
    for found in over:
        _move(tx, found, AgreementState.ENDED, "agreement.end", now, {}, reason="in-force-over", system="worker")
    return len(over)


def check_export(tx: Transaction, approved_by: Sequence[str]) -> None:
    """Refuse an export of the log unless two persons ask for it, for each agreement in force that demands it.

    Raises:
        Denied: ``two-persons-required``, ``person-not-an-officer``.
    """
    people = [tx.directory.principal(person) for person in sorted(set(approved_by))]
    for found in tx.agreements.read(tx.agreements.in_state(AgreementState.ACTIVE)):
        if "export-log" in found.agreement.two_persons:
            # The log is of all agreements; each is spoken for by persons of its own parties.
            own = [p.id for p in people if p is not None and p.agency in found.agreement.parties]
            _check_persons(tx, found.agreement, "export-log", own)


def _move(
    tx: Transaction,
    stored: AgreementRecord,
    state: AgreementState,
    action: str,
    now: datetime,
    detail: dict[str, object],
    *,
    reason: str = "",
    system: str = "operator",
) -> None:
    agreement = stored.agreement
    before, after = ({"agreement": agreement.ref.as_dict(), "state": each} for each in (stored.state, state))
    detail = {**detail, "state": state, **record.digests(before, after)}
    event = record.event(action, "done", now, agreement, detail=detail, reason=reason, system=system)
    tx.agreements.set_state(agreement.id, agreement.version, state, now, event)


def _document(agreement: Agreement) -> dict[str, object]:
    """The canonical document as a text whose SHA-256 is the agreement's digest, if it fits into an entry."""
    document = canonical_json(agreement.document)
    return {"document": document.decode("utf-8")} if len(document) <= MAX_DOCUMENT_BYTES else {}


def _check_persons(tx: Transaction, agreement: Agreement, act: str, persons: Sequence[str]) -> None:
    """Refuse unless those who ask are officers of the parties, and two of them where the agreement says so."""
    for person in persons:
        principal = tx.directory.principal(person)
        if principal is None or principal.agency not in agreement.parties:
            raise NotFound("principal-unknown", f"No party has a principal '{person}'.", remedy="Add it first.")
        if not _is_officer(principal, agreement):
            raise Denied(
                "person-not-an-officer",
                f"'{person}' has no role of this agreement that may audit or hold.",
                remedy="Name officers: the agreement's roles say who they are.",
                clause="/roles",
            )
    if act in agreement.two_persons and len(set(persons)) < 2:
        raise Denied(
            "two-persons-required",
            f"To {act} this agreement, two different persons must ask for it.",
            remedy="Name two registered principals.",
            clause="/safeguards/two_persons",
        )


def _is_officer(principal: Principal, agreement: Agreement) -> bool:
    """Whether a role of the principal may audit or hold; in an agreement without such roles, any role counts."""
    officers = {role.name for role in agreement.roles.values() if role.may & {"audit", "hold"}}
    return bool(principal.roles & (officers or set(agreement.roles)))


def _signing_key(tx: Transaction, agreement: Agreement, signed: PartySignature, now: datetime) -> RegisteredKey:
    """The registered key that made the signature; the file does not say which."""
    usable = [key for key in tx.directory.keys(signed.agency, "signing") if key.usable(now)]
    if not usable:
        raise InvalidInput(
            "signing-key-unknown",
            f"'{signed.agency}' has no usable signing key.",
            remedy="Register the agency's signing key first.",
        )
    for key in usable[:-1]:
        try:
            verify_party_signature(agreement, signed, key.material.encode())
        except IntegrityFailure as failure:
            if failure.code != "signature-invalid":
                raise
            continue
        return key
    verify_party_signature(agreement, signed, usable[-1].material.encode())
    return usable[-1]


def _version(tx: Transaction, agreement_id: str, version: int) -> AgreementRecord:
    stored = tx.agreements.version(agreement_id, version)
    if stored is None:
        raise NotFound(
            "agreement-unknown", f"There is no version {version} of '{agreement_id}'.", remedy="Propose it first."
        )
    return stored
