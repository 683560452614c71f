"""The offline commands over agreement files: what they print, and how they end."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from typer.testing import CliRunner

from gateway.agreements.schema import agreement_schema
from gateway.agreements.signing import parse_party_signature, verify_party_signature
from gateway.agreements.text.parsing import parse_agreement
from gateway.cli.agreements.app import agreements_app
from gateway.envelope.signature import private_pem, public_pem
from gateway.errors import IntegrityFailure, InvalidInput

POLICIES = Path(__file__).parents[4] / "policies"
SAMPLE = POLICIES / "agreements" / "eu-uk-ai-incidents.yaml"


@pytest.fixture
def faulty(tmp_path: Path) -> Path:
    path = tmp_path / "faulty.yaml"
    path.write_text(SAMPLE.read_text("utf-8").replace("jurisdiction: GB", "jurisdiction: UK"), "utf-8")
    return path


def test_lint_passes_the_worked_agreements() -> None:
    files = [str(path) for path in sorted((POLICIES / "agreements").glob("*.yaml"))]
    result = CliRunner().invoke(agreements_app, ["lint", "--strict", *files])
    assert result.exit_code == 0, result.output
    assert result.output.count("no errors, no warnings") == len(files) >= 3


def test_lint_says_where_and_what_to_do_and_ends_with_1(faulty: Path) -> None:
    result = CliRunner().invoke(agreements_app, ["lint", str(SAMPLE), str(faulty)])
    assert result.exit_code == 1
    line = next(i for i, text in enumerate(faulty.read_text("utf-8").splitlines(), 1) if "UK," in text)
    assert f"{faulty}:{line}:" in result.output
    assert "error [agreement-unknown-country]" in result.output
    assert "what to do: Did you mean 'GB'?" in result.output


def test_lint_in_json(faulty: Path) -> None:
    result = CliRunner().invoke(agreements_app, ["lint", "--json", str(faulty)])
    assert result.exit_code == 1
    (answer,) = json.loads(result.output)
    assert answer["file"] == str(faulty)
    assert answer["findings"][0]["code"] == "agreement-unknown-country"
    assert answer["findings"][0]["pointer"] == "/parties/0/jurisdiction"


def test_warnings_fail_only_if_asked_to(tmp_path: Path) -> None:
    path = tmp_path / "doubtful.yaml"
    path.write_text(SAMPLE.read_text("utf-8").replace("may: [audit, hold]", "may: [audit]"), "utf-8")
    assert CliRunner().invoke(agreements_app, ["lint", str(path)]).exit_code == 0
    assert CliRunner().invoke(agreements_app, ["lint", "--strict", str(path)]).exit_code == 1


def test_show_in_words_and_in_json() -> None:
    words = CliRunner().invoke(agreements_app, ["show", str(SAMPLE)])
    assert words.exit_code == 0
    assert "ring-counsel may receive evidence" in words.output
    members = json.loads(CliRunner().invoke(agreements_app, ["show", "--json", str(SAMPLE)]).output)
    assert members["digest"] == parse_agreement(SAMPLE.read_bytes()).digest
    assert members["document"]["agreement"] == "eu-uk-ai-incidents"


def test_diff_groups_sentences_by_who_is_affected(tmp_path: Path) -> None:
    new = tmp_path / "new.yaml"
    new.write_text(
        SAMPLE.read_text("utf-8").replace("  system-log:      {media: [csv,", "  system-log:      {media: ["), "utf-8"
    )
    result = CliRunner().invoke(agreements_app, ["diff", str(SAMPLE), str(new)])
    assert result.exit_code == 0
    assert result.output == "Whoever sends evidence:\n  - system-log may no longer be sent as text/csv.\n"
    assert CliRunner().invoke(agreements_app, ["diff", str(SAMPLE), str(SAMPLE)]).output == "Nothing changes.\n"
    (change,) = json.loads(CliRunner().invoke(agreements_app, ["diff", "--json", str(SAMPLE), str(new)]).output)
    assert change["effect"] == "less"


def test_schema_prints_the_schema() -> None:
    assert json.loads(CliRunner().invoke(agreements_app, ["schema"]).output) == agreement_schema()


def test_sign_writes_a_file_that_verifies(tmp_path: Path) -> None:
    key, other = ec.generate_private_key(ec.SECP384R1()), ec.generate_private_key(ec.SECP384R1())
    (tmp_path / "signing.pem").write_bytes(private_pem(key))
    out = tmp_path / "sig.json"
    arguments = ["sign", str(SAMPLE), "--key", str(tmp_path / "signing.pem"), "--agency", "cnil-fr", "--out", str(out)]
    result = CliRunner().invoke(agreements_app, arguments)
    assert result.exit_code == 0, result.output
    agreement = parse_agreement(SAMPLE.read_bytes())
    assert agreement.digest in result.output
    signed = parse_party_signature(out.read_bytes())
    verify_party_signature(agreement, signed, public_pem(key.public_key()))
    with pytest.raises(IntegrityFailure):
        verify_party_signature(agreement, signed, public_pem(other.public_key()))


@pytest.mark.parametrize(
    ("agency", "code"), [("garante-it", "agreement-signer-not-a-party"), ("cnil-fr", "private-key-invalid")]
)
def test_sign_refuses_a_stranger_and_a_bad_key_and_writes_nothing(tmp_path: Path, agency: str, code: str) -> None:
    pem = private_pem(ec.generate_private_key(ec.SECP384R1())) if agency == "garante-it" else b"no key"
    (tmp_path / "signing.pem").write_bytes(pem)
    out = tmp_path / "sig.json"
    arguments = ["sign", str(SAMPLE), "--key", str(tmp_path / "signing.pem"), "--agency", agency, "--out", str(out)]
    result = CliRunner().invoke(agreements_app, arguments)
    assert isinstance(result.exception, InvalidInput)
    assert result.exception.code == code
    assert not out.exists()


def test_a_missing_file_is_said_plainly(tmp_path: Path) -> None:
    result = CliRunner().invoke(agreements_app, ["show", str(tmp_path / "nothing.yaml")])
    assert isinstance(result.exception, InvalidInput)
    assert result.exception.code == "file-unreadable"


def test_the_module_loads_without_the_server_part() -> None:
    program = "import sys, gateway.cli.agreements.app; print([m for m in ('yaml', 'cryptography') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
