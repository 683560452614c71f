"""The durable workflow: for each job, load, work outside any transaction, write down, go on.

A job names a step and a package; whether the package really is at that step is asked of its row, so
a job may come twice, late, or after a crash, and does no harm. Slow work (decrypting, parsing,
encrypting) happens between two short transactions.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from gateway.bootstrap.gateway import Gateway
from gateway.envelope.body import NONCE_BYTES, BodyDecryptor, BodyEncryptor
from gateway.envelope.wrapping import WrappedKey
from gateway.errors import (
    DetectionFailed,
    GatewayError,
    IntegrityFailure,
    NotFound,
    ResidueFound,
    SandboxFailure,
    TooLarge,
    Unparsable,
)
from gateway.evidence.canonical import canonical_json, sha256_hex
from gateway.evidence.lifecycle import NEXT_STEP, PackageState, RenditionState
from gateway.evidence.package import Exhibit, Package, Rendition
from gateway.exchange import (
    attest,
    certify,
    clocks,
    dispose,
    examine,
    govern,
    hold,
    quarantine,
    redact,
    release,
    review,
    seal,
    secret_register,
)
from gateway.exchange.ports import CleanRendition, Examined, Transaction
from gateway.policy.reach import stop_categories

#: Failures of one exhibit that set it aside; anything else makes the job be tried again.
_SETS_ASIDE = (Unparsable, DetectionFailed, ResidueFound, SandboxFailure, TooLarge, IntegrityFailure)

_log = logging.getLogger(__name__)
_RETRY_RELEASE = timedelta(milliseconds=300)
#: First answers under an Idempotency-Key are repeated for so long.
_KEEP_ANSWERS = timedelta(days=7)
#: Longer than any upload may take: its package is abandoned by then.
_GIVE_UP_BLOBS = timedelta(days=1)
_LOOKED_AT_BYTES = 1 << 20
#: So much later than now, a job that is enqueued leaves one alone that is being tried again with its own pauses.
_LEAVE_TO_ITS_JOB = timedelta(minutes=5)
_PAGE = 100


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


def housekeeping(gateway: Gateway) -> None:
    """What time brings about: missed deadlines, agreements and holds that end, disposal, what is forgotten.

    Each part is a transaction of its own and harmless to repeat; one that fails is tried again next time.
    """
    failed: Exception | None = None
    for part in _HOUSEKEEPING:
        try:
            part(gateway)
        except Exception as error:
            # The others still run: one case that cannot be handled may not keep all evidence for ever.
            _log.exception("a part of the housekeeping failed: %s", getattr(part, "__name__", part))
            failed = failed or error
    if failed is not None:
        raise failed


def _in_turn(gateway: Gateway) -> None:
    """What is done in pages, until nothing is left; each step by itself, the later ones also if one fails."""
    failed: Exception | None = None
    # Before disposal, for what is disposed of can't be late any more.
    for step in (
        clocks.breach_overdue,
        clocks.warn_due,
        govern.end_outdated,
        hold.expire,
        dispose.dispose_due,
        attest.mark_overdue,
    ):
        try:
            while True:
                with gateway.database.transaction() as tx:
                    if step(tx, gateway.clock()) == 0:
                        break
        except Exception as error:
            _log.exception("a part of the housekeeping failed: %s", step.__name__)
            failed = failed or error
    if failed is not None:
        raise failed


def _abandon(gateway: Gateway) -> None:
    with gateway.database.transaction() as tx:
        dispose.abandon_stale(tx, gateway.clock())


def _dispose_what_is_over(gateway: Gateway) -> None:
    with gateway.database.transaction() as tx:
        for package_id in dispose.quarantine_over(tx, gateway.clock()):
            tx.queue.enqueue("dispose", package_id)


def _finish_what_is_left(gateway: Gateway) -> None:
    """A job that was given up, in a long outage, does not come back by itself."""

    def unforgotten(tx: Transaction, after: str) -> Sequence[str]:
        return tx.erasures.unforgotten(gateway.clock(), after=after, limit=_PAGE)

    def uncertified(tx: Transaction, after: str) -> Sequence[str]:
        return tx.certificates.pending(after=after, limit=_PAGE)

    for step, page_after in (("erase", unforgotten), ("certify", uncertified)):
        after, page = "", None
        # All of them, page by page: those that fail again and again must not stand in the way of the others.
        while page is None or len(page) == _PAGE:
            with gateway.database.transaction() as tx:
                page = page_after(tx, after)
                for package_id in page:
                    tx.queue.enqueue(step, package_id, delay=_LEAVE_TO_ITS_JOB)
                    after = package_id


def _forget_tokens(gateway: Gateway) -> None:
    with gateway.database.transaction() as tx:
        # Not to the second: a token is accepted a little beyond its end, for clocks that differ.
        tx.replays.forget(gateway.clock() - timedelta(hours=1))
        tx.idempotency.forget(gateway.clock() - _KEEP_ANSWERS)


def _erase_unfinished(gateway: Gateway) -> None:
    """Bodies that never became evidence, for their upload or step was cut off; and what is disposed of."""
    gateway.blobs.clean()
    while True:
        now = gateway.clock()
        with gateway.database.transaction() as tx:
            names = tx.unfinished.give_up(now - _GIVE_UP_BLOBS, now, _PAGE)
        # Given up in a transaction of its own first: from then on no row can come to name them.
        kept: dict[str, Exception] = {}
        for name in names:
            try:
                gateway.blobs.delete(name)
            except GatewayError as error:
                kept[name] = error
        with gateway.database.transaction() as tx:
            tx.unfinished.forget([name for name in names if name not in kept])
            # One that can't be erased goes to the end of the row, and keeps no other.
            tx.unfinished.postpone(list(kept), now)
        if kept:
            raise next(iter(kept.values()))
        if len(names) < _PAGE:
            return


def _resume_what_stands(gateway: Gateway) -> None:
    resume(gateway, older_than=timedelta(minutes=10), delay=_LEAVE_TO_ITS_JOB)


def _stop_what_waits(gateway: Gateway) -> None:
    """Stop what is under way and may not go on: its retention is over, or its agreement permits nothing any more."""
    after = ""
    while True:
        with gateway.database.transaction() as tx:
            page = tx.packages.in_states(quarantine.UNFINISHED, after=after, limit=100)
            for package in page:
                over = quarantine.stop_if_over(tx, package.id, gateway.clock())
                # No job looks at what waits for a person; the others are stopped by their own step.
                if not over and package.state is PackageState.IN_REVIEW:
                    quarantine.stop_if_barred(tx, package.id, gateway.clock())
        if len(page) < 100:
            return
        after = page[-1].id


_HOUSEKEEPING = (
    _in_turn,
    _abandon,
    _stop_what_waits,
    _dispose_what_is_over,
    _finish_what_is_left,
    _forget_tokens,
    _erase_unfinished,
    _resume_what_stands,
)


def resume(gateway: Gateway, *, older_than: timedelta, delay: timedelta | None = None) -> None:
    """Enqueue the step that each package's state names, where nothing has moved for a while.

    Args:
        delay: With one, a job that is being tried again with its own pauses is left as it is.
    """
    before: datetime = gateway.clock() - older_than
    with gateway.database.transaction() as tx:
        for state, step in NEXT_STEP.items():
            for package in tx.packages.in_state(state, before=before, limit=100):
                tx.queue.enqueue(step, package.id, delay=delay)
