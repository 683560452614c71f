"""Every failpoint that the code of log and evidence names is one at which the crash harness kills."""

from __future__ import annotations

import re
from pathlib import Path

from tests.crash import evidence_work, log_work

ROOT = Path(__file__).resolve().parents[2]
# The witness has a test of its own, with failpoints of its own.
_LAYERS = ("storage", "blobs", "workers", "exchange")


def test_the_harness_kills_at_every_failpoint_in_the_code() -> None:
    """The harness itself insists that it did, at each of them."""
    sources = [path.read_text() for layer in _LAYERS for path in sorted((ROOT / "gateway" / layer).rglob("*.py"))]
    named = {name for source in sources for name in re.findall(r"failpoint\(\s*\"([^\"]+)\"", source)}
    # The harness itself stands in for whoever begins and commits transactions.
    killed_at = {*log_work.STEPS, *log_work.IN_A_FOLDER, *log_work.IN_A_BUCKET, *evidence_work.OF_BLOBS}
    assert named | {"appended", "committed"} == killed_at
