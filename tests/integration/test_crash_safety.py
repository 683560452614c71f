"""The short run of the crash harness (tests/crash): every failpoint, every kind of death; and that it can fail."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from tests.crash.harness import FAILPOINTS

ROOT = Path(__file__).resolve().parents[2]


def test_killed_at_every_step(tmp_path: Path) -> None:
    """In a process of its own: it forks, which a process that has used the stores must not."""
    out = tmp_path / "counts.json"
    command = [sys.executable, "-m", "tests.crash.harness", "--selftest", "--seconds", "10", "--out", str(out)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    counts = json.loads(out.read_text())
    assert {name.removeprefix("at ") for name in counts if name.startswith("at ")} == set(FAILPOINTS)
    for kind in ("paused", "overtaken leader stepped back", "full", "two", "moment", "checks"):
        assert counts[kind] >= 1, kind
    assert counts["entries"] > 50
