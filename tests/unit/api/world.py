"""A small world for tests of the API and the client: three agencies, keys, an agreement in force.

The gateway in it is the real one but for the database and the blob store, which are the fakes that
the contract suite holds to the same rules as the real ones. ``served`` runs the real application in
a real server (uvicorn, on a unix socket), for what only shows on a wire.
"""

from __future__ import annotations

import base64
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import httpx
import uvicorn
import uvloop  # noqa: F401 - keeps the socket class of its first import, which must not be the blocked one
from cryptography.hazmat.primitives.asymmetric import ec

from gateway.agreements.model import AgreementState
from gateway.agreements.signing import statement
from gateway.agreements.text.parsing import parse_agreement
from gateway.blobs.log_store import LocalLogStore
from gateway.bootstrap.gateway import Gateway
from gateway.client import Credentials
from gateway.client.assertion import ASSERTION_TYPE, make_assertion
from gateway.envelope.body import BodyEncryptor
from gateway.envelope.header import new_file_key, write_header
from gateway.envelope.manifest import ReleaseManifest
from gateway.envelope.policy import ReleasePolicy, policy_stanza
from gateway.envelope.signature import load_public_key, public_pem, sign
from gateway.envelope.x25519 import X25519Identity
from gateway.evidence.agency import RegisteredKey
from gateway.evidence.canonical import canonical_json, sha256_hex
from gateway.evidence.lifecycle import ExhibitState, PackageState, ReleaseState, RenditionState
from gateway.evidence.manifest import DeclaredExhibit, PackageManifest
from gateway.evidence.package import Principal
from gateway.exchange.ports.parties import AgreementRecord, AgreementSignature
from gateway.keyring.file_keyring import FileKeyring
from gateway.keyring.gateway_keys import GatewayKeys
from gateway.keyring.tokens import TokenAuthority
from gateway.settings import Settings
from tests.fakes import seeds
from tests.fakes.blobs import FakeBlobs
from tests.fakes.database import FakeDatabase

ISSUER = "http://127.0.0.1:8443"
AGREEMENT = """
agreement: eu-uk-ai-incidents
version: 1
title: Memorandum of understanding
parties:
  - {agency: ico-uk, jurisdiction: GB, may: [push, pull]}
  - {agency: cnil-fr, jurisdiction: FR, may: [push, pull]}
in_force: {from: 2020-01-01, until: 2099-12-31}
legal_basis: [Regulation (EU) 2024/1689 Art. 78]
purposes: [incident-investigation, joint-enforcement]
roles:
  investigator:       {may: [pull], views: [standard]}
  ring-counsel:       {may: [pull], views: [standard, ring], needs: [protective-order]}
  submitter:          {may: [push]}
  reviewer:           {may: [review]}
  compliance-officer: {may: [audit, hold]}
evidence:
  incident-report: {media: [pdf, txt], max_size: 1 MB}
  system-log: {media: [csv, txt], max_size: 8 MB}
  model-artifact: {media: [application/octet-stream], max_size: 20 GB, opaque: allowed}
retention:
  default: {keep: P90D, counted_from: release}
views:
  standard:
    personal_data: {default: remove}
    trade_secrets: {default: remove}
  ring:
    personal_data: {default: remove}
    trade_secrets: {default: keep}
review: {when: [view-ring], approvals: 1, not_by: submitter}
encryption: {recipients: classical}
deadlines: {ordinary: P10D}
safeguards: {two_persons: [activate]}
"""
PRINCIPALS = (
    Principal("ico-uk.submitter", "ico-uk", frozenset({"submitter"})),
    Principal("ico-uk.reviewer", "ico-uk", frozenset({"reviewer"})),
    Principal("cnil-fr.investigator", "cnil-fr", frozenset({"investigator"})),
    Principal("cnil-fr.officer", "cnil-fr", frozenset({"compliance-officer"})),
    Principal("ftc-us.submitter", "ftc-us", frozenset({"submitter", "investigator", "reviewer"})),
)


class World:
    """Keys of everybody, and the gateway they talk to."""

    def __init__(self, folder: Path, *, database: Any = None, blobs: Any = None) -> None:
        self.folder = folder
        self.clock_offset = timedelta(0)
        # Real ones in the integration tests; annotated as the fakes, whose insides the unit tests look at.
        self.database: FakeDatabase = database or FakeDatabase()
        self.blobs: FakeBlobs = blobs or FakeBlobs()
        self.signing = {a: ec.generate_private_key(ec.SECP384R1()) for a in ("ico-uk", "cnil-fr", "ftc-us")}
        self.auth = {p.id: ec.generate_private_key(ec.SECP256R1()) for p in PRINCIPALS}
        self.identity = {a: X25519Identity.generate() for a in self.signing}
        keyring = FileKeyring(GatewayKeys.generate("test.example/log"))
        self.keyring = keyring
        self.gateway = Gateway(
            settings=Settings(home=folder, public_url=ISSUER, log_origin="test.example/log"),
            database_url="",
            database=cast(Any, self.database),
            blobs=self.blobs,
            keyring=keyring,
            tokens=TokenAuthority(keyring.token_key, ISSUER, ISSUER),
            log_store=LocalLogStore(folder / "log"),
            clock=self.now,
            new_id=seeds.new_id,
        )
        self._onboard()

    def now(self) -> datetime:
        return datetime.now(UTC) + self.clock_offset

    def _onboard(self) -> None:
        since = self.now() - timedelta(days=1)
        with self.database.transaction() as tx:
            for agency, country in (("ico-uk", "GB"), ("cnil-fr", "FR"), ("ftc-us", "US")):
                tx.directory.add_agency(seeds.agency(agency, country), seeds.event("agency.add"))
                signing = public_pem(self.signing[agency].public_key()).decode()
                receiving = str(self.identity[agency].recipient)
                for key in (
                    RegisteredKey(f"{agency}.signing-1", agency, None, "signing", signing, since, None),
                    RegisteredKey(f"{agency}.receiving-1", agency, None, "receiving", receiving, since, None),
                ):
                    tx.directory.add_key(key, seeds.event("key.add"))
            for principal in PRINCIPALS:
                tx.directory.put_principal(principal, seeds.event("principal.put"))
                pem = public_pem(self.auth[principal.id].public_key()).decode()
                key = RegisteredKey(
                    f"{principal.id}-1", principal.agency, principal.id, "authentication", pem, since, None
                )
                tx.directory.add_key(key, seeds.event("key.add"))
            agreement = parse_agreement(AGREEMENT.encode())
            self.agreement = agreement
            proposed = AgreementRecord(agreement, AGREEMENT, AgreementState.PROPOSED, frozenset(), since)
            tx.agreements.propose(proposed, seeds.event("agreement.propose"))
            for agency in agreement.parties:
                signature = AgreementSignature(
                    agency, f"{agency}.signing-1", sign(self.signing[agency], statement(agreement.ref)), since
                )
                tx.agreements.sign(agreement.id, 1, signature, seeds.event("agreement.sign"))
            tx.agreements.set_state(agreement.id, 1, AgreementState.ACTIVE, since, seeds.event("agreement.activate"))

    def suspend(self) -> None:
        with self.database.transaction() as tx:
            tx.agreements.set_state(
                self.agreement.id, 1, AgreementState.SUSPENDED, self.now(), seeds.event("agreement.suspend")
            )

    def token(self, principal_id: str) -> str:
        with self.database.transaction() as tx:
            principal = tx.directory.principal(principal_id)
        assert principal is not None
        return self.gateway.tokens.issue_access_token(principal, "", self.now())

    def bearer(self, principal_id: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token(principal_id)}"}

    def assertion_form(self, principal_id: str, **changes: str) -> dict[str, str]:
        assertion = make_assertion(
            self.auth[principal_id], f"{principal_id}-1", principal_id, ISSUER, int(self.now().timestamp())
        )
        return {
            "grant_type": "client_credentials",
            "client_assertion_type": ASSERTION_TYPE,
            "client_assertion": assertion,
            **changes,
        }

    def credentials(self, principal_id: str, gateway: str = ISSUER) -> Credentials:
        agency = principal_id.split(".")[0]
        return Credentials(
            gateway=gateway,
            agency=agency,
            client_id=principal_id,
            auth_key=self.auth[principal_id],
            auth_key_id=f"{principal_id}-1",
            signing_key=self.signing[agency],
            signing_key_id=f"{agency}.signing-1",
            identities=(self.identity[agency],),
            gateway_key=load_public_key(self.keyring.signing_key_pem()),
            issuer=ISSUER,
        )

    def creation(self, *exhibits: DeclaredExhibit, **changes: Any) -> dict[str, Any]:
        """The body of POST /v1/packages, signed by ico-uk unless ``agency`` says another."""
        agency = changes.pop("agency", "ico-uk")
        members: dict[str, Any] = {
            "agreement": "eu-uk-ai-incidents",
            "case": "2026-0042",
            "purpose": "incident-investigation",
            **changes,
        }
        manifest = PackageManifest(exhibits=exhibits, **members)
        return {
            "manifest": manifest.as_dict(),
            "signature": base64.b64encode(sign(self.signing[agency], manifest.canonical())).decode(),
            "key_id": f"{agency}.signing-1",
        }

    def release(self, plaintext: bytes, name: str = "report.txt", media_type: str = "text/plain") -> str:
        """A release of ``plaintext`` for cnil-fr as the workers would have made it; returns its id."""
        now = self.now()
        file_key = new_file_key()
        encryptor = BodyEncryptor(file_key)
        body = encryptor.start() + encryptor.update(plaintext) + encryptor.finish()
        case = seeds.case(reference="2026-0042", opened_by="ico-uk")
        package = seeds.package(case, self.agreement.ref, submitter="ico-uk.submitter", state=PackageState.OPEN)
        exhibit = seeds.exhibit(
            package, name=name, declared_media_type=media_type, size_bytes=len(plaintext), received_at=now
        )
        policy = ReleasePolicy(
            agreement=self.agreement.id,
            agreement_version=1,
            agreement_digest=self.agreement.digest,
            case=case.reference,
            view="standard",
            exhibit=exhibit.id,
            recipient="cnil-fr",
            retain_until=(now + timedelta(days=90)).replace(microsecond=0),
        )
        header = write_header(file_key, [self.identity["cnil-fr"].recipient], [policy_stanza(policy)])
        key = self.keyring.wrap(file_key, policy.digest_bytes(), key_id=seeds.new_id(), now=now)
        report = canonical_json(
            {
                "exhibit": exhibit.id,
                "view": "standard",
                "source_commitment": "0" * 64,
                "findings": [],
                "verified": {"layers": ["text"], "hits": 0},
            }
        )
        rendition = seeds.rendition(
            exhibit,
            key,
            media_type=media_type,
            size_bytes=len(plaintext),
            body_size_bytes=len(body),
            body_sha256=sha256_hex(body),
            report=report,
            report_digest=sha256_hex(report),
        )
        release = seeds.release(
            rendition,
            package,
            recipient_key_id="cnil-fr.receiving-1",
            header=header,
            header_sha256=sha256_hex(header),
            policy=policy.canonical(),
            policy_digest=policy.digest(),
            sealed_at=now,
            deadline=now + timedelta(days=90),
        )
        manifest = ReleaseManifest(
            release=release.id,
            sender="ico-uk",
            policy=policy.canonical(),
            header_sha256=sha256_hex(header),
            header_size=len(header),
            body_sha256=sha256_hex(body),
            body_size=len(body),
            exhibit_name=name,
            media_type=media_type,
            plaintext_size=len(plaintext),
            report_digest=rendition.report_digest,
            log_position=7,
            released_at=now,
        ).canonical()
        writer = self.blobs.create(rendition.blob)
        writer.write(body)
        writer.commit()
        with self.database.transaction() as tx:
            tx.cases.open(replace(case, id=package.case_id), seeds.event("case.open"))
            tx.packages.add(package, [replace(exhibit, state=ExhibitState.DECLARED)], seeds.event("package.create"))
            tx.file_keys.add(key)
            tx.renditions.add(rendition, seeds.event("rendition.add"))
            sealed = seeds.event("release.seal", object={"kind": "release", "id": release.id})
            tx.releases.add(replace(release, state=ReleaseState.SEALED), sealed)
            tx.releases.move(
                release.id,
                "release",
                seeds.event("release.available"),
                manifest=manifest,
                manifest_signature=self.keyring.sign(manifest),
                released_at=now,
            )
        return release.id

    def in_review(self, reference: str = "2026-0077", **members: Any) -> str:
        """A rendition of ico-uk that waits for a reviewer; returns its id."""
        case = seeds.case(reference=reference, opened_by="ico-uk")
        package = seeds.package(case, self.agreement.ref, submitter="ico-uk.submitter")
        exhibit = seeds.exhibit(package)
        key = seeds.file_key()
        rendition = seeds.rendition(exhibit, key, view="ring", state=RenditionState.REDACTED, **members)
        with self.database.transaction() as tx:
            tx.cases.open(case, seeds.event("case.open"))
            tx.packages.add(package, [exhibit], seeds.event("package.create"))
            tx.file_keys.add(key)
            tx.renditions.add(rendition, seeds.event("rendition.add"))
            tx.renditions.move(rendition.id, "await-review", seeds.event("rendition.await-review"))
        return rendition.id


@contextmanager
def served(app: Any, folder: Path, port: int | None = None) -> Iterator[Any]:
    """Serve an ASGI application in a thread.

    Yields a maker of transports to a unix socket in ``folder``; or, with a port (0: any), the address.
    """
    address = folder / "http.sock"
    where: dict[str, Any] = {"uds": str(address)} if port is None else {"host": "127.0.0.1", "port": port}
    config = uvicorn.Config(
        app, log_config=None, lifespan="off", loop="uvloop", http="httptools", server_header=False, **where
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        deadline = time.monotonic() + 20
        while not server.started:
            if time.monotonic() > deadline or not thread.is_alive():
                raise RuntimeError("the server did not start")
            time.sleep(0.01)
        if port is None:
            yield lambda: httpx.HTTPTransport(uds=str(address))
        else:
            yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(timeout=20)
