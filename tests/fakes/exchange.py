"""A small world for the steps: three agencies, the sample agreement in force, a clock that tests turn.

The database and the blob store are the behaving fakes, the workbench is one that knows plain text
only; keyring, agreement, policy, envelope and redaction plan are the real ones. What a world shows is
how the steps behave, not how files are parsed: that, the workbench's own tests and the end-to-end
tests show.
"""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

from cryptography.hazmat.primitives.asymmetric import ec

from gateway.agreements.model import Agreement
from gateway.agreements.signing import PartySignature, statement
from gateway.agreements.text.parsing import parse_agreement
from gateway.bootstrap.gateway import Gateway
from gateway.envelope.signature import public_pem, sign
from gateway.envelope.x25519 import X25519Identity
from gateway.errors import GatewayError, TooLarge, Unparsable
from gateway.evidence.agency import Agency, RegisteredKey
from gateway.evidence.manifest import PackageManifest, parse_manifest
from gateway.evidence.package import Exhibit, Package, Principal
from gateway.evidence.taxonomy import Action, Category
from gateway.exchange import authorize, receive
from gateway.exchange.intake import Intake
from gateway.exchange.parties import govern, onboard
from gateway.exchange.ports.redaction_job import RedactionJob, RenditionSpec
from gateway.exchange.ports.workbench import NOTHING_INSIDE, CleanRendition, Examined, Redacted, Sink, Source, Survey
from gateway.keyring.file_keyring import FileKeyring
from gateway.keyring.gateway_keys import GatewayKeys
from gateway.redaction.fingerprint import Register
from gateway.settings import Settings
from gateway.workers.steps import handlers
from tests.fakes.blobs import FakeBlobs
from tests.fakes.database import FakeDatabase

AGREEMENT_SOURCE = (
    Path(__file__).resolve().parents[2] / "policies" / "agreements" / "eu-uk-ai-incidents.yaml"
).read_bytes()
SUBMITTER = Principal("cnil-fr.submitter", "cnil-fr", frozenset({"submitter"}))
REVIEWER = Principal("cnil-fr.reviewer", "cnil-fr", frozenset({"reviewer"}))
OFFICERS = (
    Principal("cnil-fr.officer", "cnil-fr", frozenset({"compliance-officer"})),
    Principal("ico-uk.officer", "ico-uk", frozenset({"compliance-officer"})),
)
INVESTIGATOR = Principal("ico-uk.investigator", "ico-uk", frozenset({"investigator"}))
COUNSEL = Principal("ico-uk.counsel", "ico-uk", frozenset({"ring-counsel"}), frozenset({"protective-order"}))
STRANGER = Principal("garante-it.investigator", "garante-it", frozenset({"investigator"}))
AGENCIES = {"cnil-fr": "FR", "ico-uk": "GB", "garante-it": "IT"}
EVERYBODY = (SUBMITTER, REVIEWER, *OFFICERS, INVESTIGATOR, COUNSEL, STRANGER)


class Clock:
    """The present, as the test says."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, **duration: float) -> None:
        self.now += timedelta(**duration)


class TextWorkbench:
    """Knows plain text: every ``Name`` in angle brackets is a person, ``$…`` an amount, ``#…`` health.

    ``failures`` maps an exhibit's name to the error that opening or redacting it ends in.
    """

    def __init__(self) -> None:
        self.failures: dict[str, GatewayError] = {}
        self.redact_failures: dict[str, GatewayError] = {}
        self.confidence = 0.95
        self.surveyed: bool | None = None
        self.max_bytes = 64 << 20
        self.inside = NOTHING_INSIDE

    def examine(self, source: Source, untrusted_name: str, declared_media_type: str) -> Examined:
        if untrusted_name in self.failures:
            raise self.failures[untrusted_name]
        if next(source.pieces(), b"").startswith(b"\x7fELF"):
            return Examined("application/octet-stream", False, "none", "0", 0)
        if source.size_bytes > self.max_bytes:
            raise TooLarge("exhibit-too-large-to-redact", "Too large.")
        data = source.read()
        try:
            text = data.decode()
        except UnicodeDecodeError as error:
            raise Unparsable("text-not-decodable", "Not text.") from error
        return Examined("text/plain", True, "fake-text", "1", len(text), self.inside)

    def survey(self, source: Source, *, name: str, media_type: str) -> Survey:
        if name in self.redact_failures:
            raise self.redact_failures[name]
        words = source.read().decode().split()
        return Survey(
            frozenset(word[1:-1] for word in words if word.startswith("<") and word.endswith(">")), b"surveyed"
        )

    def redact(
        self, source: Source, job: RedactionJob, sinks: Sequence[Sink], survey: Survey | None = None
    ) -> Redacted:
        self.surveyed = survey is not None
        data = source.read()
        if b"#" in data and Category.SPECIAL_CATEGORY.value in job.stop_on:
            return Redacted((), ("HEALTH",))
        for known in job.names:
            data = data.replace(f" {known} ".encode(), f" <{known}> ".encode())
        if job.register is not None:
            text = data.decode()
            for found in reversed(Register(job.register.key, job.register.fingerprints).find(text)):
                text = f"{text[: found.start]}[TS-REGISTERED]{text[found.end :]}"
            data = text.encode()
        made = [self._render(data, job, spec) for spec in job.specs]
        for sink, each in zip(sinks, made, strict=True):
            sink(each.data[:7])
        if job.name in self.redact_failures:
            raise self.redact_failures[job.name]
        for sink, each in zip(sinks, made, strict=True):
            sink(each.data[7:])
        return Redacted(tuple(replace(each, data=b"") for each in made))

    def _render(self, data: bytes, job: RedactionJob, spec: RenditionSpec) -> CleanRendition:
        words = []
        for word in data.decode().split(" "):
            if word.startswith("<"):
                code = hashlib.sha256(spec.pseudonym_key + word.encode()).hexdigest()[:6]
                words.append(f"[Person {code}]")
            elif word.startswith("$") and spec.view.action(Category.TRADE_SECRET, "AMOUNT") is Action.REMOVE:
                words.append("[TS-COMMERCIAL]")
            else:
                words.append(word)
        report = {
            "exhibit": job.exhibit_id, "view": spec.view.name, "findings": [], "verified": {"layers": [], "hits": 0}
        }  # fmt: skip
        rendered = " ".join(words).encode()
        return CleanRendition(
            spec.view.name, spec.audience, job.name, job.media_type, report, self.confidence, rendered
        )


@dataclass
class World:
    """Everything a test of the steps touches."""

    clock: Clock = field(default_factory=Clock)
    database: FakeDatabase = field(default_factory=FakeDatabase)
    blobs: FakeBlobs = field(default_factory=FakeBlobs)
    workbench: TextWorkbench = field(default_factory=TextWorkbench)
    keyring: FileKeyring = field(default_factory=lambda: FileKeyring(GatewayKeys.generate("test.example/log")))
    source: bytes = AGREEMENT_SOURCE
    signing: dict[str, ec.EllipticCurvePrivateKey] = field(default_factory=dict)
    identities: dict[str, X25519Identity] = field(default_factory=dict)
    settings: Settings = field(default_factory=lambda: Settings(home=Path("unused")))

    def __post_init__(self) -> None:
        self.agreement: Agreement = parse_agreement(self.source)
        counter = itertools.count(1)
        self.new_id = lambda: f"00000000-0000-4000-8000-{next(counter):012x}"
        for agency in AGENCIES:
            self.signing[agency] = ec.generate_private_key(ec.SECP384R1())
            self.identities[agency] = X25519Identity.generate()
        self.onboard()

    def onboard(self) -> None:
        """Write agencies, persons and the agreement into the database."""
        with self.database.transaction() as tx:
            for agency, country in AGENCIES.items():
                onboard.add_agency(tx, Agency(agency, agency.upper(), country, self.clock()))
                for use, material in (
                    ("signing", public_pem(self.signing[agency].public_key()).decode()),
                    ("receiving", str(self.identities[agency].recipient)),
                ):
                    key = RegisteredKey(f"{agency}.{use}-1", agency, None, use, material, self.clock(), None)  # type: ignore[arg-type]
                    onboard.register_key(tx, key, self.clock())
            for principal in EVERYBODY:
                onboard.put_principal(tx, principal, self.clock())
            govern.propose(tx, self.agreement, self.source.decode(), self.clock())
            for party in self.agreement.parties:
                govern.sign(tx, self.signature_of(party), self.clock())
            govern.activate(tx, self.agreement.id, self.agreement.version, [o.id for o in OFFICERS], self.clock())

    def signature_of(self, party: str, agreement: Agreement | None = None) -> PartySignature:
        """The party's signature over a version."""
        ref = (agreement or self.agreement).ref
        return PartySignature(ref, party, sign(self.signing[party], statement(ref)))

    @property
    def gateway(self) -> Gateway:
        """What the worker's steps take; they use only these members."""
        return cast(Gateway, self)

    def manifest(self, files: Mapping[str, bytes], **changes: Any) -> PackageManifest:
        """A manifest of plain-text incident reports."""
        return parse_manifest(
            {
                "agreement": self.agreement.id,
                "case": "case-1",
                "purpose": "incident-investigation",
                "exhibits": [
                    {
                        "name": name,
                        "evidence_type": "model-artifact" if name.endswith(".bin") else "incident-report",
                        "media_type": "binary" if name.endswith(".bin") else "text/plain",
                        "size": len(data),
                        "sha256": hashlib.sha256(data).hexdigest(),
                    }
                    for name, data in files.items()
                ],
                **changes,
            }
        )

    def create(
        self, files: Mapping[str, bytes], principal: Principal = SUBMITTER, **changes: Any
    ) -> tuple[Package, list[Exhibit]]:
        """Authorize and create a package, as the face does."""
        manifest = self.manifest(files, **changes)
        with self.database.transaction() as tx:
            authorization = authorize.authorize_package(tx, principal, manifest, self.clock())
            return receive.create_package(
                tx,
                principal,
                manifest,
                sign(self.signing[principal.agency], manifest.canonical()),
                f"{principal.agency}.signing-1",
                authorization,
                self.new_id,
                self.clock(),
            )

    def upload(self, package: Package, exhibit: Exhibit, data: bytes, principal: Principal = SUBMITTER) -> Exhibit:
        """Upload one exhibit, as the face does."""
        blob = f"originals/{self.new_id()}"
        with self.database.transaction() as tx:
            awaited = receive.begin_upload(tx, principal, package.id, exhibit.id, blob, self.clock())
        intake = Intake(awaited, self.blobs.create(blob), blob, b"k" * 16)
        try:
            intake.feed(data)
            received = intake.finish()
        except GatewayError:
            intake.abort()
            raise
        with self.database.transaction() as tx:
            return receive.complete_upload(
                tx, self.keyring, principal, package.id, exhibit.id, received, self.new_id, self.clock()
            )

    def submit(self, package: Package, principal: Principal = SUBMITTER) -> tuple[bytes, bytes]:
        with self.database.transaction() as tx:
            return receive.submit_package(tx, self.keyring, principal, package.id, self.clock())

    def pushed(self, files: Mapping[str, bytes]) -> Package:
        """A package that was created, uploaded and submitted."""
        package, exhibits = self.create(files)
        for exhibit, data in zip(exhibits, files.values(), strict=True):
            if exhibit.state != "refused":
                self.upload(package, exhibit, data)
        self.submit(package)
        return package

    def work(self, *, rounds: int = 20) -> None:
        """Run the queue until it is empty, sequencing the log in between."""
        steps = handlers(self.gateway)
        for _ in range(rounds):
            jobs = self.database.take_jobs()
            if not jobs:
                return
            for job in jobs:
                steps[job.step](job.package_id)
            self.database.sequence()
        raise AssertionError("the queue does not come to rest")

    def package(self, package_id: str) -> Package:
        return self.database.state.packages[package_id]

    def actions(self, outcome: str | None = None) -> list[str]:
        """Actions of the log, oldest first."""
        return [e.action for e in self.database.events if outcome is None or e.outcome == outcome]
