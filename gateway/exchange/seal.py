"""Seal: for each approved rendition and each agency that may receive it, a header and a release.

The body was encrypted once, when redaction had proved it clean. Sealing unwraps its file key,
writes an age header for the receiving agency with the policy stanza in it, and stores the release
together with its audit entry. What cannot be sealed as the agreement demands (no receiving key, a
key of the wrong kind) is recorded and not released.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from gateway.agreements.model import Agreement
from gateway.envelope.header import write_header
from gateway.envelope.policy import ReleasePolicy, policy_stanza
from gateway.envelope.recipient import Recipient, parse_recipient
from gateway.errors import GatewayError, Misconfigured, NotFound
from gateway.evidence.canonical import sha256_hex
from gateway.evidence.lifecycle import PackageState, ReleaseState, RenditionState
from gateway.evidence.package import EVERYONE, Exhibit, Package, Release, Rendition
from gateway.exchange import record
from gateway.exchange.conclude import end_step
from gateway.exchange.moves import move_package
from gateway.exchange.parties.standing import standing
from gateway.exchange.ports.database import Transaction
from gateway.exchange.ports.keys import Keyring
from gateway.policy.reach import recipients_of, views_reaching
from gateway.translog.entry import format_time
from gateway.translog.event import AuditEvent


def sealable(tx: Transaction, package_id: str) -> tuple[Package, Agreement] | None:
    """The package, locked, with its agreement; None if it is not at this step."""
    package = tx.packages.get(package_id, lock=True)
    if package is None or package.state not in (PackageState.REDACTED, PackageState.IN_REVIEW):
        return None
    binding = standing(tx, package.agreement)
    if binding is None:
        raise NotFound("agreement-unknown", "The package's version of the agreement is gone.")
    return package, binding.agreement


def await_review(tx: Transaction, package: Package, waiting: int, now: datetime) -> None:
    """Let the package wait for its reviewers."""
    if package.state is PackageState.REDACTED:
        move_package(tx, package, "await-review", now, clause="/review", detail={"waiting": waiting})


def seal_package(
    tx: Transaction,
    keyring: Keyring,
    package: Package,
    agreement: Agreement,
    new_id: Callable[[], str],
    now: datetime,
) -> list[Release]:
    """Write the releases of a package whose renditions are all decided, and move it on.

    Returns:
        The new releases; empty if nothing could be sealed, and the package is then quarantined.
    """
    exhibits = {e.id: e for e in tx.packages.exhibits(package.id)}
    releases: list[Release] = []
    for rendition in tx.renditions.of_package(package.id):
        if rendition.state is not RenditionState.APPROVED:
            continue
        for recipient in recipients_of(agreement, package.agency):
            if rendition.audience not in (EVERYONE, recipient):
                continue
            if rendition.view not in views_reaching(agreement, recipient):
                continue
            exhibit = exhibits[rendition.exhibit_id]
            try:
                release = _seal(tx, keyring, package, agreement, exhibit, rendition, recipient, new_id(), now)
            except GatewayError as error:
                _record_failure(tx, package, rendition, recipient, error, now)
                continue
            tx.releases.add(release, _sealed_event(release, now))
            releases.append(release)
    end_step(tx, package, now, move="seal", next_step="release", counted=("releases", len(releases)))
    return releases


def _seal(
    tx: Transaction,
    keyring: Keyring,
    package: Package,
    agreement: Agreement,
    exhibit: Exhibit,
    rendition: Rendition,
    recipient: str,
    release_id: str,
    now: datetime,
) -> Release:
    key_id, age_recipient = _receiving_key(tx, agreement, recipient, now)
    binding, case = standing(tx, package.agreement), tx.cases.get(package.case_id)
    if binding is None:
        raise NotFound("agreement-unknown", "The package's version of the agreement is gone.")
    end = binding.deadline(
        exhibit.evidence_type,
        rendition.view,
        received_at=exhibit.received_at or package.created_at,
        released_at=now,
        last_pull_at=None,
        case_closed_at=case.closed_at if case else None,
    )
    policy = ReleasePolicy(
        agreement=package.agreement.id,
        agreement_version=package.agreement.version,
        agreement_digest=package.agreement.digest,
        case=package.case_reference,
        view=rendition.view,
        exhibit=exhibit.id,
        recipient=recipient,
        retain_until=end.at,
        obligations=(
            {"kind": "purpose", "clause": "/purposes", "purpose": package.purpose},
            {"kind": "delete-by", "clause": end.clause_in(package.agreement), "at": format_time(end.at)},
        ),
    )
    wrapped = tx.file_keys.get(rendition.file_key_id)
    if wrapped is None:
        raise NotFound("key-unknown", "The rendition's file key is not stored.")
    header = write_header(keyring.unwrap(wrapped), [age_recipient], [policy_stanza(policy)])
    return Release(
        id=release_id,
        rendition_id=rendition.id,
        exhibit_id=exhibit.id,
        package_id=package.id,
        case_id=package.case_id,
        agreement=package.agreement,
        view=rendition.view,
        sender=package.agency,
        recipient=recipient,
        recipient_key_id=key_id,
        policy=policy.canonical(),
        policy_digest=policy.digest(),
        header=header,
        header_sha256=sha256_hex(header),
        state=ReleaseState.SEALED,
        sealed_at=now,
        deadline=end.at,
    )


def _receiving_key(tx: Transaction, agreement: Agreement, recipient: str, now: datetime) -> tuple[str, Recipient]:
    wants_post_quantum = agreement.recipients == "post-quantum"
    for key in tx.directory.keys(recipient, "receiving"):
        if key.usable(now):
            parsed = parse_recipient(key.material)
            if parsed.post_quantum == wants_post_quantum:
                return key.id, parsed
    raise Misconfigured(
        "no-receiving-key",
        f"The agency '{recipient}' has no usable {agreement.recipients} receiving key.",
        remedy="The agency registers one; then the sender pushes the package again.",
        where="/encryption",
    )


def _sealed_event(release: Release, now: datetime) -> AuditEvent:
    return record.event(
        "release.seal",
        "done",
        now,
        release,
        rendition_id=release.rendition_id,
        exhibit_id=release.exhibit_id,
        clause=f"/views/{release.view}",
        detail={
            "recipient": release.recipient,
            "recipient_key": release.recipient_key_id,
            "view": release.view,
            "policy_digest": release.policy_digest,
            "header_sha256": release.header_sha256,
            "deadline": format_time(release.deadline),
        },
    )


def _record_failure(
    tx: Transaction, package: Package, rendition: Rendition, recipient: str, error: GatewayError, now: datetime
) -> None:
    tx.ledger.append(
        record.event(
            "release.seal",
            "failed",
            now,
            rendition,
            within=package,
            clause=error.where if error.where and error.where.startswith("/") else "",
            reason=error.code,
            detail={"recipient": recipient, "view": rendition.view},
        )
    )
