"""Redaction by one and by two workers of the real sandbox: characters a second, scaling, memory of a worker.

usage: python benchmarks/bench_workers.py [--shared DIR] [--texts court_cases_en] [--rounds 2]

Each text is one exhibit: parsed, read by all detectors, rebuilt and proved clean in a confined child.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from gateway.agreements.model import View
from gateway.evidence.taxonomy import Action, Category
from gateway.exchange.ports.redaction_job import RedactionJob, RenditionSpec
from gateway.exchange.ports.workbench import Source
from gateway.workbench.parent import SandboxedWorkbench

SPEC = RenditionSpec(View("standard", dict.fromkeys(Category, Action.REMOVE), {}), "all", bytes(32))


def usage_of_children() -> tuple[float, int]:
    """Processor seconds that our child processes took in all, and the most memory that one ever had, in MiB."""
    seconds, peaks = 0.0, []
    for child in Path(f"/proc/self/task/{os.getpid()}/children").read_text().split():
        fields = Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split()
        seconds += (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
        status = Path(f"/proc/{child}/status").read_text()
        peaks.append(next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM:")))
    return seconds, max(peaks) // 1024


@dataclass(frozen=True, slots=True)
class Measured:
    """Best round: wall-clock and processor seconds. Peak: MiB a worker."""

    wall: float
    processor: float
    peak: int


def measure(texts: Sequence[str], workers: int, rounds: int) -> Measured:
    """Redact all texts by so many workers whose models are loaded already."""
    bench = SandboxedWorkbench(workers=workers, memory_bytes=3 << 30, seconds=300, max_bytes=64 << 20)

    def redact(numbered: tuple[int, str]) -> None:
        number, text = numbered
        job = RedactionJob(str(number), "a.txt", "text/plain", "0" * 64, frozenset(), (SPEC,))
        bench.redact(Source.of(text.encode()), job, [bytearray().extend])

    try:
        with ThreadPoolExecutor(workers) as pool:
            list(pool.map(redact, [(0, f"Mr Ode of Leeds, {i}.") for i in range(workers)]))
            wall = processor = float("inf")
            for turn in range(rounds):
                # Another first line each round: what was read before is remembered.
                fresh = [(number, f"Round {turn}.\n{text}") for number, text in enumerate(texts)]
                spent, start = usage_of_children()[0], time.perf_counter()
                list(pool.map(redact, fresh))
                wall = min(wall, time.perf_counter() - start)
                processor = min(processor, usage_of_children()[0] - spent)
        return Measured(wall, processor, usage_of_children()[1])
    finally:
        bench.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shared", type=Path, default=Path(os.environ.get("GATEWAY_SHARED", "../shared")))
    parser.add_argument("--texts", default="court_cases_en")
    parser.add_argument("--rounds", type=int, default=2)
    arguments = parser.parse_args()
    lines = (arguments.shared / "data" / f"{arguments.texts}.jsonl").read_text(encoding="utf-8").splitlines()
    texts = [json.loads(line)["text"] for line in lines]
    characters = sum(map(len, texts))
    print(f"{arguments.texts}: {len(texts)} exhibits, {characters:,} characters; load {os.getloadavg()[0]:.2f}")
    one, two = (measure(texts, workers, arguments.rounds) for workers in (1, 2))
    for name, each in (("one worker", one), ("two workers", two)):
        print(
            f"{name:12} {characters / each.wall:>9,.0f} characters a second, "
            f"{characters / each.processor:>9,.0f} a processor second, peak {each.peak} MiB a worker"
        )
    print(f"scaling: {one.wall / two.wall:.2f} (by processor time {2 * one.processor / two.processor:.2f})")


if __name__ == "__main__":
    main()
