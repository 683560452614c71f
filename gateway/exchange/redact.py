"""Redact: which renditions an exhibit needs, and writing down that they were made and proved clean.

The bytes themselves are made by :mod:`gateway.workbench.redact_whole` in the sandboxed child. A rendition
is stored per view and audience: a view that pseudonymises differs from recipient to recipient,
any other is made once for everybody.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from gateway.agreements.model import Agreement
from gateway.envelope.body import body_size
from gateway.envelope.wrapping import WrappedKey
from gateway.errors import NotFound
from gateway.evidence.canonical import canonical_digest, canonical_json, sha256_hex
from gateway.evidence.lifecycle import ExhibitState, PackageState, RenditionState
from gateway.evidence.media import REDACTABLE
from gateway.evidence.package import EVERYONE, Exhibit, Package, Rendition
from gateway.exchange import record
from gateway.exchange.conclude import conclude_step
from gateway.exchange.moves import move_exhibit
from gateway.exchange.parties.standing import standing
from gateway.exchange.ports.database import Transaction
from gateway.exchange.ports.keys import Keyring
from gateway.exchange.ports.redaction_job import RenditionSpec
from gateway.policy.reach import recipients_of, views_reaching


def specs_for(agreement: Agreement, package: Package, keyring: Keyring) -> list[RenditionSpec]:
    """The renditions that the agreement's receiving parties may see, each once.

    A view without pseudonyms is the same for everybody and made once, for :data:`EVERYONE`.
    """
    specs: dict[tuple[str, str], RenditionSpec] = {}
    for recipient in recipients_of(agreement, package.agency):
        for view_name in views_reaching(agreement, recipient):
            view = agreement.views[view_name]
            audience = recipient if view.pseudonymises else EVERYONE
            specs.setdefault(
                (view_name, audience),
                RenditionSpec(view, audience, keyring.pseudonym_key(package.case_id, audience)),
            )
    return list(specs.values())


def rendition_aad(package: Package, view: str, exhibit_id: str) -> bytes:
    """What the wrapping of a rendition's file key is bound to: 32 bytes (docs/spec/envelope.md)."""
    policy = {
        "agreement": package.agreement.as_dict(),
        "case": package.case_id,
        "view": view,
        "exhibit": exhibit_id,
    }
    return bytes.fromhex(canonical_digest(policy))


def examined_exhibits(tx: Transaction, package_id: str) -> tuple[Package, Agreement, list[Exhibit]] | None:
    """What is still to be redacted; None if the package is not at this step."""
    package = tx.packages.get(package_id)
    if package is None or package.state is not PackageState.EXAMINED:
        return None
    binding = standing(tx, package.agreement)
    if binding is None:
        raise NotFound("agreement-unknown", "The package's version of the agreement is gone.")
    waiting = [e for e in tx.packages.exhibits(package_id) if e.state is ExhibitState.EXAMINED]
    return package, binding.agreement, waiting


def surveyed_exhibits(tx: Transaction, package_id: str) -> list[Exhibit]:
    """The exhibits whose names of persons are looked for in all others: those that are, or were, redacted."""
    looked_into = (ExhibitState.EXAMINED, ExhibitState.REDACTED)
    return [e for e in tx.packages.exhibits(package_id) if e.state in looked_into and not is_opaque(e)]


def is_opaque(exhibit: Exhibit) -> bool:
    """Whether the exhibit is passed as it is, because the agreement allows it and nobody can look in."""
    return exhibit.media_type not in REDACTABLE


def opaque_rendition(exhibit: Exhibit, package: Package, view: str, rendition_id: str, now: datetime) -> Rendition:
    """A rendition of bytes that nobody can look into: the original body and key, nothing re-encrypted."""
    report = {
        "exhibit": exhibit.id,
        "view": view,
        "source_commitment": exhibit.sha256,
        "findings": [],
        "opaque": True,
        "verified": {"layers": [], "hits": 0},
    }
    encoded = canonical_json(report)
    return Rendition(
        id=rendition_id,
        exhibit_id=exhibit.id,
        package_id=package.id,
        view=view,
        audience=EVERYONE,
        name=exhibit.name,
        media_type=exhibit.media_type or exhibit.declared_media_type,
        size_bytes=exhibit.size_bytes,
        sha256=exhibit.sha256,
        blob=exhibit.blob or "",
        body_size_bytes=body_size(exhibit.size_bytes),
        body_sha256=exhibit.body_sha256 or "",
        file_key_id=exhibit.file_key_id or "",
        report=encoded,
        report_digest=sha256_hex(encoded),
        lowest_confidence=1.0,
        state=RenditionState.REDACTED,
        created_at=now,
    )


def store_renditions(
    tx: Transaction,
    package: Package,
    exhibit: Exhibit,
    renditions: Sequence[Rendition],
    keys: Sequence[WrappedKey],
    now: datetime,
) -> None:
    """Write down the finished renditions of one exhibit. Their bodies must be durable already.

    Raises:
        Conflict: ``blob-given-up``, ``rendition-exists``, ``state-conflict``.
    """
    for key in keys:
        tx.file_keys.add(key)
    for rendition in renditions:
        if rendition.blob != exhibit.blob:
            tx.unfinished.finish(rendition.blob)
        tx.renditions.add(
            rendition,
            record.event(
                "rendition.create",
                "done",
                now,
                rendition,
                within=package,
                exhibit_id=exhibit.id,
                clause=f"/views/{rendition.view}",
                detail={
                    "view": rendition.view,
                    "report_digest": rendition.report_digest,
                    "body_sha256": rendition.body_sha256,
                    "size": rendition.size_bytes,
                },
            ),
        )
    move_exhibit(tx, package, exhibit, "redact", now, detail={"renditions": len(renditions)})


def conclude(tx: Transaction, package_id: str, now: datetime) -> PackageState:
    """End the step: on to sealing if any rendition exists, else quarantine."""

    def made() -> int:
        return len(tx.renditions.of_package(package_id))

    return conclude_step(
        tx, package_id, now, at=PackageState.EXAMINED, move="redact", next_step="seal", count=("renditions", made)
    )
