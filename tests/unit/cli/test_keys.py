"""``keys``: the gateway's key file and key pairs for agencies, as an operator meets them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jose import jwk as jose_jwk
from typer.testing import CliRunner

from gateway.cli.keys import keys_app
from gateway.envelope.recipient import parse_identity_file, parse_recipient
from gateway.envelope.signature import load_private_key, load_public_key, sign, verify
from gateway.errors import GatewayError
from gateway.keyring import sealed_secret
from gateway.keyring.file_keyring import FileKeyring

PASSPHRASE = "correct horse battery"


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EVIDENCE_GATEWAY_PASSPHRASE", PASSPHRASE)
    # The real cost takes half a second a call; that the default is the real one is pinned below.
    monkeypatch.setattr(FileKeyring.create.__func__, "__kwdefaults__", {"cost": 4})  # type: ignore[attr-defined]
    monkeypatch.setattr(
        FileKeyring.rotate.__func__,  # type: ignore[attr-defined]
        "__kwdefaults__",
        {"cost": 4, "new_passphrase": None},
    )


def invoke(*arguments: object) -> str:
    result = CliRunner().invoke(keys_app, [str(argument) for argument in arguments])
    if result.exception is not None:
        raise result.exception
    return result.stdout


def answer(*arguments: object) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(invoke(*arguments, "--json"))
    return found


def test_the_default_cost_is_the_safe_one() -> None:
    assert sealed_secret.DEFAULT_COST >= 17


def test_init_then_show_then_rotate(tmp_path: Path) -> None:
    made = answer("init", "--home", tmp_path)
    path = Path(made["key_file"])
    assert path == tmp_path / "keys" / "gateway.key"
    assert path.stat().st_mode & 0o777 == 0o600
    assert answer("show", "--home", tmp_path) == made
    load_public_key(made["release_signing_key"])
    assert jose_jwk.construct(made["jwks"]["keys"][0], "ES256").is_public()
    rotated = answer("rotate", "--home", tmp_path)
    assert rotated["key_encryption_key"] == {"id": made["key_encryption_key"]["id"], "version": 2}
    assert {**rotated, "key_encryption_key": None} == {**made, "key_encryption_key": None}
    text = invoke("show", "--home", tmp_path)
    assert made["log_vkey"] in text
    assert made["release_signing_key"] in text


def test_init_never_overwrites(tmp_path: Path) -> None:
    made = answer("init", "--home", tmp_path)
    with pytest.raises(GatewayError) as caught:
        invoke("init", "--home", tmp_path)
    assert caught.value.code == "key-file-exists"
    assert answer("show", "--home", tmp_path) == made


def test_no_passphrase_and_no_terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("EVIDENCE_GATEWAY_PASSPHRASE")
    with pytest.raises(GatewayError) as caught:
        invoke("init", "--home", tmp_path)
    assert caught.value.code == "passphrase-missing"
    assert list(tmp_path.iterdir()) == []


def test_a_passphrase_from_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = answer("init", "--home", tmp_path)
    monkeypatch.delenv("EVIDENCE_GATEWAY_PASSPHRASE")
    (tmp_path / "passphrase").write_text(PASSPHRASE + "\n")
    monkeypatch.setenv("EVIDENCE_GATEWAY_PASSPHRASE_FILE", str(tmp_path / "passphrase"))
    assert answer("show", "--home", tmp_path) == made


@pytest.mark.parametrize(("flags", "prefix"), [((), "age1"), (("--post-quantum",), "age1pq1")])
def test_a_receiving_pair(tmp_path: Path, flags: tuple[str, ...], prefix: str) -> None:
    out = tmp_path / "identity.txt"
    printed = invoke("generate", "--use", "receiving", "--out", out, *flags).strip()
    assert printed.startswith(prefix)
    assert out.stat().st_mode & 0o777 == 0o600
    (identity,) = parse_identity_file(out.read_bytes())
    assert identity.unwrap(parse_recipient(printed).wrap(bytes(16))) == bytes(16)
    assert f"# public key: {printed}" in out.read_text()


@pytest.mark.parametrize("use", ["signing", "authentication"])
def test_an_elliptic_pair(tmp_path: Path, use: str) -> None:
    out = tmp_path / "key.pem"
    made = answer("generate", "--use", use, "--out", out)
    assert (made["use"], made["private_key_file"]) == (use, str(out))
    private, public = load_private_key(out.read_bytes()), load_public_key(made["public_key"])
    verify(public, b"data", sign(private, b"data"))
    assert public.curve.name == ("secp384r1" if use == "signing" else "secp256r1")
    assert ("jwk" in made) == (use == "authentication")
    assert b"PRIVATE" not in json.dumps(made).encode()


def test_a_pair_never_overwrites_one(tmp_path: Path) -> None:
    out = tmp_path / "key.pem"
    invoke("generate", "--use", "signing", "--out", out)
    before = out.read_bytes()
    with pytest.raises(GatewayError):
        invoke("generate", "--use", "signing", "--out", out)
    assert out.read_bytes() == before


@pytest.mark.parametrize("arguments", [("--use", "signature"), ("--use", "signing", "--post-quantum")])
def test_uses_that_there_are_not(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    with pytest.raises(GatewayError):
        invoke("generate", *arguments, "--out", tmp_path / "key")
    assert list(tmp_path.iterdir()) == []
