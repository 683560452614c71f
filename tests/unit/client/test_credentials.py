"""Credentials: the file is strict, private keys are private, and tokens do not travel in the clear."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from gateway.client import Credentials
from gateway.envelope.signature import private_pem, public_pem
from gateway.envelope.x25519 import X25519Identity
from gateway.errors import InvalidInput, Misconfigured


def _write(folder: Path, **changes: Any) -> Path:
    auth, signing = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP384R1())
    for name, data in {
        "auth.pem": private_pem(auth),
        "signing.pem": private_pem(signing),
        "identity.txt": X25519Identity.generate().secret_text().encode(),
    }.items():
        (folder / name).write_bytes(data)
        (folder / name).chmod(0o600)
    (folder / "gateway.pem").write_bytes(public_pem(signing.public_key()))
    members: dict[str, Any] = {
        "gateway": "https://gateway.example.eu/",
        "agency": "ico-uk",
        "client_id": "ico-uk.submitter",
        "auth_key": "auth.pem",
        "auth_key_id": "ico-uk.submitter-1",
        "signing_key": "signing.pem",
        "signing_key_id": "ico-uk.signing-1",
        "identity": "identity.txt",
        "gateway_key": "gateway.pem",
        **changes,
    }
    path = folder / "credentials.json"
    path.write_text(json.dumps({k: v for k, v in members.items() if v is not None}))
    return path


def test_loads_and_shows_no_secret(tmp_path: Path) -> None:
    credentials = Credentials.load(_write(tmp_path))
    assert credentials.audience == "https://gateway.example.eu"
    assert len(credentials.identities) == 1
    assert "PRIVATE" not in repr(credentials)
    assert "ECPrivateKey" not in repr(credentials)


def test_only_what_proves_who_asks_is_required(tmp_path: Path) -> None:
    path = _write(tmp_path, signing_key=None, signing_key_id=None, identity=None, gateway_key=None)
    credentials = Credentials.load(path)
    with pytest.raises(Misconfigured):
        credentials.own_signing_key()
    with pytest.raises(Misconfigured):
        credentials.trusted_gateway_key()


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"password": "x"}, "credentials-invalid"),
        ({"auth_key": None}, "credentials-invalid"),
        ({"auth_key": 7}, "credentials-invalid"),
        ({"auth_key": "missing.pem"}, "credentials-invalid"),
        ({"auth_key": "signing.pem"}, "auth-key-invalid"),
        ({"gateway": "ftp://x"}, "credentials-invalid"),
        ({"gateway": "https://user:pw@x"}, "credentials-invalid"),
        ({"gateway": "http://gateway.example.eu"}, "insecure-url"),
    ],
)
def test_refuses(tmp_path: Path, changes: dict[str, Any], code: str) -> None:
    with pytest.raises(Misconfigured) as caught:
        Credentials.load(_write(tmp_path, **changes))
    assert caught.value.code == code


def test_plain_http_is_for_this_machine_or_by_leave(tmp_path: Path) -> None:
    Credentials.load(_write(tmp_path, gateway="http://127.0.0.1:8443"))
    Credentials.load(_write(tmp_path, gateway="http://gateway:8443", allow_plain_http=True))


def test_a_key_that_others_can_read_is_refused(tmp_path: Path) -> None:
    path = _write(tmp_path)
    (tmp_path / "auth.pem").chmod(0o640)
    with pytest.raises(Misconfigured) as caught:
        Credentials.load(path)
    assert caught.value.code == "credentials-readable-by-others"


def test_a_public_key_is_not_taken_for_a_private_one(tmp_path: Path) -> None:
    path = _write(tmp_path, auth_key="copy.pem")
    (tmp_path / "copy.pem").write_bytes((tmp_path / "gateway.pem").read_bytes())
    (tmp_path / "copy.pem").chmod(0o600)
    with pytest.raises(InvalidInput):
        Credentials.load(path)
