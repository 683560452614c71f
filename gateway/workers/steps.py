"""The durable workflow: for each job, load, work outside any transaction, write down, go on.

A job names a step and a package; whether the package really is at that step is asked of its row, so
a job may come twice, late, or after a crash, and does no harm. Slow work (decrypting, parsing,
encrypting) happens between two short transactions.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable
from datetime import timedelta

from gateway.bootstrap.gateway import Gateway
from gateway.envelope.body import NONCE_BYTES, BodyDecryptor, BodyEncryptor
from gateway.envelope.wrapping import WrappedKey
from gateway.errors import (
    DetectionFailed,
    IntegrityFailure,
    NotFound,
    ResidueFound,
    SandboxFailure,
    TooLarge,
    Unparsable,
)
from gateway.evidence.canonical import canonical_json, sha256_hex
from gateway.evidence.lifecycle import RenditionState
from gateway.evidence.package import Exhibit, Package, Rendition
from gateway.exchange import (
    certify,
    dispose,
    examine,
    quarantine,
    redact,
    release,
    review,
    seal,
    secret_register,
)
from gateway.exchange.ports import CleanRendition, Examined
from gateway.policy.reach import stop_categories

#: Failures of one exhibit that set it aside; anything else makes the job be tried again.
_SETS_ASIDE = (Unparsable, DetectionFailed, ResidueFound, SandboxFailure, TooLarge, IntegrityFailure)

_log = logging.getLogger(__name__)
_RETRY_RELEASE = timedelta(milliseconds=300)
_LOOKED_AT_BYTES = 1 << 20


def handlers(gateway: Gateway) -> dict[str, Callable[[str], None]]:
    """The step of each job name, as a function of the package id."""
    steps = Steps(gateway)
    return {
        "examine": steps.examine,
        "redact": steps.redact,
        "seal": steps.seal,
        "release": steps.release,
        "dispose": steps.dispose,
        "erase": steps.erase,
        "certify": steps.certify,
    }


class Steps:
    """The steps of the way of a package, bound to one gateway."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    def examine(self, package_id: str) -> None:
        """Open every uploaded exhibit and decide over what it is."""
        gateway = self._gateway
        with gateway.database.transaction() as tx:
            found = examine.uploaded_exhibits(tx, package_id)
        if found is None:
            return
        package, exhibits = found
        for exhibit in exhibits:
            try:
                examined = self._look(exhibit)
            except _SETS_ASIDE as error:
                with gateway.database.transaction() as tx:
                    quarantine.set_aside(tx, package, exhibit, error, gateway.clock())
                continue
            with gateway.database.transaction() as tx:
                now = gateway.clock()
                decision = examine.judge(tx, package, exhibit, examined, now)
                examine.accept(tx, package, exhibit, examined, decision, now)
        with gateway.database.transaction() as tx:
            examine.conclude(tx, package_id, gateway.clock())

    def redact(self, package_id: str) -> None:
        """Make every rendition of every examined exhibit, encrypt it at once, and store it."""
        gateway = self._gateway
        with gateway.database.transaction() as tx:
            stopped = quarantine.stop_if_barred(tx, package_id, gateway.clock())
            found = None if stopped else redact.examined_exhibits(tx, package_id)
        if found is None:
            return
        package, agreement, exhibits = found
        specs = redact.specs_for(agreement, package, gateway.keyring)
        names = self._names(package_id)
        with gateway.database.transaction() as tx:
            register = secret_register.register_of(tx, gateway.keyring, package.agency)
        for exhibit in exhibits:
            now = gateway.clock()
            if redact.is_opaque(exhibit):
                views = sorted({spec.view.name for spec in specs})
                renditions = [redact.opaque_rendition(exhibit, package, v, gateway.new_id(), now) for v in views]
                with gateway.database.transaction() as tx:
                    redact.store_renditions(tx, package, exhibit, renditions, [], now)
                continue
            try:
                outcome = gateway.workbench.redact(
                    self._original(exhibit),
                    exhibit_id=exhibit.id,
                    name=exhibit.name,
                    media_type=exhibit.media_type or exhibit.declared_media_type,
                    source_commitment=exhibit.sha256,
                    stop_on=stop_categories(agreement),
                    specs=specs,
                    names=names,
                    register=register,
                )
            except _SETS_ASIDE as error:
                with gateway.database.transaction() as tx:
                    quarantine.set_aside(tx, package, exhibit, error, gateway.clock())
                continue
            if outcome.stopped_by:
                with gateway.database.transaction() as tx:
                    quarantine.stop_package(tx, package, exhibit, outcome.stopped_by, gateway.clock())
                return
            sealed = [self._encrypt(package, exhibit, clean) for clean in outcome.renditions]
            with gateway.database.transaction() as tx:
                redact.store_renditions(
                    tx, package, exhibit, [s[0] for s in sealed], [s[1] for s in sealed], gateway.clock()
                )
        with gateway.database.transaction() as tx:
            redact.conclude(tx, package_id, gateway.clock())

    def _names(self, package_id: str) -> frozenset[str]:
        """The names of persons in all exhibits of a package; of those redacted before a crash too."""
        with self._gateway.database.transaction() as tx:
            exhibits = redact.surveyed_exhibits(tx, package_id)
        names: frozenset[str] = frozenset()
        if len(exhibits) < 2:
            return names
        for exhibit in exhibits:
            media_type = exhibit.media_type or exhibit.declared_media_type
            try:
                names |= self._gateway.workbench.survey(
                    self._original(exhibit), name=exhibit.name, media_type=media_type
                )
            except _SETS_ASIDE:
                continue  # set aside when it is redacted, and released to nobody
        return names

    def seal(self, package_id: str) -> None:
        """Send renditions to review where the agreement asks for it; seal once all are decided."""
        gateway = self._gateway
        with gateway.database.transaction() as tx:
            stopped = quarantine.stop_if_barred(tx, package_id, gateway.clock())
            found = None if stopped else seal.sealable(tx, package_id)
            if found is None:
                return
            package, agreement = found
            now = gateway.clock()
            waiting = review.triage(tx, package, agreement, now)
            if waiting:
                seal.await_review(tx, package, waiting, now)
            else:
                seal.seal_package(tx, gateway.keyring, package, agreement, gateway.new_id, now)

    def release(self, package_id: str) -> None:
        """Make sealed releases available once the log has placed their entries."""
        gateway = self._gateway
        with gateway.database.transaction() as tx:
            if quarantine.stop_if_barred(tx, package_id, gateway.clock()):
                return
            if not release.release_package(tx, gateway.keyring, package_id, gateway.clock()):
                tx.queue.enqueue("release", package_id, delay=_RETRY_RELEASE)

    def dispose(self, package_id: str) -> None:
        """Dispose of a withdrawn, abandoned or outlived quarantined package."""
        with self._gateway.database.transaction() as tx:
            dispose.dispose_package(tx, package_id, self._gateway.clock())

    def erase(self, package_id: str) -> None:
        """Erase bodies whose keys are destroyed, and what persons wrote once a case has nothing left."""
        with self._gateway.database.transaction() as tx:
            names = dispose.erasable_blobs(tx, package_id)
            # Known to housekeeping from now on, should the store be away for longer than a job is tried.
            tx.unfinished.abandon(names, self._gateway.clock())
        for name in names:
            self._gateway.blobs.delete(name)
        with self._gateway.database.transaction() as tx:
            tx.unfinished.forget(names)
            dispose.erase_case(tx, package_id, self._gateway.clock())

    def certify(self, package_id: str) -> None:
        """Sign certificates of destruction once the log has placed their entries."""
        gateway = self._gateway
        with gateway.database.transaction() as tx:
            if not certify.issue_certificates(tx, gateway.keyring, package_id, gateway.clock()):
                tx.queue.enqueue("certify", package_id, delay=_RETRY_RELEASE)

    def _look(self, exhibit: Exhibit) -> Examined:
        """What the exhibit is; of one too large to open, only the beginning is looked at."""
        complete = exhibit.size_bytes <= self._gateway.settings.max_redactable_bytes
        data = self._original(exhibit) if complete else self._beginning(exhibit)
        return self._gateway.workbench.examine(data, exhibit.name, exhibit.declared_media_type, complete=complete)

    def _original(self, exhibit: Exhibit) -> bytes:
        """The plaintext of an original, in memory only."""
        blob, decryptor = self._open(exhibit)
        body = self._gateway.blobs.read(blob, NONCE_BYTES)
        data = decryptor.update(body) + decryptor.finish()
        if sha256_hex(data) != exhibit.sha256:
            raise IntegrityFailure("exhibit-digest-mismatch", "The stored exhibit is not what was uploaded.")
        return data

    def _beginning(self, exhibit: Exhibit) -> bytes:
        """The first chunks of an original; each is authenticated by itself."""
        blob, decryptor = self._open(exhibit)
        return decryptor.update(self._gateway.blobs.read(blob, NONCE_BYTES, _LOOKED_AT_BYTES))

    def _open(self, exhibit: Exhibit) -> tuple[str, BodyDecryptor]:
        gateway = self._gateway
        if exhibit.blob is None or exhibit.file_key_id is None:
            raise NotFound("blob-missing", "The exhibit has no stored body.")
        with gateway.database.transaction() as tx:
            wrapped = tx.file_keys.get(exhibit.file_key_id)
        if wrapped is None:
            raise NotFound("key-unknown", "The exhibit's file key is not stored.")
        nonce = gateway.blobs.read(exhibit.blob, 0, NONCE_BYTES)
        return exhibit.blob, BodyDecryptor(gateway.keyring.unwrap(wrapped), nonce)

    def _encrypt(self, package: Package, exhibit: Exhibit, clean: CleanRendition) -> tuple[Rendition, WrappedKey]:
        gateway, now = self._gateway, self._gateway.clock()
        rendition_id = gateway.new_id()
        blob = f"renditions/{rendition_id}"
        file_key = secrets.token_bytes(16)
        with gateway.database.transaction() as tx:
            tx.unfinished.begin(blob, now)
        encryptor = BodyEncryptor(file_key)
        body = encryptor.start() + encryptor.update(clean.data) + encryptor.finish()
        writer = gateway.blobs.create(blob)
        try:
            writer.write(body)
            writer.commit()
        except BaseException:
            writer.abort()
            raise
        key = gateway.keyring.wrap(
            file_key, redact.rendition_aad(package, clean.view, exhibit.id), key_id=gateway.new_id(), now=now
        )
        report = canonical_json(dict(clean.report))
        rendition = Rendition(
            id=rendition_id,
            exhibit_id=exhibit.id,
            package_id=package.id,
            view=clean.view,
            audience=clean.audience,
            name=clean.name,
            media_type=clean.media_type,
            size_bytes=len(clean.data),
            sha256=sha256_hex(clean.data),
            blob=blob,
            body_size_bytes=len(body),
            body_sha256=sha256_hex(body),
            file_key_id=key.id,
            report=report,
            report_digest=sha256_hex(report),
            lowest_confidence=clean.lowest_confidence,
            state=RenditionState.REDACTED,
            created_at=now,
        )
        return rendition, key
