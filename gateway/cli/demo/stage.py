"""The stage of the demonstration: a folder of its own, three agencies with keys, an agreement in force.

What an operator, three agencies and two lawyers would do by hand over days (README, "First real use")
happens here in a second, with the same functions. A later run finds the stage standing and uses it.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import httpx
from cryptography.hazmat.primitives.asymmetric import ec

from gateway.agreements.model import Agreement
from gateway.agreements.signing import PartySignature, statement
from gateway.agreements.text.parsing import parse_agreement
from gateway.bootstrap.database import stop_left_over
from gateway.bootstrap.gateway import Gateway, open_gateway
from gateway.bootstrap.key_files import create_keyring
from gateway.bootstrap.resources import resource
from gateway.envelope.signature import load_private_key, private_pem, public_pem, sign
from gateway.envelope.x25519 import X25519Identity
from gateway.errors import Unavailable
from gateway.evidence.agency import Agency, KeyUse, RegisteredKey
from gateway.evidence.package import Principal
from gateway.exchange.parties import govern, onboard
from gateway.exchange.ports.database import Transaction
from gateway.settings import Settings

AGENCIES = (
    ("cnil-fr", "Commission nationale de l'informatique et des libertés", "FR"),
    ("ico-uk", "Information Commissioner's Office", "GB"),
    ("garante-it", "Garante per la protezione dei dati personali", "IT"),
)
PRINCIPALS = (
    Principal("cnil-fr.submitter", "cnil-fr", frozenset({"submitter"})),
    Principal("cnil-fr.reviewer", "cnil-fr", frozenset({"reviewer"})),
    Principal("cnil-fr.officer", "cnil-fr", frozenset({"compliance-officer"})),
    Principal("ico-uk.investigator", "ico-uk", frozenset({"investigator"})),
    Principal("ico-uk.counsel", "ico-uk", frozenset({"ring-counsel"}), frozenset({"protective-order"})),
    Principal("ico-uk.officer", "ico-uk", frozenset({"compliance-officer"})),
    Principal("garante-it.investigator", "garante-it", frozenset({"investigator"})),
)
AGREEMENT_FILE = "agreements/eu-uk-ai-incidents.yaml"


@dataclass(frozen=True, slots=True)
class Stage:
    """Where the demonstration lives: the gateway's home and the agencies' own folders."""

    folder: Path
    settings: Settings
    agreement: Agreement

    def credentials(self, principal: str) -> Path:
        """The credentials file of a principal, in its agency's folder."""
        return self.folder / "agencies" / f"{principal}.json"

    def identity(self, agency: str) -> Path:
        """The age identity file of an agency."""
        return self.folder / "agencies" / f"{agency}.identity.txt"


def set_up(folder: Path, tell: Callable[[str], None]) -> Stage:
    """Build the stage, or find it standing."""
    source = resource("policies").joinpath(AGREEMENT_FILE).read_bytes()
    agreement = parse_agreement(source)
    ready = folder / "ready"
    if ready.exists() and ready.read_text() != agreement.digest:
        tear_down(folder)  # the sample agreement has changed since
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    passphrase_file = folder / "passphrase"
    if not passphrase_file.exists():
        _write_private(passphrase_file, secrets.token_urlsafe(24).encode())
    port = _port(folder)
    settings = Settings(
        home=folder / "home",
        public_url=f"http://127.0.0.1:{port}",
        port=port,
        passphrase=passphrase_file.read_text(),
        log_origin="demo.evidence-gateway.example/log",
    )
    stage = Stage(folder, settings, agreement)
    if ready.exists():
        tell("The stage stands from an earlier run; a new case is opened on it.")
        return stage
    if not settings.key_path.exists():
        settings.key_path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        create_keyring(settings, settings.passphrase)
    tell("Starting the private PostgreSQL and creating the tables.")
    with open_gateway(settings) as gateway:
        _onboard(gateway, stage, tell)
        _put_into_force(gateway, stage, source.decode(), tell)
    ready.write_text(agreement.digest)
    return stage


def tear_down(folder: Path) -> None:
    """Remove the stage, with a database that a killed run may have left; everything there is invented."""
    stop_left_over(folder.absolute() / "home")
    shutil.rmtree(folder, ignore_errors=True)


def _onboard(gateway: Gateway, stage: Stage, tell: Callable[[str], None]) -> None:
    keys = stage.folder / "agencies"
    keys.mkdir(mode=0o700, exist_ok=True)
    (keys / "gateway.pem").write_bytes(gateway.keyring.signing_key_pem())
    with gateway.database.transaction() as tx:
        now = gateway.clock()
        for agency, name, country in AGENCIES:
            if tx.directory.agency(agency) is not None:
                continue
            onboard.add_agency(tx, Agency(agency, name, country, now))
            signing = ec.generate_private_key(ec.SECP384R1())
            _write_private(keys / f"{agency}.signing.pem", private_pem(signing))
            _register(tx, f"{agency}.signing-1", agency, "signing", public_pem(signing.public_key()).decode(), now)
            identity = X25519Identity.generate()
            _write_private(stage.identity(agency), identity.secret_text().encode() + b"\n")
            _register(tx, f"{agency}.receiving-1", agency, "receiving", str(identity.recipient), now)
            tell(f"{agency}: registered with a signing key and a receiving key ({country}, {name}).")
        for principal in PRINCIPALS:
            if tx.directory.principal(principal.id) is not None:
                continue
            onboard.put_principal(tx, principal, now)
            auth = ec.generate_private_key(ec.SECP256R1())
            _write_private(keys / f"{principal.id}.auth.pem", private_pem(auth))
            pem = public_pem(auth.public_key()).decode()
            _register(tx, f"{principal.id}-1", principal.agency, "authentication", pem, now, principal.id)
            stage.credentials(principal.id).write_text(
                json.dumps(
                    {
                        "gateway": stage.settings.public_url,
                        "agency": principal.agency,
                        "client_id": principal.id,
                        "auth_key": f"{principal.id}.auth.pem",
                        "auth_key_id": f"{principal.id}-1",
                        "signing_key": f"{principal.agency}.signing.pem",
                        "signing_key_id": f"{principal.agency}.signing-1",
                        "identity": f"{principal.agency}.identity.txt",
                        "gateway_key": "gateway.pem",
                    },
                    indent=2,
                )
            )


def _put_into_force(gateway: Gateway, stage: Stage, source: str, tell: Callable[[str], None]) -> None:
    agreement = stage.agreement
    with gateway.database.transaction() as tx:
        if tx.agreements.active(agreement.id) is not None:
            return
        now = gateway.clock()
        govern.propose(tx, agreement, source, now)
        for agency in agreement.parties:
            # Each party signs with its own key, which the gateway never sees.
            key = load_private_key((stage.folder / "agencies" / f"{agency}.signing.pem").read_bytes())
            signature = sign(key, statement(agreement.ref))
            govern.sign(tx, PartySignature(agreement.ref, agency, signature), now)
            tell(f"{agency} signed {agreement.id} version {agreement.version}, digest {agreement.digest[:16]}….")
        govern.activate(tx, agreement.id, agreement.version, ["cnil-fr.officer", "ico-uk.officer"], now)
        tell("Two officers, one of each party, activated it.")


def _register(
    tx: Transaction, key_id: str, agency: str, use: KeyUse, material: str, now: datetime, principal: str | None = None
) -> None:
    onboard.register_key(tx, RegisteredKey(key_id, agency, principal, use, material, now, None), now)


class Server:
    """``evidence-gateway serve`` as a process of its own, as an operator would run it."""

    def __init__(self, stage: Stage) -> None:
        settings = stage.settings
        self._log = (stage.folder / "serve.log").open("ab")
        environment = {k: v for k, v in os.environ.items() if not k.startswith("EVIDENCE_GATEWAY_")}
        environment |= {
            "EVIDENCE_GATEWAY_HOME": str(settings.home),
            "EVIDENCE_GATEWAY_PUBLIC_URL": settings.public_url,
            "EVIDENCE_GATEWAY_PORT": str(settings.port),
            "EVIDENCE_GATEWAY_PASSPHRASE_FILE": str(stage.folder / "passphrase"),
            "EVIDENCE_GATEWAY_LOG_ORIGIN": settings.log_origin,
        }
        self._process = subprocess.Popen(
            [sys.executable, "-m", "gateway", "serve"], env=environment, stdout=self._log, stderr=self._log
        )
        self._url = settings.public_url

    def wait_until_ready(self, seconds: float = 120.0) -> None:
        """Return once the gateway answers that it is ready."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                break
            try:
                if httpx.get(f"{self._url}/readyz", timeout=2).status_code == 200:
                    return
            except httpx.HTTPError:
                pass
            time.sleep(0.1)
        raise Unavailable(
            "demo-server-failed",
            "The gateway did not start.",
            remedy=f"Read {self._log.name}.",
        )

    def stop(self) -> None:
        """Ask the process to end, and wait for it."""
        self._process.terminate()
        try:
            self._process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._log.close()


def _port(folder: Path) -> int:
    # Kept between runs, because the credentials name it; a new one only if it is taken.
    kept = folder / "port"
    if kept.exists() and _free(int(kept.read_text())):
        return int(kept.read_text())
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    if kept.exists():
        for path in (folder / "agencies").glob("*.json"):
            credentials = json.loads(path.read_text())
            path.write_text(json.dumps({**credentials, "gateway": f"http://127.0.0.1:{port}"}, indent=2))
    kept.write_text(str(port))
    return port


def _free(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


def _write_private(path: Path, data: bytes) -> None:
    path.touch(mode=0o600)
    path.write_bytes(data)
