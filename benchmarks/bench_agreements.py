"""Whether a push, and what else asks which agreements there are, takes longer the more versions are stored.

    python benchmarks/bench_agreements.py [--versions 2,2000] [--repetitions 15]

In a real PostgreSQL lie so many versions of the sample agreement, ten of each id, the last of them in force
and the older ones superseded, between twenty agencies; with two versions, both are of the id pushed under.
Measured, with the transaction and its commit: the first and the following declarations of a package
(authorize and receive, as the API calls them, with a signature and two exhibits), and other questions that
had every version read: what an officer may audit, which holds there are, who may register secrets. The
last line is the ratio of the medians.
"""

from __future__ import annotations

import argparse
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec

from gateway.agreements.model import Agreement, AgreementState
from gateway.agreements.text.parsing import parse_agreement
from gateway.envelope.signature import public_pem, sign
from gateway.evidence.agency import Agency, RegisteredKey
from gateway.evidence.manifest import DeclaredExhibit, PackageManifest
from gateway.evidence.package import Principal
from gateway.exchange import authorize, receive
from gateway.exchange.custody import hold
from gateway.exchange.log import audit
from gateway.exchange.parties import secret_register
from gateway.exchange.ports.database import Transaction
from gateway.exchange.ports.parties import AgreementRecord, AgreementSignature
from gateway.exchange.record import event
from gateway.storage import migrate
from gateway.storage.database import PostgresDatabase
from gateway.storage.embedded.server import start_embedded
from gateway.storage.parties import agreements as stored_agreements
from gateway.translog.event import AuditEvent

SAMPLE = Path(__file__).resolve().parents[1] / "policies" / "agreements" / "eu-uk-ai-incidents.yaml"
NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
AGENCIES = [f"agency-{n:02}" for n in range(20)]
VERSIONS_OF_AN_ID = 10
KEY = ec.generate_private_key(ec.SECP384R1())
SUBMITTER = Principal("submitter", AGENCIES[0], frozenset({"submitter"}))
OFFICER = Principal("officer", AGENCIES[0], frozenset({"compliance-officer"}))
EXHIBITS = tuple(
    DeclaredExhibit(f"report-{n}.txt", "incident-report", "text/plain", 1_000, f"{n:064x}") for n in range(2)
)


def note(action: str) -> AuditEvent:
    return event(action, "done", NOW, object_kind="benchmark", object_id="1", system="operator")


def text_of(number: int, version: int) -> str:
    """The sample, under another id and version, between two of the agencies."""
    text = SAMPLE.read_text("utf-8")
    for old, new in (
        ("agreement: eu-uk-ai-incidents", f"agreement: agreement-{number}"),
        ("version: 3", f"version: {version}"),
        ("agency: ico-uk", f"agency: {AGENCIES[number % len(AGENCIES)]}"),
        ("agency: cnil-fr", f"agency: {AGENCIES[(number + 1) % len(AGENCIES)]}"),
    ):
        text = text.replace(old, new)
    return text


def onboard(tx: Transaction) -> None:
    for agency in AGENCIES:
        tx.directory.add_agency(Agency(agency, agency, "GB", NOW), note("agency.add"))
        key = RegisteredKey(
            f"{agency}.sign", agency, None, "signing", public_pem(KEY.public_key()).decode(), NOW - timedelta(1), None
        )
        tx.directory.add_key(key, note("key.add"))
    for person in (SUBMITTER, OFFICER):
        tx.directory.put_principal(person, note("principal.put"))


def put_into_force(tx: Transaction, agreement: Agreement, source: str) -> None:
    at = agreement.id, agreement.version
    record = AgreementRecord(agreement, source, AgreementState.PROPOSED, frozenset(), NOW)
    tx.agreements.propose(record, note("agreement.propose"))
    for agency in agreement.parties:
        signature = AgreementSignature(agency, f"{agency}.sign", b"signature", NOW)
        tx.agreements.sign(*at, signature, note("agreement.sign"))
    older = tx.agreements.active(agreement.id)
    if older is not None:
        at_older = older.agreement.id, older.agreement.version
        tx.agreements.set_state(*at_older, AgreementState.SUPERSEDED, NOW, note("agreement.supersede"))
    tx.agreements.set_state(*at, AgreementState.ACTIVE, NOW, note("agreement.activate"))


@contextmanager
def filled(versions: int) -> Iterator[PostgresDatabase]:
    with tempfile.TemporaryDirectory(prefix="egw-") as folder, start_embedded(Path(folder) / "database") as server:
        migrate.upgrade(server.url)
        database = PostgresDatabase(server.url)
        with database.transaction() as tx:
            onboard(tx)
        for place in range(versions):
            source = text_of(place // VERSIONS_OF_AN_ID, place % VERSIONS_OF_AN_ID + 1)
            with database.transaction() as tx:
                put_into_force(tx, parse_agreement(source.encode()), source)
        # As in a process that has just begun.
        stored_agreements._parsed.cache_clear()
        yield database
        database.close()


def declare(tx: Transaction) -> None:
    """As POST /v1/packages does, into a case of its own."""
    manifest = PackageManifest("agreement-0", f"case-{uuid.uuid4()}", "incident-investigation", EXHIBITS)
    authorization = authorize.authorize_package(tx, SUBMITTER, manifest, NOW)
    signature = sign(KEY, manifest.canonical())
    receive.create_package(
        tx, SUBMITTER, manifest, signature, f"{SUBMITTER.agency}.sign", authorization, lambda: str(uuid.uuid4()), NOW
    )


QUESTIONS: dict[str, Callable[[Transaction], Any]] = {
    "declare": declare,
    "audit scope": lambda tx: audit.scope_of(tx, OFFICER, "bench.example/log", NOW),
    "list holds": lambda tx: hold.list_holds(tx, OFFICER, NOW),
    "list secrets": lambda tx: secret_register.listed(tx, SUBMITTER, NOW),
}


def measure(database: PostgresDatabase, repetitions: int) -> dict[str, tuple[float, float]]:
    """The first time and the median of the later ones in milliseconds, by question."""
    result = {}
    for name, ask in QUESTIONS.items():
        times = []
        for _ in range(repetitions + 1):
            began = time.perf_counter()
            with database.transaction() as tx:
                ask(tx)
            times.append((time.perf_counter() - began) * 1000)
        result[name] = times[0], median(times[1:])
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--versions", default="2,2000", help="how many are stored, in turn")
    parser.add_argument("--repetitions", type=int, default=15)
    arguments = parser.parse_args()
    print(f"{'versions':8}" + "".join(f"{name + ': first, median ms':>34}" for name in QUESTIONS))
    results = []
    for versions in map(int, arguments.versions.split(",")):
        with filled(versions) as database:
            results.append(measure(database, arguments.repetitions))
        print(f"{versions:8}" + "".join(f"{first:24.1f}{later:10.1f}" for first, later in results[-1].values()))
    ratios = [results[-1][name][1] / results[0][name][1] for name in QUESTIONS]
    print(f"{'ratio':8}" + "".join(f"{ratio:34.1f}" for ratio in ratios))


if __name__ == "__main__":
    main()
