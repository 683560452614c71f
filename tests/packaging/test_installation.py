"""What is installed is enough: the base for agencies, the server as the Dockerfile builds it.

Both are real installations from the lock files into fresh virtual environments. No container engine
is needed: the steps of the Dockerfile are run one by one, and the file itself is held against a linter.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOCKERFILE_LINTER = "dockerfile-utils@0.16.3"


def run(*command: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("EVIDENCE_GATEWAY_", "PYTHONPATH"))}
    return subprocess.run(command, env=clean | environment, capture_output=True, text=True, check=False, cwd="/")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project's wheel, built without network from what is checked out."""
    folder = tmp_path_factory.mktemp("wheel")
    done = run(sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation", "-w", folder, ROOT)
    assert done.returncode == 0, done.stderr
    (built,) = folder.glob("*.whl")
    return built


def install(folder: Path, lock: str, wheel: Path) -> Path:
    venv.create(folder, with_pip=True)
    python = folder / "bin" / "python"
    for arguments in (["--require-hashes", "-r", str(ROOT / "requirements" / lock)], [str(wheel)]):
        done = run(python, "-m", "pip", "install", "-q", "--disable-pip-version-check", "--no-deps", *arguments)
        assert done.returncode == 0, done.stderr
    complete = run(python, "-m", "pip", "check", "--disable-pip-version-check")
    assert complete.returncode == 0, complete.stdout
    return folder / "bin"


def test_the_base_installation_is_the_client(wheel: Path, tmp_path: Path) -> None:
    bin_folder = install(tmp_path / "client", "client.lock", wheel)
    command = bin_folder / "evidence-gateway"
    assert "decrypt" in run(command, "--help").stdout
    imported = run(bin_folder / "python", "-c", "import gateway.client, sys; print(len(sys.modules))")
    assert imported.returncode == 0, imported.stderr

    made = run(command, "keys", "generate", "--use", "receiving", "--out", tmp_path / "identity.txt", "--json")
    assert made.returncode == 0, made.stderr
    recipient = re.search(r"age1[a-z0-9]{58}", made.stdout)
    assert recipient is not None
    pyrage = pytest.importorskip("pyrage")
    sealed = pyrage.encrypt(b"from somebody else", [pyrage.x25519.Recipient.from_str(recipient.group())])
    (tmp_path / "file.age").write_bytes(sealed)
    opened = run(command, "decrypt", "--identity", tmp_path / "identity.txt", tmp_path / "file.age")
    assert opened.stdout == "from somebody else"

    refused = run(command, "serve", EVIDENCE_GATEWAY_PASSPHRASE="not used here")
    assert refused.returncode == 5
    assert "evidence-gateway[server]" in refused.stderr


def test_the_server_installs_by_the_steps_of_the_dockerfile(wheel: Path, tmp_path: Path) -> None:
    bin_folder = install(tmp_path / "server", "server.lock", wheel)
    command = bin_folder / "evidence-gateway"
    environment = {
        "EVIDENCE_GATEWAY_HOME": str(tmp_path / "home"),
        "EVIDENCE_GATEWAY_PASSPHRASE": "a passphrase for this test only",
    }
    made = run(command, "keys", "init", **environment)
    assert made.returncode == 0, made.stderr
    healthy = run(command, "doctor", **environment)
    assert healthy.returncode == 0, healthy.stdout + healthy.stderr
    listed = run(command, "agencies", "list", "--json", **environment)
    assert '"agencies": []' in listed.stdout


def test_the_dockerfile_pins_drops_root_and_checks_health() -> None:
    text = (ROOT / "Dockerfile").read_text()
    stages = re.findall(r"^FROM (\S+)", text, re.M)
    assert len(stages) == 2
    assert all(":" in stage and not stage.endswith(":latest") for stage in stages)
    assert "--require-hashes --no-deps" in text
    final = text[text.rindex("\nFROM ") :]
    assert re.search(r"^USER [1-9][0-9]*$", final, re.M)
    assert "HEALTHCHECK" in final
    assert "ADD " not in text
    for source in re.findall(r"^COPY (?!--from)(.+)$", text, re.M):
        for name in source.split()[:-1]:
            assert (ROOT / name).exists(), name


def test_a_dockerfile_linter_finds_nothing(tmp_path: Path) -> None:
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("npm is not installed (Node.js); it brings the linter dockerfile-utils, MIT")
    installed = run(npm, "install", "--silent", "--no-audit", "--no-fund", "--prefix", tmp_path, DOCKERFILE_LINTER)
    assert installed.returncode == 0, installed.stderr
    done = run(tmp_path / "node_modules" / ".bin" / "dockerfile-utils", "lint", ROOT / "Dockerfile")
    assert done.returncode == 0
    assert done.stdout.strip() == ""


def test_the_compose_file_fits_the_compose_specification() -> None:
    check = Path(sys.executable).parent / "check-jsonschema"
    done = run(check, "--builtin-schema", "vendor.compose-spec", ROOT / "compose.yaml")
    assert done.returncode == 0, done.stdout


def test_lock_files_cover_the_project_and_hold_hashes_only() -> None:
    for name in ("client", "server", "dev"):
        text = (ROOT / "requirements" / f"{name}.lock").read_text()
        pins = re.findall(r"^([a-z0-9][a-z0-9._-]*)(\[[^]]*\])?==(\S+)", text, re.M)
        assert len(pins) > 10
        assert "999.9.9" not in text
        assert "://" not in text
        assert text.count("--hash=sha256:") >= len(pins)
