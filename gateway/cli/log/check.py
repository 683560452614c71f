"""The audit of an exported log on all processors: spans of it in child processes, joined here.

Short logs are checked in this process, where starting others would take longer than the work. The
children get the path of the bundle and open it themselves; what they give back is small.
"""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from gateway.cli.log.bundle import open_bundle
from gateway.translog.checkpoint import Checkpoint
from gateway.translog.span import SPAN_BUNDLES, Span, SpanReport, check_span
from gateway.translog.tiles import TILE_WIDTH, PathReader
from gateway.translog.verifier import Audit, audit
from gateway.translog.vkey import VerifierKey

#: From so many entries on, other processes help.
PARALLEL_FROM = 2 * SPAN_BUNDLES * TILE_WIDTH

_reader: PathReader | None = None


def audit_bundle(
    bundle: Path,
    read: PathReader,
    key: VerifierKey,
    *,
    known: Sequence[Checkpoint] = (),
    processes: int | None = None,
    on_progress: Callable[[int, int], None] = lambda done, size: None,
) -> Audit:
    """Audit an exported log.

    Args:
        bundle: The folder or zip file that ``read`` reads; children open it again.
        processes: How many; as many as there are processors if None.
        on_progress: Called with the number of entries checked, and of all.

    Raises:
        IntegrityFailure: As :func:`gateway.translog.verifier.audit`.
    """
    count = processes or len(os.sched_getaffinity(0))

    def check(spans: Sequence[Span]) -> Iterator[SpanReport]:
        size = spans[0].head.size if spans else 0
        if count < 2 or size < PARALLEL_FROM:
            reports: Iterator[SpanReport] = (check_span(span, read) for span in spans)
            yield from _counted(reports, size, on_progress)
            return
        # Spawned, not forked: the progress display runs a thread, and a fork may copy a held lock.
        context = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(count, context, _open, (bundle,)) as pool:
            try:
                yield from _counted(pool.map(_check, spans), size, on_progress)
            finally:
                pool.shutdown(cancel_futures=True)

    return audit(read, key, known=known, check=check)


def _counted(reports: Iterator[SpanReport], size: int, on_progress: Callable[[int, int], None]) -> Iterator[SpanReport]:
    for report in reports:
        on_progress(min(report.span.stop * TILE_WIDTH, size), size)
        yield report


def _open(bundle: Path) -> None:
    global _reader
    # Entered and never left: it lives as long as the child.
    _reader = open_bundle(bundle).__enter__()


def _check(span: Span) -> SpanReport:
    if _reader is None:
        raise RuntimeError("the bundle is not open in this process")
    return check_span(span, _reader)
