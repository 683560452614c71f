"""Receive: take in a package, upload by upload, and give a signed receipt for the whole.

Order: :func:`create_package` (manifest, signature, decisions), then for each permitted exhibit
:func:`begin_upload`, an :class:`~gateway.exchange.intake.Intake` that encrypts and hashes the bytes
as they arrive, and :func:`complete_upload`; then :func:`submit_package`. Nothing an outsider
declares is believed: size and digest are checked on the bytes, the media type is sniffed at
examination.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from gateway.envelope.manifest import PackageReceipt
from gateway.errors import Conflict, IntegrityFailure, NotFound
from gateway.evidence.canonical import canonical_digest, sha256_hex
from gateway.evidence.lifecycle import ExhibitState, PackageState
from gateway.evidence.manifest import PackageManifest
from gateway.evidence.package import Case, Exhibit, Package, Principal
from gateway.exchange import record
from gateway.exchange.custody import deadlines
from gateway.exchange.intake import Received
from gateway.exchange.moves import move_exhibit, move_package
from gateway.exchange.parties.signatures import check_signature
from gateway.exchange.ports.database import Transaction
from gateway.exchange.ports.keys import Keyring
from gateway.exchange.sent_packages import own_package
from gateway.policy.authorization import PackageAuthorization


def create_package(
    tx: Transaction,
    principal: Principal,
    manifest: PackageManifest,
    signature: bytes,
    key_id: str,
    authorization: PackageAuthorization,
    new_id: Callable[[], str],
    now: datetime,
) -> tuple[Package, list[Exhibit]]:
    """Store a permitted package; exhibits that the agreement refuses are stored as refused.

    Args:
        signature: Detached DER signature of the agency over the manifest's canonical bytes.
        key_id: The agency's registered signing key that made it.

    Raises:
        IntegrityFailure: ``manifest-signature-invalid``.
        InvalidInput: ``signing-key-unknown`` if the key is not a usable signing key of the agency.
    """
    _check_manifest(tx, principal, manifest.canonical(), signature, key_id, now)
    agreement = authorization.agreement
    case = tx.cases.find(agreement.id, manifest.case)
    if case is None:
        case = Case(new_id(), manifest.case, agreement.id, manifest.purpose, principal.agency, now)
        tx.cases.open(
            case,
            record.event(
                "case.open",
                "done",
                now,
                case,
                actor=principal,
                agreement=agreement.ref,
                clause="/purposes",
                detail={"purpose": case.purpose},
                erasable={"case_reference": case.reference},
            ),
        )
    package = Package(
        id=new_id(),
        agency=principal.agency,
        submitter=principal.id,
        agreement=agreement.ref,
        case_id=case.id,
        case_reference=case.reference,
        purpose=manifest.purpose,
        urgency=manifest.urgency,
        manifest=manifest.canonical(),
        manifest_digest=manifest.digest(),
        manifest_signature=signature,
        state=PackageState.OPEN,
        created_at=now,
        changed_at=now,
    )
    exhibits = [
        Exhibit(
            id=new_id(),
            package_id=package.id,
            ordinal=ordinal,
            name=declared.name,
            evidence_type=declared.evidence_type,
            declared_media_type=declared.media_type,
            size_bytes=declared.size_bytes,
            sha256=declared.sha256,
            state=ExhibitState.DECLARED if decision.permitted else ExhibitState.REFUSED,
            reason="" if decision.permitted else decision.code,
            clause=decision.clause,
        )
        for ordinal, (declared, decision) in enumerate(zip(manifest.exhibits, authorization.exhibits, strict=True))
    ]
    tx.packages.add(
        package,
        exhibits,
        record.event(
            "package.create",
            "permit",
            now,
            package,
            actor=principal,
            clause=authorization.decision.clause,
            reason=authorization.decision.code,
            detail={"manifest_digest": package.manifest_digest, "exhibits": len(exhibits), "signing_key": key_id},
        ),
    )
    deadlines.start(tx, package, agreement, principal, now)
    for exhibit, decision in zip(exhibits, authorization.exhibits, strict=True):
        tx.ledger.append(
            record.event(
                "exhibit.authorize",
                decision.outcome,
                now,
                exhibit,
                within=package,
                actor=principal,
                clause=decision.clause,
                reason=decision.code,
                detail={"evidence_type": exhibit.evidence_type, "sha256": exhibit.sha256},
                erasable={"exhibit_name": exhibit.name},
            )
        )
    return package, exhibits


def begin_upload(
    tx: Transaction, principal: Principal, package_id: str, exhibit_id: str, blob: str, now: datetime
) -> Exhibit:
    """The exhibit that is about to be uploaded, checked to be awaited; its body will be kept as ``blob``.

    The name is written down, so that a body whose upload was cut off in any way is found and erased.

    Raises:
        NotFound: ``package-unknown`` or ``exhibit-unknown``.
        Conflict: ``state-conflict`` (package closed), ``exhibit-refused``, ``exhibit-already-uploaded``.
    """
    exhibit = _awaited(tx, principal, package_id, exhibit_id, now)
    tx.unfinished.begin(blob, now)
    return exhibit


def _awaited(tx: Transaction, principal: Principal, package_id: str, exhibit_id: str, now: datetime) -> Exhibit:
    package = own_package(tx, principal, package_id, now)
    exhibit = tx.packages.exhibit(exhibit_id, lock=True)
    if exhibit is None or exhibit.package_id != package.id:
        raise NotFound("exhibit-unknown", "This package has no such exhibit.", remedy="List the package's exhibits.")
    if exhibit.state is ExhibitState.REFUSED:
        raise Conflict(
            "exhibit-refused",
            "The agreement does not permit this exhibit, so it is not taken in.",
            remedy="Submit the package without it.",
            clause=exhibit.clause,
            reason=exhibit.reason,
        )
    if package.state is not PackageState.OPEN:
        raise Conflict(
            "state-conflict",
            f"The package is {package.state}; uploads are possible only while it is open.",
            remedy="Create another package.",
            state=str(package.state),
        )
    if exhibit.state is not ExhibitState.DECLARED:
        raise Conflict("exhibit-already-uploaded", "This exhibit is already here.", remedy="Go on with the next one.")
    return exhibit


def original_aad(exhibit_id: str, sha256: str) -> bytes:
    """What the wrapping of an original's file key is bound to: 32 bytes."""
    return bytes.fromhex(canonical_digest({"exhibit": exhibit_id, "sha256": sha256}))


def complete_upload(
    tx: Transaction,
    keyring: Keyring,
    principal: Principal,
    package_id: str,
    exhibit_id: str,
    received: Received,
    new_id: Callable[[], str],
    now: datetime,
) -> Exhibit:
    """Record that the exhibit's encrypted body is durable. Call only after the intake has finished.

    Raises:
        As :func:`begin_upload`; Conflict: ``blob-given-up``.
    """
    exhibit = _awaited(tx, principal, package_id, exhibit_id, now)
    package = own_package(tx, principal, package_id, now)
    key = keyring.wrap(received.file_key, original_aad(exhibit.id, exhibit.sha256), key_id=new_id(), now=now)
    tx.unfinished.finish(received.blob)
    tx.file_keys.add(key)
    move_exhibit(
        tx,
        package,
        exhibit,
        "upload",
        now,
        actor=principal,
        detail={"sha256": exhibit.sha256, "size": exhibit.size_bytes, "body_sha256": received.body_sha256},
        changes={
            "blob": received.blob,
            "body_sha256": received.body_sha256,
            "file_key_id": key.id,
            "received_at": now,
        },
    )
    stored = tx.packages.exhibit(exhibit.id)
    if stored is None:
        raise IntegrityFailure("exhibit-lost", "The exhibit vanished while it was being stored.")
    return stored


def submit_package(
    tx: Transaction, keyring: Keyring, principal: Principal, package_id: str, now: datetime
) -> tuple[bytes, bytes]:
    """Close the package, start its processing, and return (receipt bytes, detached signature).

    Raises:
        Conflict: ``package-incomplete`` if an exhibit is still awaited; ``state-conflict``.
    """
    package = own_package(tx, principal, package_id, now, lock=True)
    exhibits = tx.packages.exhibits(package.id)
    awaited = [e.name for e in exhibits if e.state is ExhibitState.DECLARED]
    if package.state is PackageState.OPEN and awaited:
        raise Conflict(
            "package-incomplete",
            f"{len(awaited)} exhibit(s) have not been uploaded.",
            remedy="Upload them, then submit again.",
            awaited=awaited[:20],
        )
    receipt = PackageReceipt(
        package=package.id,
        manifest_digest=package.manifest_digest,
        exhibits=tuple((e.id, e.sha256, str(e.state)) for e in exhibits),
        received_at=now,
    ).canonical()
    detail = {"manifest_digest": package.manifest_digest, "receipt_digest": sha256_hex(receipt)}
    move_package(tx, package, "submit", now, actor=principal, detail=detail)
    tx.queue.enqueue("examine", package.id)
    return receipt, keyring.sign(receipt)


def _check_manifest(
    tx: Transaction, principal: Principal, data: bytes, signature: bytes, key_id: str, now: datetime
) -> None:
    try:
        check_signature(tx, principal, data, signature, key_id, now)
    except IntegrityFailure as failure:
        error = IntegrityFailure(
            "manifest-signature-invalid",
            "The signature does not verify over the canonical manifest.",
            remedy="Sign the RFC 8785 form of the manifest with the key that key_id names.",
            where="/signature",
        )
        raise record.refusal(
            error, "package.create", now, ("package", ""), actor=principal, detail={"signing_key": key_id}
        ) from failure
