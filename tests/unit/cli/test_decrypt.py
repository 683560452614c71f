"""``decrypt`` as scripts use it: a real process, its exit codes, and nothing left behind after a failure."""

from __future__ import annotations

import json
import secrets
import subprocess
import sys
from pathlib import Path

import pyrage
import pytest

from gateway.envelope.x25519 import X25519Identity

ROOT = Path(__file__).resolve().parents[3]
PROGRAM = """
import sys, typer
from gateway.cli.decrypt import decrypt
from gateway.cli.failure import exit_code, report
from gateway.errors import GatewayError
app = typer.Typer(pretty_exceptions_enable=False)
app.command()(decrypt)
try:
    app()
except GatewayError as error:
    report(error, as_json="--json" in sys.argv)
    sys.exit(exit_code(error))
"""


def run(*arguments: object, data: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-c", PROGRAM, *map(str, arguments)]
    return subprocess.run(command, input=data, capture_output=True, check=False, cwd=ROOT)


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("keys") / "key.txt"
    path.write_text(f"# an age-keygen file\n{X25519Identity.generate().secret_text()}\n")
    return path


@pytest.fixture(scope="module")
def plaintext() -> bytes:
    return secrets.token_bytes(200_000)


@pytest.fixture(scope="module")
def file(key: Path, plaintext: bytes) -> bytes:
    secret = key.read_text().splitlines()[-1]
    recipient = pyrage.x25519.Identity.from_str(secret).to_public()
    return pyrage.encrypt(plaintext, [recipient])


def test_from_file_to_file(tmp_path: Path, key: Path, file: bytes, plaintext: bytes) -> None:
    (tmp_path / "in.age").write_bytes(file)
    out = tmp_path / "out"
    done = run("--identity", key, tmp_path / "in.age", "-o", out, "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {"output": str(out), "size": len(plaintext), "policy_digest": None}
    assert out.read_bytes() == plaintext
    assert out.stat().st_mode & 0o777 == 0o600


def test_from_stdin_to_stdout(key: Path, file: bytes, plaintext: bytes) -> None:
    for arguments in ((), ("-",), ("-", "-o", "-")):
        done = run("-i", key, *arguments, data=file)
        assert (done.returncode, done.stdout) == (0, plaintext)
        assert done.stderr == b""


def test_several_keys(tmp_path: Path, key: Path, file: bytes, plaintext: bytes) -> None:
    other = tmp_path / "other.txt"
    other.write_text(X25519Identity.generate().secret_text())
    done = run("-i", other, "-i", key, data=file)
    assert done.stdout == plaintext


@pytest.mark.parametrize("cut", [10, 150, 250, 65_000, 66_000, 199_000, -1])
def test_a_truncated_file_leaves_no_output(tmp_path: Path, key: Path, file: bytes, cut: int) -> None:
    out = tmp_path / "out"
    done = run("-i", key, "-o", out, data=file[:cut])
    assert done.returncode in (1, 2)
    assert list(tmp_path.iterdir()) == []
    assert done.stdout == b""
    assert b"error [age-" in done.stderr


def test_what_was_there_before_stays(tmp_path: Path, key: Path, file: bytes, plaintext: bytes) -> None:
    out = tmp_path / "out"
    out.write_bytes(b"before")
    assert run("-i", key, "-o", out, data=file + b"x").returncode == 1
    assert out.read_bytes() == b"before"
    assert run("-i", key, "-o", out, data=file).returncode == 0
    assert out.read_bytes() == plaintext


def test_stdout_carries_authenticated_chunks_only(key: Path, file: bytes, plaintext: bytes) -> None:
    changed = bytearray(file)
    changed[-1] ^= 1
    done = run("-i", key, data=bytes(changed))
    assert done.returncode == 1
    assert len(done.stdout) < len(plaintext)
    assert len(done.stdout) % 65_536 == 0
    assert plaintext.startswith(done.stdout)


def test_each_kind_of_failure_has_its_exit_code(tmp_path: Path, key: Path, file: bytes) -> None:
    other, broken = tmp_path / "other.txt", tmp_path / "broken.txt"
    other.write_text(X25519Identity.generate().secret_text())
    broken.write_text("AGE-SECRET-KEY-1TOOSHORT\n")
    mac = file.replace(b"\n--- ", b"\n-> note\n\n--- ", 1)
    cases = [
        (key, b"not an age file", 2, "age-header-invalid"),
        (key, b"", 2, "age-header-invalid"),
        (key, mac, 1, "age-mac-mismatch"),
        (key, file[:-1], 1, "age-payload-invalid"),
        (other, file, 4, "age-no-match"),
        (broken, file, 2, "bech32-invalid"),
        (tmp_path / "absent", file, 5, "file-unreadable"),
    ]
    for identity, data, code, name in cases:
        done = run("-i", identity, "--json", data=data)
        assert (done.returncode, json.loads(done.stderr)["error"]["code"]) == (code, name)
        # Of a body that is cut at its end, sound chunks have come out by then; of all else, nothing.
        assert done.stdout == b"" or name == "age-payload-invalid"
    assert run("-i", key, tmp_path / "absent.age").returncode == 5
    assert run("-i", key, tmp_path).returncode == 5
    assert run("-i", key, "-o", tmp_path / "no" / "folder", data=file).returncode == 5
    assert run("--nonsense").returncode == 2
    assert run(data=file).returncode == 2


def test_an_error_does_not_show_the_key(tmp_path: Path, key: Path, file: bytes) -> None:
    secret = key.read_text().splitlines()[-1]
    broken = tmp_path / "broken.txt"
    broken.write_text(secret[:-1] + ("Q" if secret[-1] != "Q" else "P"))
    done = run("-i", broken, data=file)
    assert done.returncode == 2
    assert secret[20:40].encode() not in done.stderr + done.stdout


def test_a_device_is_written_to_and_not_replaced(key: Path, file: bytes) -> None:
    assert run("-i", key, "-o", "/dev/null", data=file).returncode == 0
    assert Path("/dev/null").is_char_device()
    if Path("/dev/full").exists():
        done = run("-i", key, "-o", "/dev/full", data=file)
        assert (done.returncode, b"file-unwritable" in done.stderr) == (5, True)


def test_a_reader_that_goes_away_is_no_crash(tmp_path: Path, key: Path, file: bytes) -> None:
    (tmp_path / "in.age").write_bytes(file)
    command = [sys.executable, "-c", PROGRAM, "-i", str(key), str(tmp_path / "in.age")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert b"Traceback" not in process.stderr.read()
    assert process.returncode != 0


def test_it_loads_only_what_the_base_install_has() -> None:
    code = "import sys, gateway.cli.decrypt; print(*sorted({name.split('.')[0] for name in sys.modules}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    loaded = set(done.stdout.split())
    assert "gateway" in loaded
    server = {"jose", "sqlalchemy", "fastapi", "pydantic", "psycopg", "spacy", "presidio_analyzer", "obstore", "httpx"}
    assert not loaded & server
