"""The README's "first real use", command by command, and every option that the README names."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from gateway.client import Credentials, GatewayClient

#: The client and the waiting talk to the server process over the loopback interface.
pytestmark = pytest.mark.enable_socket

ROOT = Path(__file__).resolve().parents[2]
COMMAND = Path(sys.executable).parent / "evidence-gateway"
PEOPLE = {
    "cnil-fr": {"submitter": "submitter", "reviewer": "reviewer", "officer": "compliance-officer"},
    "ico-uk": {"investigator": "investigator", "officer": "compliance-officer"},
}


class Shell:
    """Runs the command as an operator's shell would, in one folder."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder = folder
        self.url = f"http://127.0.0.1:{port}"
        (folder / "passphrase").write_text("a passphrase for this test only")
        self.environment = {
            **{k: v for k, v in os.environ.items() if not k.startswith("EVIDENCE_GATEWAY_")},
            "EVIDENCE_GATEWAY_HOME": str(folder / "home"),
            "EVIDENCE_GATEWAY_PASSPHRASE_FILE": str(folder / "passphrase"),
            "EVIDENCE_GATEWAY_PORT": str(port),
            "EVIDENCE_GATEWAY_PUBLIC_URL": self.url,
        }

    def __call__(self, line: str, *, code: int = 0) -> str:
        done = subprocess.run(
            [COMMAND, *line.split()], cwd=self.folder, env=self.environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == code, f"{line}\n{done.stdout}{done.stderr}"
        return done.stdout

    @contextmanager
    def serving(self) -> Iterator[None]:
        process = subprocess.Popen([COMMAND, "serve"], cwd=self.folder, env=self.environment, stderr=subprocess.DEVNULL)
        try:
            for _ in range(600):
                try:
                    if httpx.get(f"{self.url}/readyz", timeout=2).status_code == 200:
                        break
                except httpx.HTTPError:
                    assert process.poll() is None
                time.sleep(0.1)
            yield
        finally:
            process.terminate()
            assert process.wait(timeout=60) is not None


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Shell:
    return Shell(tmp_path_factory.mktemp("by-hand"), 20000 + os.getpid() % 20000)


def credentials(shell: Shell, agency: str, person: str) -> str:
    name = f"{person}@{agency}.json"
    members = {
        "gateway": shell.url,
        "agency": agency,
        "client_id": f"{agency}.{person}",
        "auth_key": f"{agency}.{person}.pem",
        "auth_key_id": f"{agency}.{person}-1",
        "signing_key": f"{agency}.signing.pem",
        "signing_key_id": f"{agency}.signing-1",
        "identity": f"{agency}.identity.txt",
        "gateway_key": "gateway.pem",
    }
    (shell.folder / name).write_text(json.dumps(members))
    return name


def test_two_agencies_exchange_a_package_by_hand(shell: Shell) -> None:
    folder = shell.folder
    shell("keys init")
    for agency, country in (("cnil-fr", "FR"), ("ico-uk", "GB")):
        shell(f"agencies add {agency} --name {agency} --jurisdiction {country}")
        for use, private in (("signing", f"{agency}.signing.pem"), ("receiving", f"{agency}.identity.txt")):
            (folder / f"{agency}.{use}.pub").write_text(shell(f"keys generate --use {use} --out {private}"))
            shell(f"agencies key {agency}.{use}-1 --agency {agency} --use {use} --file {agency}.{use}.pub")
        for person, role in PEOPLE[agency].items():
            name = f"{agency}.{person}"
            shell(f"agencies principal {name} --agency {agency} --role {role}")
            (folder / f"{name}.pub").write_text(shell(f"keys generate --use authentication --out {name}.pem"))
            shell(f"agencies key {name}-1 --agency {agency} --use authentication --principal {name} --file {name}.pub")
    agreement = ROOT / "policies" / "agreements" / "eu-uk-ai-incidents.yaml"
    shell(f"agreements lint {agreement}")
    (folder / "report.txt").write_text("On 3 May 2026 Mr Arthur Penhaligon wrote from arthur@example.org.\n")
    shell(f"agreements simulate --agreement {agreement} --as investigator@ico-uk --out out report.txt")
    assert "Penhaligon" not in (folder / "out" / "standard" / "report.txt").read_text()
    shell(f"agreements propose {agreement}")
    for agency in PEOPLE:
        shell(f"agreements sign {agreement} --agency {agency} --key {agency}.signing.pem --out {agency}.sig.json")
    one = "agreements activate eu-uk-ai-incidents 3 --signature cnil-fr.sig.json --approved-by cnil-fr.officer"
    shell(f"{one} --approved-by ico-uk.officer", code=4)  # one party has not signed
    shell(f"{one} --signature ico-uk.sig.json", code=3)  # one person is not enough
    shell(f"{one} --approved-by ico-uk.officer --signature ico-uk.sig.json")
    (folder / "gateway.pem").write_text(json.loads(shell("keys show --json"))["release_signing_key"])

    with shell.serving():
        submitter = credentials(shell, "cnil-fr", "submitter")
        (folder / "weights.bin").write_bytes(bytes(64))
        pushed = shell(
            f"push --credentials {submitter} --agreement eu-uk-ai-incidents --case case-2026-17 --json "
            "--purpose incident-investigation --wait 60 incident-report=report.txt model-artifact=weights.bin",
            code=3,
        )
        assert "evidence-type-not-permitted" in pushed
        with GatewayClient(Credentials.load(folder / credentials(shell, "cnil-fr", "reviewer"))) as client:
            for waiting in client.reviews():
                client.approve(waiting["rendition"])
        investigator = credentials(shell, "ico-uk", "investigator")
        received: list[Path] = []
        for _ in range(100):
            shell(f"pull --credentials {investigator} --out received")
            received = list((folder / "received").rglob("report.txt"))
            if received:
                break
            time.sleep(0.2)
        officers_ask_and_erase(shell)
    assert received
    assert "Penhaligon" not in received[0].read_text()
    shell("log export --out bundle --approved-by cnil-fr.officer", code=3)  # the agreement wants two
    shell("log export --out bundle --approved-by cnil-fr.officer --approved-by ico-uk.officer")
    shell("log verify bundle")


def officers_ask_and_erase(shell: Shell) -> None:
    """While the gateway runs: two officers over HTTP, and the operator beside the server."""
    first, second = (credentials(shell, agency, "officer") for agency in ("cnil-fr", "ico-uk"))
    found = json.loads(shell(f"audit search -c {first} --action exhibit.authorize --json"))["entries"]
    assert [e["outcome"] for e in found] == ["permit", "deny"]
    target = f"--entry {found[0]['seq']} --field exhibit_name --legal-basis GDPR-Art.17(1)(a)"
    asked = json.loads(shell(f"log erase {target} -c {first} --json"))
    shell(f"log erase --confirm {asked['id']} -c {second}")
    shell("audit vacuum")
    agreed = json.loads(shell("log check-database --json"))
    assert agreed["published"] <= agreed["rows"]
    assert agreed["values"] > 0


def test_the_readme_names_no_option_that_is_not_there() -> None:
    blocks = re.findall(r"```console\n(.*?)```", (ROOT / "README.md").read_text(), re.S)
    lines = [
        line.split("#")[0].split(">")[0]
        for block in blocks
        for line in block.replace("\\\n", " ").splitlines()
        if line.startswith("evidence-gateway")
    ]
    assert len(lines) > 12
    for line in lines:
        words = line.split()[1:]
        command = words[:2] if words[0] in ("keys", "agencies", "agreements", "log") else words[:1]
        done = subprocess.run(
            [COMMAND, *command, "--help"],
            env={**os.environ, "COLUMNS": "200"},
            capture_output=True,
            text=True,
            check=True,
        )
        for option in (w for w in words if w.startswith("--")):
            assert option in done.stdout, f"{' '.join(command)} has no {option}"
