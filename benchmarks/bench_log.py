"""The speed of checking a log; appending to it is measured by bench_appends.py.

    python benchmarks/bench_log.py [--entries 100000] [--proofs 1000000] [--only audit|proofs]

1. Full offline audit of a log on all processors, with its peak of memory.
2. Proofs from the hash tiles of a large log.
"""

from __future__ import annotations

import argparse
import random
import resource
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gateway.blobs.log_store import LocalLogStore
from gateway.evidence.package import AgreementRef, Principal
from gateway.exchange.log.reader import LogReader
from gateway.exchange.record import event
from gateway.translog.checkpoint import Checkpoint, sign_checkpoint
from gateway.translog.edge import Edge
from gateway.translog.entry import NO_PREVIOUS, pending, place
from gateway.translog.event import AuditEvent
from gateway.translog.merkle import leaf_hash, perfect_root
from gateway.translog.tiles import Tile
from gateway.translog.vkey import Ed25519Signer

SIGNER = Ed25519Signer("bench.example/log", Ed25519PrivateKey.generate())
ACTOR = Principal("p-7", "ico-uk", frozenset())
AGREEMENT = AgreementRef("eu-uk-ai-incidents", 3, "ab" * 32)


def an_event(number: int) -> AuditEvent:
    return event(
        "release.pull",
        "permit",
        datetime.now(UTC),
        ("release", f"release-{number}"),
        actor=ACTOR,
        agreement=AGREEMENT,
        clause="/roles/investigator",
        reason="permitted",
        detail={"bytes": 123456, "sha256": "cd" * 32},
        package_id=f"package-{number // 10}",
        case_id="0b8e2f6a-3f64-4b0e-9f0a-1d1f5f0c6a11",
    )


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
    from gateway.cli.log.bundle import open_bundle
    from gateway.cli.log.check import audit_bundle
    from gateway.translog.vkey import parse_vkey

    key = parse_vkey((folder / "log.vkey").read_text())
    with open_bundle(folder) as read:
        began = time.perf_counter()
        size = audit_bundle(folder, read, key).checkpoint.size
        spent = time.perf_counter() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    child = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(f"audit of {size} entries                {spent:9.2f} s     {size / spent:.0f}/s")
    print(f"  peak of memory: {peak:.0f} MiB, and {child:.0f} MiB in the largest of its children")


def bench_proofs(size: int, folder: Path) -> None:
    """Proofs from the hash tiles of a log of that size; its leaves are random hashes, without entries."""
    store = LocalLogStore(folder)
    edge, chance = Edge(), random.Random(1)
    began = time.perf_counter()
    for _ in range(size // 256):
        leaves = chance.randbytes(256 * 32)
        tile = Tile(0, edge.size // 256)
        hashes = [leaves[i : i + 32] for i in range(0, len(leaves), 32)]
        for written, data in [(tile, leaves), *edge.extend_root(perfect_root(hashes))]:
            (folder / written.path).parent.mkdir(parents=True, exist_ok=True)
            (folder / written.path).write_bytes(data)
    for written, data in edge.partials():
        (folder / written.path).parent.mkdir(parents=True, exist_ok=True)
        (folder / written.path).write_bytes(data)
    store.publish(sign_checkpoint(Checkpoint(SIGNER.name, edge.size, edge.root()), SIGNER).encode())
    print(f"made the tiles of a log of {edge.size} in {time.perf_counter() - began:.0f} s")
    reader = LogReader(store, SIGNER.vkey)
    times: dict[str, list[float]] = {"inclusion, as a file": [], "consistency": []}
    for _ in range(500):
        at = chance.randrange(edge.size)
        began = time.perf_counter()
        reader.prover().proof(at)
        middle = time.perf_counter()
        reader.prover().consistency(at)
        times["inclusion, as a file"].append(middle - began)
        times["consistency"].append(time.perf_counter() - middle)
    for name, spent in times.items():
        spent.sort()
        print(f"proof of {name:22} median {spent[250] * 1000:6.2f} ms, 99 % {spent[495] * 1000:6.2f} ms")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--entries", type=int, default=100_000)
    parser.add_argument("--proofs", type=int, default=1_000_000, help="size of the log that proofs are made from")
    parser.add_argument("--only", choices=["audit", "proofs"])
    parser.add_argument("--audit", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.audit:
        audit_folder(arguments.audit)
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if arguments.only in (None, "audit"):
            build(arguments.entries, folder / "published")
            subprocess.run([sys.executable, __file__, "--audit", str(folder / "published")], check=True)
        if arguments.only in (None, "proofs"):
            bench_proofs(arguments.proofs, folder / "tiles")


if __name__ == "__main__":
    main()
