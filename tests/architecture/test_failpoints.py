"""Every failpoint that the code of the log names is one at which the crash harness kills."""

from __future__ import annotations

import re
from pathlib import Path

from tests.crash.harness import FAILPOINTS

ROOT = Path(__file__).resolve().parents[2]
# The witness has a test of its own, with failpoints of its own.
_LAYERS = ("storage", "blobs", "workers", "exchange")


def test_the_harness_kills_at_every_failpoint_in_the_code() -> None:
    """tests/integration/test_crash_safety.py then asserts that it did, at each of them."""
    sources = [path.read_text() for layer in _LAYERS for path in sorted((ROOT / "gateway" / layer).rglob("*.py"))]
    named = {name for source in sources for name in re.findall(r"failpoint\(\s*\"([^\"]+)\"", source)}
    # The harness itself stands in for the appending side.
    assert named | {"appended", "committed"} == set(FAILPOINTS)
