"""The officer's questions to a log of a million entries in a real PostgreSQL, each with the entry that records it.

    python benchmarks/bench_audit.py [--entries 1000000] [--folder KEEP]

The log covers thirteen months of twelve agencies: receipts, releases, pulls, refusals, reviews, in
the proportions of a busy gateway; some cases, exhibits and persons are far busier than others. Each
question is asked by an officer (own agency and two agreements), and by the operator (everything),
warm: the median and the slowest of the repetitions, in milliseconds, transaction and commit included.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import text

from gateway.evidence.package import AgreementRef, Principal
from gateway.exchange.log import audit
from gateway.exchange.ports.audit_query import AuditQuery, Scope
from gateway.exchange.ports.database import Transaction
from gateway.exchange.record import event
from gateway.storage import migrate
from gateway.storage.database import PostgresDatabase, conninfo
from gateway.storage.embedded.server import start_embedded
from gateway.storage.log.sequence import LogSequence
from gateway.translog.entry import pending

END = datetime(2026, 11, 1, tzinfo=UTC)
BEGIN = END - timedelta(days=395)
AGENCIES = [f"agency-{n:02}" for n in range(12)]
PEOPLE = [Principal(f"{agency}.person-{n}", agency, frozenset()) for agency in AGENCIES for n in range(30)]
AGREEMENTS = [AgreementRef(f"agreement-{n}", 1 + n % 3, f"{n:02x}" * 32) for n in range(6)]
CLAUSES = [f"/roles/role-{n}" for n in range(8)] + ["/evidence/incident-report", "/views/standard", "/in_force"]
REASONS = ["role-may-not-pull", "evidence-type-not-permitted", "agreement-not-active", "principal-lacks-attribute"]
# Action, what it is about, outcome, share. Pulls are decisions; the rest are acts.
ACTS = (
    ("release.pull", "release", "permit", 30),
    ("release.read", "release", "done", 16),
    ("exhibit.receive", "exhibit", "done", 12),
    ("exhibit.examine", "exhibit", "done", 12),
    ("rendition.add", "rendition", "done", 10),
    ("release.seal", "release", "done", 8),
    ("package.submit", "package", "done", 4),
    ("report.read", "rendition", "done", 3),
    ("release.pull", "release", "deny", 3),
    ("log.search", "log", "done", 2),
)
BUSY = "00000000-0000-4000-8000-00000000e001"


class APART:
    """An agency and its busiest person, and an agreement under which it never acts though both are frequent."""

    agency, person, agreement = "agency-00", "agency-00.person-1", "agreement-5"


def identifier(kind: int, number: int) -> str:
    return f"{kind:08x}-0000-4000-8000-{number:012x}"


def waiting(entries: int) -> Iterator[bytes]:
    """Entries as they wait for their place; times rise, but for a few seconds here and there."""
    chance = random.Random(4)
    acts, shares = [act[:3] for act in ACTS], [act[3] for act in ACTS]
    for number in range(entries):
        action, kind, outcome = chance.choices(acts, shares)[0]
        when = BEGIN + (END - BEGIN) * (number / entries) - timedelta(seconds=chance.random() * 3)
        person = PEOPLE[int(len(PEOPLE) * chance.random() ** 3)]
        exhibit = int(150_000 * chance.random() ** 2)
        if person.agency == APART.agency and exhibit % 6 == 5:
            exhibit -= 1
        system = action.startswith(("exhibit.", "rendition.", "release.seal"))
        yield pending(
            event(
                action,
                outcome,
                when,
                (kind, identifier(9, number)),
                actor=None if system else person,
                agreement=None if kind == "log" else AGREEMENTS[exhibit % 6],
                clause="" if outcome == "done" else chance.choice(CLAUSES),
                reason=chance.choice(REASONS) if outcome == "deny" else "",
                detail={"bytes": chance.randrange(10**7), "sha256": f"{chance.getrandbits(256):064x}"},
                case_id=None if kind == "log" else identifier(3, exhibit // 75),
                package_id=identifier(2, exhibit // 3),
                exhibit_id=BUSY if exhibit < 60 else identifier(1, exhibit),
            ),
            {},
        )


def fill(url: str, database: PostgresDatabase, entries: int) -> None:
    """Through the sequencer, as the real ones come."""
    began = time.perf_counter()
    with (
        psycopg.connect(conninfo(url)) as connection,
        connection.cursor() as cursor,
        cursor.copy("COPY log_pending (id, event) FROM STDIN") as copy,
    ):
        for number, row in enumerate(waiting(entries)):
            copy.write_row((identifier(7, number), row))
    sequence = LogSequence(database.engine)
    sequence.lead()
    while sequence.sequence(10_000):
        pass
    sequence.close()
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("SET statement_timeout = 0"))
        connection.execute(text("VACUUM ANALYZE"))
    print(f"filled {entries} entries in {time.perf_counter() - began:.0f} s")


def questions(person: str, exhibit: str) -> dict[str, Callable[[Transaction, Scope | None], Any]]:
    """What an officer asks, by name."""
    week, year = END - timedelta(days=7), END - timedelta(days=365)

    def find(**filters: Any) -> Callable[[Transaction, Scope | None], Any]:
        return lambda tx, scope: tx.audit.find(AuditQuery(**filters).checked(), scope, start=0, limit=100)

    def last_page(**filters: Any) -> Callable[[Transaction, Scope | None], Any]:
        return lambda tx, scope: tx.audit.find(AuditQuery(**filters).checked(), scope, start=990_000, limit=100)

    return {
        "everything this person did": find(principal=person),
        "the same, page near the end": last_page(principal=person),
        "agency": find(agency="agency-03"),
        "case": find(case=identifier(3, 7)),
        "package": find(package=identifier(2, 40)),
        "exhibit": find(exhibit=exhibit),
        "agreement": find(agreement="agreement-2"),
        "clause": find(clause="/in_force"),
        "action, frequent": find(action="release.pull"),
        "action, unknown": find(action="hold.place"),
        "outcome": find(outcome="deny"),
        "outcome and reason": find(outcome="deny", reason=REASONS[2]),
        "reason alone": find(reason=REASONS[2]),
        "reason, unknown": find(reason="no-such-reason"),
        "outcome, unknown": find(outcome="failed"),
        "time, an hour": find(since=week, until=week + timedelta(hours=1)),
        "time, the last week": find(since=week),
        "time, before all": find(until=BEGIN + timedelta(hours=1)),
        "person, clause and last week": find(principal=person, clause="/in_force", since=week),
        "agency, refused, last week": find(agency="agency-03", outcome="deny", since=week),
        "agency, never refused so": find(agency="agency-11", reason="no-such-reason"),
        "frequent action, unknown clause": find(action="release.pull", clause="/nowhere"),
        # Two values of 80,000 and 30,000 entries or more that never meet: an intersection that comes out empty.
        "two frequent that never meet": find(action="exhibit.receive", outcome="deny"),
        "the same, by agency and agreement": find(agency=APART.agency, agreement=APART.agreement),
        "the same, person and agreement": find(principal=APART.person, agreement=APART.agreement),
        "the same, action and clause": find(action="release.read", clause="/in_force"),
        "the same, action and agency": find(action="exhibit.receive", agency="agency-03"),
        "no filter": find(),
        "who has read this exhibit": lambda tx, scope: tx.audit.readers(exhibit, scope),
        "denials of a week by reason": lambda tx, scope: tx.audit.denials(week, END, scope),
        "denials of a year by reason": lambda tx, scope: tx.audit.denials(year, END, scope),
        "access by agency and month": lambda tx, scope: tx.audit.access(year, END, scope),
    }


def measure(database: PostgresDatabase, repetitions: int) -> None:
    officer = Principal("agency-03.officer", "agency-03", frozenset())
    scopes = {"officer": Scope("agency-03", ("agreement-1", "agreement-4")), "operator": None}
    person = PEOPLE[0].id
    print(f"{'question':34} {'officer: rows, median, slowest':>36} {'operator: rows, median, slowest':>36}")
    for name, ask in questions(person, BUSY).items():
        cells = []
        for who, scope in scopes.items():
            times, rows = [], 0
            for _ in range(repetitions + 2):
                began = time.perf_counter()
                with database.transaction() as tx:
                    rows = len(ask(tx, scope))
                    actor = officer if who == "officer" else None
                    audit.searched(tx, "bench.example/log", END, name.split(",")[0], {"returned": rows}, actor)
                times.append((time.perf_counter() - began) * 1000)
            warm = sorted(times[2:])
            cells.append(f"{rows:12} {warm[len(warm) // 2]:10.1f} {warm[-1]:10.1f}")
        print(f"{name:34} {cells[0]:>36} {cells[1]:>36}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--entries", type=int, default=1_000_000)
    parser.add_argument("--repetitions", type=int, default=15)
    parser.add_argument("--folder", type=Path, help="keep the database here, and use it if it is there already")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="egw-") as temporary:
        folder = arguments.folder or Path(temporary)
        there = (folder / "database").exists()
        with start_embedded(folder / "database") as server:
            migrate.upgrade(server.url)
            database = PostgresDatabase(server.url)
            if not there:
                fill(server.url, database, arguments.entries)
            measure(database, arguments.repetitions)
            database.close()


if __name__ == "__main__":
    main()
