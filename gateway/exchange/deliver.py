"""Deliver: every read and pull by a receiver is decided anew and written down before bytes leave.

Since the release was made the agreement may have been suspended, the role withdrawn, the retention
may be over. The decision rests on the version of the agreement that the release was made under and,
if another version is now active, on that one too: both must permit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from gateway.envelope.manifest import Acknowledgement
from gateway.errors import Conflict, InvalidInput, NotFound
from gateway.evidence.canonical import sha256_hex
from gateway.evidence.lifecycle import ReleaseState
from gateway.evidence.package import AgreementRef, Exhibit, Package, Principal, Release, Rendition
from gateway.exchange import record
from gateway.exchange.custody import deadlines
from gateway.exchange.parties.signatures import check_signature
from gateway.exchange.parties.standing import standing
from gateway.exchange.ports.database import Transaction
from gateway.policy.decision import Decision, Request, deny


@dataclass(frozen=True, slots=True)
class InboxItem:
    """A release that the principal may pull, with what describes it."""

    release: Release
    rendition: Rendition
    exhibit: Exhibit
    package: Package


@dataclass(frozen=True, slots=True)
class PullTicket:
    """Permission for one pull: what to send, and that the log says so. Valid for this answer only."""

    release: Release
    rendition: Rendition
    header: bytes
    blob: str
    body_size_bytes: int
    file_name: str


def inbox(
    tx: Transaction, principal: Principal, *, after: str | None, limit: int, now: datetime
) -> tuple[Sequence[InboxItem], Sequence[str]]:
    """Available releases of the principal's agency that its roles may pull, newest first.

    Returns:
        With them the ids of the whole page, with those that the roles do not reach: a page from which some
        were left out is short although more may follow.
    """
    items = []
    available = tx.releases.inbox(principal.agency, after=after, limit=limit)
    for release in available:
        item = _describe(tx, release)
        if item is not None and _decide(tx, principal, item, now).permitted:
            items.append(item)
    tx.ledger.append(record.listed("inbox.read", principal, len(items), now))
    return items, [release.id for release in available]


def read_release(tx: Transaction, principal: Principal, release_id: str, now: datetime) -> InboxItem:
    """A release with its signed manifest, without its content.

    Raises:
        NotFound: ``release-unknown``, also for another agency's.
        Denied: the policy's code, ``retention-over`` or ``release-not-available``.
    """
    item, clause = _open(tx, principal, release_id, now, "release.read")
    tx.ledger.append(
        record.event("release.read", "permit", now, item.release, clause=clause, **_members(principal, item))
    )
    return item


def pull(
    tx: Transaction,
    principal: Principal,
    release_id: str,
    now: datetime,
    byte_range: tuple[int, int] | None = None,
) -> PullTicket:
    """Decide over one pull and record it. The caller commits before it sends the first byte.

    Args:
        byte_range: First and last byte (inclusive) of the .age file that was asked for, for the record.

    Raises:
        NotFound, Denied: as :func:`read_release`.
    """
    item, clause = _open(tx, principal, release_id, now, "release.pull", lock=True)
    release, rendition = item.release, item.rendition
    binding, case = standing(tx, release.agreement), tx.cases.get(release.case_id)
    deadline = release.deadline
    if binding is not None:
        deadline = binding.release_end(replace(release, last_pull_at=now), item.exhibit, case).at
    detail: dict[str, object] = {"body_sha256": rendition.body_sha256, "size": rendition.body_size_bytes}
    if byte_range is not None:
        detail["range"] = list(byte_range)
    tx.releases.touch(
        release.id,
        record.event("release.pull", "permit", now, release, clause=clause, **_members(principal, item, **detail)),
        last_pull_at=now,
        deadline=deadline,
    )
    return PullTicket(
        release, rendition, release.header, rendition.blob, rendition.body_size_bytes, f"{rendition.name}.age"
    )


def acknowledge(
    tx: Transaction,
    principal: Principal,
    release_id: str,
    acknowledgement: bytes,
    signature: bytes,
    key_id: str,
    now: datetime,
) -> InboxItem:
    """Store the receiver's signed acknowledgement of one release.

    Raises:
        InvalidInput: ``signing-key-unknown``, ``acknowledgement-mismatch``.
        IntegrityFailure: ``signature-invalid``.
        Conflict: ``already-acknowledged``.
    """
    item, clause = _open(tx, principal, release_id, now, "release.acknowledge", lock=True)
    release = item.release
    check_signature(tx, principal, acknowledgement, signature, key_id, now)
    parsed = Acknowledgement.parse(acknowledgement)
    if parsed.release != release.id or parsed.manifest_digest != sha256_hex(release.manifest or b""):
        raise InvalidInput(
            "acknowledgement-mismatch",
            "The acknowledgement names another release or another manifest.",
            remedy="Acknowledge the release with the digest of the manifest as it was received.",
            where="/acknowledgement",
        )
    if release.acknowledged_at is not None:
        raise Conflict("already-acknowledged", "This release is already acknowledged.", remedy="Nothing is left to do.")
    tx.releases.touch(
        release.id,
        record.event(
            "release.acknowledge",
            "done",
            now,
            release,
            clause=clause,
            reason=parsed.outcome,
            **_members(principal, item, acknowledgement_digest=sha256_hex(acknowledgement), signing_key=key_id),
        ),
        acknowledged_at=now,
    )
    deadlines.answer(tx, item.package, principal, now)
    return item


def report(tx: Transaction, principal: Principal, rendition_id: str, now: datetime) -> Rendition:
    """The rendition whose redaction report is asked for, by its sender or by a receiver who may pull it.

    Raises:
        NotFound: ``rendition-unknown``, also where it belongs to others.
    """
    rendition = tx.renditions.get(rendition_id)
    package = tx.packages.get(rendition.package_id) if rendition else None
    permitted = False
    if rendition is not None and package is not None:
        permitted = package.agency == principal.agency or any(
            release.rendition_id == rendition.id
            and release.recipient == principal.agency
            and release.state is ReleaseState.AVAILABLE
            and (item := _describe(tx, release)) is not None
            and _decide(tx, principal, item, now).permitted
            for release in tx.releases.of_package(package.id)
        )
    if rendition is None or package is None or not permitted:
        error = NotFound("rendition-unknown", "There is no such rendition for you.", remedy="Check the id.")
        raise record.unknown(error, "report.read", now, rendition, principal)
    detail = {"report_digest": rendition.report_digest}
    tx.ledger.append(
        record.event("report.read", "permit", now, rendition, within=package, actor=principal, detail=detail)
    )
    return rendition


def _open(
    tx: Transaction, principal: Principal, release_id: str, now: datetime, action: str, *, lock: bool = False
) -> tuple[InboxItem, str]:
    release = tx.releases.get(release_id, lock=lock)
    item = _describe(tx, release) if release is not None else None
    if release is None or item is None or release.recipient != principal.agency:
        error = NotFound("release-unknown", "Your agency has no such release.", remedy="List the inbox.")
        raise record.unknown(error, action, now, release, principal)
    decision = _decide(tx, principal, item, now)
    if not decision.permitted:
        raise record.denied(
            "You may not read this release",
            decision,
            action,
            now,
            release,
            remedy="Read the clause that decided; ask your admin about roles and the state of the agreement.",
            **_members(principal, item),
        )
    return item, decision.clause


def _decide(tx: Transaction, principal: Principal, item: InboxItem, now: datetime) -> Decision:
    release, exhibit = item.release, item.exhibit
    if release.state is not ReleaseState.AVAILABLE:
        return deny("release-not-available", "", f"the release is {release.state}")
    request = Request(
        action="pull",
        principal=principal,
        now=now,
        purpose=item.package.purpose,
        evidence_type=exhibit.evidence_type,
        media_type=item.rendition.media_type,
        view=release.view,
    )
    binding = standing(tx, release.agreement)
    if binding is None:
        return deny("agreement-unknown", "", "the version of the agreement is gone")
    if now >= release.deadline or binding.newer is not None:
        # Until housekeeping has held the release against a newer text, only this knows of its earlier end.
        end = binding.release_end(release, exhibit, tx.cases.get(release.case_id))
        if now >= end.at:
            return _over(end.clause, None if end.agreement == release.agreement else end.agreement)
    if now >= release.deadline:
        return _over("/retention")
    return binding.decide(request)


def _over(clause: str, agreement: AgreementRef | None = None) -> Decision:
    return deny("retention-over", clause, "the time for which this may be kept is over", agreement=agreement)


def _describe(tx: Transaction, release: Release) -> InboxItem | None:
    rendition = tx.renditions.get(release.rendition_id)
    exhibit = tx.packages.exhibit(release.exhibit_id)
    package = tx.packages.get(release.package_id)
    if rendition is None or exhibit is None or package is None:
        return None
    return InboxItem(release, rendition, exhibit, package)


def _members(principal: Principal, item: InboxItem, **detail: object) -> dict[str, Any]:
    """The members that every event about the release has."""
    release = item.release
    return {
        "actor": principal,
        "rendition_id": release.rendition_id,
        "exhibit_id": release.exhibit_id,
        "detail": {"view": release.view, **detail},
    }
