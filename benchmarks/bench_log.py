"""The log's speed beside what the same machine does without it; prints ratios.

    python benchmarks/bench_log.py [--clients 8] [--seconds 4] [--entries 100000]

1. Appends: N client threads, each entry durable before the next (one row a commit), with the
   sequencer running beside them; compared with the same clients inserting bare rows of the same
   bytes into a table of their own.
2. Full offline audit of a log, with its peak of memory.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Engine, create_engine, func, select, text

from gateway.blobs.log_store import LocalLogStore
from gateway.evidence.package import AgreementRef, Principal
from gateway.exchange.record import event
from gateway.storage.embedded import start_embedded
from gateway.storage.log_ledger import SqlLedger
from gateway.storage.log_sequence import LogSequence
from gateway.storage.log_tables import log_commitments, log_entries, log_pending
from gateway.translog.checkpoint import Checkpoint, sign_checkpoint
from gateway.translog.edge import Edge
from gateway.translog.entry import NO_PREVIOUS, pending, place
from gateway.translog.event import AuditEvent
from gateway.translog.merkle import leaf_hash
from gateway.translog.verifier import audit
from gateway.translog.vkey import Ed25519Signer
from gateway.workers.sequencer import Sequencer

SIGNER = Ed25519Signer("bench.example/log", Ed25519PrivateKey.generate())
ACTOR = Principal("p-7", "ico-uk", frozenset())
AGREEMENT = AgreementRef("eu-uk-ai-incidents", 3, "ab" * 32)


def an_event(number: int) -> AuditEvent:
    return event(
        "release.pull",
        "permit",
        datetime.now(UTC),
        actor=ACTOR,
        object_kind="release",
        object_id=f"release-{number}",
        agreement=AGREEMENT,
        clause="/roles/investigator",
        reason="permitted",
        detail={"bytes": 123456, "sha256": "cd" * 32},
        package_id=f"package-{number // 10}",
        case_id="0b8e2f6a-3f64-4b0e-9f0a-1d1f5f0c6a11",
    )


def rate(engine: Engine, clients: int, seconds: float, ledger: bool) -> float:
    """Durable rows a second."""
    counts = [0] * clients
    body = pending(an_event(1), {})
    stop = time.monotonic() + seconds

    def client(me: int) -> None:
        with engine.connect() as connection:
            while time.monotonic() < stop:
                if ledger:
                    SqlLedger(connection).append(an_event(counts[me]))
                else:
                    connection.execute(text("INSERT INTO bare (body) VALUES (:body)"), {"body": body})
                connection.commit()
                counts[me] += 1

    threads = [threading.Thread(target=client, args=(i,)) for i in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts) / seconds


def bench_appends(folder: Path, clients: int, seconds: float) -> None:
    with start_embedded(folder / "database") as server:
        engine = create_engine(server.url, pool_size=clients + 2)
        with engine.begin() as connection:
            for table in (log_pending, log_entries, log_commitments):
                table.create(connection)
            connection.execute(
                text("CREATE TABLE bare (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, body bytea)")
            )
        bare = rate(engine, clients, seconds, ledger=False)
        alone = rate(engine, clients, seconds, ledger=True)
        sequencer = Sequencer(LogSequence(engine), LocalLogStore(folder / "log"), SIGNER, SIGNER.vkey)
        began = time.monotonic()
        backlog = 0
        while done := sequencer.sequence_once():
            backlog += done
        sequencing = backlog / (time.monotonic() - began)
        sequencer.close()
        stop = threading.Event()
        thread = threading.Thread(target=sequencer.run, args=(stop,))
        thread.start()
        both = rate(engine, clients, seconds, ledger=True)
        with engine.begin() as connection:
            waiting = connection.execute(select(func.count()).select_from(log_pending)).scalar_one()
        stop.set()
        thread.join()
        engine.dispose()
    print(f"bare rows, one a commit, {clients} clients    {bare:9.0f}/s")
    print(f"log entries, no sequencer                {alone:9.0f}/s   ratio {alone / bare:.2f}")
    print(f"log entries, with the sequencer beside    {both:9.0f}/s   ratio {both / bare:.2f}, {waiting} waiting")
    print(f"sequencer alone, working off a backlog   {sequencing:9.0f}/s")


def build(size: int, folder: Path) -> None:
    """A published log of that size, written without a database."""
    edge, prev = Edge(), NO_PREVIOUS

    def write(path: str, data: bytes) -> None:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)

    for seq in range(size):
        _, leaf = place(pending(an_event(seq), {}), seq, prev)
        prev = leaf_hash(leaf).hex()
        for tile, data in edge.extend([leaf]):
            write(tile.path, data)
    for tile, data in edge.partials():
        write(tile.path, data)
    write("checkpoint", sign_checkpoint(Checkpoint(SIGNER.name, size, edge.root()), SIGNER).encode())
    write("log.vkey", SIGNER.vkey.encode().encode())


def audit_folder(folder: Path) -> None:
    """Run in a process of its own, so that the peak of memory is that of the audit."""
    from gateway.translog.vkey import parse_vkey

    def read(path: str) -> bytes | None:
        file = folder / path
        return file.read_bytes() if file.exists() else None

    key = parse_vkey((folder / "log.vkey").read_text())
    began = time.perf_counter()
    size = audit(read, key).checkpoint.size
    spent = time.perf_counter() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"audit of {size} entries                {spent:9.2f} s     {size / spent:.0f}/s, peak {peak:.0f} MiB")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=4.0)
    parser.add_argument("--entries", type=int, default=100_000)
    parser.add_argument("--audit", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.audit:
        audit_folder(arguments.audit)
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        bench_appends(folder, arguments.clients, arguments.seconds)
        build(arguments.entries, folder / "published")
        subprocess.run([sys.executable, __file__, "--audit", str(folder / "published")], check=True)


if __name__ == "__main__":
    main()
