"""A long log and a long table through the sandbox in windows: time, and memory of the worker and of the gateway.

Run: ``python benchmarks/bench_windows.py --megabytes 200``. Each exhibit is made as it is read, so that no file of
that size need exist; the renditions are counted and thrown away. The log's records have a time of their own and one
of many messages; the table's rows repeat most of their cells, but for a number and a time.
"""

from __future__ import annotations

import argparse
import resource
import time
from collections.abc import Callable, Iterator

from gateway.agreements.model import View
from gateway.evidence.taxonomy import Action, Category
from gateway.exchange.ports.redaction_job import RedactionJob, RenditionSpec
from gateway.exchange.ports.workbench import Source
from gateway.workbench.parent import SandboxedWorkbench

_PIECE = 1 << 18
_NAMES = ["Jane Roe", "Piotr Nowak", "Orla Redfearn", "Amélie Durand", "Kwame Mensah", "Lucía Vega", "Henrik Lund"]
_VIEW = View("standard", dict.fromkeys(Category, Action.REMOVE), {})


def _time(number: int) -> str:
    return (
        f"2026-11-{1 + number // 86400 % 28:02d}T{number // 3600 % 24:02d}:{number // 60 % 60:02d}:{number % 60:02d}Z"
    )


def log_records() -> Iterator[str]:
    """Records without end."""
    number = 0
    while True:
        who = _NAMES[number % len(_NAMES)]
        account = who.lower().replace(" ", ".")
        message = (
            f"user {account} logged in from 10.1.{number % 200}.7",
            f"complaint {number % 500} of {who} was passed on to the model for triage",
            "queue is empty, all jobs are done",
            f"prediction for item {number % 3000}: refused, score 0.{number % 89:02d}",
        )[number % 4]
        yield f"{_time(number)} INFO worker-{number % 8} {message}\n"
        number += 1


def table_rows() -> Iterator[str]:
    """Rows without end, after a row of headings."""
    yield "row,created at,customer name,city,status,comment\n"
    number = 0
    while True:
        who = _NAMES[number % len(_NAMES)]
        yield f'{number},{_time(number)},{who},Lyon,closed,"answered, case {number % 400} is closed"\n'
        number += 1


def pieces(records: Callable[[], Iterator[str]], size: int) -> Callable[[], Iterator[bytes]]:
    """The exhibit of that many bytes, in pieces, the same at each call."""

    def read() -> Iterator[bytes]:
        held, given = bytearray(), 0
        for record in records():
            held += record.encode()
            if len(held) >= _PIECE or given + len(held) >= size:
                yield bytes(held)
                given += len(held)
                held.clear()
                if given >= size:
                    return

    return read


def _never_whole() -> bytes:
    raise AssertionError("a long exhibit is read in pieces")


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--megabytes", type=int, default=20)
    options.add_argument("--only", choices=["log", "table"])
    chosen = options.parse_args()
    size = chosen.megabytes * 1_000_000
    for name, media_type, records in (("log", "text/plain", log_records), ("table", "text/csv", table_rows)):
        if chosen.only not in (None, name):
            continue
        workbench = SandboxedWorkbench(
            workers=1, memory_bytes=3 << 30, seconds=300, max_bytes=1 << 26, window_from_bytes=1 << 10
        )
        workbench.survey(Source.of(b"warm"), name="warm.txt", media_type="text/plain")
        source, written = Source(size, _never_whole, pieces(records, size)), [0]

        def count(data: bytes, written: list[int] = written) -> None:
            written[0] += len(data)

        begun = time.perf_counter()
        survey = workbench.survey(source, name=f"{name}.txt", media_type=media_type)
        surveyed = time.perf_counter()
        job = RedactionJob(
            "e1", f"{name}.txt", media_type, "0" * 64, frozenset(), (RenditionSpec(_VIEW, "*", bytes(32)),)
        )
        (rendition,) = workbench.redact(source, job, [count], survey).renditions
        done = time.perf_counter()
        redactions = sum(rendition.report["counts"].values())
        workbench.close()
        # Of the children that have ended, and all have.
        worker = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
        print(
            f"{name}: {chosen.megabytes} MB, {redactions:,} redactions, survey {surveyed - begun:.0f} s, "
            f"redaction {done - surveyed:.0f} s, {size / 1e6 / (done - begun):.2f} MB/s, "
            f"{written[0] / 1e6:.0f} MB out; peak memory: worker {worker >> 10} MiB, "
            f"gateway {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10} MiB"
        )


if __name__ == "__main__":
    main()
