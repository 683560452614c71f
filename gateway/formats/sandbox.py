"""Parsers and models run in child processes that can do nothing but compute.

A :class:`Sandbox` keeps a small pool of children. Each is a fresh interpreter (never a fork, so it
inherits neither memory nor locks), has no environment, no network, no way to start a program or
change a file, reads only its own code, and is bounded in memory, processor time, open files and
wall-clock time; see :mod:`gateway.formats.seccomp` and :mod:`gateway.formats.landlock`. Evidence
goes in over a pipe and results come back over another, as JSON and bytes, never pickled. A child
that crashes, hangs or answers nonsense fails that one exhibit and is replaced.

Where the kernel cannot confine, nothing runs, unless ``allow_unsandboxed`` says otherwise. A child
serves several exhibits before it is replaced; ``max_tasks=1`` gives each its own.
"""

from __future__ import annotations

import contextlib
import os
import queue
import re
import selectors
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from gateway import errors
from gateway.errors import GatewayError, SandboxFailure
from gateway.formats import sandbox_frames

_ROOT = str(Path(__file__).resolve().parent.parent.parent)
_BOOTSTRAP = "import sys; sys.path.insert(0, sys.argv[1]); from gateway.formats.sandbox_child import main; main()"
_CODE = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")
#: Errors that a child may raise; anything else it names becomes a SandboxFailure.
_KINDS = {
    kind.__name__: kind
    for kind in (
        errors.InvalidInput, errors.TooLarge, errors.Unparsable, errors.DetectionFailed, errors.ResidueFound,
        errors.IntegrityFailure, errors.Misconfigured,
    )
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class SandboxLimits:
    """What a child may use.

    Attributes:
        memory_bytes: Address space, models included.
        cpu_seconds: Processor time for one task.
        wall_seconds: Time for one task, pipes included.
        startup_seconds: Time to start, confine and run the initializer.
        open_files: File descriptors.
        max_tasks: Tasks after which the child is replaced.
        result_bytes: Largest answer.
    """

    memory_bytes: int = 4 << 30
    cpu_seconds: int = 600
    wall_seconds: float = 600.0
    startup_seconds: float = 180.0
    open_files: int = 256
    max_tasks: int = 200
    result_bytes: int = 1 << 30


class Sandbox:
    """A pool of confined children that all run the same task. Thread-safe.

    Args:
        task: ``module:function``; takes the payload mapping, returns a mapping of JSON and bytes.
        initializer: ``module:function`` run once in each child (load models); empty for none.
        workers: Number of children.
        limits: Bounds of each child.
        python_path: Folders to import task and initializer from, beside the installation's own.
        allow_unsandboxed: Run even where the kernel cannot confine. For development only.
    """

    def __init__(
        self,
        task: str,
        initializer: str = "",
        *,
        workers: int = 1,
        limits: SandboxLimits | None = None,
        python_path: Sequence[str] = (),
        allow_unsandboxed: bool = False,
    ) -> None:
        self._limits = limits or SandboxLimits()
        self._setup = {
            "task": task,
            "initializer": initializer,
            "python_path": [str(Path(folder).resolve()) for folder in python_path],
            "allow_unsandboxed": allow_unsandboxed,
            "memory_bytes": self._limits.memory_bytes,
            "cpu_seconds": self._limits.cpu_seconds,
            "open_files": self._limits.open_files,
        }
        self._folder = tempfile.mkdtemp(prefix="evidence-gateway-")
        self._closed = False
        self._lock = threading.Lock()
        self._children: set[_Child] = set()
        self._idle: queue.Queue[_Child | None] = queue.Queue()
        for _ in range(workers):
            self._idle.put(self._start())

    def call(self, payload: Mapping[str, Any]) -> Mapping[str, Any]:
        """Run the task on the payload in a child, waiting for a free one.

        Args:
            payload: JSON values and byte strings, nested as you like.

        Raises:
            GatewayError: What the task raised, if it is one of the kinds a task may raise.
            SandboxFailure: ``sandbox-crashed``, ``sandbox-timeout``, ``sandbox-memory``,
                ``sandbox-task-failed``, ``sandbox-answer-invalid``, ``sandbox-start-failed``,
                ``sandbox-unavailable``, ``sandbox-closed``.
        """
        child = self._borrow()
        healthy = False
        try:
            child.wait_ready()
            answer = child.ask(payload)
            healthy = "memory" not in answer and child.tasks < self._limits.max_tasks
        finally:
            self._give_back(child, healthy)
        return _unwrap(answer)

    def warm(self) -> dict[str, Any]:
        """Wait until a child is ready; the protections that the kernel granted it.

        Raises:
            SandboxFailure: As :meth:`call`.
        """
        child = self._borrow()
        healthy = False
        try:
            protections = child.wait_ready()
            healthy = True
        finally:
            self._give_back(child, healthy)
        return protections

    def close(self) -> None:
        """End all children, running tasks included."""
        with self._lock:
            self._closed = True
            children, self._children = self._children, set()
        for child in children:
            child.kill()
        with contextlib.suppress(queue.Empty):
            while idle := self._idle.get_nowait():
                idle.release()
        # Wakes every caller that waits for a child.
        self._idle.put(None)
        shutil.rmtree(self._folder, ignore_errors=True)

    def __enter__(self) -> Sandbox:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _start(self) -> _Child:
        child = _Child(self._setup, self._limits, self._folder)
        with self._lock:
            self._children.add(child)
        return child

    def _borrow(self) -> _Child:
        child = self._idle.get()
        if child is None or self._closed:
            if child is not None:
                child.release()
            self._idle.put(None)
            raise SandboxFailure("sandbox-closed", "The sandbox has been closed.", remedy="Start the gateway again.")
        return child

    def _give_back(self, child: _Child, healthy: bool) -> None:
        if not healthy or self._closed:
            child.release()
            with self._lock:
                self._children.discard(child)
                closed = self._closed
            if closed:
                return
            # The successor loads its models while others work.
            child = self._start()
        self._idle.put(child)


class _Child:
    """One child process and the pipes to it. Used by one thread at a time, except for ``kill``."""

    def __init__(self, setup: Mapping[str, Any], limits: SandboxLimits, folder: str) -> None:
        self._limits = limits
        self.tasks = 0
        self._protections: dict[str, Any] | None = None
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
            os.write(self._stdin, b"".join(sandbox_frames.encode(dict(setup))))

    @property
    def _stdin(self) -> int:
        return self._process.stdin.fileno() if self._process.stdin else -1

    @property
    def _stdout(self) -> int:
        return self._process.stdout.fileno() if self._process.stdout else -1

    def wait_ready(self) -> dict[str, Any]:
        """The child's protections, once it is confined and initialised."""
        if self._protections is None:
            self._deadline = time.monotonic() + self._limits.startup_seconds
            answer = self._exchange([])
            if "ready" in answer and isinstance(answer["ready"], dict):
                self._protections = answer["ready"]
            elif "unavailable" in answer:
                raise SandboxFailure(
                    "sandbox-unavailable",
                    f"This system cannot confine the processes that open evidence: {_line(answer['unavailable'])}.",
                    remedy="Run the gateway on Linux with seccomp, or allow it to run unsandboxed for development.",
                )
            else:
                raise SandboxFailure(
                    "sandbox-start-failed",
                    f"A process that opens evidence could not start ({_line(answer.get('failed', 'no reason'))}).",
                    remedy="Run the doctor command; a model or library may be missing.",
                )
        return self._protections

    def ask(self, payload: Mapping[str, Any]) -> dict[str, Any]:
        """Send a task and wait for the answer."""
        self.tasks += 1
        self._deadline = time.monotonic() + self._limits.wall_seconds
        return self._exchange(sandbox_frames.encode(payload))

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
            answer = sandbox_frames.read(self._receive, self._limits.result_bytes)
        except sandbox_frames.FrameError:
            raise _invalid_answer() from None
        except OSError:
            raise self._death() from None
        if not isinstance(answer, dict):
            raise _invalid_answer()
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
                    "Opening the exhibit took longer than is allowed.",
                    remedy="Split the exhibit into smaller ones, or raise the time limit.",
                )

    def _death(self) -> SandboxFailure:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout=5)
        status = self._process.returncode
        if status == -signal.SIGXCPU:
            return SandboxFailure(
                "sandbox-timeout",
                "Opening the exhibit took more processor time than is allowed.",
                remedy="Split the exhibit into smaller ones, or raise the time limit.",
            )
        return SandboxFailure(
            "sandbox-crashed",
            "The process that opened the exhibit ended before it had answered.",
            remedy="The exhibit may be damaged or hostile; have it examined by hand.",
            exit_status=status if isinstance(status, int) else None,
        )


class _PipeClosed(OSError):
    """The child closed its pipe."""


def _unwrap(answer: dict[str, Any]) -> Mapping[str, Any]:
    value = answer.get("value")
    if isinstance(value, dict):
        return value
    if isinstance(answer.get("error"), dict):
        raise _error(answer["error"])
    if "memory" in answer:
        raise SandboxFailure(
            "sandbox-memory",
            "Opening the exhibit took more memory than is allowed.",
            remedy="Split the exhibit into smaller ones, or raise the memory limit.",
        )
    if isinstance(answer.get("failed"), str):
        raise SandboxFailure(
            "sandbox-task-failed",
            f"The exhibit could not be worked on ({_line(answer['failed'])}).",
            remedy="Report this: an error of this kind should have been foreseen.",
        )
    raise _invalid_answer()


def _error(members: Mapping[str, Any]) -> GatewayError:
    # The child may be hostile: only known kinds, a code of the right form, and short plain text pass.
    code = members.get("code")
    if not isinstance(code, str) or len(code) > 64 or not _CODE.fullmatch(code):
        return _invalid_answer()
    detail = members.get("detail")
    safe = {
        key: _line(value) if isinstance(value, str) else value
        for key, value in (detail.items() if isinstance(detail, dict) else ())
        if key.isidentifier() and len(key) <= 40 and isinstance(value, (str, int, float, bool))
        and key not in ("code", "message", "remedy", "where")
    }  # fmt: skip
    kind = _KINDS.get(str(members.get("kind")), SandboxFailure)
    where = members.get("where")
    return kind(
        code,
        _line(members.get("message", "")),
        remedy=_line(members.get("remedy", "")),
        where=_line(where) if isinstance(where, str) else None,
        **dict(list(safe.items())[:10]),
    )


def _line(value: object) -> str:
    return "".join(char if char.isprintable() else " " for char in str(value))[:400]


def _invalid_answer() -> SandboxFailure:
    return SandboxFailure(
        "sandbox-answer-invalid",
        "The process that opened the exhibit sent an answer that makes no sense.",
        remedy="The exhibit may be hostile; have it examined by hand.",
    )
