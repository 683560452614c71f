"""What most contract tests start from: two agencies under an active agreement, a case, a package."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from gateway.agreements.model import Agreement, AgreementState
from gateway.agreements.text.parsing import parse_agreement
from gateway.evidence.package import Case, Exhibit, Package, Rendition
from gateway.exchange.ports.database import Database, Transaction
from gateway.exchange.ports.parties import AgreementRecord, AgreementSignature
from tests.fakes import seeds

SAMPLE = Path(__file__).resolve().parents[2] / "policies" / "agreements" / "eu-uk-ai-incidents.yaml"


@dataclass(frozen=True)
class World:
    agreement: Agreement
    source: str
    case: Case
    package: Package
    exhibits: tuple[Exhibit, ...]


def sample_agreement() -> tuple[Agreement, str]:
    source = SAMPLE.read_text()
    return parse_agreement(source.encode()), source


def onboard(tx: Transaction, agreement: Agreement) -> None:
    """Every party with a submitter, an investigator, a signing and a receiving key."""
    for party in agreement.parties.values():
        tx.directory.add_agency(seeds.agency(party.agency, party.jurisdiction), seeds.event("agency.add"))
        for role in ("submitter", "investigator"):
            person = seeds.principal(f"{party.agency}-{role}", party.agency, role)
            tx.directory.put_principal(person, seeds.event("principal.put"))
        for use in ("signing", "receiving"):
            key = seeds.key(f"{party.agency}-{use}", party.agency, use)  # type: ignore[arg-type]
            tx.directory.add_key(key, seeds.event("key.add"))


def propose(tx: Transaction, agreement: Agreement, source: str) -> None:
    record = AgreementRecord(agreement, source, AgreementState.PROPOSED, frozenset(), seeds.NOW)
    tx.agreements.propose(record, seeds.event("agreement.propose"))


def sign_all(tx: Transaction, agreement: Agreement) -> None:
    for agency in agreement.parties:
        signature = AgreementSignature(agency, f"{agency}-signing", b"signature", seeds.NOW)
        tx.agreements.sign(agreement.id, agreement.version, signature, seeds.event("agreement.sign"))


def activate(tx: Transaction, agreement: Agreement) -> None:
    tx.agreements.set_state(
        agreement.id, agreement.version, AgreementState.ACTIVE, seeds.NOW, seeds.event("agreement.activate")
    )


def build(database: Database, exhibits: int = 2) -> World:
    """A world with one open package of that many declared exhibits."""
    agreement, source = sample_agreement()
    with database.transaction() as tx:
        onboard(tx, agreement)
        propose(tx, agreement, source)
        sign_all(tx, agreement)
        activate(tx, agreement)
        sender = sorted(agreement.parties)[-1]
        case = seeds.case(agreement.id, purpose=agreement.purposes[0])
        tx.cases.open(case, seeds.event("case.open"))
        package = seeds.package(case, agreement.ref, agency=sender, submitter=f"{sender}-submitter")
        rows = tuple(seeds.exhibit(package, ordinal) for ordinal in range(exhibits))
        tx.packages.add(package, rows, seeds.event("package.create"))
    return World(agreement, source, case, package, rows)


def add_rendition(tx: Transaction, exhibit: Exhibit, **members: object) -> Rendition:
    """A rendition with a file key of its own."""
    key = seeds.file_key()
    tx.file_keys.add(key)
    rendition = replace(seeds.rendition(exhibit, key), **members)  # type: ignore[arg-type]
    tx.renditions.add(rendition, seeds.event("rendition.add"))
    return rendition
