"""The keyring in a file: what it gives back, what it refuses, and what it never shows."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from gateway.envelope.signature import verify
from gateway.errors import Conflict, IntegrityFailure, InvalidInput, Misconfigured, NotFound
from gateway.exchange.ports.keys import Keyring
from gateway.keyring import sealed_secret
from gateway.keyring.file_keyring import FileKeyring
from gateway.keyring.gateway_keys import GatewayKeys

PASSPHRASE = "correct horse battery"
NOW = datetime(2026, 5, 4, tzinfo=UTC)
FILE_KEY, AAD = bytes(range(16)), bytes(range(32))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "gateway.key"


@pytest.fixture
def keyring(path: Path) -> FileKeyring:
    return FileKeyring.create(path, PASSPHRASE, "gw.example/log", cost=4)


def test_opened_again_it_is_the_same_keyring(path: Path, keyring: FileKeyring) -> None:
    port: Keyring = keyring  # mypy: it fulfils the port
    again = FileKeyring.open(path, PASSPHRASE)
    assert again.unwrap(port.wrap(FILE_KEY, AAD, key_id="k1", now=NOW)) == FILE_KEY
    assert again.signing_key_pem() == keyring.signing_key_pem()
    assert again.log_vkey == keyring.log_vkey
    assert again.pseudonym_key("c", "a") == keyring.pseudonym_key("c", "a")
    assert again.secret_register_key("a") == keyring.secret_register_key("a")
    assert again.token_key.private_numbers() == keyring.token_key.private_numbers()


def test_the_file_is_private_and_is_not_overwritten(path: Path, keyring: FileKeyring) -> None:
    assert path.stat().st_mode & 0o777 == 0o600
    before = path.read_bytes()
    with pytest.raises(Conflict):
        FileKeyring.create(path, PASSPHRASE, "gw.example/log", cost=4)
    assert path.read_bytes() == before
    path.chmod(0o644)
    with pytest.raises(Misconfigured, match="others"):
        FileKeyring.open(path, PASSPHRASE)


def test_a_wrong_passphrase_opens_nothing(path: Path, keyring: FileKeyring) -> None:
    with pytest.raises(Misconfigured) as caught:
        FileKeyring.open(path, PASSPHRASE + "!")
    assert caught.value.code == "passphrase-wrong"


def test_a_wrapped_key_is_bound_to_its_digest_and_version(keyring: FileKeyring) -> None:
    wrapped = keyring.wrap(FILE_KEY, AAD, key_id="k1", now=NOW)
    assert (wrapped.id, wrapped.created_at, wrapped.aad) == ("k1", NOW, AAD)
    assert (wrapped.kek_id, wrapped.kek_version) == keyring.kek
    for other in (
        replace(wrapped, aad=bytes(32)),
        replace(wrapped, kek_version=2),
        replace(wrapped, kek_id="kek-00000000"),
        replace(wrapped, wrapped=wrapped.wrapped[:-1]),
    ):
        with pytest.raises(IntegrityFailure) as caught:
            keyring.unwrap(other)
        assert caught.value.code == "key-unwrap-failed"


def test_a_destroyed_key_is_gone(keyring: FileKeyring) -> None:
    wrapped = keyring.wrap(FILE_KEY, AAD, key_id="k1", now=NOW)
    for destroyed in (replace(wrapped, wrapped=b""), replace(wrapped, destroyed_at=NOW)):
        with pytest.raises(NotFound) as caught:
            keyring.unwrap(destroyed)
        assert caught.value.code == "key-destroyed"


def test_another_gateway_opens_nothing(tmp_path: Path, keyring: FileKeyring) -> None:
    other = FileKeyring.create(tmp_path / "other.key", PASSPHRASE, "gw.example/log", cost=4)
    wrapped = keyring.wrap(FILE_KEY, AAD, key_id="k1", now=NOW)
    with pytest.raises(IntegrityFailure):
        other.unwrap(replace(wrapped, kek_id=other.kek[0]))
    assert other.pseudonym_key("c", "a") != keyring.pseudonym_key("c", "a")


def test_rotation_keeps_old_keys_readable(path: Path, keyring: FileKeyring) -> None:
    old = keyring.wrap(FILE_KEY, AAD, key_id="k1", now=NOW)
    rotated = FileKeyring.rotate(path, PASSPHRASE, new_passphrase="another one entirely", cost=4)
    new = rotated.wrap(FILE_KEY, AAD, key_id="k2", now=NOW)
    assert (new.kek_id, new.kek_version) == (old.kek_id, 2)
    with pytest.raises(Misconfigured):
        FileKeyring.open(path, PASSPHRASE)
    reopened = FileKeyring.open(path, "another one entirely")
    assert reopened.unwrap(old) == reopened.unwrap(new) == FILE_KEY
    assert reopened.signing_key_pem() == keyring.signing_key_pem()
    with pytest.raises(IntegrityFailure):
        keyring.unwrap(new)


def test_releases_are_signed_with_p384(keyring: FileKeyring) -> None:
    verify(keyring.signing_key_pem(), b"manifest", keyring.sign(b"manifest"))
    with pytest.raises(IntegrityFailure):
        verify(keyring.signing_key_pem(), b"other", keyring.sign(b"manifest"))


def test_the_log_key_has_the_name_and_id_of_its_vkey(keyring: FileKeyring) -> None:
    name, key_id, encoded = keyring.log_vkey.split("+", 2)
    public = base64.b64decode(encoded)
    signer = keyring.log_signer
    assert (name, key_id) == (signer.name, signer.key_id.hex()) == ("gw.example/log", key_id)
    assert public[0] == 1
    Ed25519PublicKey.from_public_bytes(public[1:]).verify(signer.sign(b"checkpoint"), b"checkpoint")


def test_pseudonym_keys_are_apart(keyring: FileKeyring) -> None:
    pairs = [("case-1", "cnil"), ("case-1", "ico"), ("case-2", "cnil"), ("case-1c", "nil"), ("", "case-1cnil")]
    keys = [keyring.pseudonym_key(*pair) for pair in pairs] + [keyring.secret_register_key("cnil")]
    assert len({*keys}) == len(keys)
    assert {len(key) for key in keys} == {32}


@pytest.mark.parametrize("origin", ["", "with space", "plus+sign", "line\nbreak", "é", "/slash", "x" * 201])
def test_a_log_origin_that_no_note_can_carry_is_refused(path: Path, origin: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        FileKeyring.create(path, PASSPHRASE, origin, cost=4)
    assert caught.value.code == "log-origin-invalid"
    assert not path.exists()


def test_no_secret_shows(path: Path, keyring: FileKeyring) -> None:
    content = sealed_secret.unseal(path.read_bytes(), PASSPHRASE)
    keys = GatewayKeys.parse(content)
    shown = repr(keys) + repr(keyring) + repr(keys.keks)
    value = json.loads(content)
    for secret in (value["pseudonym_secret"], value["field_secret"], value["keks"][0]["key"], value["log"]["seed"]):
        assert secret not in shown
        assert repr(base64.b64decode(secret)) not in shown


@pytest.mark.parametrize(
    "change",
    [
        {"v": 2},
        {"keks": []},
        {"signing": "-----BEGIN PRIVATE KEY-----"},
        {"field_secret": "AAAA"},
        {"more": 1},
        {"log": {}},
    ],
)
def test_a_damaged_set_of_keys_is_refused_without_quoting_it(keyring: FileKeyring, change: dict[str, object]) -> None:
    value = json.loads(GatewayKeys.generate("gw.example/log").serialise())
    with pytest.raises(Misconfigured) as caught:
        GatewayKeys.parse(json.dumps({**value, **change}).encode())
    assert caught.value.code == "key-file-invalid"
    assert caught.value.__cause__ is None
    assert value["pseudonym_secret"] not in str(caught.value)


def test_keys_on_other_curves_are_refused() -> None:
    value = json.loads(GatewayKeys.generate("gw.example/log").serialise())
    value["signing"], value["token"] = value["token"], value["signing"]
    with pytest.raises(Misconfigured):
        GatewayKeys.parse(json.dumps(value).encode())
