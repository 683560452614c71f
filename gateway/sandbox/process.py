"""One confined child process as its parent sees it: started, asked, and ended, each within a time.

See :mod:`gateway.sandbox.pool` for the pool and :mod:`gateway.sandbox.child_main` for the other
end of the pipes.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gateway.errors import SandboxFailure
from gateway.sandbox import frames
from gateway.sandbox.answers import invalid_answer, printable

_ROOT = str(Path(__file__).resolve().parent.parent.parent)
_BOOTSTRAP = "import sys; sys.path.insert(0, sys.argv[1]); from gateway.sandbox.child_main import main; main()"


@dataclass(frozen=True, slots=True)
class SandboxLimits:
    """What a child may use.

    Attributes:
        memory_bytes: Address space, models included.
        cpu_seconds: Processor time for one task.
        wall_seconds: Time for one task, pipes included.
        bytes_per_second: If given, a task has one second more of both for so many bytes of its payload: what is done
            to evidence takes time in proportion to its length.
        startup_seconds: Time to start, confine and run the initializer.
        open_files: File descriptors.
        max_tasks: Tasks after which the child is replaced.
        result_bytes: Largest answer.
    """

    memory_bytes: int = 4 << 30
    cpu_seconds: int = 600
    wall_seconds: float = 600.0
    bytes_per_second: int | None = None
    startup_seconds: float = 180.0
    open_files: int = 256
    max_tasks: int = 200
    result_bytes: int = 1 << 30


class Child:
    """One child process and the pipes to it. Used by one thread at a time, except for ``kill``."""

    def __init__(self, setup: Mapping[str, Any], limits: SandboxLimits, folder: str) -> None:
        self._limits = limits
        self.tasks = 0
        self._more = 0
        self._ready = False
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-B", "-c", _BOOTSTRAP, _ROOT],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=folder,
            env={"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "HOME": folder, "OMP_NUM_THREADS": "1"},
            close_fds=True,
            start_new_session=True,
        )
        self._kill_lock = threading.Lock()
        self._deadline = time.monotonic() + limits.startup_seconds
        for descriptor in (self._stdin, self._stdout):
            os.set_blocking(descriptor, False)
        # The pipe's buffer holds this much: the child loads its models while nobody waits for it.
        with contextlib.suppress(BrokenPipeError):
            os.write(self._stdin, b"".join(frames.encode(dict(setup))))

    @property
    def _stdin(self) -> int:
        return self._process.stdin.fileno() if self._process.stdin else -1

    @property
    def _stdout(self) -> int:
        return self._process.stdout.fileno() if self._process.stdout else -1

    def wait_ready(self) -> None:
        """Return once the child is confined and initialised."""
        if self._ready:
            return
        self._deadline = time.monotonic() + self._limits.startup_seconds
        answer = self._exchange([])
        if "unavailable" in answer:
            raise SandboxFailure(
                "sandbox-unavailable",
                f"This system cannot confine the processes that open evidence: {printable(answer['unavailable'])}.",
                remedy="Run the gateway on Linux with seccomp, or allow it to run unsandboxed for development.",
            )
        if answer.get("ready") is not True:
            raise SandboxFailure(
                "sandbox-start-failed",
                f"A process that opens evidence could not start ({printable(answer.get('failed', 'no reason'))}).",
                remedy="Run the doctor command; a model or library may be missing.",
            )
        self._ready = True

    def ask(self, payload: Mapping[str, Any]) -> dict[str, Any]:
        """Send a task and wait for the answer."""
        self.tasks += 1
        chunks = frames.encode(payload)
        rate = self._limits.bytes_per_second
        self._more = sum(map(len, chunks)) // rate if rate else 0
        self._deadline = time.monotonic() + self._limits.wall_seconds + self._more
        return self._exchange([*frames.encode({"more_seconds": self._more}), *chunks])

    def kill(self) -> None:
        """End the process; from any thread. Whoever waits for its answer learns of its death."""
        with self._kill_lock:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
            self._process.wait()

    def release(self) -> None:
        """End the process and free the pipes; only by the thread that uses the child."""
        self.kill()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe:
                with contextlib.suppress(OSError):
                    pipe.close()

    def _exchange(self, chunks: list[bytes]) -> dict[str, Any]:
        try:
            for chunk in chunks:
                self._send(chunk)
            answer = frames.read(self._receive, self._limits.result_bytes)
        except frames.FrameError:
            raise invalid_answer() from None
        except OSError:
            raise self._death() from None
        if not isinstance(answer, dict):
            raise invalid_answer()
        return answer

    def _send(self, chunk: bytes) -> None:
        view = memoryview(chunk)
        while view:
            self._wait(self._stdin, selectors.EVENT_WRITE)
            with contextlib.suppress(BlockingIOError):
                view = view[os.write(self._stdin, view[: 1 << 20]) :]

    def _receive(self, count: int) -> bytes:
        parts: list[bytes] = []
        while count:
            self._wait(self._stdout, selectors.EVENT_READ)
            with contextlib.suppress(BlockingIOError):
                part = os.read(self._stdout, min(count, 1 << 20))
                if not part:
                    raise _PipeClosed()
                parts.append(part)
                count -= len(part)
        return b"".join(parts)

    def _wait(self, descriptor: int, event: int) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(descriptor, event)
            if not selector.select(max(0.0, self._deadline - time.monotonic())):
                raise SandboxFailure(
                    "sandbox-timeout",
                    f"Opening the exhibit took longer than {self._limits.wall_seconds + self._more:g} seconds.",
                    remedy="Split the exhibit into smaller ones, or raise EVIDENCE_GATEWAY_SANDBOX_SECONDS.",
                )

    def _death(self) -> SandboxFailure:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout=5)
        status = self._process.returncode
        if status == -signal.SIGXCPU:
            return SandboxFailure(
                "sandbox-timeout",
                f"Opening the exhibit took more than {self._limits.cpu_seconds + self._more} processor seconds.",
                remedy="Split the exhibit into smaller ones, or raise EVIDENCE_GATEWAY_SANDBOX_SECONDS.",
            )
        return SandboxFailure(
            "sandbox-crashed",
            "The process that opened the exhibit ended before it had answered.",
            remedy="The exhibit may be damaged or hostile; have it examined by hand.",
            exit_status=status if isinstance(status, int) else None,
        )


class _PipeClosed(OSError):
    """The child closed its pipe."""
