"""What we write is read by tools that know nothing of us: good passes, tampered does not.

Go's sumdb/note and sumdb/tlog (Debian golang, golang-golang-x-mod-dev), and PyPI proofbundle and
metamorphic-log, each in an environment of its own. What is not there is installed, in three attempts;
where that fails, the test says so, and is skipped at a desk and fails in CI.
"""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from obstore.store import MemoryStore

from gateway.blobs.log_export import export_log
from gateway.blobs.log_store import LogStore
from gateway.exchange.log.reader import LogReader
from gateway.exchange.ports.sequencing import COSIGNED
from gateway.translog.bundle import WitnessPolicy
from gateway.translog.cosignature import Cosigner
from gateway.translog.note import parse_note
from tests.fakes.published_log import SIGNER, PublishedLog

HERE = Path(__file__).parent / "interop"
PINNED = ["proofbundle==6.3.1", "metamorphic-log==0.1.11"]
GOPATH = Path("/usr/share/gocode")
SIZES = (500, 120)
WITNESSES = [
    Cosigner(f"w.example/{i}", Ed25519PrivateKey.from_private_bytes(bytes([70 + i] * 32)), 1700000000) for i in range(2)
]


#: The first test of each kind may have to wait for its tool.
pytestmark = pytest.mark.timeout(900)


def cannot(why: str) -> NoReturn:
    """A tool is not there: no reason to fail at a desk, but in CI nothing may be left unproved."""
    if os.environ.get("CI") == "true":
        pytest.fail(why)
    pytest.skip(why)


def installed(command: list[str], *, seconds: int, attempts: int = 3) -> bool:
    """Whether the command succeeded in one of the attempts."""
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for _ in range(attempts):
        try:
            if (
                subprocess.run(command, env=environment, capture_output=True, timeout=seconds, check=False).returncode
                == 0
            ):
                return True
        except subprocess.TimeoutExpired:
            continue
    return False


@pytest.mark.parametrize(("succeeds_at", "expected"), [(1, True), (3, True), (4, False)])
def test_three_attempts_to_install(succeeds_at: int, expected: bool, tmp_path: Path) -> None:
    attempt = f"echo >> {tmp_path}/n; test $(wc -l < {tmp_path}/n) -ge {succeeds_at}"
    assert installed(["sh", "-c", attempt], seconds=60) is expected
    assert not installed(["sleep", "60"], seconds=0, attempts=1)


@pytest.mark.parametrize(("ci", "outcome"), [("true", pytest.fail.Exception), ("", pytest.skip.Exception)])
def test_a_tool_that_is_not_there_fails_in_ci(
    ci: str, outcome: type[BaseException], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CI", ci)
    with pytest.raises(outcome):
        cannot("not there")


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> tuple[PublishedLog, Path, bytes]:
    """A log of 620 entries, its export, and the checkpoint it had at 500."""
    log = PublishedLog(LogStore(MemoryStore()))
    old = log.grow(SIZES[0])
    note = parse_note(log.grow(SIZES[1]))
    for witness in WITNESSES:
        note = note.signed_also_by(witness)
    log.store.publish(note.encode(), COSIGNED)
    folder = tmp_path_factory.mktemp("interop") / "log"
    export_log(log.store, SIGNER.vkey, folder, WitnessPolicy(2, tuple(w.vkey for w in WITNESSES)))
    return log, folder, old


@pytest.fixture(scope="module")
def case(log: tuple[PublishedLog, Path, bytes]) -> dict[str, Any]:
    published, _, old = log
    reader = LogReader(published.store, SIGNER.vkey)
    prover = reader.prover(reader.cosigned())
    consistency, inclusion = prover.consistency(SIZES[0]), prover.inclusion(123)
    return {
        "vkey": SIGNER.vkey.encode(),
        "witnesses": [w.vkey.encode() for w in WITNESSES],
        "checkpoint": reader.checkpoint().decode(),
        "cosigned": reader.cosigned().decode(),
        "old_checkpoint": old.decode(),
        "proof": prover.proof(123).encode().decode(),
        "leaf": published.leaves[123].decode(),
        "index": 123,
        "path": [item.hex() for item in inclusion.hashes],
        "hashes": [item.hex() for item in consistency.hashes],
        "old": consistency.old,
        "new": consistency.new,
        "old_root": consistency.old_root.hex(),
        "new_root": consistency.new_root.hex(),
    }


# --- Go -------------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def go_check(tmp_path_factory: pytest.TempPathFactory) -> Path:
    def there() -> bool:
        return bool(shutil.which("go")) and (GOPATH / "src/golang.org/x/mod/sumdb/tlog").is_dir()

    if not there():
        if os.geteuid() != 0 or not shutil.which("apt-get"):
            cannot("Go and golang-golang-x-mod-dev are not installed, and only root can install them")
        install = "apt-get install -y -q --no-install-recommends golang golang-golang-x-mod-dev"
        installed(["sh", "-c", f"{install} || {{ apt-get update -q && {install}; }}"], seconds=240)
        if not there():
            cannot("Go and golang-golang-x-mod-dev cannot be installed here")
    folder = tmp_path_factory.mktemp("go")
    environment = {
        **os.environ,
        "GO111MODULE": "off",
        "GOPATH": str(GOPATH),
        "GOCACHE": str(folder / "cache"),
        "GOFLAGS": "",
        "CGO_ENABLED": "0",
    }
    command = ["go", "build", "-o", str(folder / "check"), str(HERE / "check.go")]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return folder / "check"


def go(
    program: Path, folder: Path, case: dict[str, Any], *, change: int | None = None
) -> subprocess.CompletedProcess[str]:
    hashes = [bytes.fromhex(item) for item in case["hashes"]]
    if change is not None:
        hashes[change] = bytes(32)
    arguments = [str(case["old"]), base64.b64encode(bytes.fromhex(case["old_root"])).decode()]
    arguments += [base64.b64encode(item).decode() for item in hashes]
    return subprocess.run([str(program), str(folder), *arguments], capture_output=True, text=True, check=False)


def test_go_accepts_the_good(go_check: Path, log: tuple[PublishedLog, Path, bytes], case: dict[str, Any]) -> None:
    done = go(go_check, log[1], case)
    assert done.stdout == "OK 620\n", done.stdout + done.stderr


@pytest.mark.parametrize(
    ("name", "position"),
    [
        ("checkpoint", 17),
        ("checkpoint", -5),
        ("tile/entries/000", 5000),
        ("tile/entries/002.p/108", 300),
        ("tile/0/001", 900),
        ("tile/0/002.p/108", 40),
        ("tile/1/000.p/2", 3),
        ("log.vkey", 30),
    ],
)
def test_go_refuses_the_tampered(
    name: str,
    position: int,
    go_check: Path,
    log: tuple[PublishedLog, Path, bytes],
    case: dict[str, Any],
    tmp_path: Path,
) -> None:
    folder = tmp_path / "log"
    shutil.copytree(log[1], folder)
    data = bytearray((folder / name).read_bytes())
    data[position] ^= 1
    (folder / name).write_bytes(data)
    done = go(go_check, folder, case)
    assert done.returncode == 1, done.stdout
    assert done.stdout.startswith("FAULT:")


def test_go_refuses_a_wrong_consistency_proof(
    go_check: Path, log: tuple[PublishedLog, Path, bytes], case: dict[str, Any]
) -> None:
    for change in range(len(case["hashes"])):
        assert go(go_check, log[1], case, change=change).returncode == 1
    assert go(go_check, log[1], {**case, "old": case["old"] - 1}).returncode == 1


# --- PyPI -----------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def strangers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A Python with the two packages, and nothing of ours."""
    folder = tmp_path_factory.mktemp("strangers")
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    command = [str(folder / "bin/python"), "-m", "pip", "install", "-q", "--disable-pip-version-check", *PINNED]
    if not installed(command, seconds=120):
        cannot(f"{' and '.join(PINNED)} cannot be installed here, or the package registry does not answer")
    yield folder / "bin/python"
    shutil.rmtree(folder)


def ask(python: Path, script: str, case: dict[str, Any]) -> dict[str, Any]:
    done = subprocess.run(
        [str(python), "-I", str(HERE / script)], input=json.dumps(case), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


SCRIPTS = ["check_proofbundle.py", "check_metamorphic.py"]


@pytest.mark.parametrize("script", SCRIPTS)
def test_python_packages_accept_the_good(script: str, strangers: Path, case: dict[str, Any]) -> None:
    verdicts = ask(strangers, script, case)
    assert len(verdicts) == 4
    assert set(verdicts.values()) == {True}, verdicts


def _flip_signature(text: str) -> str:
    # The last character before the padding carries bits that do not count; take one well before.
    return text[:-20] + ("A" if text[-20] != "A" else "B") + text[-19:]


@pytest.mark.parametrize("script", SCRIPTS)
@pytest.mark.parametrize("what", ["leaf", "checkpoint", "path", "consistency", "key", "cosignature"])
def test_python_packages_refuse_the_tampered(what: str, script: str, strangers: Path, case: dict[str, Any]) -> None:
    bad = dict(case)
    expected = {"checkpoint", "cosigned", "witnessed", "proof", "consistency"}
    if what == "leaf":
        bad["leaf"] = bad["leaf"].replace('"permit"', '"deny"')
        expected = {"proof"}
    elif what == "checkpoint":
        for name in ("checkpoint", "cosigned"):
            bad[name] = bad[name].replace("\n620\n", "\n621\n")
        bad["proof"] = bad["proof"].replace("\n620\n", "\n621\n")
        expected = {"checkpoint", "cosigned", "witnessed", "proof"}
    elif what == "path":
        bad["path"] = [bad["path"][0][::-1], *bad["path"][1:]]
        lines = bad["proof"].split("\n")
        lines[2], lines[3] = lines[3], lines[2]
        bad["proof"] = "\n".join(lines)
        expected = {"proof"}
    elif what == "consistency":
        bad["hashes"] = [bad["hashes"][-1], *bad["hashes"][1:]]
        expected = {"consistency"}
    elif what == "key":
        other = Ed25519PrivateKey.from_private_bytes(bytes([5] * 32))
        from gateway.translog.vkey import Ed25519Signer

        bad["vkey"] = Ed25519Signer(SIGNER.name, other).vkey.encode()
        expected = {"checkpoint", "cosigned", "witnessed", "proof"}
    else:
        bad["cosigned"] = _flip_signature(bad["cosigned"])
        bad["proof"] = _flip_signature(bad["proof"])
        expected = {"witnessed", "proof"} if script == "check_proofbundle.py" else set()
    verdicts = ask(strangers, script, bad)
    for name in expected & verdicts.keys():
        if script == "check_metamorphic.py" and what == "path" and name != "proof":
            continue
        assert verdicts[name] is not True, (name, verdicts)
    assert [name for name, found in verdicts.items() if found is not True] or not expected
