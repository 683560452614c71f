"""The durable workflow: for each job, load, work outside any transaction, write down, go on.

A job names a step and a package; whether the package really is at that step is asked of its row, so
a job may come twice, late, or after a crash, and does no harm. Slow work (decrypting, parsing,
encrypting) happens between two short transactions.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta

from gateway.agreements.model import Agreement
from gateway.bootstrap.gateway import Gateway
from gateway.envelope.wrapping import WrappedKey
from gateway.errors import (
    DetectionFailed,
    IntegrityFailure,
    ResidueFound,
    SandboxFailure,
    TooLarge,
    Unparsable,
)
from gateway.evidence.package import Exhibit, Package, Rendition
from gateway.exchange import examine, quarantine, redact, release, review, seal
from gateway.exchange.custody import certify, dispose
from gateway.exchange.parties import secret_register
from gateway.exchange.ports.redaction_job import RedactionJob, RenditionSpec
from gateway.exchange.ports.secrets import SecretRegister
from gateway.exchange.ports.workbench import Survey
from gateway.policy.reach import stop_categories
from gateway.workers import bodies

#: Failures of one exhibit that set it aside; anything else makes the job be tried again.
_SETS_ASIDE = (Unparsable, DetectionFailed, ResidueFound, SandboxFailure, TooLarge, IntegrityFailure)

_RETRY_RELEASE = timedelta(milliseconds=300)


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


@dataclass(frozen=True, slots=True)
class _Known:
    """What the renditions of every exhibit of a package are made with."""

    specs: Sequence[RenditionSpec]
    names: frozenset[str]
    surveys: Mapping[str, Survey]
    register: SecretRegister | None


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
                source = bodies.source_of(gateway, exhibit)
                examined = gateway.workbench.examine(source, exhibit.name, exhibit.declared_media_type)
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
        names, surveys = self._names(package_id)
        with gateway.database.transaction() as tx:
            register = secret_register.register_of(tx, gateway.keyring, package.agency)
        known = _Known(specs, names, surveys, register)
        for exhibit in exhibits:
            now = gateway.clock()
            if redact.is_opaque(exhibit):
                views = sorted({spec.view.name for spec in specs})
                renditions = [redact.opaque_rendition(exhibit, package, v, gateway.new_id(), now) for v in views]
                with gateway.database.transaction() as tx:
                    redact.store_renditions(tx, package, exhibit, renditions, [], now)
                continue
            try:
                stopped_by, sealed = self._render(package, agreement, exhibit, known)
            except _SETS_ASIDE as error:
                with gateway.database.transaction() as tx:
                    quarantine.set_aside(tx, package, exhibit, error, gateway.clock())
                continue
            if stopped_by:
                with gateway.database.transaction() as tx:
                    quarantine.stop_package(tx, package, exhibit, stopped_by, gateway.clock())
                return
            with gateway.database.transaction() as tx:
                redact.store_renditions(
                    tx, package, exhibit, [s[0] for s in sealed], [s[1] for s in sealed], gateway.clock()
                )
        with gateway.database.transaction() as tx:
            redact.conclude(tx, package_id, gateway.clock())

    def _names(self, package_id: str) -> tuple[frozenset[str], dict[str, Survey]]:
        """The names of persons in all exhibits of a package; of those redacted before a crash too."""
        with self._gateway.database.transaction() as tx:
            exhibits = redact.surveyed_exhibits(tx, package_id)
        names: frozenset[str] = frozenset()
        surveys: dict[str, Survey] = {}
        if len(exhibits) < 2:
            return names, surveys
        for exhibit in exhibits:
            source, media_type = bodies.source_of(self._gateway, exhibit), _media_type(exhibit)
            try:
                found = self._gateway.workbench.survey(source, name=exhibit.name, media_type=media_type)
            except _SETS_ASIDE:
                continue  # set aside when it is redacted, and released to nobody
            surveys[exhibit.id] = found
            names |= found.names
        return names, surveys

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

    def _render(
        self, package: Package, agreement: Agreement, exhibit: Exhibit, known: _Known
    ) -> tuple[tuple[str, ...], list[tuple[Rendition, WrappedKey]]]:
        """What stops the exhibit, or all its renditions, each with its body durable and its wrapped key."""
        gateway = self._gateway
        job = RedactionJob(
            exhibit_id=exhibit.id,
            name=exhibit.name,
            media_type=_media_type(exhibit),
            source_commitment=exhibit.sha256,
            stop_on=stop_categories(agreement),
            specs=tuple(known.specs),
            names=known.names,
            register=known.register,
        )
        with ExitStack() as stack:
            made = [stack.enter_context(bodies.RenditionBody(gateway)) for _ in job.specs]
            outcome = gateway.workbench.redact(
                bodies.source_of(gateway, exhibit), job, [body.write for body in made], known.surveys.get(exhibit.id)
            )
            if outcome.stopped_by:
                return outcome.stopped_by, []
            pairs = zip(made, outcome.renditions, strict=True)
            return (), [body.finish(package, exhibit, clean) for body, clean in pairs]


def _media_type(exhibit: Exhibit) -> str:
    return exhibit.media_type or exhibit.declared_media_type
