"""Settings: no default secrets, no misspelt variable, no secret in an error or a repr."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.errors import Misconfigured
from gateway.settings import read_settings


def test_defaults_hold_no_secret(tmp_path: Path) -> None:
    settings = read_settings({}, home=tmp_path)
    assert settings.passphrase == ""
    assert settings.database_password == ""
    assert settings.key_path == tmp_path / "keys" / "gateway.key"
    assert settings.blobs_at == (tmp_path / "blobs").as_uri()


def test_secrets_come_from_files_and_are_not_shown(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("correct horse battery\n")
    settings = read_settings(
        {
            "EVIDENCE_GATEWAY_PASSPHRASE_FILE": str(secret),
            "EVIDENCE_GATEWAY_DATABASE_PASSWORD_FILE": str(secret),
            "EVIDENCE_GATEWAY_DATABASE_URL": "postgresql://me:hidden@db/x",
        },
        home=tmp_path,
    )
    assert settings.passphrase == settings.database_password == "correct horse battery"
    assert "horse" not in repr(settings)
    assert "hidden" not in repr(settings)


@pytest.mark.parametrize(
    ("variables", "code"),
    [
        ({"PASSFRASE": "x"}, "setting-unknown"),
        ({"PORT": "http"}, "setting-invalid"),
        ({"PORT": "0"}, "setting-invalid"),
        ({"TOKEN_LIFETIME_SECONDS": "601"}, "setting-invalid"),
        ({"PUBLIC_URL": "gateway.example"}, "setting-invalid"),
        ({"PUBLIC_URL": "https://gateway.example/path"}, "setting-invalid"),
        ({"DATABASE_URL": "sqlite:///x"}, "setting-invalid"),
        ({"BLOB_URL": "ftp://x"}, "setting-invalid"),
        ({"SANDBOX_WORKERS": "-1"}, "setting-invalid"),
        ({"PASSPHRASE_FILE": "/does/not/exist"}, "setting-invalid"),
    ],
)
def test_what_cannot_be_used_is_refused_by_name(variables: dict[str, str], code: str, tmp_path: Path) -> None:
    with pytest.raises(Misconfigured) as refusal:
        read_settings({f"EVIDENCE_GATEWAY_{name}": value for name, value in variables.items()}, home=tmp_path)
    assert refusal.value.code == code
    assert next(iter(variables)) in refusal.value.message


def test_a_wrong_secret_is_not_quoted(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured) as refusal:
        read_settings({"EVIDENCE_GATEWAY_DATABASE_URL": "mysql://root:s3cret@db/x"}, home=tmp_path)
    assert "s3cret" not in str(refusal.value)
