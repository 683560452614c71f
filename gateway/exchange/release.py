"""Release: once the log has given the sealing its place, sign the manifest and open the inbox.

The manifest states the log position of the entry that recorded the sealing, so a receiver can ask
the log for it. Until the sequencer has placed every such entry, the package waits (invariant 2).
"""

from __future__ import annotations

from datetime import datetime

from gateway.envelope.manifest import ReleaseManifest
from gateway.errors import NotFound
from gateway.evidence.canonical import sha256_hex
from gateway.evidence.lifecycle import PackageState, ReleaseState
from gateway.evidence.package import Release, Rendition
from gateway.exchange.moves import move_package, move_release
from gateway.exchange.ports.database import Transaction
from gateway.exchange.ports.keys import Keyring


def release_package(tx: Transaction, keyring: Keyring, package_id: str, now: datetime) -> bool:
    """Make every sealed release of the package available.

    Returns:
        False if an entry is not yet sequenced: nothing has changed, try again shortly.
    """
    package = tx.packages.get(package_id, lock=True)
    if package is None or package.state is not PackageState.SEALED:
        return True
    sealed = [r for r in tx.releases.of_package(package_id) if r.state is ReleaseState.SEALED]
    positions = {r.id: tx.ledger.position(tx.releases.seal_entry(r.id)) for r in sealed}
    if any(position is None for position in positions.values()):
        return False
    for release in sealed:
        rendition = tx.renditions.get(release.rendition_id)
        position = positions[release.id]
        if rendition is None or position is None:
            raise NotFound("rendition-unknown", "The release's rendition is gone.")
        manifest = manifest_of(release, rendition, position, now).canonical()
        move_release(
            tx,
            release,
            "release",
            now,
            clause=f"/views/{release.view}",
            detail={
                "recipient": release.recipient,
                "manifest_digest": sha256_hex(manifest),
                "log_position": position,
            },
            changes={"manifest": manifest, "manifest_signature": keyring.sign(manifest), "released_at": now},
        )
    move_package(tx, package, "release", now, detail={"releases": len(sealed)})
    return True


def manifest_of(release: Release, rendition: Rendition, position: int, now: datetime) -> ReleaseManifest:
    """What the gateway signs about a release (formats.md §1)."""
    return ReleaseManifest(
        release=release.id,
        sender=release.sender,
        policy=release.policy,
        header_sha256=release.header_sha256,
        header_size=len(release.header),
        body_sha256=rendition.body_sha256,
        body_size=rendition.body_size_bytes,
        exhibit_name=rendition.name,
        media_type=rendition.media_type,
        plaintext_size=rendition.size_bytes,
        report_digest=rendition.report_digest,
        log_position=position,
        released_at=now,
    )
