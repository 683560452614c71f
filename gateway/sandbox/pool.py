"""Parsers and models run in child processes that can do nothing but compute.

A :class:`Sandbox` keeps a small pool of children. Each is a fresh interpreter (never a fork, so it
inherits neither memory nor locks), has no environment, no network, no way to start a program or
change a file, reads only its own code, and is bounded in memory, processor time, open files and
wall-clock time; see :mod:`gateway.sandbox.seccomp` and :mod:`gateway.sandbox.landlock`. Evidence
goes in over a pipe and results come back over another, as JSON and bytes, never pickled. A child
that crashes, hangs or answers nonsense fails that one exhibit and is replaced.

Where the kernel cannot confine, nothing runs, unless ``allow_unsandboxed`` says otherwise. A child
serves several exhibits before it is replaced; ``max_tasks=1`` gives each its own.
"""

from __future__ import annotations

import contextlib
import queue
import shutil
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

from gateway.errors import GatewayError, SandboxFailure
from gateway.sandbox.answers import unwrap
from gateway.sandbox.process import Child, SandboxLimits

__all__ = ["Sandbox", "SandboxLimits", "Session"]


class Session:
    """Calls that go to the same child, one after the other."""

    def __init__(self, child: Child) -> None:
        self._child = child
        #: Whether the child has answered every call, be it with an error.
        self.answered = True

    def call(self, payload: Mapping[str, Any]) -> Mapping[str, Any]:
        """As :meth:`Sandbox.call`."""
        self.answered = False
        self._child.wait_ready()
        answer = self._child.ask(payload)
        self.answered = "memory" not in answer
        return unwrap(answer)


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
        self._children: set[Child] = set()
        self._idle: queue.Queue[Child | None] = queue.Queue()
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
        with self.session() as session:
            return session.call(payload)

    @contextlib.contextmanager
    def session(self) -> Iterator[Session]:
        """One child for several calls, each within the limits of one; waits for a free child.

        It keeps what the task has stored between them. A child that failed is replaced.
        """
        child = self._borrow()
        session = Session(child)
        healthy = False
        try:
            yield session
            healthy = True
        except GatewayError:
            healthy = session.answered
            raise
        finally:
            self._give_back(child, healthy and session.answered and child.tasks < self._limits.max_tasks)

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

    def _start(self) -> Child:
        child = Child(self._setup, self._limits, self._folder)
        with self._lock:
            self._children.add(child)
        return child

    def _borrow(self) -> Child:
        child = self._idle.get()
        if child is None or self._closed:
            if child is not None:
                child.release()
            self._idle.put(None)
            raise SandboxFailure("sandbox-closed", "The sandbox has been closed.", remedy="Start the gateway again.")
        return child

    def _give_back(self, child: Child, healthy: bool) -> None:
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
