"""Pulls by agency and month from the kept counts: what a plain count of the entries says, whatever else goes on."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from gateway.exchange.ports.audit_query import Scope
from gateway.keyring.file_keyring import FileKeyring
from gateway.keyring.gateway_keys import GatewayKeys
from gateway.storage.database import PostgresDatabase
from gateway.storage.log.check.rows import RowCheck
from gateway.storage.log.sequence import LogSequence
from gateway.storage.schema.log_tables import log_entries
from gateway.storage.vacuum import vacuum
from gateway.translog.entry import parse_entry
from gateway.translog.event import AuditEvent
from tests.fakes import seeds

pytest_plugins = ("tests.fakes.postgres",)

BEGIN, END = datetime(2025, 11, 1, tzinfo=UTC), datetime(2026, 6, 1, tzinfo=UTC)
AGENCIES, AGREEMENTS = ("ico-uk", "cnil-fr", "ftc-us"), ("a-1", "a-2")
CASES = [seeds.new_id() for _ in range(3)]
Month = tuple[str, str]

times = st.one_of(
    st.datetimes(BEGIN.replace(tzinfo=None), END.replace(tzinfo=None), timezones=st.just(UTC)),
    # Around the moments at which a month ends.
    st.builds(
        lambda month, micro: datetime(2026, month, 1, tzinfo=UTC) + timedelta(microseconds=micro),
        st.integers(1, 5),
        st.integers(-1, 1),
    ),
)
bounds = st.one_of(times, times.map(lambda t: t.astimezone(timezone(timedelta(hours=-9)))))


@st.composite
def events(draw: st.DrawFn) -> AuditEvent:
    outcome = draw(st.sampled_from(["permit", "permit", "permit", "deny"]))
    agreement = draw(st.sampled_from([*AGREEMENTS, None]))
    actor = draw(st.sampled_from([*({"agency": a, "principal": f"{a}.p"} for a in AGENCIES), {"system": "worker"}]))
    return seeds.event(
        draw(st.sampled_from(["release.pull", "release.pull", "release.pull", "release.read"])),
        outcome=outcome,
        time=draw(times),
        actor=actor,
        agreement={"id": agreement, "version": 1, "digest": "ab" * 32} if agreement else {},
        case_id=draw(st.sampled_from(CASES)),
        erasable={"note": "as asked"} if draw(st.booleans()) else {},
    )


steps = st.one_of(
    st.tuples(st.just("append"), st.lists(events(), min_size=1, max_size=6)),
    st.tuples(st.just("sequence"), st.integers(1, 4)),
    st.tuples(st.just("ask"), bounds, bounds, st.sampled_from([None, *AGENCIES]), st.sets(st.sampled_from(AGREEMENTS))),
    st.tuples(st.just("erase"), st.sampled_from(CASES)),
    st.tuples(st.just("vacuum")),
)


@pytest.fixture(scope="module")
def database(module_postgres_url: str) -> Iterator[PostgresDatabase]:
    database = PostgresDatabase(module_postgres_url, keyring=FileKeyring(GatewayKeys.generate("test.example/log")))
    yield database
    database.close()


@pytest.fixture(scope="module")
def sequence(database: PostgresDatabase) -> Iterator[LogSequence]:
    sequence = LogSequence(database.engine)
    assert sequence.lead()
    yield sequence
    sequence.close()


def counted(database: PostgresDatabase, since: datetime, until: datetime, scope: Scope | None) -> dict[Month, int]:
    """By reading every entry."""
    counts: Counter[Month] = Counter()
    with database.engine.connect() as connection:
        for (leaf,) in connection.execute(select(log_entries.c.leaf)):
            entry = parse_entry(bytes(leaf))
            agency, agreement = entry.actor.get("agency", ""), entry.agreement.get("id", "")
            if (entry.action, entry.outcome) != ("release.pull", "permit") or not since <= entry.time < until:
                continue
            if scope is None or agency == scope.agency or agreement in scope.agreements:
                counts[(f"{entry.time:%Y-%m}", agency)] += 1
    return dict(counts)


def asked(database: PostgresDatabase, since: datetime, until: datetime, scope: Scope | None) -> dict[Month, int]:
    with database.transaction() as tx:
        rows = tx.audit.access(since, until, scope)
    assert [(r.month, r.agency) for r in rows] == sorted((r.month, r.agency) for r in rows)
    return {(row.month, row.agency): row.pulls for row in rows}


def do(database: PostgresDatabase, sequence: LogSequence, step: Sequence[Any]) -> None:
    if step[0] == "append":
        for event in step[1]:
            with database.transaction() as tx:
                tx.ledger.append(event)
    elif step[0] == "sequence":
        sequence.sequence(step[1])
    elif step[0] == "erase":
        with database.transaction() as tx:
            erasure = seeds.event("log.erase", object={"kind": "case", "id": step[1]}, time=BEGIN, case_id=step[1])
            # As exchange.erase does it: the first erasure of a case is an entry, also if it had no values.
            if not tx.ledger.erase_case(step[1], BEGIN, erasure):
                tx.ledger.append(erasure)
    elif step[0] == "vacuum":
        vacuum(database.engine)
    else:
        since, until = sorted(step[1:3])
        scope = None if step[3] is None else Scope(step[3], tuple(sorted(step[4])))
        assert asked(database, since, until, scope) == counted(database, since, until, scope)


@settings(max_examples=25, deadline=None)
@given(taken=st.lists(steps, min_size=4, max_size=12))
def test_kept_counts_are_a_plain_count(
    taken: list[Sequence[Any]], database: PostgresDatabase, sequence: LogSequence
) -> None:
    """The log goes on from example to example, as a log does."""
    for step in taken:
        do(database, sequence, step)
    sequence.sequence(1000)
    for scope in (None, Scope("ico-uk", ("a-2",))):
        do(database, sequence, ("ask", BEGIN, END, scope and scope.agency, scope.agreements if scope else ()))


def test_kept_counts_while_others_append_ask_erase_and_vacuum(
    database: PostgresDatabase, sequence: LogSequence
) -> None:
    """Each answer lies between the plain counts before and after it; in the end both agree."""
    wrong: list[object] = []
    stop = threading.Event()

    def ask() -> None:
        while not stop.is_set():
            before = counted(database, BEGIN, END, None)
            answer = asked(database, BEGIN, END, None)
            after = counted(database, BEGIN, END, None)
            if any(not before.get(key, 0) <= answer.get(key, 0) <= after[key] for key in after):
                wrong.append((before, answer, after))

    def append() -> None:
        for number in range(60):
            event = seeds.event(
                "release.pull",
                outcome="permit",
                time=BEGIN + timedelta(days=number % 3 * 31),
                actor={"agency": AGENCIES[number % 3], "principal": "p"},
                case_id=CASES[number % 3],
                erasable={"note": "x"},
            )
            do(database, sequence, ("append", [event]))

    askers = [threading.Thread(target=ask) for _ in range(3)]
    writers = [threading.Thread(target=append) for _ in range(2)]
    for thread in (*askers, *writers):
        thread.start()
    try:
        rounds = 0
        while any(thread.is_alive() for thread in writers) or rounds < 12:
            sequence.sequence(7)
            rounds += 1
            if rounds % 5 == 0:
                do(database, sequence, ("erase", CASES[rounds % 3]))
                vacuum(database.engine)
    finally:
        stop.set()
        for thread in (*askers, *writers):
            thread.join()
    while sequence.sequence(1000):
        pass
    assert not wrong
    assert asked(database, BEGIN, END, None) == counted(database, BEGIN, END, None)
    engine = database.engine.execution_options(isolation_level="REPEATABLE READ")
    assert database._keyring is not None
    with engine.connect() as connection, RowCheck(connection, database._keyring) as rows:
        assert rows.finish().pending == 0
