"""The confined child: what it cannot do, and that a child's end is the end of one exhibit only.

Each attempt runs in a real child. The task evaluates Python that the test sends, as code that hostile
evidence had injected would.
"""

from __future__ import annotations

import io
import os
import platform
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from reportlab.pdfgen.canvas import Canvas

from gateway.errors import GatewayError, SandboxFailure, Unparsable
from gateway.sandbox import landlock, process, seccomp
from gateway.sandbox.pool import Sandbox, SandboxLimits

pytestmark = pytest.mark.skipif(not seccomp.supported(), reason="the sandbox confines on Linux x86-64 and AArch64")

TASK = """
import ctypes, errno, os, signal, socket, subprocess, sys, threading, time
from gateway.errors import Unparsable

loaded = 0

def load():
    global loaded
    loaded += 1

def broken():
    raise ValueError("secret words")

def run(payload):
    scope = dict(globals())
    exec(payload.get("setup", ""), scope)
    try:
        return {"value": eval(payload["code"], scope), "pid": os.getpid()}
    except OSError as error:
        return {"errno": error.errno, "pid": os.getpid()}

def echo(payload):
    return {"got": payload, "pid": os.getpid()}

def refuse(payload):
    raise Unparsable(payload["code"], payload["message"], remedy="Do.", where="page 3", pages=3, secret=["x"])

def answer(payload):
    return eval(payload["code"])
"""
LIMITS = SandboxLimits(memory_bytes=600 << 20, cpu_seconds=20, wall_seconds=20, startup_seconds=60)
EPERM, EACCES = 1, 13


@pytest.fixture(scope="module")
def tasks(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("tasks")
    (folder / "sandbox_task.py").write_text(TASK)
    return str(folder)


@pytest.fixture(scope="module")
def sandbox(tasks: str) -> Iterator[Sandbox]:
    os.environ["GATEWAY_TEST_SECRET"] = "swordfish"
    with Sandbox("sandbox_task:run", "sandbox_task:load", limits=LIMITS, python_path=[tasks]) as made:
        yield made
    del os.environ["GATEWAY_TEST_SECRET"]


def attempt(sandbox: Sandbox, code: str, setup: str = "") -> Any:
    answer = sandbox.call({"code": code, "setup": setup})
    return f"errno {answer['errno']}" if "errno" in answer else answer["value"]


def status(sandbox: Sandbox) -> dict[str, str]:
    """What the kernel says of a child's confinement, as seen from outside."""
    lines = Path(f"/proc/{sandbox.call({'code': '1'})['pid']}/status").read_text().splitlines()
    return {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}


def test_the_kernel_grants_the_confinement(sandbox: Sandbox) -> None:
    granted = status(sandbox)
    assert granted["Seccomp"] == "2"
    assert {granted[name] for name in ("CapInh", "CapPrm", "CapEff")} == {"0000000000000000"}
    assert attempt(sandbox, "loaded") == 1
    assert "Seccomp:\t2" not in Path("/proc/self/status").read_text()  # the parent stays free


@pytest.mark.parametrize(
    "code",
    [
        "socket.socket(socket.AF_INET, socket.SOCK_STREAM)",
        "socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)",
        "socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)",
        "socket.socket(socket.AF_NETLINK, socket.SOCK_RAW)",
        "socket.socketpair()",
        "socket.create_connection(('127.0.0.1', 9))",
        "os.execv('/bin/true', ['true'])",
        "subprocess.run(['/bin/true'])",
        "os.posix_spawn('/bin/true', ['true'], {})",
        "os.fork()",
        "open('/tmp/evidence', 'w')",
        "open('evidence', 'xb')",
        "os.open('/dev/shm/evidence', os.O_CREAT | os.O_RDWR)",
        "os.mkdir('/tmp/evidence')",
        "os.unlink(sys.modules['sandbox_task'].__file__)",
        "os.rename(sys.modules['sandbox_task'].__file__, '/tmp/x')",
        "os.chmod(sys.modules['sandbox_task'].__file__, 0)",
        "os.truncate(sys.modules['sandbox_task'].__file__, 0)",
        "os.symlink('/etc/passwd', '/tmp/evidence')",
        "os.kill(os.getppid(), signal.SIGTERM)",
        "os.setuid(0)",
        "os.memfd_create('x')",
    ],
)
def test_what_the_child_may_not_do(sandbox: Sandbox, code: str) -> None:
    assert attempt(sandbox, code) in (f"errno {EPERM}", f"errno {EACCES}")
    assert not Path("/tmp/evidence").exists()


@pytest.mark.parametrize(
    ("name", "x86_64", "aarch64", "arguments"),
    [
        ("ptrace", 101, 117, "16, os.getppid(), 0, 0"),
        ("process_vm_readv", 310, 270, "os.getppid(), 0, 0, 0, 0, 0"),
        ("io_uring_setup", 425, 425, "8, 0"),
        ("bpf", 321, 280, "0, 0, 0"),
        ("unshare", 272, 97, "0x10000000"),
        ("mount", 165, 40, "0, 0, 0, 0, 0"),
        ("keyctl", 250, 219, "0, 0, 0, 0, 0"),
        ("perf_event_open", 298, 241, "0, 0, 0, 0, 0"),
        ("pidfd_open", 434, 434, "os.getppid(), 0"),
        ("openat2", 437, 437, "0, 0, 0, 0"),
        ("clone3", 435, 435, "0, 0"),
        ("a call of the future", 480, 480, ""),
    ],
)
def test_what_the_kernel_is_not_asked(sandbox: Sandbox, name: str, x86_64: int, aarch64: int, arguments: str) -> None:
    number = x86_64 if platform.machine() == "x86_64" else aarch64
    setup = "libc = ctypes.CDLL(None, use_errno=True)"
    code = f"[libc.syscall(ctypes.c_long({number}), {arguments}), errno.errorcode[ctypes.get_errno()]]"
    assert attempt(sandbox, code, setup) in ([-1, "EPERM"], [-1, "ENOSYS"]), name


def test_no_new_process_even_by_the_bare_call(sandbox: Sandbox) -> None:
    number = 56 if platform.machine() == "x86_64" else 220
    setup = "libc = ctypes.CDLL(None, use_errno=True)"
    code = f"[libc.syscall(ctypes.c_long({number}), 17, 0, 0, 0, 0), ctypes.get_errno()]"
    assert attempt(sandbox, code, setup) == [-1, EPERM]


def test_the_environment_and_files_of_the_parent_are_out_of_sight(sandbox: Sandbox, tmp_path: Path) -> None:
    assert os.environ["GATEWAY_TEST_SECRET"] == "swordfish"
    assert "GATEWAY_TEST_SECRET" not in attempt(sandbox, "dict(os.environ)")
    if landlock.version() == 0:
        pytest.skip("this kernel has no Landlock")
    key_file = tmp_path / "keys"
    key_file.write_text("swordfish")
    for code in (
        f"open({str(key_file)!r}).read()",
        "open(f'/proc/{os.getppid()}/environ').read()",
        "open('/proc/self/environ').read()",
        "os.listdir('/')",
        "open('/etc/passwd').read()",
    ):
        assert attempt(sandbox, code) in (f"errno {EPERM}", f"errno {EACCES}")


def test_what_parsers_need_still_works(sandbox: Sandbox) -> None:
    setup = "found = []; thread = threading.Thread(target=lambda: found.append(sum(range(1000))))"
    assert attempt(sandbox, "[thread.start(), thread.join(), found][2]", setup) == [499500]
    assert attempt(sandbox, "__import__('lxml.etree').__name__") == "lxml"
    assert attempt(sandbox, "__import__('pypdfium2').__name__") == "pypdfium2"
    assert attempt(sandbox, "__import__('zoneinfo').__name__") == "zoneinfo"
    assert attempt(sandbox, "len(os.urandom(8))") == 8


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("ctypes.string_at(0)", "sandbox-crashed"),
        ("os.abort()", "sandbox-crashed"),
        ("os._exit(0)", "sandbox-crashed"),
        ("sys.exit(0)", "sandbox-crashed"),
        ("os.kill(os.getpid(), signal.SIGKILL)", "sandbox-crashed"),
        ("len([bytearray(1 << 26) for _ in range(1000)])", "sandbox-memory"),
        ("1 // 0", "sandbox-task-failed"),
        ("(lambda f: f(f))(lambda f: f(f))", "sandbox-task-failed"),
        ("object()", "sandbox-task-failed"),
    ],
)
def test_a_child_that_fails_fails_one_exhibit(sandbox: Sandbox, code: str, expected: str) -> None:
    with pytest.raises(SandboxFailure) as failure:
        attempt(sandbox, code)
    assert failure.value.code == expected
    assert failure.value.remedy
    assert attempt(sandbox, "6 * 7") == 42


def test_a_child_that_hangs_is_ended(tasks: str) -> None:
    limits = SandboxLimits(memory_bytes=600 << 20, wall_seconds=1.0)
    with Sandbox("sandbox_task:run", limits=limits, python_path=[tasks]) as sandbox:
        pid = sandbox.call({"code": "1"})["pid"]
        with pytest.raises(SandboxFailure) as failure:
            sandbox.call({"code": "time.sleep(3600)"})
        assert failure.value.code == "sandbox-timeout"
        assert sandbox.call({"code": "1"})["pid"] != pid
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


def test_a_larger_payload_has_more_time(tasks: str) -> None:
    limits = SandboxLimits(memory_bytes=600 << 20, cpu_seconds=1, wall_seconds=1.0, bytes_per_second=1_000)
    with Sandbox("sandbox_task:run", limits=limits, python_path=[tasks]) as sandbox:
        pid = sandbox.call({"code": "1"})["pid"]
        assert sandbox.call({"code": "time.sleep(2)", "data": bytes(60_000)})["pid"] == pid
        with pytest.raises(SandboxFailure) as failure:
            sandbox.call({"code": "time.sleep(3600)", "data": bytes(2_000)})
        assert "3 seconds" in failure.value.message


def test_processor_time_is_bounded_for_each_task(tasks: str) -> None:
    limits = SandboxLimits(memory_bytes=600 << 20, cpu_seconds=1, wall_seconds=60)
    with Sandbox("sandbox_task:run", limits=limits, python_path=[tasks]) as sandbox:
        sandbox.call({"code": "1"})
        with pytest.raises(SandboxFailure) as failure:
            sandbox.call({"code": "1", "setup": "while True: pass"})
        assert failure.value.code == "sandbox-timeout"


def test_children_are_replaced_after_some_tasks(tasks: str) -> None:
    limits = SandboxLimits(memory_bytes=600 << 20, max_tasks=2)
    with Sandbox("sandbox_task:echo", limits=limits, python_path=[tasks]) as sandbox:
        pids = [sandbox.call({})["pid"] for _ in range(6)]
    assert pids[0] == pids[1] != pids[2] == pids[3] != pids[4] == pids[5]


def test_many_threads_share_a_few_children(tasks: str) -> None:
    with Sandbox("sandbox_task:echo", workers=2, limits=LIMITS, python_path=[tasks]) as sandbox:
        answers: list[Any] = []

        def ask(number: int) -> None:
            answers.append((number, sandbox.call({"n": number, "data": bytes([number]) * 200_000})))

        threads = [threading.Thread(target=ask, args=(number,)) for number in range(12)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sorted(number for number, _ in answers) == list(range(12))
    assert all(a["got"] == {"n": n, "data": bytes([n]) * 200_000} for n, a in answers)
    assert len({a["pid"] for _, a in answers}) <= 2


def test_bytes_go_both_ways_unharmed(tasks: str) -> None:
    payload = {"a": b"", "b": bytes(range(256)) * 4000, "nested": [{"x": b"\x00"}, "é\u2028", 1.5, None, True]}
    with Sandbox("sandbox_task:echo", limits=LIMITS, python_path=[tasks]) as sandbox:
        assert sandbox.call(payload)["got"] == payload


def test_refusals_cross_with_their_code(tasks: str) -> None:
    with Sandbox("sandbox_task:refuse", limits=LIMITS, python_path=[tasks]) as sandbox:
        with pytest.raises(Unparsable) as refusal:
            sandbox.call({"code": "pdf-no-text", "message": "No text."})
        error = refusal.value
        assert (error.code, error.message, error.remedy, error.where) == ("pdf-no-text", "No text.", "Do.", "page 3")
        assert error.detail == {"pages": 3}
        # A hostile child may not smuggle evidence out through an error.
        with pytest.raises(Unparsable) as refusal:
            sandbox.call({"code": "ok", "message": "x\x1b[31m\n" * 500})
        assert len(refusal.value.message) <= 400
        assert refusal.value.message.isprintable()
        with pytest.raises(SandboxFailure) as failure:
            sandbox.call({"code": "Not A Code", "message": "x"})
        assert failure.value.code == "sandbox-answer-invalid"


def test_nonsense_on_the_pipe_is_an_error(tasks: str) -> None:
    setup = """
def spoil():
    written = 0
    for descriptor in range(3, 64):
        try:
            written += os.write(descriptor, bytes([255]) * 64)
        except OSError:
            pass
    return written
"""
    with Sandbox("sandbox_task:run", limits=LIMITS, python_path=[tasks]) as sandbox:
        with pytest.raises(SandboxFailure) as failure:
            sandbox.call({"code": "spoil()", "setup": setup})
        assert failure.value.code == "sandbox-answer-invalid"
        assert sandbox.call({"code": "1"})["value"] == 1


def test_what_cannot_start_says_so(tasks: str) -> None:
    for task, initializer in (
        ("sandbox_task:nothing", ""),
        ("no_such_module:run", ""),
        ("sandbox_task:run", "sandbox_task:broken"),
    ):
        with Sandbox(task, initializer, limits=LIMITS, python_path=[tasks]) as sandbox:
            with pytest.raises(SandboxFailure) as failure:
                sandbox.call({"code": "1"})
            assert failure.value.code == "sandbox-start-failed"
            assert "secret" not in str(failure.value)


def test_a_closed_sandbox_refuses_and_leaves_nothing(tasks: str) -> None:
    sandbox = Sandbox("sandbox_task:run", workers=2, limits=LIMITS, python_path=[tasks])
    pid = sandbox.call({"code": "1"})["pid"]
    folder = sandbox.call({"code": "os.environ['HOME']"})["value"]
    failures: list[GatewayError] = []

    def hang() -> None:
        try:
            sandbox.call({"code": "time.sleep(3600)"})
        except GatewayError as error:
            failures.append(error)

    threads = [threading.Thread(target=hang) for _ in range(3)]
    for thread in threads:
        thread.start()
    time.sleep(0.3)
    sandbox.close()
    for thread in threads:
        thread.join(30)
        assert not thread.is_alive()
    assert {failure.code for failure in failures} <= {"sandbox-crashed", "sandbox-closed"}
    assert len(failures) == 3
    with pytest.raises(SandboxFailure) as failure:
        sandbox.call({"code": "1"})
    assert failure.value.code == "sandbox-closed"
    assert not Path(folder).exists()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_where_the_kernel_cannot_confine_nothing_runs(tasks: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # The child asks the kernel itself; a machine without a filter is one that the child finds unsupported.
    monkeypatch.setattr(
        process, "_BOOTSTRAP",
        "import sys; sys.path.insert(0, sys.argv[1]); from gateway.sandbox import seccomp; "
        "seccomp.supported = lambda: False; from gateway.sandbox.child_main import main; main()",
    )  # fmt: skip
    with Sandbox("sandbox_task:run", limits=LIMITS, python_path=[tasks]) as sandbox:
        with pytest.raises(SandboxFailure) as failure:
            sandbox.call({"code": "1"})
        assert failure.value.code == "sandbox-unavailable"
    with Sandbox("sandbox_task:run", limits=LIMITS, python_path=[tasks], allow_unsandboxed=True) as sandbox:
        assert sandbox.call({"code": "1"})["value"] == 1
        assert status(sandbox)["Seccomp"] == "0"


def test_children_end_with_their_parent(tasks: str) -> None:
    root = str(Path(seccomp.__file__).resolve().parents[2])
    script = (
        "import sys, os, signal\n"
        f"sys.path.insert(0, {root!r})\n"
        "from gateway.sandbox.pool import Sandbox\n"
        f"sandbox = Sandbox('sandbox_task:run', python_path=[{tasks!r}])\n"
        "print(sandbox.call({'code': '1'})['pid'], flush=True)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == -signal.SIGKILL
    pid = int(done.stdout)
    for _ in range(200):
        state = Path(f"/proc/{pid}/stat")
        if not state.exists() or ") Z " in state.read_text():
            return
        time.sleep(0.05)
    pytest.fail("the child outlived its parent")


def test_formats_work_inside(tasks: str, tmp_path: Path) -> None:
    (tmp_path / "format_task.py").write_text(
        "from gateway.formats.registry import format_for\n"
        "from gateway.formats.sniff import sniff\n"
        "from gateway.redaction.document import Replacement\n"
        "def run(payload):\n"
        "    kind = sniff(payload['data'], '')\n"
        "    document = format_for(kind).parse(payload['data'])\n"
        "    at = document.canonical.text.index('Jane')\n"
        "    return {'kind': kind, 'out': document.render([Replacement(at, at + 4, 'Дарья')])}\n"
    )
    pdf = io.BytesIO()
    canvas = Canvas(pdf)
    canvas.drawString(72, 700, "Seen by Jane")
    canvas.save()
    with Sandbox("format_task:run", limits=LIMITS, python_path=[str(tmp_path)]) as sandbox:
        assert sandbox.call({"data": b"Dear Jane"})["out"] == "Dear Дарья".encode()
        answer = sandbox.call({"data": pdf.getvalue()})
        assert answer["kind"] == "application/pdf"
        assert b"DejaVuSans" in answer["out"]


@pytest.mark.enable_socket
def test_the_parent_can_still_open_sockets(sandbox: Sandbox) -> None:
    assert attempt(sandbox, "1") == 1
    with socket.socket() as free:
        assert free.fileno() > 0
