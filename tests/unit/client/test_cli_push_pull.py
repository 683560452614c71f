"""The commands push and pull against a real server: answers, exit codes, nothing of the server needed."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from gateway.api.app import create_app
from gateway.cli.pull import pull
from gateway.cli.push import push
from gateway.envelope.signature import private_pem
from gateway.errors import GatewayError
from tests.unit.api.world import ISSUER, World, served

Run = Callable[..., Result]
MATTER = ["--agreement", "eu-uk-ai-incidents", "--case", "2026-0042", "--purpose", "incident-investigation"]


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


@pytest.fixture
def run(world: World, tmp_path: Path) -> Run:
    app = typer.Typer()
    app.command()(push)
    app.command()(pull)

    def invoke(principal: str, *arguments: str) -> Result:
        with served(create_app(world.gateway), tmp_path, port=0) as address:
            return CliRunner().invoke(app, [*arguments, "-c", str(_credentials(world, principal, address))])

    return invoke


def _credentials(world: World, principal: str, address: str) -> Path:
    agency = principal.split(".")[0]
    folder = world.folder / principal
    folder.mkdir(exist_ok=True)
    secrets = {
        "auth.pem": private_pem(world.auth[principal]),
        "signing.pem": private_pem(world.signing[agency]),
        "identity.txt": world.identity[agency].secret_text().encode(),
        "gateway.pem": world.keyring.signing_key_pem(),
    }
    for name, data in secrets.items():
        (folder / name).write_bytes(data)
        (folder / name).chmod(0o600)
    path = folder / "credentials.json"
    path.write_text(
        json.dumps(
            {
                "gateway": address,
                "issuer": ISSUER,
                "agency": agency,
                "client_id": principal,
                "auth_key": "auth.pem",
                "auth_key_id": f"{principal}-1",
                "signing_key": "signing.pem",
                "signing_key_id": f"{agency}.signing-1",
                "identity": "identity.txt",
                "gateway_key": "gateway.pem",
            }
        )
    )
    return path


@pytest.mark.enable_socket
def test_push_says_what_was_refused_and_keeps_the_receipt(run: Run, tmp_path: Path) -> None:
    (tmp_path / "events.csv").write_text("time,event\n1,start\n")
    (tmp_path / "weights.bin").write_bytes(b"\0\1\2")
    files = [f"system-log={tmp_path / 'events.csv'}", f"training-data={tmp_path / 'weights.bin'}"]
    receipt = tmp_path / "receipt.json"
    result = run("ico-uk.submitter", "push", *files, *MATTER, "--receipt", str(receipt), "--json")
    assert result.exit_code == 3, result.output
    answer = json.loads(result.stdout)
    assert answer["state"] == "submitted"
    assert [r["name"] for r in answer["refused"]] == ["weights.bin"]
    assert answer["refused"][0]["clause"].startswith("/")
    assert json.loads(receipt.read_bytes())["package"] == answer["package"]
    assert receipt.with_name("receipt.json.sig").exists()
    plain = run("ico-uk.submitter", "push", files[0], *MATTER)
    assert plain.exit_code == 0
    assert "receipt verifies" in plain.stdout


@pytest.mark.enable_socket
def test_push_without_a_type_or_against_the_agreement(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a=b.txt").write_text("text")
    untyped = run("ico-uk.submitter", "push", str(tmp_path / "a=b.txt"), *MATTER)
    assert isinstance(untyped.exception, GatewayError)
    assert untyped.exception.code == "evidence-type-missing"
    typed = run("ico-uk.submitter", "push", str(tmp_path / "a=b.txt"), "--type", "incident-report", *MATTER)
    assert typed.exit_code == 0, typed.output
    denied = run("cnil-fr.investigator", "push", f"incident-report={tmp_path / 'a=b.txt'}", *MATTER)
    assert isinstance(denied.exception, GatewayError)
    assert denied.exception.detail["clause"]


@pytest.mark.enable_socket
def test_pull_lists_pulls_and_leaves_alone_what_is_there(run: Run, world: World, tmp_path: Path) -> None:
    release = world.release(b"what happened")
    out = str(tmp_path / "evidence")
    listed = run("cnil-fr.investigator", "pull", "--list", "--json")
    assert [r["id"] for r in json.loads(listed.stdout)["releases"]] == [release]
    pulled = run("cnil-fr.investigator", "pull", "--out", out, "--json")
    assert pulled.exit_code == 0, pulled.output
    answer = json.loads(pulled.stdout)
    assert Path(answer["pulled"][0]["exhibit"]).read_bytes() == b"what happened"
    assert answer["pulled"][0]["acknowledged"] is True
    again = run("cnil-fr.investigator", "pull", "--out", out)
    assert "0 pulled, 1 already there" in again.stdout
    other_case = run("cnil-fr.investigator", "pull", "--out", out, "--case", "another")
    assert "0 pulled, 0 already there" in other_case.stdout
    missing = run("cnil-fr.investigator", "pull", "00000000-0000-4000-8000-000000000000", "--out", out)
    assert isinstance(missing.exception, GatewayError)
    assert missing.exception.code == "release-unknown"


def test_the_commands_load_nothing_of_the_server() -> None:
    script = (
        "import sys; import gateway.cli.push, gateway.cli.pull, gateway.client, gateway.cli.transfer_display; "
        "heavy = {'fastapi', 'sqlalchemy', 'pydantic', 'spacy', 'presidio_analyzer', 'jose', 'psycopg', 'obstore'}; "
        "print(sorted(heavy & set(sys.modules)))"
    )
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"
