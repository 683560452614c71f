"""How fast the log takes entries, beside bare rows from the same clients; and how soon they are published.

    python benchmarks/bench_appends.py [--clients 16] [--processes 1] [--seconds 3] [--rounds 3] [--erasable]

Each client is a thread with a connection of its own that commits one row at a time and waits for it.
Each round measures, one after the other, so that other work on the machine meets them alike:

- bare rows: the same bytes inserted into a table of their own, through SQLAlchemy as one writes it by hand;
- bare rows, driver's words: the same with the cheapest call there is, which is the one that appends use;
- entries, with no sequencer, and with the sequencer beside.

With ``--processes 1`` clients and sequencer are threads of one process, as in ``serve``; with more, the
clients are spread over that many processes, and the sequencer has one to itself, as in ``worker``.

Lag is the time from just before an entry's commit to the moment at which a checkpoint that covers it has
been published; over all entries of the last measurement of each round.
"""

from __future__ import annotations

import argparse
import multiprocessing
import tempfile
import threading
import time
import uuid
from bisect import bisect_right
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Literal

from bench_log import SIGNER, an_event
from sqlalchemy import Engine, create_engine, func, select, text

from gateway.blobs.log_store import LocalLogStore
from gateway.exchange.ports.sequencing import CHECKPOINT
from gateway.keyring.file_keyring import FileKeyring
from gateway.keyring.gateway_keys import GatewayKeys
from gateway.storage.embedded.server import start_embedded
from gateway.storage.log.ledger import SqlLedger
from gateway.storage.log.sequence import LogSequence
from gateway.storage.schema.log_tables import case_keys, log_commitments, log_entries, log_pending
from gateway.translog.checkpoint import open_checkpoint
from gateway.translog.entry import pending
from gateway.workers.sequencer import Sequencer

Kind = Literal["bare", "driver", "entry", "erasable"]
#: Entry id (or nothing) and the monotonic clock, one for all processes of a machine, before its commit.
Commits = list[tuple[str, float]]


def write_rows(url: str, kind: Kind, clients: int, start: float, seconds: float) -> Commits:
    """What ``clients`` threads commit between ``start`` and ``start + seconds`` of the monotonic clock."""
    engine = create_engine(url, pool_size=clients)
    body = pending(an_event(1), {})
    keyring = FileKeyring(GatewayKeys.generate(SIGNER.name)) if kind == "erasable" else None

    def client(number: int) -> Commits:
        mine: Commits = []
        case_id, entry_id = str(uuid.uuid4()), ""
        with engine.connect() as connection:
            connection.execute(text("SELECT 1"))
            connection.rollback()
            time.sleep(max(0.0, start - time.monotonic()))
            while time.monotonic() < start + seconds:
                if kind == "bare":
                    connection.execute(text("INSERT INTO bare (body) VALUES (:body)"), {"body": body})
                elif kind == "driver":
                    connection.exec_driver_sql("INSERT INTO bare (body) VALUES (%b)", (body,))
                else:
                    event = an_event(number)
                    if kind == "erasable":
                        named = {**event.object, "case": case_id}
                        event = replace(event, object=named, case_id=case_id, erasable={"exhibit_name": "a name.txt"})
                    entry_id = SqlLedger(connection, keyring).append(event)
                before = time.monotonic()
                connection.commit()
                mine.append((entry_id, before))
                number += 1
        return mine

    with ThreadPoolExecutor(clients) as threads:
        commits = [commit for mine in threads.map(client, range(0, clients * 1_000_000, 1_000_000)) for commit in mine]
    engine.dispose()
    return commits


class Bench:
    """One database and one log; the clients in an executor of threads or processes."""

    def __init__(self, url: str, folder: Path, arguments: argparse.Namespace, executor: Executor) -> None:
        self._url = url
        self._engine = create_engine(url)
        self._arguments = arguments
        self._executor = executor
        self._published: list[tuple[int, float]] = []
        self._store = LocalLogStore(folder)
        self._sequencer = Sequencer(LogSequence(self._engine), self._store, SIGNER, SIGNER.vkey, failpoint=self._at)
        with self._engine.begin() as connection:
            for table in (log_pending, log_entries, case_keys, log_commitments):
                table.create(connection)
            connection.execute(
                text("CREATE TABLE bare (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, body bytea)")
            )

    def _at(self, step: str) -> None:
        if step == "published":
            now = time.monotonic()
            note = self._store.read(CHECKPOINT) or b""
            self._published.append((open_checkpoint(note, SIGNER.vkey).checkpoint.size, now))

    def commits(self, kind: Kind) -> Commits:
        """What the clients commit in one measurement."""
        processes, clients = self._arguments.processes, self._arguments.clients
        start = time.monotonic() + 0.5
        work = (self._url, kind, clients // processes, start, self._arguments.seconds)
        running = [self._executor.submit(write_rows, *work) for _ in range(processes)]
        return [commit for part in running for commit in part.result()]

    def rate(self, kind: Kind) -> float:
        """Durable rows a second."""
        return len(self.commits(kind)) / float(self._arguments.seconds)

    def work_off(self) -> float:
        """Sequence and publish all that waits; entries a second."""
        began, done = time.monotonic(), 0
        while published := self._sequencer.sequence_once():
            done += published
        self._sequencer.close()
        return done / (time.monotonic() - began)

    def beside(self, kind: Kind) -> tuple[float, int, list[float]]:
        """With the sequencer running: durable rows a second, how many wait at the end, and all lags."""
        stop = threading.Event()
        thread = threading.Thread(target=self._sequencer.run, args=(stop,))
        thread.start()
        commits = self.commits(kind)
        waiting = count(self._engine)
        while count(self._engine):
            time.sleep(0.05)
        stop.set()
        thread.join()
        with self._engine.begin() as connection:
            rows = connection.execute(select(log_entries.c.entry_id, log_entries.c.seq)).all()
        places = {row.entry_id: row.seq for row in rows}
        sizes = [size for size, _ in self._published]
        # The first checkpoint with more than seq entries covers the entry in that place.
        lags = [self._published[bisect_right(sizes, places[entry])][1] - before for entry, before in commits]
        return len(commits) / self._arguments.seconds, waiting, lags


def count(engine: Engine) -> int:
    with engine.begin() as connection:
        return int(connection.execute(select(func.count()).select_from(log_pending)).scalar_one())


def report(name: str, rates: list[float], bare: list[float], driver: list[float]) -> None:
    of_bare, of_driver = (median(a / b for a, b in zip(rates, base, strict=True)) for base in (bare, driver))
    print(f"{name:28} {median(rates):7.0f}/s   {of_bare:.2f} of bare rows, {of_driver:.2f} in the driver's words")


def measure(bench: Bench, rounds: int, kind: Kind) -> None:
    bare: list[float] = []
    driver: list[float] = []
    alone: list[float] = []
    beside: list[float] = []
    backlog: list[float] = []
    lags: list[float] = []
    most = 0
    for _ in range(rounds):
        bare.append(bench.rate("bare"))
        driver.append(bench.rate("driver"))
        alone.append(bench.rate(kind))
        backlog.append(bench.work_off())
        rate, waiting, found = bench.beside(kind)
        beside.append(rate)
        lags += found
        most = max(most, waiting)
    lags.sort()
    report("bare rows", bare, bare, driver)
    report("bare rows, driver's words", driver, bare, driver)
    report("entries, no sequencer", alone, bare, driver)
    report("entries, sequencer beside", beside, bare, driver)
    print(f"sequencer, off a backlog     {median(backlog):7.0f}/s")
    print(
        f"lag until published: median {median(lags):.3f} s, 99 % {lags[int(len(lags) * 0.99)]:.3f} s,"
        f" most {lags[-1]:.3f} s, over {len(lags)} entries; at most {most} waited at an end"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--clients", type=int, default=16)
    parser.add_argument("--processes", type=int, default=1, help="over how many processes the clients are spread")
    parser.add_argument("--seconds", type=float, default=3.0, help="of each measurement")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--erasable", action="store_true", help="entries with one erasable value each")
    arguments = parser.parse_args()
    executor: Executor = (
        ThreadPoolExecutor(1)
        if arguments.processes == 1
        else ProcessPoolExecutor(arguments.processes, multiprocessing.get_context("spawn"))
    )
    with tempfile.TemporaryDirectory() as name, executor, start_embedded(Path(name) / "database") as server:
        bench = Bench(server.url, Path(name) / "log", arguments, executor)
        bench.rate("bare")  # processes start, pages are made
        measure(bench, arguments.rounds, "erasable" if arguments.erasable else "entry")


if __name__ == "__main__":
    main()
