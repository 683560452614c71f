"""The child's side of the sandbox: confine itself, load what it needs, serve one task after another.

It is started as a fresh interpreter with an empty environment, confines itself before it imports
any parser or model, and reads its first byte of evidence only after that. It writes nothing but
frames to the pipe it was given; standard streams lead nowhere.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import importlib
import os
import resource
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from gateway.errors import GatewayError
from gateway.sandbox import frames, landlock, seccomp

_PR_SET_DUMPABLE, _PR_CAPBSET_DROP, _PR_CAP_AMBIENT, _PR_CAP_AMBIENT_CLEAR_ALL = 4, 24, 47, 4
_CLONE_NEWUTS, _CLONE_NEWIPC, _CLONE_NEWUSER, _CLONE_NEWNET = 0x04000000, 0x08000000, 0x10000000, 0x40000000
_CAPABILITY_VERSION_3 = 0x20080522
_LAST_CAPABILITY = 63

#: Read by the interpreter and its libraries at run time; nothing personal is in them.
_SYSTEM_FILES = (
    "/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/share/zoneinfo", "/etc/ld.so.cache", "/etc/localtime",
    "/dev/null", "/dev/zero", "/dev/urandom", "/dev/random", "/sys/devices/system/cpu", "/proc/cpuinfo",
    "/proc/meminfo", "/proc/sys/vm/overcommit_memory",
)  # fmt: skip


def main() -> None:
    """Serve until the pipe closes. Called by the bootstrap line that :mod:`sandbox` passes to ``-c``."""
    incoming, outgoing = os.dup(0), os.dup(1)
    nowhere = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nowhere, descriptor)
    channel = _Pipe(incoming, outgoing)
    try:
        setup = channel.read()
        _confine(setup)
    except OSError as error:
        channel.write({"unavailable": f"{error.strerror} (errno {error.errno})"})
        return
    try:
        sys.path[:0] = setup["python_path"]
        if setup["initializer"]:
            _load(setup["initializer"])()
        task = _load(setup["task"])
    except Exception as error:
        channel.write({"failed": _name_of(error)})
        return
    # A parsed exhibit is millions of small objects that all live to the end of the task: looking
    # for cycles among them over and over doubles the time.
    gc.freeze()
    gc.set_threshold(200_000, 50, 1_000)
    channel.write({"ready": True})
    while True:
        more_seconds = channel.read()["more_seconds"]
        payload = channel.read()
        _limit_cpu(setup["cpu_seconds"] + more_seconds)
        channel.write(_answer(task, payload))
        del payload


def _answer(task: Callable[[Any], Mapping[str, Any]], payload: Any) -> dict[str, Any]:
    try:
        return {"value": dict(task(payload))}
    except GatewayError as error:
        return {
            "error": {
                "kind": type(error).__name__,
                "code": error.code,
                "message": error.message,
                "remedy": error.remedy,
                "where": error.where,
                "detail": {k: v for k, v in error.detail.items() if isinstance(v, (str, int, float, bool))},
            }
        }
    except MemoryError:
        return {"memory": True}
    except Exception as error:
        # Only the type's name crosses: a message of a library could quote the evidence.
        return {"failed": _name_of(error)}


def _name_of(error: BaseException) -> str:
    return type(error).__name__


def _load(reference: str) -> Callable[..., Any]:
    module, _, name = reference.partition(":")
    function: Callable[..., Any] = getattr(importlib.import_module(module), name)
    return function


class _Pipe:
    """Blocking frames over two descriptors; ends the process when the parent is gone."""

    def __init__(self, incoming: int, outgoing: int) -> None:
        self._in = os.fdopen(incoming, "rb", buffering=1 << 16)
        self._out = os.fdopen(outgoing, "wb", buffering=0)

    def read(self) -> Any:
        return frames.read(self._exactly, 1 << 40)

    def _exactly(self, count: int) -> bytes:
        data = self._in.read(count)
        if len(data) < count:
            os._exit(0)
        return data

    def write(self, value: Mapping[str, Any]) -> None:
        try:
            chunks = frames.encode(value)
        except (frames.FrameError, MemoryError) as error:
            chunks = frames.encode({"failed": _name_of(error)})
        with contextlib.suppress(BrokenPipeError):
            for chunk in chunks:
                view = memoryview(chunk)
                while view:
                    view = view[self._out.write(view) or 0 :]


def _confine(setup: Mapping[str, Any]) -> None:
    """Apply every limit the kernel offers; raise OSError if one that matters is refused."""
    memory, files = setup["memory_bytes"], setup["open_files"]
    for limit, value in (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NOFILE, files),
        (resource.RLIMIT_AS, memory),
    ):
        resource.setrlimit(limit, (value, value))
    if sys.platform != "linux":
        if not setup["allow_unsandboxed"]:
            raise OSError(38, "this system has no seccomp and Landlock")
        return
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
    # Best effort: containers often forbid namespaces, and seccomp refuses sockets anyway.
    own = _CLONE_NEWNET | _CLONE_NEWIPC | _CLONE_NEWUTS
    if libc.unshare(own) != 0:
        libc.unshare(own | _CLONE_NEWUSER)
    try:
        landlock.restrict_reads(_readable(setup))
        _drop_capabilities(libc)
        seccomp.install()
    except OSError:
        if not setup["allow_unsandboxed"]:
            raise


def _readable(setup: Mapping[str, Any]) -> list[str]:
    package = str(Path(__file__).resolve().parent.parent)
    standard = [sys.prefix, sys.base_prefix, sys.exec_prefix, str(Path(os.__file__).resolve().parent)]
    return [*_SYSTEM_FILES, *standard, package, *setup["python_path"]]


def _drop_capabilities(libc: ctypes.CDLL) -> None:
    libc.prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0)
    for capability in range(_LAST_CAPABILITY + 1):
        libc.prctl(_PR_CAPBSET_DROP, capability, 0, 0, 0)
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0)
    nothing = (ctypes.c_uint32 * 6)()
    libc.capset(ctypes.byref(header), ctypes.byref(nothing))


def _limit_cpu(seconds: int) -> None:
    # Counted from now on: the limit is per task, the kernel counts the life of the process.
    usage = resource.getrusage(resource.RUSAGE_SELF)
    spent = int(usage.ru_utime + usage.ru_stime) + 1
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (spent + seconds, hard))
